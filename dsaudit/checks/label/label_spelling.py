"""LBL002 label-spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from dsaudit.analysis.label.spelling import canonical_label
from dsaudit.dataset.names import told_apart
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "LBL002",
    message="one label is spelt in {n_spellings} ways: {spellings}",
    since="0.1.0",
    scope="set",
    named_subject=True,
    uses_label=True,
)
def label_spelling(items: DataFrame) -> DataFrame:
    """Labels that differ only in case, spaces or Unicode form.

    What it does
    ------------
    Brings every label to one form (Unicode NFKC, case folded, runs of spaces, underscores and dashes as
    one space) and lists labels that become the same. They are reported, never merged.

    Why is this bad?
    ----------------
    The model is asked to tell apart what is one class, and both halves look confused with each other.

    What to do
    ----------
    Choose one spelling. The rarer ones are listed first.

    Options
    -------
    None.

    Limits
    ------
    Sets where case carries meaning (``US`` and ``us``) are flagged as well.

    References
    ----------
    Unicode Standard Annex 15, "Unicode Normalization Forms".
    """
    labels = items["label"].dropna()
    canonical = labels.map(canonical_label)
    rows: dict[str, dict[str, object]] = {}
    for form, spellings in labels.groupby(canonical):
        counts = spellings.value_counts().sort_index(kind="stable").sort_values(kind="stable")
        if len(counts) < 2:
            continue
        members = [i for name in counts.index[:-1] for i in sorted(spellings.index[spellings == name])]
        rows[str(form)] = {
            "n_spellings": len(counts),
            "spellings": ", ".join(f"{told_apart(str(name))} ({n})" for name, n in counts.iloc[::-1].items()),
            "suggestion": counts.index[-1],
            "item_ids": members,
            "n_items": len(members),
            "score": 0.5 * float(counts.iloc[-1] / counts.sum()),
            "flagged": True,
        }
    columns = ["n_spellings", "spellings", "suggestion", "item_ids", "n_items", "score", "flagged"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    return table.astype({"score": float, "flagged": bool})
