"""The order in which a review brings items up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dsaudit.relabel.queue.queue import Tier
from dsaudit.relabel.queue.review_queue import spread_first
from dsaudit.store.schema.metrics import FIRST_VERDICTS


def queue(p_wrong: np.ndarray, n_faults: int = 10) -> pd.DataFrame:
    """Candidates as sure as that, every second below .5 merely ambiguous, then faults."""
    tiers = np.where(p_wrong >= 0.5, Tier.CANDIDATE, Tier.AMBIGUOUS)
    rows = {"p_wrong": np.append(p_wrong, [np.nan] * n_faults), "tier": np.append(tiers, [Tier.FAULT] * n_faults)}
    return pd.DataFrame(rows)


SURE = np.concatenate([np.full(60, 0.97), np.linspace(0.9, 0.02, 140)])


def test_the_first_verdicts_come_from_where_it_is_unsure_and_the_rest_in_order():
    found = spread_first(queue(SURE))
    first, rest = found.index[:FIRST_VERDICTS].to_numpy(), found.index[FIRST_VERDICTS:].to_numpy()
    assert sorted(found.index) == list(range(210))
    assert (np.diff(first) > 0).all()
    assert (np.diff(rest) > 0).all()
    assert (first < 60).sum() <= 4  # 60 labels that are all but surely wrong
    assert 3 <= (SURE[first] < 0.3).sum() <= 7
    assert SURE[first].min() < 0.1


@pytest.mark.parametrize(
    "p_wrong", [SURE[40:90], np.linspace(0.55, 0.02, 200), np.empty(0)], ids=["few", "top unsure", "none"]
)
def test_where_it_would_tell_no_more_the_order_stands(p_wrong):
    assert list(spread_first(queue(p_wrong)).index) == list(range(len(p_wrong) + 10))
