from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dsaudit.checks.label.label_error_candidate import label_error_candidate


@pytest.fixture
def planted():
    """300 items of 3 classes, 30 with a wrong label, predicted well but not perfectly."""
    rng = np.random.default_rng(4)
    true = np.repeat([0, 1, 2], 100)
    given = true.copy()
    wrong = rng.choice(300, 30, replace=False)
    given[wrong] = (given[wrong] + rng.integers(1, 3, 30)) % 3
    logits = rng.normal(0, 1, (300, 3)) + 3.5 * np.eye(3)[true]
    probs = (np.exp(logits) / np.exp(logits).sum(1, keepdims=True)).astype(np.float32)
    names = np.array(["no", "up", "yes"], dtype=object)
    ids = [f"{i:03d}" for i in range(300)]
    items = pd.DataFrame({"label": names[given]}, index=ids, dtype=object)
    near = {i: [ids[j] for j in np.flatnonzero(true == true[k])[:5]] for k, i in enumerate(ids)}
    neighbours = pd.DataFrame({"ids": pd.Series(near, dtype=object)})
    return items, pd.DataFrame(probs, index=ids, columns=names), neighbours, [ids[i] for i in wrong], names[true]


def test_planted_errors_come_first_with_the_right_suggestion(planted):
    items, probs, neighbours, wrong, true = planted
    frame = label_error_candidate(items, probs, neighbours)
    first = frame.sort_values("score").index[:30]
    assert len(set(first) & set(wrong)) >= 27
    found = frame[frame["flagged"]]
    assert len(found) < 60
    right = pd.Series(true, index=items.index)
    caught = [i for i in found.index if i in wrong]
    assert np.mean([found.at[i, "suggestion"] == right[i] for i in caught]) > 0.95
    assert frame.loc[~frame["flagged"], "suggestion"].isna().all()


def test_raw_score_is_cleanlabs(planted):
    cleanlab = pytest.importorskip("cleanlab.rank")
    items, probs, neighbours, *_ = planted
    frame = label_error_candidate(items, probs, neighbours)
    given = items["label"].map({c: k for k, c in enumerate(probs.columns)}).to_numpy()
    for method in ("normalized_margin", "self_confidence"):
        expected = cleanlab.get_label_quality_scores(given, probs.to_numpy(dtype=np.float64), method=method)
        np.testing.assert_allclose(frame[method], expected, atol=1e-6)


def test_reasons_count_the_labels_of_neighbours(planted):
    items, probs, neighbours, *_ = planted
    frame = label_error_candidate(items, probs, neighbours)
    flagged = frame[frame["flagged"]].iloc[0]
    assert flagged["reason"].startswith("of its 5 nearest neighbours")
    alone = label_error_candidate(items, probs, neighbours.iloc[:0])
    assert set(alone.loc[alone["flagged"], "reason"]) == {"it has no labelled neighbours"}


def test_items_whose_class_was_not_learnt_are_not_judged(planted):
    items, probs, neighbours, *_ = planted
    items.loc["000", "label"] = "rare"
    items.loc["001", "label"] = None
    frame = label_error_candidate(items, probs, neighbours)
    assert not {"000", "001"} & set(frame.index)
