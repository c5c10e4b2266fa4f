"""Which items have a label quality."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace

import pandas as pd
import pytest

from dsaudit.evidence.label_quality import label_errors
from dsaudit.media import kind_for


@pytest.mark.parametrize(
    ("kind", "column", "empty", "full"),
    [("audio", "loudest_rms_dbfs", -120.0, -20.0), ("image", "content_share", 0.0, 0.2)],
)
def test_items_that_hold_nothing_are_no_evidence_for_a_label(kind, column, empty, full):
    ids = [f"{i:02d}" for i in range(40)]
    probs = pd.DataFrame({"a": [0.99] * 20 + [0.01] * 20, "b": [0.01] * 20 + [0.99] * 20}, index=ids)
    items = pd.DataFrame({"label": ["b"] + ["a"] * 19 + ["b"] * 20, "group": None}, index=ids)

    def candidates(*blank):
        measured = pd.DataFrame({column: [empty if i in blank else full for i in ids]}, index=ids)
        context = SimpleNamespace(
            items=items,
            measurements=measured,
            kind=kind_for(kind),
            verdicts=None,
            settings=SimpleNamespace(precision=None, budget=None, seed=0),
            stage=lambda name, n: contextlib.nullcontext(),
        )
        baseline = SimpleNamespace(pred_probs=probs, predictions=SimpleNamespace(out_of_sample=True))
        table = label_errors(context, baseline).table
        return table.index[table["candidate"]].tolist(), len(table)

    assert candidates() == (["00"], 40)
    assert candidates("00", "07") == ([], 38)
    assert candidates("00", *ids[20:35]) == (["00"], 40)  # a class of silence: there it is meant
