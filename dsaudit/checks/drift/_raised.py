"""What the rules about two sets share: an effect that is large enough, and no chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.drift.family import LEVEL

if TYPE_CHECKING:
    from pandas import DataFrame


def raised(drift: DataFrame, aspect: str, least: float) -> DataFrame:
    """Rows of one aspect; flagged where the effect is ``least`` or more, and no chance by ``family.LEVEL``."""
    own = drift[drift["aspect"] == aspect]
    effect = own["effect"].to_numpy(dtype=np.float64)
    sure = own["p"].to_numpy(dtype=np.float64) <= LEVEL
    ratio = np.clip(np.nan_to_num(effect), 0, None) / max(least, 1e-9)
    flagged = sure & (ratio >= 1) & np.isfinite(effect)
    far = np.where(flagged, 0.5 / np.maximum(ratio, 1.0), 1 - 0.5 * np.minimum(ratio, 0.999))
    return own.assign(score=np.where(flagged, far, np.maximum(far, 0.501)), flagged=flagged)
