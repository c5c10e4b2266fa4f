"""Sets of copies, from equal keys and from pairs."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from dsaudit.analysis.space.duplicates import ONE_SCENE, SAME, connected_sets, duplicate_sets, duplicate_table


def test_equal_keys_make_a_set():
    keys = pd.Series({"d": "x", "a": "y", "b": "x", "c": None, "e": None, "f": "y", "g": "z"}, dtype=object)
    assert duplicate_sets(keys) == [["a", "f"], ["b", "d"]]


def test_no_keys_no_sets():
    assert duplicate_sets(pd.Series([], dtype=object)) == []
    assert connected_sets(5, []) == []


def by_hand(n, pairs):
    parent = list(range(n))

    def root(i):
        while parent[i] != i:
            i = parent[i]
        return i

    for a, b in pairs:
        parent[root(a)] = root(b)
    sets = {}
    for i in range(n):
        sets.setdefault(root(i), []).append(i)
    return sorted(s for s in sets.values() if len(s) > 1)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 20).flatmap(lambda n: st.tuples(st.just(n), st.lists(st.tuples(*[st.integers(0, n - 1)] * 2)))))
def test_components_agree_with_union_find(case):
    n, pairs = case
    assert connected_sets(n, pairs) == by_hand(n, pairs)


def test_near_copies_are_looked_for_among_neighbours_where_given():
    kept, other = "0123456789abcdef" * 4, "fedcba9876543210" * 4
    heard = pd.Series({"a": kept, "b": "1" + kept[1:], "c": kept, "d": other, "e": "", "f": kept}, dtype=object)
    samples = pd.Series(list("123456"), index=heard.index)
    near = pd.DataFrame({"ids": [["b", "e", "gone"], ["d"], ["d"], ["a"], ["a"]]}, index=list("abcde"))

    def near_sets(hashes, **options):
        return duplicate_table(samples, hashes, **options)["near_set"].fillna("").tolist()

    assert near_sets(heard, neighbours=near) == ["a", "a", "", "", "", ""]
    assert near_sets(heard) == ["a", "a", "a", "", "", "a"]
    samples["b"] = samples["a"]
    assert near_sets(heard.where(heard == "", ""), neighbours=near) == ["a", "a", "", "", "", ""]


def test_where_most_items_are_of_one_scene_that_is_their_kind():
    names = [f"{k:02}" for k in range(60)]
    hashes, samples = pd.Series("f" * 16, index=names), pd.Series(names, index=names)

    def scenes(n_of_one):
        return lambda pairs: np.where((pairs < n_of_one).all(axis=1), ONE_SCENE, 0).astype(np.int8)

    few = duplicate_table(samples, hashes, alike=scenes(25))["scene_set"]
    assert few.eq("00").sum() == 25
    assert duplicate_table(samples, hashes, alike=scenes(40))["scene_set"].isna().all()


def test_likely_copies_are_looked_at_none_of_them_twice(monkeypatch):
    n = 40
    hashes = pd.Series(["f" * 16] * n, index=[f"{k:02d}" for k in range(n)])
    samples = pd.Series([f"s{k // 2}" for k in range(n)], index=hashes.index)  # pairs of exact copies
    asked = []

    def alike(pairs):
        asked.extend(map(tuple, pairs.tolist()))
        return SAME * ((pairs[:, 0] // 20) == (pairs[:, 1] // 20))  # two recordings, twenty copies of each

    table = duplicate_table(samples, hashes, alike=alike)
    assert table["near_set"].tolist() == ["00"] * 20 + ["20"] * 20
    assert len(set(asked)) == len(asked) < n * (n - 1) // 2
    assert table.attrs["n_not_compared"] == 0
    monkeypatch.setattr("dsaudit.analysis.space.duplicates.MOST_COMPARED", 3)
    asked.clear()

    def none(pairs):
        asked.extend(map(tuple, pairs.tolist()))
        return np.zeros(len(pairs), np.int8)

    assert duplicate_table(samples, hashes, alike=none).attrs["n_not_compared"] > 0
    assert len(asked) == n // 2  # half as many as there are items, where that is more
    monkeypatch.undo()
    assert (
        duplicate_table(samples, hashes, alike=lambda pairs: np.zeros(len(pairs), np.int8))["near_set"].nunique() == 20
    )
