"""Texts: rows of a manifest, or small files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dsaudit.dataset.inline import PART, inline_text, readable
from dsaudit.errors import EmptyItemError
from dsaudit.media.base import Likeness, Preview
from dsaudit.media.file import identify, opened_file
from dsaudit.media.text.decode import decoded
from dsaudit.media.text.measure import measured
from dsaudit.media.text.normal import difference, seen

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import pandas as pd

    from dsaudit.media.base import Measured
    from dsaudit.rule import Measure

PREVIEW_CHARACTERS = 4_000


@dataclass(frozen=True, slots=True)
class TextMedia:
    """Texts in any script, see ``dsaudit.media.base.Media``; one item may be several, with ``inline.PART`` between."""

    modality: str = "text"
    measure_version: str = "4"
    read_version: str = "1"
    survey_version: str = "1"

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
        if not seen(text).strip(PART):
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
        """The first 4,000 characters; a text has no smaller picture of itself, so it comes in any case."""
        text = readable(self.read(path))
        shown = text if len(text) <= PREVIEW_CHARACTERS else text[:PREVIEW_CHARACTERS] + " …"
        return Preview(mime="text/plain", data=shown.encode("utf-8", "replace"), thumbnail=b"")

    def survey(self, taken: Sequence[str], items: pd.DataFrame) -> pd.DataFrame:
        """What only the whole set tells of each text, see ``survey.survey``."""
        from dsaudit.media.text.survey import survey

        return survey([readable(text) for text in taken], items)

    def proposed(self, measurements: pd.DataFrame) -> npt.NDArray[np.int64]:
        """Each item and the next one whose plain form is the same, see ``dsaudit.media.base.Proposing``."""
        forms = measurements["plain_hash"].fillna("").to_numpy(dtype=str)
        order = np.argsort(forms, kind="stable")
        same = (forms[order][1:] == forms[order][:-1]) & (forms[order][1:] != "")
        pairs: npt.NDArray[np.int64] = np.stack([order[:-1], order[1:]], axis=1).astype(np.int64)[same]
        return pairs

    def look(self, path: Path) -> str:
        """The text itself, see ``dsaudit.media.base.Comparing``."""
        return self.read(path)

    def likeness(self, a: str, b: str) -> Likeness:
        """One text, where only case, punctuation, accents and the like differ; which of them is its ``edit``."""
        edit = difference(a, b)
        return Likeness(same=edit is not None, edit=edit or "")


MEDIA = TextMedia()
