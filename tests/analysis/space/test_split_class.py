"""One label with two groups in it is told from one group, whatever its shape."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dsaudit.analysis.space.embedding_space import embedding_space
from dsaudit.analysis.space.split_class import COLUMNS, _two_means, split_classes


def named(n):
    return [f"i{k:04d}" for k in range(n)]


def one_group(n, seed, kind="normal", d=48):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d)) * np.linspace(3, 0.3, d)
    if kind == "skewed":
        X[:, 0] = rng.exponential(3, n)
    if kind == "heavy":
        X[:, 0] = 3 * rng.standard_t(4, n)
    return X


def two_groups(n, seed, share=0.4, apart=9.0, d=48):
    X = one_group(n, seed, d=d)
    second = np.arange(n) < round(share * n)
    X[second] += np.eye(d)[2] * apart + np.eye(d)[5] * apart
    return X, second


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("share", [0.2, 0.5])
def test_two_groups_are_flagged(seed, share):
    X, second = two_groups(150, seed, share)
    row = split_classes(X, pd.Series("jaguar", index=named(150))).loc["jaguar"]
    assert row["flagged"]
    assert row["score"] < 0.5
    assert row["n_second"] == pytest.approx(min(second.sum(), 150 - second.sum()), abs=8)
    first = {int(i[1:]) for i in row["first"]}
    assert len({bool(second[i]) for i in first}) == 1


@pytest.mark.parametrize("kind", ["normal", "skewed", "heavy"])
def test_one_group_is_seldom_flagged(kind):
    flagged = 0
    for seed in range(20):
        n = 30 + 12 * seed
        labels = pd.Series("cat", index=named(n))
        flagged += int(split_classes(one_group(n, seed, kind), labels, seed=seed)["flagged"].sum())
    assert flagged <= 1


def test_only_the_mixed_class_is_flagged():
    X = np.concatenate([one_group(80, 1) - 6, two_groups(100, 2)[0], one_group(60, 3) + 6])
    labels = pd.Series(["a"] * 80 + ["b"] * 100 + ["c"] * 60, index=named(240))
    table = split_classes(X, labels)
    assert table.columns.tolist() == COLUMNS
    assert table.index[table["flagged"]].tolist() == ["b"]
    assert table.index[0] == "b"
    assert table["score"].between(0, 1).all()


def test_among_many_classes_halves_must_be_as_unlike_as_two_of_them():
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((24, 48)) * 3.0
    code = np.repeat(np.arange(24), 40)
    X = centres[code] + rng.standard_normal((960, 48))
    X[code == 0] += np.where(np.arange(40) < 20, 8.0, 0.0)[:, None] * np.eye(48)[0]  # two ways to say one thing
    X[(code == 1) & (np.arange(960) % 2 == 0)] += centres[5] - centres[1]  # two things
    found = split_classes(X, pd.Series([f"c{k:02d}" for k in code], index=named(960)))
    assert found.index[found["flagged"]].tolist() == ["c01"]
    alone = split_classes(X[:120], pd.Series([f"c{k:02d}" for k in code[:120]], index=named(120)))
    assert alone["flagged"].to_dict() == {"c00": True, "c01": True, "c02": False}


def test_two_recordings_are_said_to_be_two_recordings():
    X, second = two_groups(100, 0)
    labels = pd.Series("a", index=named(100))
    by_speaker = pd.Series(np.where(second, "s1", "s2"), index=labels.index)
    assert split_classes(X, labels, groups=by_speaker).loc["a", "by_group"]
    many = pd.Series([f"s{k % 50}" for k in range(100)], index=labels.index)
    assert not split_classes(X, labels, groups=many).loc["a", "by_group"]
    assert not split_classes(X, labels).loc["a", "by_group"]


def test_row_order_does_not_matter():
    X, _ = two_groups(90, 4)
    labels = pd.Series("a", index=named(90))
    order = np.random.default_rng(0).permutation(90)
    ours, shuffled = split_classes(X, labels), split_classes(X[order], labels.iloc[order])
    assert ours.loc["a", "first"] == shuffled.loc["a", "first"]
    assert ours.loc["a", "score"] == pytest.approx(shuffled.loc["a", "score"])


def test_small_classes_and_missing_labels_are_passed_over():
    labels = pd.Series(["a"] * 10 + [None] * 30, index=named(40))
    table = split_classes(np.zeros((40, 3)), labels)
    assert table.empty
    assert table.columns.tolist() == COLUMNS


def test_a_class_of_copies_is_one_group():
    assert not split_classes(np.ones((40, 3)), pd.Series("a", index=named(40)))["flagged"].any()


def test_large_classes_are_judged_by_a_sample():
    X, _ = two_groups(3000, 1, d=12)
    row = split_classes(X, pd.Series("a", index=named(3000))).loc["a"]
    assert row["flagged"]
    assert row["n_first"] + row["n_second"] == pytest.approx(3000, abs=2)


def test_in_the_space_of_the_whole_dataset():
    X = np.concatenate([two_groups(100, 2)[0], one_group(100, 3) + 8])
    labels = pd.Series(["b"] * 100 + ["c"] * 100, index=named(200))
    table = split_classes(embedding_space(X), labels)
    assert table["flagged"].to_dict() == {"b": True, "c": False}


def test_sets_halved_together_are_halved_as_alone():
    sets = np.random.default_rng(0).standard_normal((12, 90, 4)) * [3, 2, 1.5, 1]
    half, place = _two_means(sets)
    for one, own_half, own_place in zip(sets, half, place, strict=True):
        assert np.array_equal(_two_means(one[None])[0][0], own_half)
        means = np.stack([one[own_half == side].mean(0) for side in (0, 1)])
        along = (one - means.mean(0)) @ (means[1] - means[0]) / ((means[1] - means[0]) ** 2).sum() * 2.0
        assert np.allclose(own_place, along)
        assert np.array_equal(along > 0, own_half == 1)
