"""Rules about people, against planted ones."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dsaudit.checks.annotator.low_agreement import low_agreement
from dsaudit.checks.annotator.outlying_annotator import outlying_annotator


def told(truth: np.ndarray, *people: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        [(f"i{k:04d}", f"p{p}", f"c{v}") for p, said in enumerate(people) for k, v in enumerate(said)],
        columns=["item_id", "annotator", "label"],
    )


def noisy(truth: np.ndarray, right: float, rng: np.random.Generator, k: int) -> np.ndarray:
    return np.where(rng.random(len(truth)) < right, truth, (truth + rng.integers(1, k, len(truth))) % k)


def test_the_class_that_nobody_agrees_on():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, 300)
    people = [np.where((truth >= 2) & (rng.random(300) < 0.5), 5 - truth, truth) for _ in range(3)]
    found = low_agreement(told(truth, *people))
    assert set(found.index[found["flagged"]]) == {"c2", "c3"}
    assert found.loc["c2", "rival"] == "c3"
    assert found.loc["c2", "n_disputed"] == len(found.loc["c2", "item_ids"]) > 50
    assert not found.loc["c0", "n_disputed"]


def test_a_few_disputed_items_prove_nothing():
    truth = np.arange(4) % 2
    found = low_agreement(told(truth, truth, 1 - truth))
    assert found.empty


def test_false_alarms_on_people_alike_are_rare():
    alarms = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        truth = rng.integers(0, 5, 120)
        found = outlying_annotator(told(truth, *(noisy(truth, 0.85, rng, 5) for _ in range(4))))
        assert len(found) == 4
        alarms += bool(found["flagged"].any())
    assert alarms <= 5


def test_the_odd_one_is_named_with_the_habit():
    rng = np.random.default_rng(2)
    truth = rng.integers(0, 5, 200)
    swapped = np.where(truth == 0, 1, np.where(truth == 1, 0, truth))
    people = [noisy(truth, 0.95, rng, 5) for _ in range(3)]
    found = outlying_annotator(told(truth, *people, swapped))
    assert list(found.index[found["flagged"]]) == ["p3"]
    row = found.loc["p3"]
    assert {row["said"], row["meant"]} == {"c0", "c1"}
    assert len(row["item_ids"]) > 0.8 * (truth < 2).sum() * 0.95**3


def test_of_two_nobody_is_judged():
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 3, 100)
    assert outlying_annotator(told(truth, truth, noisy(truth, 0.2, rng, 3))).empty
