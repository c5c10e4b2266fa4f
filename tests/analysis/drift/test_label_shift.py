"""Shares by maximum likelihood of several resamples at once."""

from __future__ import annotations

import numpy as np

from dsaudit.analysis.drift.label_shift import shares_by_em


def test_items_that_count_twice_are_items_that_are_there_twice():
    rng = np.random.default_rng(0)
    probs = rng.dirichlet(np.ones(3), size=50)
    times = rng.integers(0, 3, size=(2, 50))
    usual = [0.5, 0.3, 0.2]
    found = shares_by_em(probs, learned=usual, weight=times, n_steps=40)
    for own, row in zip(times, found, strict=True):
        assert np.allclose(row, shares_by_em(np.repeat(probs, own, axis=0), learned=usual, n_steps=40), atol=1e-5)
