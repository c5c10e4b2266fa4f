"""Label quality scores against cleanlab's, and the confident joint against its definition."""

from __future__ import annotations

import numpy as np
import pytest
from cleanlab.rank import get_label_quality_scores
from fabric import average_precision

from dsaudit.analysis.label import ranking
from dsaudit.analysis.label.ranking import label_quality

METHODS = ["self_confidence", "normalized_margin", "confidence_weighted_entropy"]


def made_up(n=300, k=5, seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, k, n)
    logits = rng.normal(0, 1.2, (n, k))
    logits[np.arange(n), truth] += 3.0
    probs = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    given = np.where(rng.random(n) < 0.1, rng.integers(0, k, n), truth)
    return probs, given, given != truth


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("k", [2, 5, 40])
def test_scores_agree_with_cleanlab(method, k):
    probs, given, _ = made_up(k=k)
    assert np.allclose(label_quality(probs, given)[method], get_label_quality_scores(given, probs, method=method))


def test_candidates_are_the_off_diagonal_of_the_confident_joint():
    probs, given, _ = made_up()
    threshold = np.array([probs[given == c, c].mean() for c in range(5)])
    expected = []
    for p, y in zip(probs, given, strict=True):
        confident = [c for c in range(5) if p[c] >= threshold[c]]
        expected.append(bool(confident) and max(confident, key=lambda c: p[c]) != y)
    assert label_quality(probs, given)["candidate"].tolist() == expected


def test_planted_flips_are_found():
    probs, given, flipped = made_up(n=2000)
    quality = label_quality(probs, given)
    candidate = quality["candidate"].to_numpy()
    assert flipped[candidate].mean() > 0.8
    assert candidate[flipped].mean() > 0.6
    assert average_precision(flipped, quality["pairwise_confidence"]) >= average_precision(
        flipped, get_label_quality_scores(given, probs)
    )


def test_suggestion_is_never_the_given_label():
    probs, given, _ = made_up()
    quality = label_quality(probs, given)
    assert (quality["suggested"] != given).all()
    wrong = quality["predicted"] != given
    assert (quality.loc[wrong, "suggested"] == quality.loc[wrong, "predicted"]).all()
    assert ((quality["pairwise_confidence"] < 0.5) == wrong).all()


def test_parts_do_not_change_the_result(monkeypatch):
    probs, given, _ = made_up()
    whole = label_quality(probs, given)
    monkeypatch.setattr(ranking, "_CHUNK_ELEMENTS", 35)
    assert label_quality(probs, given).equals(whole)


def test_scores_stay_between_nought_and_one_and_finite():
    probs = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]], dtype=np.float32)
    quality = label_quality(probs, [1, 1, 0])
    for column in (*METHODS, "pairwise_confidence"):
        assert quality[column].between(0.0, 1.0).all()


def test_no_items():
    assert label_quality(np.empty((0, 3)), []).empty


@pytest.mark.parametrize(("probs", "given"), [(np.ones((2, 2)), [0]), (np.ones((2, 2)), [0, 2]), (np.ones(2), [0, 1])])
def test_shapes_that_disagree_are_refused(probs, given):
    with pytest.raises(ValueError, match=r"given"):
        label_quality(probs, given)
