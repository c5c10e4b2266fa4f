from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dsaudit.checks.error.confused_pair import confused_pair
from dsaudit.checks.error.weak_class import weak_class


def tables(confusion, names):
    """Items and probabilities with exactly this confusion matrix."""
    labels, predicted = [], []
    for i, row in enumerate(confusion):
        for j, n in enumerate(row):
            labels += [names[i]] * n
            predicted += [j] * n
    ids = [f"{k:04d}" for k in range(len(labels))]
    probs = np.full((len(ids), len(names)), 0.1 / len(names), dtype=np.float32)
    probs[np.arange(len(ids)), predicted] += 0.9
    return pd.DataFrame({"label": labels}, index=ids, dtype=object), pd.DataFrame(probs, index=ids, columns=names)


def test_the_planted_pair_is_found_with_its_items():
    items, probs = tables([[80, 18, 1, 1], [2, 96, 1, 1], [0, 1, 98, 1], [1, 1, 0, 98]], ["off", "up", "yes", "no"])
    frame = confused_pair(items, probs)
    flagged = frame[frame["flagged"]]
    assert flagged.index.tolist() == ["off → up"]
    row = flagged.iloc[0]
    assert (row["count"], row["share_of_given"]) == (18, 0.18)
    assert set(row["item_ids"]) <= set(items.index[items["label"] == "off"])
    assert len(row["item_ids"]) == 18


def test_evenly_spread_errors_are_no_pair():
    items, probs = tables([[70, 10, 10, 10], [10, 70, 10, 10], [10, 10, 70, 10], [10, 10, 10, 70]], list("abcd"))
    assert not confused_pair(items, probs)["flagged"].any()


@pytest.mark.parametrize("table", [[[0, 80, 0], [0, 700, 0], [0, 70, 0]], [[12, 68], [120, 580]]])
def test_a_model_that_tells_nothing_confuses_no_pair(table):
    assert not confused_pair(*tables(table, list("abc")[: len(table)]))["flagged"].any()


def test_a_class_that_passes_for_another_is_a_pair():
    found = confused_pair(*tables([[0, 80, 0], [0, 700, 0], [1, 2, 67]], list("abc")))
    assert found.index[found["flagged"]].tolist() == ["a → b"]


def test_a_weak_class_is_one_whose_interval_lies_below_the_rest():
    items, probs = tables([[50, 50, 0], [5, 95, 0], [5, 0, 95]], ["weak", "good", "fine"])
    frame = weak_class(items, probs)
    assert frame["flagged"].to_dict() == {"weak": True, "good": False, "fine": False}
    assert frame.loc["weak", "recall"] == 0.5
    assert frame.loc["weak", "recall_low"] == pytest.approx(0.404, abs=1e-3)  # Wilson, 50 of 100
    assert len(frame.loc["weak", "item_ids"]) == 50


def test_few_items_prove_no_weakness():
    items, probs = tables([[2, 1, 0], [1, 30, 0], [0, 1, 30]], ["small", "good", "fine"])
    assert not weak_class(items, probs).loc["small", "flagged"]
