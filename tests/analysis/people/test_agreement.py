"""Coefficients of agreement against published examples, scikit-learn and planted people."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score

from dsaudit.analysis.people.agreement import (
    agreement_by_class,
    agreement_by_person,
    cohen_kappa,
    disputed_pairs,
    fleiss_kappa,
    krippendorff_alpha,
    percent_agreement,
    ratings,
)

# K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), example C: four observers, missing data.
KRIPPENDORFF = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]
# J. L. Fleiss (1971): thirty subjects, five diagnoses, six psychiatrists.
FLEISS = """0 0 0 6 0|0 3 0 0 3|0 1 4 0 1|0 0 0 0 6|0 3 0 3 0|2 0 4 0 0|0 0 4 0 2|2 0 3 1 0|2 0 0 4 0|0 0 0 0 6
1 0 0 5 0|1 1 0 4 0|0 3 3 0 0|1 0 0 5 0|0 2 0 3 1|0 0 5 0 1|3 0 0 1 2|5 1 0 0 0|0 2 0 4 0|1 0 2 0 3
0 0 0 0 6|0 1 0 5 0|0 2 0 1 3|2 0 0 4 0|1 0 0 4 1|0 5 0 1 0|4 0 0 0 2|0 2 0 4 0|1 0 5 0 0|0 0 0 0 6"""


def table(rows) -> pd.DataFrame:
    return pd.DataFrame(
        [
            (f"i{k:03d}", f"p{person}", str(label))
            for person, labels in enumerate(rows)
            for k, label in enumerate(labels)
            if label is not None
        ],
        columns=["item_id", "annotator", "label"],
    )


def crowd(n: int, k: int, accuracy, seed: int = 0, seen: float = 1.0) -> tuple[np.ndarray, list[list]]:
    """Planted people: each right with their own probability, else any other label."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, k, n)
    said = []
    for right in accuracy:
        wrong = (truth + rng.integers(1, k, n)) % k
        labels = np.where(rng.random(n) < right, truth, wrong)
        said.append([int(v) if rng.random() < seen else None for v in labels])
    return truth, said


def test_alpha_of_the_published_example():
    alpha = krippendorff_alpha(ratings(table(KRIPPENDORFF)).counts)
    assert alpha.value == pytest.approx(0.743, abs=5e-4)
    assert alpha.low < alpha.value < alpha.high <= 1
    assert alpha.n_items == 11


def test_kappa_of_the_published_example():
    counts = np.array([[int(v) for v in row.split()] for row in FLEISS.replace("\n", "|").split("|")])
    assert counts.shape == (30, 5)
    assert fleiss_kappa(counts).value == pytest.approx(0.430, abs=5e-4)


def test_fleiss_refuses_uneven_numbers_of_labels():
    with pytest.raises(ValueError, match="same number"):
        fleiss_kappa([[2, 0], [1, 2]])


@pytest.mark.parametrize("seed", range(5))
def test_cohen_agrees_with_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    a = rng.integers(0, 6, 200)
    b = np.where(rng.random(200) < 0.6, a, rng.integers(0, 6, 200))
    found = cohen_kappa(a, b)
    assert found.value == pytest.approx(cohen_kappa_score(a, b))
    assert found.low < found.value < found.high
    b[:50] = -1
    assert cohen_kappa(a, b).value == pytest.approx(cohen_kappa_score(a[50:], b[50:]))


def test_the_interval_covers_the_value_of_the_population():
    _, said = crowd(60_000, 4, [0.9, 0.8, 0.85])
    everything = ratings(table(said)).counts
    population = krippendorff_alpha(everything, n_bootstrap=10).value
    rng = np.random.default_rng(3)
    hits = 0
    for k in range(200):
        few = everything[rng.choice(len(everything), 150, replace=False)]
        found = krippendorff_alpha(few, n_bootstrap=400, seed=k)
        hits += found.low <= population <= found.high
    assert 0.90 <= hits / 200 <= 0.99


def test_agreement_of_one_and_of_none():
    same = ratings(table([[0, 1, 2, 0]] * 3))
    assert krippendorff_alpha(same.counts).value == 1
    assert percent_agreement(same.counts) == 1
    alone = ratings(table([[0, 1, None, None], [None, None, 1, 0]]))
    assert np.isnan(krippendorff_alpha(alone.counts).value)
    assert np.isnan(percent_agreement(alone.counts))
    only = ratings(table([[0, 0], [0, 0]]))
    assert np.isnan(krippendorff_alpha(only.counts).value)


def test_chance_is_nought():
    rng = np.random.default_rng(0)
    guesses = ratings(table(rng.integers(0, 3, (4, 4000)).tolist()))
    assert krippendorff_alpha(guesses.counts).value == pytest.approx(0, abs=0.02)


def test_repeated_and_empty_rows():
    rows = pd.DataFrame(
        [("a", "x", "on"), ("a", "x", "off"), ("a", "y", None), ("b", "y", "on")],
        columns=["item_id", "annotator", "label"],
    )
    found = ratings(rows)
    assert (found.people, found.items, found.classes) == (("x", "y"), ("a", "b"), ("off", "on"))
    assert found.labels.tolist() == [[0, -1], [-1, 1]]


def test_the_odd_one_out_stands_out():
    _, said = crowd(400, 5, [0.95, 0.93, 0.94, 0.4], seen=0.8)
    found = ratings(table(said))
    people = agreement_by_person(found)
    assert people["agreed"].idxmin() == "p3"
    assert people.loc["p3", "high"] < people.loc[["p0", "p1", "p2"], "low"].min()
    assert people.loc["p3", "others"] > 0.85


def test_what_people_disagree_about():
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 4, 500)
    swaps = np.where((truth == 1) & (rng.random(500) < 0.5), 2, truth)
    found = ratings(table([truth.tolist(), swaps.tolist()]))
    pairs = disputed_pairs(found)
    assert len(pairs) == 1
    assert (pairs.iloc[0]["a"], pairs.iloc[0]["b"], pairs.iloc[0]["n_items"]) == ("1", "2", (truth != swaps).sum())
    assert pairs.iloc[0]["item_ids"] == [f"i{k:03d}" for k in np.flatnonzero(truth != swaps)]
    classes = agreement_by_class(found)
    assert set(classes.index[:2]) == {"1", "2"}
    assert classes.loc["0", "alpha"] == 1
