"""Folds are even, reproducible, and tear nothing apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsaudit.errors import InconclusiveError
from dsaudit.model.folds import stratified_group_folds


def series(values, prefix="i"):
    return pd.Series(values, index=[f"{prefix}{k:05d}" for k in range(len(values))], dtype=object)


def test_without_groups_every_fold_has_the_same_share_of_every_class():
    labels = series(["a"] * 50 + ["b"] * 23 + ["c"] * 8)
    folds = stratified_group_folds(labels)
    table = pd.crosstab(labels, folds.fold)
    assert (table.max(axis=1) - table.min(axis=1)).max() <= 1
    assert folds.n_folds == 5
    assert folds.notes == ()


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 15), st.integers(0, 30)), min_size=1, max_size=120))
def test_groups_and_copies_share_a_fold(rows):
    labels = series([label for label, _, _ in rows])
    groups = series([f"g{g}" if g else None for _, g, _ in rows])
    copies = series([f"c{c}" if c < 10 else None for _, _, c in rows])
    try:
        folds = stratified_group_folds(labels, groups=groups, duplicate_keys=copies)
    except InconclusiveError:
        return
    assert folds.fold.index.equals(labels.index)
    assert folds.fold.between(0, folds.n_folds - 1).all()
    for keys in (groups, copies):
        assert folds.fold.groupby(keys.to_numpy()).nunique().le(1).all()


def test_groups_linked_by_a_copy_share_a_fold():
    labels = series(["a", "b"] * 20)
    groups = series([f"g{k // 2}" for k in range(40)])
    copies = series([None] * 40)
    copies.iloc[[0, 10, 30]] = "same"
    fold = stratified_group_folds(labels, groups=groups, duplicate_keys=copies).fold
    assert fold.iloc[[0, 1, 10, 11, 30, 31]].nunique() == 1


def test_groups_of_one_class_are_spread_evenly():
    rng = np.random.default_rng(0)
    labels = series(rng.choice(list("abcdef"), 3000))
    groups = series([f"g{k}" for k in rng.integers(0, 250, 3000)])
    table = pd.crosstab(labels, stratified_group_folds(labels, groups=groups).fold)
    assert (table.max(axis=1) / table.min(axis=1)).max() < 1.2


def test_row_order_does_not_matter_and_the_seed_does():
    labels = series(list("ab") * 40)
    groups = series([f"g{k // 3}" for k in range(80)])
    one = stratified_group_folds(labels, groups=groups, seed=1).fold
    two = stratified_group_folds(labels.sample(frac=1, random_state=0), groups=groups, seed=1).fold
    assert one.equals(two)
    assert not one.equals(stratified_group_folds(labels, groups=groups, seed=2).fold)


def test_classes_that_cannot_be_learned_are_said_and_still_held_out():
    labels = series(["a"] * 20 + ["b"] * 20 + ["rare"] * 3 + ["one voice"] * 9 + [None])
    groups = series([f"g{k}" for k in range(43)] + ["g50"] * 9 + [None])
    folds = stratified_group_folds(labels, groups=groups)
    assert folds.classes == ("a", "b")
    assert "3 items" in folds.left_out["rare"]
    assert "one group" in folds.left_out["one voice"]
    assert len(folds.notes) == 2
    assert len(folds.fold) == 52


def test_fewer_folds_where_there_are_fewer_groups():
    labels = series(["a", "b"] * 15)
    folds = stratified_group_folds(labels, groups=series([f"g{k // 10}" for k in range(30)]))
    assert folds.n_folds == 3
    assert "3 folds instead of 5" in folds.notes[0]


@pytest.mark.parametrize("labels", [[], [None, None], ["a"] * 50, ["a", "b", "c", "d"], ["a"] * 9 + ["b"]])
def test_too_little_to_learn_is_said(labels):
    with pytest.raises(InconclusiveError, match="can be learned"):
        stratified_group_folds(series(labels))


def test_a_group_for_each_class_is_said():
    labels = series(["a"] * 10 + ["b"] * 10)
    with pytest.raises(InconclusiveError, match="one group"):
        stratified_group_folds(labels, groups=labels)


def test_only_what_is_learned_from_is_dealt_to_a_fold():
    labels = pd.Series(["a", "b"] * 6 + [None] * 6, index=[f"i{k:02d}" for k in range(18)], dtype=object)
    groups = pd.Series([f"g{k}" for k in range(12)] + ["g0", "g1"] + [None] * 4, index=labels.index, dtype=object)
    folds = stratified_group_folds(labels, groups=groups, n_folds=3)
    unseen = folds.unseen(pd.Index(["i12", "i14", "i15"])).unlabelled
    assert unseen[["i12", "i13"]].tolist() == folds.fold[["i00", "i01"]].tolist()
    assert unseen[["i14", "i15"]].tolist() == folds.dealt[["i14", "i15"]].tolist()
    assert unseen[["i16", "i17"]].tolist() == [-1, -1]
    assert (folds.dealt >= 0).all()


def test_hundred_thousand_items_are_dealt_quickly():
    import time

    rng = np.random.default_rng(1)
    labels = series(rng.choice([f"c{k}" for k in range(35)], 100_000))
    groups = series([f"g{k}" for k in rng.integers(0, 10_000, 100_000)])
    start = time.perf_counter()
    folds = stratified_group_folds(labels, groups=groups)
    assert time.perf_counter() - start < 20
    table = pd.crosstab(labels, folds.fold)
    assert (table.max(axis=1) - table.min(axis=1)).max() <= 5
