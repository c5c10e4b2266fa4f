from __future__ import annotations

import numpy as np
import pytest

from dsaudit.analysis.model.cost import cost_matrix, costs_of, expected_cost
from dsaudit.analysis.model.metrics import accuracy_estimates
from dsaudit.errors import ConfigError


def test_what_names_more_wins_in_whatever_order_it_is_said():
    said = {"a:b": 5, "*:b": 3, "c:*": 2, "*:*": 0.5}
    expected = [[0, 5, 0.5], [0.5, 0, 0.5], [2, 3, 0]]
    assert cost_matrix(said, ["a", "b", "c"])[:2].tolist() == expected[:2]
    for order in (said, dict(reversed(said.items()))):
        assert np.array_equal(cost_matrix(order, ["a", "b", "c"]), cost_matrix(said, ["a", "b", "c"]))


def test_a_class_may_have_a_colon_in_its_name():
    assert cost_matrix({"a:b:c": 4}, ["a:b", "c"])[0, 1] == 4


@pytest.mark.parametrize(
    ("costs", "told"),
    [
        ({"ab": 1}, "'ab' is no pair"),
        ({"a:x": 1}, "names 'x', which is no class here"),
        ({"a:b": -1}, "costs -1"),
        ({"a:b": "dear"}, "costs 'dear'"),
        ({"a:b": float("nan")}, "costs nan"),
        ({"a:b": True}, "costs True"),
    ],
)
def test_what_cannot_be_followed_is_said(costs, told):
    with pytest.raises(ConfigError, match=told):
        costs_of(costs, ["a"], ["b"])


def test_with_every_error_at_one_it_is_the_share_of_errors_with_the_same_interval():
    rng = np.random.default_rng(0)
    given, predicted, groups = rng.integers(0, 3, 600), rng.integers(0, 3, 600), rng.integers(0, 60, 600)
    found = expected_cost(given, predicted, cost_matrix({"*:*": 1}, "abc"), groups=groups)
    right = accuracy_estimates(given, predicted, n_classes=3, groups=groups).accuracy
    assert found.value == pytest.approx(1 - right.value)
    assert (found.low, found.high) == pytest.approx((1 - right.high, 1 - right.low), abs=0.01)


def test_no_error_among_few_proves_little():
    found = expected_cost([0, 1], [0, 1], cost_matrix({"a:b": 10}, "ab"))
    assert (found.value, found.low) == (0, 0)
    assert found.high > 5
    assert np.isnan(expected_cost([], [], np.zeros((2, 2))).value)
