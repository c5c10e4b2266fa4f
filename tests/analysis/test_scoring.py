from __future__ import annotations

import numpy as np

from dsaudit.analysis.scoring import score_above, score_below


def test_half_at_the_threshold_and_monotonic_on_both_sides():
    values = np.linspace(-120, 0, 200)
    scores = score_above(values, bad=-45, healthy=-30)
    assert score_above(-45, bad=-45, healthy=-30) == 0.5
    assert 0.9 < score_above(-30, bad=-45, healthy=-30) < 0.99
    assert (np.diff(scores) >= 0).all()
    assert scores.min() >= 0
    assert scores.max() <= 1
    assert np.isnan(score_above([np.nan], bad=0, healthy=1)[0])


def test_below_is_the_mirror():
    assert score_below(4.0, bad=4.0, healthy=2.0) == 0.5
    assert score_below(1.0, bad=4.0, healthy=2.0) > 0.9
    assert score_below(9.0, bad=4.0, healthy=2.0) < 0.1
