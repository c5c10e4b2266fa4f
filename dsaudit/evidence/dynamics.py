"""Training dynamics of fine-tuned models, where any were trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.evidence.fine_tuning import FineTuning
from dsaudit.evidence.tables import MissingEvidenceError

if TYPE_CHECKING:
    import pandas as pd

    from dsaudit.evidence.baseline import Baseline


def dynamics(baseline: Baseline) -> pd.DataFrame:
    """What each item's given label looked like to models while they were trained on it."""
    if not isinstance(baseline.trained, FineTuning):
        raise MissingEvidenceError("nothing was fine-tuned: ask for it with --quality standard")
    table = baseline.trained.dynamics()
    baseline.trained.settle()
    if not len(table):
        raise MissingEvidenceError("no epoch was trained")
    return table
