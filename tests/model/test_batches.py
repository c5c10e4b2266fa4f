"""Batches: every item once, little padding, bounded size."""

from __future__ import annotations

import numpy as np
import pytest

from dsaudit.model.batches import ordered_batches, partners, shuffled_batches


@pytest.mark.parametrize(("n", "batch_size", "most"), [(1, 8, 10), (257, 32, 10**6), (500, 16, 4000), (40, 8, 1)])
def test_every_item_once_within_the_bounds(n, batch_size, most):
    lengths = np.random.default_rng(0).integers(50, 900, n)
    batches = shuffled_batches(lengths, batch_size=batch_size, most=most, rng=np.random.default_rng(1))
    assert sorted(np.concatenate(batches).tolist()) == list(range(n))
    assert max(map(len, batches)) <= batch_size + 1
    for batch in batches:
        assert len(batch) == 1 or (len(batch) - 1) * lengths[batch].max() <= most


def test_padding_is_small_and_neighbours_change():
    lengths = np.random.default_rng(0).integers(50, 900, 2000)
    first, second = (shuffled_batches(lengths, batch_size=16, most=10**9, rng=np.random.default_rng(k)) for k in (1, 2))
    padded = sum(len(b) * lengths[b].max() for b in first)
    assert padded < 1.1 * lengths.sum()
    assert {frozenset(b.tolist()) for b in first} != {frozenset(b.tolist()) for b in second}
    assert np.corrcoef(np.arange(len(first)), [lengths[b].mean() for b in first])[0, 1] < 0.3  # not short to long


def test_ordered_batches_go_from_short_to_long():
    lengths = np.array([5, 1, 4, 2, 3])
    batches = ordered_batches(lengths, np.arange(5), batch_size=2, most=100)
    assert [b.tolist() for b in batches] == [[1, 3], [4, 2], [0]]
    assert [b.tolist() for b in ordered_batches(lengths, np.arange(5), batch_size=5, most=6)] == [[1, 3], [4], [2], [0]]


def test_partners():
    assert partners(np.random.default_rng(0), 4, strength=0)[0] == 1.0
    shares, order = zip(*(partners(np.random.default_rng(k), 8, strength=0.4) for k in range(200)), strict=True)
    assert min(shares) >= 0.5
    assert 0.75 < np.mean(shares) < 0.95
    assert all(sorted(o.tolist()) == list(range(8)) for o in order)
