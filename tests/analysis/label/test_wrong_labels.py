from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from dsaudit.analysis.label.label_fit import label_fit
from dsaudit.analysis.label.wrong_labels import log_odds_sd, log_odds_wrong


def said(probs, given):
    found = label_fit(probs, given)
    return expit(log_odds_wrong(found, probs, given)), log_odds_sd(found)


def trained_on_wrong_labels(n=2000, k=10, *, share, right=0.95, seed=0):
    """A model right on most items that gives its class what is left of certainty where a share of labels is wrong."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, k, n)
    taken = np.where(rng.random(n) < right, true, (true + rng.integers(1, k, n)) % k)
    sure = (1 - share) * rng.uniform(0.97, 1.0, n)
    probs = rng.uniform(0.8, 1.2, (n, k))
    probs[np.arange(n), taken] = 0.0
    probs *= ((1 - sure) / probs.sum(1))[:, None]
    probs[np.arange(n), taken] = sure
    given = np.where(rng.random(n) < share, (true + rng.integers(1, k, n)) % k, true)
    return probs, given, given != true


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("share", [0.2, 0.35, 0.4, 0.5])
def test_a_good_model_of_bad_labels_is_not_taken_for_a_bad_model_of_good_ones(share, seed):
    probs, given, wrong = trained_on_wrong_labels(share=share, seed=seed)
    p, _ = said(probs, given)
    assert p.sum() == pytest.approx(wrong.sum(), rel=0.3)  # it errs on one label in twenty itself
    chosen = p > 0.5
    f1 = 2 * (wrong & chosen).sum() / (wrong.sum() + chosen.sum())
    assert f1 > 0.88


def test_doubts_of_a_model_of_good_labels_are_its_own():
    rng = np.random.default_rng(0)
    n, k = 3000, 6
    true = rng.integers(0, k, n)
    x = 2.2 * rng.normal(size=(k, 6))[true] + rng.normal(size=(n, 6)) * 1.6
    centre = np.stack([x[true == c].mean(0) for c in range(k)])
    logits = -0.5 * ((x[:, None] - centre) ** 2).sum(2) / 1.6**2
    probs = np.exp(logits - logits.max(1, keepdims=True))
    probs /= probs.sum(1, keepdims=True)
    disagree = (probs.argmax(1) != true).sum()
    p, _ = said(probs, true)
    assert disagree > 100
    assert p.sum() < 0.15 * disagree


def test_what_is_stated_of_a_few_items_does_not_depend_on_how_many_are_asked():
    probs, given, _ = trained_on_wrong_labels(n=9000, share=0.1)
    found = label_fit(probs, given)
    whole = log_odds_wrong(found, probs, given)
    assert log_odds_wrong(found, probs[5:8], given[5:8]) == pytest.approx(whole[5:8], abs=1e-4)
