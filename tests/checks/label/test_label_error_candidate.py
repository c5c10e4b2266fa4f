from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dsaudit.analysis.label.label_errors import find_label_errors
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
    neighbours = pd.Series(near, dtype=object)
    return items, pd.DataFrame(probs, index=ids, columns=names), neighbours, [ids[i] for i in wrong], names[true]


def test_planted_errors_come_first_with_the_right_suggestion(planted):
    items, probs, neighbours, wrong, true = planted
    frame = label_error_candidate(items, find_label_errors(probs, items["label"], neighbours=neighbours).table)
    first = frame.sort_values("score").index[:30]
    assert len(set(first) & set(wrong)) >= 27
    found = frame[frame["flagged"]]
    assert 20 <= len(found) < 60
    right = pd.Series(true, index=items.index)
    caught = [i for i in found.index if i in wrong]
    assert np.mean([found.at[i, "suggestion"] == right[i] for i in caught]) > 0.95
    assert frame.loc[~frame["flagged"], "suggestion"].isna().all()


def test_raw_score_is_cleanlabs(planted):
    cleanlab = pytest.importorskip("cleanlab.rank")
    items, probs, *_ = planted
    frame = label_error_candidate(items, find_label_errors(probs, items["label"]).table)
    given = items["label"].map({c: k for k, c in enumerate(probs.columns)}).to_numpy()
    for method in ("normalized_margin", "self_confidence"):
        expected = cleanlab.get_label_quality_scores(given, probs.to_numpy(dtype=np.float64), method=method)
        np.testing.assert_allclose(frame[method], expected, atol=1e-6)


def test_the_message_says_how_likely_and_why(planted):
    items, probs, neighbours, *_ = planted
    table = find_label_errors(probs, items["label"], neighbours=neighbours).table
    chosen = table.index[table["candidate"]]
    table.loc[chosen[:2], "p_wrong"], table.loc[chosen[:2], "kind"] = (0.998, 0.42), "wrong"
    frame = label_error_candidate(items, table)
    assert frame["chance"][chosen[:2]].tolist() == [
        "over 99\u00a0% likely to be wrong",
        "42\u00a0% likely to be wrong",
    ]
    assert frame["reason"][chosen[0]].startswith("of its 5 nearest neighbours")
    alone = label_error_candidate(items, find_label_errors(probs, items["label"]).table)
    assert set(alone.loc[alone["flagged"], "reason"]) == {"it has no labelled neighbours"}


def test_a_kind_of_doubt_is_named(planted):
    items, probs, *_ = planted
    table = find_label_errors(probs, items["label"]).table
    chosen = table.index[table["candidate"]]
    table.loc[chosen[0], "kind"], table.loc[chosen[1], "kind"] = "ambiguous", "off-topic"
    frame = label_error_candidate(items, table)
    chance = frame["chance"]
    assert frame["suggestion"][chosen[0]] is not None
    assert frame["suggestion"][chosen[1]] is None
    assert chance[chosen[0]].endswith(", two labels fit")
    assert chance[chosen[1]].endswith(", no label fits well")


def test_without_figures_it_says_doubtful(planted):
    items, probs, *_ = planted
    frame = label_error_candidate(items, find_label_errors(probs, items["label"], out_of_sample=False).table)
    assert frame["flagged"].any()
    assert set(frame["model"]) == {"the model"}  # it may have seen these labels
    known = label_error_candidate(items, find_label_errors(probs, items["label"]).table)
    assert set(known["model"]) == {"a model that never saw it"}
    assert set(frame.loc[frame["flagged"], "chance"]) == {"doubtful"}


def test_a_weak_models_guess_names_no_figure(planted):
    items, probs, *_ = planted
    table = find_label_errors(probs, items["label"]).table.assign(guess=True)
    frame = label_error_candidate(items, table)
    assert frame["flagged"].any()
    assert frame["chance"].str.startswith("doubtful").all()
    assert frame[["p_wrong", "p_suggested"]].isna().all(axis=None)


def test_items_that_lost_their_label_are_not_judged(planted):
    items, probs, *_ = planted
    table = find_label_errors(probs, items["label"]).table
    items.loc["000", "label"] = None
    assert "000" not in label_error_candidate(items, table).index
