"""Which classes are words, and which are background."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt
    from pandas import Series

MEANT = 0.1
"""Share of faint clips in a voiceless class from which on faintness is what it is about."""


def in_voiceless_class(speech_s: Series[float], labels: Series[str], *, min_speech_s: float) -> npt.NDArray[np.bool_]:
    """Whether most items of an item's label hold hardly any voice, bool (n,); False for unlabelled items.

    Parameters
    ----------
    speech_s : Series of float, index ``item_id``
        Seconds of voice.
    labels : Series of str, index ``item_id``
    min_speech_s : float
        An item with less is voiceless.
    """
    share = (speech_s < min_speech_s).groupby(labels.reindex(speech_s.index)).transform("mean")
    return np.asarray((share > 0.5).fillna(False), dtype=bool)
