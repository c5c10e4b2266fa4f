from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from dsaudit.analysis.space.belonging import foreignness


def planted(share: float, *, spread: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """100 items around one place and others around another, and which are the others."""
    rng = np.random.default_rng(seed)
    n = round(share / (1 - share) * 100)
    rows = np.concatenate([rng.normal(0, 1, (100, 12)), rng.normal(1.5, spread, (n, 12))])
    return rows, np.arange(100 + n) >= 100


@pytest.mark.parametrize("share", [0.05, 0.2, 0.45])
@pytest.mark.parametrize("spread", [0.1, 1.0, 3.0])
def test_foreign_items_lie_far_from_the_core_however_many_and_however_alike(share, spread):
    rows, foreign = planted(share, spread=spread)
    far = foreignness([rows], np.full(len(rows), "cry", dtype=object))
    assert roc_auc_score(foreign, far) > 0.95


def test_classes_are_held_against_their_own_core_and_small_ones_against_all():
    rng = np.random.default_rng(1)
    rows = np.concatenate([rng.normal(0, 1, (40, 6)), rng.normal(9, 1, (40, 6)), [[0.0] * 6, [99.0] * 6]])
    labels = np.array(["a"] * 40 + ["b"] * 39 + ["a"] + ["c"] * 2, dtype=object)
    far = foreignness([rows], labels)
    assert far[79] > far[:79].max()  # one of b among a
    assert far[81] > far[80]


def test_views_presence_and_neighbours_each_tell_what_the_others_do_not():
    rows, foreign = planted(0.2, spread=1.0)
    rng, same = np.random.default_rng(2), np.full(len(rows), "a", dtype=object)
    blind = rng.normal(0, 1, rows.shape)
    assert roc_auc_score(foreign, foreignness([blind], same)) < 0.7
    assert roc_auc_score(foreign, foreignness([blind, rows], same)) > 0.9
    sound = np.where(foreign, rng.uniform(0, 0.1, len(rows)), rng.uniform(0.4, 0.6, len(rows)))
    assert roc_auc_score(foreign, foreignness([blind], same, presence=[sound])) > 0.9
    unknown = np.full(len(rows), np.nan)
    np.testing.assert_array_equal(foreignness([blind], same, presence=[unknown]), foreignness([blind], same))
    labels = np.where(np.arange(len(rows)) % 2, "a", "b").astype(object)
    own = np.stack([rng.choice(np.flatnonzero(labels == name), 5) for name in labels])
    other = np.stack([rng.choice(np.flatnonzero(labels != name), 5) for name in labels])
    near = np.where(foreign[:, None], other, own)
    assert roc_auc_score(foreign, foreignness([blind], labels, neighbours=near)) > 0.9


def test_order_of_rows_and_empty_input_do_not_matter():
    rows, _ = planted(0.2, spread=1.0)
    labels, order = np.full(len(rows), "a", dtype=object), np.random.default_rng(3).permutation(len(rows))
    np.testing.assert_allclose(foreignness([rows[order]], labels), foreignness([rows], labels)[order])
    assert foreignness([np.empty((0, 3))], []).shape == (0,)
    assert np.isfinite(foreignness([np.ones((30, 3))], np.full(30, "a", dtype=object))).all()


def test_the_core_of_a_large_class_is_that_of_a_part_of_it(monkeypatch):
    rng = np.random.default_rng(3)
    rows = np.concatenate([rng.normal(0, 1, (300, 8)), rng.normal(4, 0.1, (60, 8))]).astype(np.float32)
    labels = np.full(len(rows), "cry", dtype=object)
    whole = foreignness([rows], labels, directions=[rows + 9.0])
    monkeypatch.setattr("dsaudit.analysis.space.belonging._MOST_IN_CORE", 90)
    monkeypatch.setattr("dsaudit.analysis.space.belonging._CELLS_AT_ONCE", 80)
    monkeypatch.setattr("dsaudit.analysis.space.belonging._WHOLE_UP_TO", 80)
    part = foreignness([rows], labels, directions=[rows + 9.0])
    assert part[300:].min() > np.quantile(part[:300], 0.95)
    assert np.corrcoef(part, whole)[0, 1] > 0.95
