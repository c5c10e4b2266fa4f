"""LBL001 label-error-candidate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.analysis.ranking import candidates_by_rank, label_quality
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "LBL001",
    message="a model that never saw it says {suggestion} ({p_suggested:.0%}) rather than {given} ({p_given:.0%});"
    " {reason}",
    headline=("{n} label-error candidate to review", "{n} label-error candidates to review"),
    worth=0.5,
    since="0.1.0",
    uses_label=True,
)
def label_error_candidate(items: DataFrame, pred_probs: DataFrame, neighbours: DataFrame) -> DataFrame:
    """The given label is doubtful, and another one fits better.

    What it does
    ------------
    Confident learning on out-of-sample predicted probabilities. Each class has a threshold, the mean
    probability it gets on its own items; the labels for which the likeliest class above its threshold is
    not the given one are counted. Items are ranked by pairwise confidence, the probability of the given
    label over the sum of it and the best other, and the first of them, as many as were counted, are the
    candidates. The labels of the nearest neighbours are given as a
    second, independent reason.

    Why is this bad?
    ----------------
    Wrong labels in training teach the wrong thing; wrong labels in the test set choose the wrong model.

    What to do
    ----------
    Hear the candidates in this order. It is a suspicion until a person has listened.

    Options
    -------
    None.

    Limits
    ------
    A class the baseline cannot learn gives false candidates; see weak-class. Mistakes made the same way
    throughout (every recording of one speaker mislabelled) look right to it. Classes too small to be
    learnt are not judged.

    References
    ----------
    C. Northcutt, L. Jiang, I. Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", JAIR
    2021; J. Kuan, J. Mueller, "Model-agnostic label quality scoring", ICML DataPerf 2022.
    """
    classes = [str(c) for c in pred_probs.columns]
    labels = items["label"].reindex(pred_probs.index)
    column = labels.map({c: k for k, c in enumerate(classes)})
    judged = pred_probs.index[column.notna().to_numpy(dtype=bool)]
    given = column.reindex(judged).to_numpy(dtype=np.int64)
    probs = pred_probs.loc[judged].to_numpy(dtype=np.float32)
    quality = label_quality(probs, given).set_index(judged)
    names = np.array(classes, dtype=object)
    rows = np.arange(len(judged))
    candidate = candidates_by_rank(quality)
    suggested = quality["suggested"].to_numpy(dtype=np.int64)
    table = pd.DataFrame(
        {
            "score": quality["pairwise_confidence"].to_numpy(dtype=float),
            "flagged": candidate,
            "given": names[given] if len(given) else pd.Series(dtype=object),
            "suggestion": np.where(candidate, names[suggested] if len(suggested) else None, None),
            "p_given": probs[rows, given].astype(float),
            "p_suggested": probs[rows, suggested].astype(float) if len(rows) else np.empty(0),
            "self_confidence": quality["self_confidence"].to_numpy(dtype=float),
            "normalized_margin": quality["normalized_margin"].to_numpy(dtype=float),
        },
        index=judged,
    )
    return table.assign(reason=_reasons(table[table["flagged"]], items["label"], neighbours).reindex(judged))


def _reasons(candidates: DataFrame, labels: pd.Series[str], neighbours: DataFrame) -> pd.Series[str]:
    """What the nearest labelled items say, in words."""
    found = neighbours["ids"].reindex(candidates.index)
    texts = {}
    for item_id, ids, suggestion, given in zip(
        candidates.index, found, candidates["suggestion"], candidates["given"], strict=True
    ):
        near = [labels.get(i) for i in ids] if isinstance(ids, list | tuple | np.ndarray) else []
        near = [name for name in near if isinstance(name, str)]
        n_suggested, n_given = near.count(suggestion), near.count(given)
        texts[item_id] = (
            f"of its {len(near)} nearest neighbours {n_suggested} say {suggestion}, {n_given} say {given}"
            if near
            else "it has no labelled neighbours"
        )
    return pd.Series(texts, dtype=object)
