"""How a kind of item is called."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Nouns:
    """Words for a kind of item, for how the model meets it (a clip *is heard as* something) and for how people do.

    People ``examine`` an item (*listen* to a clip) once it can be ``shown`` (*played*).
    """

    one: str
    many: str
    taken: str
    examine: str = "look"
    shown: str = "shown"

    @property
    def words(self) -> list[str]:
        """What a page says of items: ``clip``, ``clips``, ``heard as``, ``played``."""
        return [self.one, self.many, self.taken, self.shown]

    def some(self, n: int) -> str:
        """``1 clip``, ``1,730 clips``."""
        return f"{n:,} {self.one if n == 1 else self.many}"


_NOUNS = {
    "audio": Nouns("clip", "clips", "heard as", "listen", "played"),
    "image": Nouns("image", "images", "seen as"),
    "text": Nouns("text", "texts", "read as", "read"),
    "tabular": Nouns("row", "rows", "taken for"),
}


def nouns_for(modality: str) -> Nouns:
    """Nouns of a kind of data; ``item`` for one that is not known here."""
    return _NOUNS.get(modality, Nouns("item", "items", "predicted as"))
