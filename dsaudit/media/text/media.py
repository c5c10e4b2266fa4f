"""Texts: rows of a manifest, or small files."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.dataset.inline import PART, inline_text, joined, parts, readable
from dsaudit.errors import EmptyItemError
from dsaudit.media.base import Preview
from dsaudit.media.file import identify, opened_file
from dsaudit.media.text.decode import decoded
from dsaudit.media.text.measure import measured
from dsaudit.media.text.normal import seen
from dsaudit.media.text.preview import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd

    from dsaudit.media.base import Likeness, Measured
    from dsaudit.media.text.likeness import Worded
    from dsaudit.media.text.repair import TextRepairs
    from dsaudit.rule import Measure

_HEAD = 1_000
_FEW_WORDS, _FEW_LETTERS, _USUAL_WORDS = 2, 12, 4
"""Words and letters of an answer that means what was asked before; words of a usual text where that is told of any."""


@dataclass(frozen=True, slots=True)
class TextMedia:
    """Texts in any script, see ``dsaudit.media.base.Media``; one item may be several, with ``inline.PART`` between."""

    modality: str = "text"
    measure_version: str = "8"
    read_version: str = "1"
    survey_version: str = "5"
    same_from: Mapping[str, float] = field(default_factory=lambda: {"minilm": 0.94})

    def measure(self, path: Path, extra: tuple[Measure, ...] = ()) -> Measured:
        """What ``file.identify`` and ``measure.measured`` tell.

        Raises
        ------
        MissingItemError, EmptyItemError, UnreadableItemError, TooLargeItemError
        """
        text = inline_text(path)
        if text is None:
            with opened_file(Path(path)) as file:
                found, read = file.identity(), decoded(file)
                text = read.text
                found["encoding"] = read.encoding
        else:
            found = identify(path)
        if not (seen(text[:_HEAD]) or seen(text)).strip(PART):
            raise EmptyItemError(
                "nothing but characters that show nothing" if text.strip() else "nothing but white space"
            )
        found |= measured(text)
        for one in extra:
            try:
                found[one.name] = float(one.fn(text))
            except Exception:  # a plug-in's measure must not lose the item
                found[one.name] = float("nan")
        return found

    def read(self, path: Path) -> str:
        """The text, for the encoder."""
        own = inline_text(path)
        if own is not None:
            return own
        with opened_file(Path(path), hashed=False) as file:
            return decoded(file).text

    def preview(self, path: Path, *, with_data: bool = True) -> Preview:
        """The text as it is shown, see ``preview.shown``; it has no smaller picture, so it comes in any case."""
        return Preview(mime="text/plain", data=shown(self.read(path)).encode("utf-8", "replace"), thumbnail=b"")

    def survey(self, taken: Sequence[str], items: pd.DataFrame) -> pd.DataFrame:
        """What only the whole set tells of each text, see ``survey.survey``."""
        from dsaudit.media.text.survey import survey

        return survey([readable(text) for text in taken], items)

    def proposed(self, measurements: pd.DataFrame) -> npt.NDArray[np.int64]:
        """Pairs whose plain form is the same, and pairs that share letters or passages, see ``candidate``."""
        from dsaudit.media.text.candidate import candidates

        texts = measurements[["plain_hash", "sketch", "passages"]].fillna("")
        forms = texts["plain_hash"].to_numpy(dtype="S")
        order = np.argsort(forms, kind="stable")
        same = (forms[order][1:] == forms[order][:-1]) & (forms[order][1:] != b"")
        equal = np.stack([order[:-1], order[1:]], axis=1).astype(np.int64)[same]
        # of equal forms one speaks for all
        first = np.sort(np.unique(forms, return_index=True)[1][int((forms == b"").any()) :])
        like = candidates(texts["sketch"].iloc[first].tolist(), texts["passages"].iloc[first].tolist())
        return np.concatenate([equal, first[like].reshape(-1, 2)])

    def slight(self, measurements: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Answers of a word or two, such as "ok thanks", in a set of longer texts: what they mean was asked before."""
        n_words = measurements["n_words"].to_numpy(dtype=float)
        short = (n_words <= _FEW_WORDS) & (measurements["n_letters"].to_numpy(dtype=float) <= _FEW_LETTERS)
        return short & bool(len(n_words) and np.median(n_words) >= _USUAL_WORDS)

    def look(self, path: Path) -> Worded:
        """The text made ready to be held against others."""
        from dsaudit.media.text.likeness import look

        return look(readable(self.read(path)))

    def likeness(self, a: Worded, b: Worded) -> Likeness:
        """Whether they are one text, and what differs, see ``likeness.likeness``."""
        from dsaudit.media.text.likeness import likeness

        return likeness(a, b)

    def may_mean_same(self, a: Worded, b: Worded) -> bool:
        """Whether they are no copies and hold the same numbers and negations, see ``likeness.may_mean_same``."""
        from dsaudit.media.text.likeness import may_mean_same

        return may_mean_same(a, b)

    def terms(self, path: Path) -> list[tuple[str, int, int]]:
        """Words and pairs of words, with their places in the preview, see ``dsaudit.media.base.Describing``."""
        from dsaudit.media.text.term import terms

        return terms(shown(self.read(path)))

    def repairs(self, options: Mapping[str, Any]) -> TextRepairs:
        """What is to be done to texts."""
        from dsaudit.media.text.repair import TextRepairs

        return TextRepairs(**{name: bool(value) for name, value in options.items()})

    def rewritten(self, path: Path, repairs: TextRepairs) -> tuple[str, str, tuple[str, ...]]:
        """See ``dsaudit.media.base.Rewriting``."""
        from dsaudit.media.text.repair import repaired

        text = self.read(path)
        made = [repaired(part, repairs) for part in parts(text)]
        done = dict.fromkeys(what for _, own in made for what in own)
        return text, joined([part for part, _ in made]), tuple(done)

    def repair(self, source: Path, target: Path, repairs: TextRepairs) -> tuple[Path, tuple[str, ...], tuple[str, ...]]:
        """A mended copy in a new file, in UTF-8."""
        _, text, done = self.rewritten(source, repairs)
        if done:
            with target.open("x", encoding="utf-8", errors="surrogatepass", newline="") as sink:
                sink.write(text)
        return target, done, ()


MEDIA = TextMedia()
