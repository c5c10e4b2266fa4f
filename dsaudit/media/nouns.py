"""How a kind of item is called."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Nouns:
    """Words for a kind of item, and for how the model meets it: a clip *is heard as* something."""

    one: str
    many: str
    taken: str

    def some(self, n: int) -> str:
        """``1 clip``, ``1,730 clips``."""
        return f"{n:,} {self.one if n == 1 else self.many}"


_NOUNS = {
    "audio": Nouns("clip", "clips", "heard as"),
    "image": Nouns("image", "images", "seen as"),
    "text": Nouns("text", "texts", "read as"),
    "tabular": Nouns("row", "rows", "taken for"),
}


def nouns_for(modality: str) -> Nouns:
    """Nouns of a kind of data; ``item`` for one that is not known here."""
    return _NOUNS.get(modality, Nouns("item", "items", "predicted as"))
