"""The data map: how training saw each item, and the regions that it falls into.

S. Swayamdipta et al., "Dataset Cartography: Mapping and Diagnosing Datasets with Training Dynamics", EMNLP 2020:
confidence is the mean probability of the given label over epochs, variability its standard deviation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsaudit.report.say.words import count

if TYPE_CHECKING:
    import pandas as pd

    from dsaudit.kind import Nouns

HARD_CONFIDENCE = 0.5
"""Below it, and steady, an item is hard to learn."""
_WAVERING, _LEAST = 0.9, 0.02


def limits(dynamics: pd.DataFrame) -> tuple[float, float]:
    """Confidence below which an item is hard to learn, and variability from which on it is ambiguous.

    What counts as wavering depends on how training went, which may start from a probe that knows most already: it is
    the most variable tenth of the items, but nothing that hardly moved.
    """
    variability = dynamics["variability"].to_numpy(dtype=np.float64)
    seen = variability[np.isfinite(variability)]
    return HARD_CONFIDENCE, round(max(float(np.quantile(seen, _WAVERING)), _LEAST), 3) if len(seen) else _LEAST


def region_of(dynamics: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Region of each item: 0 hard to learn, 1 ambiguous, 2 easy, -1 where training did not see it.

    Parameters
    ----------
    dynamics : DataFrame
        ``confidence`` (0 to 1) and ``variability`` (0 to 0.5).
    """
    # rounded as the page gets them, so that it counts the same
    hard, ambiguous = limits(dynamics)
    confidence = dynamics["confidence"].to_numpy(dtype=np.float64).round(3)
    variability = dynamics["variability"].to_numpy(dtype=np.float64).round(3)
    seen = np.isfinite(confidence) & np.isfinite(variability)
    found = np.where(variability >= ambiguous, 1, np.where(confidence < hard, 0, 2))
    return np.where(seen, found, -1).astype(np.int64)


def datamap_title(dynamics: pd.DataFrame, nouns: Nouns) -> str:
    """What the map shows, in a sentence; empty where there is nothing to show."""
    hard, ambiguous, easy = np.bincount(region_of(dynamics) + 1, minlength=4)[1:]
    if not hard + ambiguous + easy:
        return ""
    if not hard + ambiguous:
        return f"All {nouns.some(int(easy))} were easy to learn"
    parts = []
    if hard:
        parts.append(f"{count(hard)} {'was' if hard == 1 else 'were'} hard to learn")
    if ambiguous:
        parts.append(f"{count(ambiguous)} wavered")
    return f"Of {nouns.some(int(hard + ambiguous + easy))}, {' and '.join(parts)}"
