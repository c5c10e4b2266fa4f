"""LBL001 label-error-candidate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "LBL001",
    message="{chance}: {model} says {rather} rather than {given}; {reason}",
    headline=("{n} label-error candidate to review", "{n} label-error candidates to review"),
    worth=0.5,
    since="0.1.0",
    uses_label=True,
)
def label_error_candidate(items: DataFrame, label_quality: DataFrame) -> DataFrame:
    """The given label is doubtful, and another one fits better.

    What it does
    ------------
    Every label gets a quality score and a probability of being wrong from predictions of a model that never
    saw the item, the labels of its nearest neighbours and, where a network was fine-tuned, how it was learned.
    With fewer than 100 labels, predictions of a model that saw them, or a weak model until 20 labels were
    reviewed, there is a ranking and no probability.
    The candidates are the worst of the ranking, as many as promise the best balance of errors found and good
    labels looked at in vain (highest expected F1); --precision and --budget cut elsewhere. What reviewers
    found already moves the probabilities. The message says what kind of doubt it is: another label fits
    (wrong), two fit (ambiguous), or none does (off-topic).

    Why is this bad?
    ----------------
    Wrong labels in training teach the wrong thing; wrong labels in the test set choose the wrong model.

    What to do
    ----------
    Review the candidates in this order. Each is a suspicion until a person has decided.

    Options
    -------
    None.

    Limits
    ------
    Where people err just where the model doubts, doubt and error look alike, and the probabilities rest on
    what is usual: a review of twenty or more says how far they hold. Where fewer than one label in a hundred
    is wrong, too many are stated. Mistakes made the same way throughout (every recording of one speaker
    mislabelled) look right to it. Classes that the model cannot tell from the rest are not judged, and a model
    that tells none of them lists nothing.

    References
    ----------
    C. Northcutt, L. Jiang, I. Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", JAIR
    2021; J. Kuan, J. Mueller, "Model-agnostic label quality scoring", ICML DataPerf 2022; G. Pleiss et al.,
    "Identifying Mislabeled Data using the Area Under the Margin Ranking", NeurIPS 2020.
    """
    given = items["label"].reindex(label_quality.index)
    table = label_quality[given.notna().to_numpy()]
    candidate = table["candidate"].astype(bool)
    told = table[["p_wrong", "p_suggested"]].mask(table["guess"].astype(bool))  # a weak model names no figure
    suggestion = table["suggestion"].astype(object).where(candidate & (table["kind"] != "off-topic"), None)
    found = told.join(table[["kind", "self_confidence", "normalized_margin"]]).assign(
        score=table["quality"].astype(float),
        flagged=candidate,
        given=given[given.notna()],
        suggestion=suggestion,
        rather=table["suggestion"],
        model=np.where(table["p_wrong"].notna(), "a model that never saw it", "the model"),
    )
    # words are for what is flagged: of millions they would be most of the table
    pairs = zip(told["p_wrong"][candidate], table["kind"][candidate], strict=True)
    chance = pd.Series([_chance(*pair) for pair in pairs], index=table.index[candidate], dtype=object)
    reason = _reasons(table[candidate], given)
    return found.assign(chance=chance.reindex(found.index), reason=reason.reindex(found.index))


def _chance(p_wrong: float, kind: str) -> str:
    likely = "over 99\u00a0%" if p_wrong > 0.99 else f"{100 * p_wrong:.0f}\u00a0%"
    said = "doubtful" if p_wrong != p_wrong else f"{likely} likely to be wrong"
    return said + {"ambiguous": ", two labels fit", "off-topic": ", no label fits well"}.get(kind, "")


def _reasons(candidates: DataFrame, given: pd.Series) -> pd.Series:
    """What the nearest labelled items say, in words."""
    texts = {}
    for item_id, row in zip(candidates.index, candidates.to_dict("records"), strict=True):
        n = int(row["n_neighbours"])
        agree, suggest = (round(n * row[c]) if n else 0 for c in ("neighbour_agreement", "suggestion_agreement"))
        texts[item_id] = (
            f"of its {n} nearest neighbours {suggest} say {row['suggestion']}, {agree} say {given[item_id]}"
            if n
            else "it has no labelled neighbours"
        )
    return pd.Series(texts, dtype=object)
