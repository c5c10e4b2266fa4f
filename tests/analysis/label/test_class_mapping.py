"""Mappings of whole classes, planted in one part of labels that a witness of known accuracy looks at."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dsaudit.analysis.label.class_mapping import Part, class_mappings, natural_order
from dsaudit.analysis.label.part import parts_of, with_own_witness
from dsaudit.analysis.label.path_witness import classes_in_paths

NAMES = [f"c{k}" for k in range(6)]


def looked_at(right: float = 0.9, *, n: int = 1200, seed: int = 0):
    """True classes of ``n`` items in 20 groups, and what a witness says of them."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, 6, n)
    seen = np.where(rng.random(n) < right, true, rng.integers(0, 6, n))
    return true, seen, rng.integers(0, 20, n), rng


def groups_of(group: np.ndarray) -> list[Part]:
    return [Part("group", f"g{g}", np.flatnonzero(group == g)) for g in range(20)]


def given_in(part: np.ndarray, true: np.ndarray, given_as: dict[int, int]) -> np.ndarray:
    return np.where(part, [given_as.get(c, c) for c in true], true)


@pytest.mark.parametrize("right", [0.7, 0.95])
@pytest.mark.parametrize(
    ("kind", "given_as"),
    [
        ("swap", {0: 3, 3: 0}),
        ("cycle", {0: 3, 3: 5, 5: 0}),
        ("shift", {c: (c + 1) % 6 for c in range(6)}),
    ],
)
def test_one_groups_mapping_is_told_exactly(kind, given_as, right):
    true, seen, group, rng = looked_at(right)
    given = given_in(group == 7, true, given_as)
    noise = rng.permutation(len(true))[:120]
    given[noise] = rng.integers(0, 6, 120)
    [found] = class_mappings(given, seen, groups_of(group), names=NAMES)
    assert found.kind == kind
    assert found.moves == {label: is_ for is_, label in given_as.items()}
    assert [part.name for part in found.parts] == ["g7"]
    assert found.rows.tolist() == np.flatnonzero((group == 7) & np.isin(given, list(found.moves))).tolist()


def test_the_same_mapping_in_several_groups_is_one():
    true, seen, group, _ = looked_at()
    given = given_in(np.isin(group, [2, 5, 9]), true, {1: 4, 4: 1})
    [found] = class_mappings(given, seen, groups_of(group), names=NAMES)
    assert sorted(part.name for part in found.parts) == ["g2", "g5", "g9"]


def test_a_class_gone_into_another_is_told_with_the_items_that_look_like_it():
    true, seen, group, _ = looked_at(0.95, n=2400)
    given = given_in(group == 7, true, {1: 4})
    [found] = class_mappings(given, seen, groups_of(group), names=NAMES)
    assert (found.kind, found.moves) == ("merge", {4: 1})
    assert (true[found.rows] == 1).mean() > 0.9


def test_a_run_of_rows_is_told_where_it_begins_and_ends():
    true, seen, _, _ = looked_at()
    run = np.arange(len(true))
    given = given_in((run >= 500) & (run < 730), true, {1: 4, 4: 1})
    [found] = class_mappings(given, seen, parts_of(pd.DataFrame(index=run), pd.Index(run)), names=NAMES)
    first, last = map(int, found.parts[0].name.split("-"))
    assert found.parts[0].kind == "rows"
    assert abs(first - 501) < 15
    assert abs(last - 730) < 15


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("right", [0.5, 0.9])
@pytest.mark.parametrize("how", ["uniform", "pair", "bad group"])
def test_noise_is_no_mapping(how, right, seed):
    true, seen, group, rng = looked_at(right, seed=seed)
    given = true.copy()
    some = rng.random(len(true)) < 0.4
    if how == "uniform":
        given[some] = rng.integers(0, 6, int(some.sum()))
    elif how == "pair":
        given[some] = np.array([1, 0, 2, 3, 4, 5])[true[some]]
    else:  # one group all of whose items are taken for one class
        seen[group == 3] = 2
    parts = [*groups_of(group), *parts_of(pd.DataFrame(index=range(len(true))), pd.RangeIndex(len(true)))]
    assert class_mappings(given, seen, parts, names=NAMES) == []


def test_half_of_the_set_is_told_by_a_model_that_did_not_learn_from_it():
    rng = np.random.default_rng(0)
    true = rng.integers(0, 3, 400)
    points = rng.normal(0, 1, (400, 5)) + 3 * np.eye(5)[true]
    half = np.arange(400) % 2 == 0
    given = given_in(half, true, {0: 1, 1: 0})
    parts = parts_of(pd.DataFrame({"split": np.where(half, "test", "train")}), pd.RangeIndex(400))
    alone = pd.Series(np.arange(400).astype(str))
    parts = with_own_witness(parts, points, given, alone, n_classes=3, seed=0)
    [found] = class_mappings(given, np.full(400, 2), parts, names=["a", "b", "c"])
    assert (found.kind, found.moves, found.parts[0].kind) == ("swap", {0: 1, 1: 0}, "split")


def test_names_in_the_paths_tell_of_a_mapping_in_all_items():
    ids = [f"{word}/{k:02d}.wav" for word in ("yes", "no", "up") for k in range(20)]
    given = np.repeat([1, 2, 0], 20)  # of no, up, yes: no for yes, up for no, yes for up
    [seen] = classes_in_paths(ids, given, ["no", "up", "yes"])
    whole = [Part("all", "", np.arange(60))]
    [found] = class_mappings(given, seen, whole, names=["no", "up", "yes"], prior=20.0)
    assert (found.kind, found.moves) in [("cycle", {1: 2, 2: 0, 0: 1}), ("shift", {1: 2, 2: 0, 0: 1})]


def test_numbers_that_name_no_class_are_no_witness():
    rng = np.random.default_rng(0)
    given = rng.integers(0, 4, 200)
    ids = [f"{given[k]}_ann_{rng.integers(0, 4)}.wav" for k in range(200)]
    assert list(classes_in_paths(ids, given, ["0", "1", "2", "3"])) == []


def test_names_are_ordered_as_people_count():
    assert natural_order(["10", "2", "class 11", "class 3"]) == [1, 0, 3, 2]


def test_a_folder_for_each_class_is_no_part_that_had_a_bug():
    """What is left out with the folder is the whole class, so that nothing answers as it."""
    rng = np.random.default_rng(0)
    true = np.repeat(np.arange(4), 60)
    points = rng.normal(0, 1, (240, 5)) + 6 * true[:, None]
    ids = pd.Index([f"c{k}/{row}.wav" for row, k in enumerate(true)])
    parts = with_own_witness(
        parts_of(pd.DataFrame(index=range(240)), ids), points, true, pd.Series(range(240)), n_classes=4, seed=0
    )
    assert {part.kind for part in parts} == {"folder", "rows"}
    assert class_mappings(true, true, parts, names=NAMES[:4]) == []
