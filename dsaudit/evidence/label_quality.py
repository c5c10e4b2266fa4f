"""How far each given label can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.evidence.blank import blank

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
    exchanged: pd.DataFrame | None = None,
) -> LabelErrors:
    """What is believed of the labels; ``label_quality`` is its table.

    Labels that are wrong by whole classes are one finding, and none to be judged one by one.
    """
    from dsaudit.analysis.label.label_errors import find_label_errors

    items, settings = context.items, context.settings
    pred_probs = baseline.pred_probs
    empty = blank(context)["blank"].reindex(pred_probs.index, fill_value=False)
    apart = [] if exchanged is None else [item_id for ids in exchanged["item_ids"] for item_id in ids]
    with context.stage("label quality", 0):
        return find_label_errors(
            pred_probs[~empty],
            items["label"].mask(items.index.isin(apart)),
            neighbours=None if neighbours is None else neighbours["ids"],
            together=(items["group"], *(() if duplicates is None else (duplicates["scene_set"],))),
            aum=None if dynamics is None else dynamics["aum"],
            verdicts=context.verdicts,
            subgroups=subgroups,
            out_of_sample=baseline.predictions.out_of_sample,
            precision=settings.precision,
            budget=settings.budget,
            seed=settings.seed,
        )
