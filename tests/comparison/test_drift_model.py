"""What is expected of a model where the sets are unlike, and whom it is asked of."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dsaudit.comparison.drift_model import ClassShare, Model, _dealt, with_unlike
from dsaudit.types import Estimate

HALF = Estimate(0.5, 0.4, 0.6)


@pytest.mark.parametrize(
    ("auc", "sure", "expected"),
    [(0.4, True, (0.5, 0.4)), (0.6, True, (0.5, 0.35)), (0.6, False, (0.5, 0.35)), (0.72, False, (0.5, 0.29))],
)
def test_the_lower_end_reaches_to_guessing_of_what_is_unlike(auc, sure, expected):
    shares = tuple(ClassShare(name, 0.25, None, HALF, 0.25, None) for name in "abcd")
    told = with_unlike(Model(HALF, HALF, None, HALF, shares), auc, sure=sure).expected
    assert (told.value, told.low) == pytest.approx(expected)


def test_nothing_is_expected_of_sets_that_are_surely_unlike():
    shares = tuple(ClassShare(name, 0.5, None, HALF, 0.5, None) for name in "ab")
    assert np.isnan(with_unlike(Model(HALF, HALF, None, HALF, shares), 0.72, sure=True).expected.value)


def test_folds_tear_no_group_and_no_copies_apart_and_all_hold_items_of_the_reference():
    rng = np.random.default_rng(0)
    items = pd.DataFrame(
        {"group": [f"g{k}" for k in rng.integers(0, 30, 200)], "content_hash": [str(k % 190) for k in range(200)]},
        index=[str(k) for k in range(200)],
    )
    labels = pd.Series(np.where(np.arange(200) < 100, "yes", None), index=items.index)
    folds = _dealt(labels, items, 5, 0)
    fold = pd.concat([folds.fold, folds.dealt]).reindex(items.index)
    assert fold.groupby(items["group"]).nunique().max() == 1
    assert fold.groupby(items["content_hash"]).nunique().max() == 1
    assert set(folds.fold) == set(range(5))
