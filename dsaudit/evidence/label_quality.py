"""How far each given label can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from dsaudit.analysis.label.label_errors import LabelErrors
    from dsaudit.evidence.baseline import Baseline
    from dsaudit.evidence.context import Context


def label_errors(
    context: Context,
    baseline: Baseline,
    neighbours: pd.DataFrame | None = None,
    duplicates: pd.DataFrame | None = None,
    dynamics: pd.DataFrame | None = None,
    subgroups: pd.DataFrame | None = None,
) -> LabelErrors:
    """What is believed of the labels; ``label_quality`` is its table."""
    from dsaudit.analysis.label.label_errors import find_label_errors

    items, settings = context.items, context.settings
    with context.stage("label quality", 0):
        return find_label_errors(
            baseline.pred_probs,
            items["label"],
            neighbours=None if neighbours is None else neighbours["ids"],
            together=(items["group"], *(() if duplicates is None else (duplicates["near_set"],))),
            aum=None if dynamics is None else dynamics["aum"],
            verdicts=context.verdicts,
            subgroups=subgroups,
            out_of_sample=baseline.predictions.out_of_sample,
            precision=settings.precision,
            budget=settings.budget,
            seed=settings.seed,
        )
