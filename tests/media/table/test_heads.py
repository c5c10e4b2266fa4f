"""Heads of tables learn what is planted, hold their probabilities to rows they have not seen, and repeat themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dsaudit.media.table.heads import CONTENDERS
from dsaudit.media.table.network import entity
from dsaudit.model.contender import standing
from dsaudit.model.folds import stratified_group_folds
from dsaudit.model.head import cross_validated_pred_probs

RNG = np.random.default_rng(0)
N = 240
TOWN = RNG.choice(list("abcdef"), N)
AGE = RNG.normal(size=N)
LABELS = np.where(np.isin(TOWN, ["a", "c", "f"]) ^ (AGE > 0.8), "yes", "no")
ROWS = [
    {"town": t, "age": None if k % 20 == 0 else round(a, 3)} for k, (t, a) in enumerate(zip(TOWN, AGE, strict=True))
]
IDS = [f"r{k:03d}" for k in range(N)]
ENCODE, HEADS, _ = CONTENDERS.enter(ROWS)
INPUTS = ENCODE(ROWS)


@pytest.fixture(autouse=True)
def _few_steps(monkeypatch):
    monkeypatch.setattr(entity, "_MOST_STEPS", 400)  # so few rows are learned by then


def judged(name):
    labels = pd.Series(LABELS, index=IDS)
    folds = stratified_group_folds(labels, n_folds=2)
    inputs = pd.DataFrame(INPUTS, index=IDS)
    return cross_validated_pred_probs(inputs, labels, folds, head=HEADS[name], device="cpu")


@pytest.mark.parametrize("name", HEADS)
def test_a_head_learns_what_is_planted(name):
    made = judged(name)
    assert np.allclose(made.pred_probs.sum(axis=1), 1.0, atol=1e-5)
    assert (made.pred_probs.argmax(axis=1) == made.given).mean() > 0.7
    if name in ("boosting", "network"):
        assert (judged(name).pred_probs == made.pred_probs).all()


def test_labels_of_chance_are_told_by_chance():
    labels = pd.Series(RNG.permutation(LABELS), index=IDS)
    folds = stratified_group_folds(labels, n_folds=2)
    made = cross_validated_pred_probs(
        pd.DataFrame(INPUTS, index=IDS), labels, folds, head=HEADS["boosting on embeddings"], device="cpu"
    )
    assert (made.pred_probs.argmax(axis=1) == made.given).mean() < 0.62


def test_the_best_stands_first_and_of_those_alike_the_surest():
    made = {name: judged(name) for name in ("linear", "boosting", "knn")}
    table = standing(made)
    assert {row["head"] for row in table} == set(made)
    assert table[0]["accuracy"] >= max(row["accuracy"] for row in table) - 0.05


def test_vectors_of_categories_are_those_of_columns_with_enough_values(monkeypatch):
    monkeypatch.setattr(entity, "_MOST_STEPS", 100)
    towns = [f"t{k % 9}" for k in range(N)]
    rows = [row | {"place": town} for row, town in zip(ROWS, towns, strict=True)]
    y = np.array([k % 9 > 4 for k in range(N)], dtype=np.int64)
    found = CONTENDERS.category_vectors(rows, y, seed=3, least=(8, 8))
    assert list(found) == ["place"]  # six towns are too few, an age is none
    made = found["place"]
    assert [made.values[k] for k in made.codes] == towns
    left = np.linalg.svd(made.vectors - made.vectors.mean(axis=0), full_matrices=False)[0][:, 0]
    low = {made.values[k] for k in np.argsort(left * np.sign(left[made.codes[8]]))[:5]}
    assert low == {"t0", "t1", "t2", "t3", "t4"}
    assert CONTENDERS.category_vectors(rows, y, seed=3, least=(8, 40)) == {}
