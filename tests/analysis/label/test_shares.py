from __future__ import annotations

import numpy as np
import pytest

from dsaudit.analysis.label.shares import label_shares


@pytest.mark.parametrize("k", [2, 3, 12])
def test_they_are_what_is_stated_and_add_up(k: int) -> None:
    rng = np.random.default_rng(k)
    probs = rng.dirichlet(np.ones(k), 50)
    given, suggested = np.zeros(50, int), np.ones(50, int)
    p_wrong = rng.random(50)
    p_suggested = p_wrong * (1.0 if k == 2 else rng.random(50))
    shares = label_shares(probs, given, suggested, p_wrong, p_suggested)
    assert shares.sum(1) == pytest.approx(1)
    assert shares[:, 0] == pytest.approx(1 - p_wrong)
    assert shares[:, 1] == pytest.approx(p_suggested)
    if k > 2:  # the others keep their proportions
        assert shares[:, 2] * probs[:, 2:].sum(1) == pytest.approx(probs[:, 2] * shares[:, 2:].sum(1))


def test_others_that_the_model_rules_out_share_evenly() -> None:
    assert label_shares([[0.5, 0.5, 0, 0]], [0], [1], [0.8], [0.4]).tolist() == [
        pytest.approx([0.2, 0.4, 0.2, 0.2]),
    ]
    assert label_shares([[0.5, 0.5]], [0], [1], [0.8], [0.6]).tolist() == [pytest.approx([0.2, 0.8])]
