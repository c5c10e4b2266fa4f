"""Advice about classes, on label noise of a known kind."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from dsaudit.analysis.label.advice import Doubts, doubts_in, pair_advice, pairs_json

N = 150


def doubts_of(given, sure, *, k=4, blur=0.05, rng):
    """Doubts of a good model: ``sure`` (n,) is the class that it takes each item for; ``blur`` how unsure it is."""
    n = len(given)
    probs = rng.dirichlet(np.full(k, blur), n) * 0.2
    probs[np.arange(n), sure] += 0.8
    return from_probabilities(probs, given)


def from_probabilities(probs, given):
    n, k = probs.shape
    row = np.arange(n)
    own = probs[row, given]
    rest = probs.copy()
    rest[row, given] = -1
    suggested = rest.argmax(1)
    rival = rest.max(1)
    return Doubts(
        given=given,
        suggested=suggested,
        p_wrong=1 - own,
        p_suggested=rival,
        pairwise=own / (own + rival),
        item_ids=[f"i{j:04d}" for j in range(n)],
        classes=["ant", "bee", "cat", "dog"][:k],
    )


def advised(doubts, **more):
    table = pair_advice(doubts, **more)
    return table[table["advice"] != ""]


def test_one_class_under_two_names_is_to_be_merged():
    rng = np.random.default_rng(0)
    true = np.repeat([0, 1, 2, 3], N)
    given = np.where(true < 2, rng.integers(0, 2, len(true)), true)
    probs = rng.dirichlet(np.full(4, 0.05), len(true)) * 0.1
    probs[np.arange(len(true)), true] += 0.9
    share = rng.normal(0.5, 0.08, (2 * N)).clip(0.2, 0.8)
    probs[: 2 * N, 0], probs[: 2 * N, 1] = 0.95 * share, 0.95 * (1 - share)
    probs /= probs.sum(1, keepdims=True)
    found = advised(from_probabilities(probs, given))
    assert found[["given", "right", "advice"]].to_numpy().tolist() == [["ant", "bee", "merge"]]
    row = found.iloc[0]
    assert row["told_apart"] == pytest.approx(0.5, abs=0.08)
    assert row["told_apart"] <= row["told_high"] < 0.75
    assert row["both_fit"] > 0.9
    assert row["text"].startswith("ant and bee are labelled as if they were one class")


def test_errors_one_way_ask_for_a_better_guide():
    rng = np.random.default_rng(1)
    true = np.repeat([0, 1, 2, 3], N)
    given = true.copy()
    given[:25] = 1  # ants labelled bee
    found = advised(doubts_of(given, true, rng=rng))
    assert found[["given", "right", "advice"]].to_numpy().tolist() == [["bee", "ant", "guide"]]
    row = found.iloc[0]
    assert row["n_low"] <= row["n"] <= row["n_high"]
    assert row["n"] == pytest.approx(25, abs=6)
    assert row["n_low"] < 25 < row["n_high"]
    assert row["share_of_given"] == pytest.approx(25 / 175, abs=0.04)
    assert set(row["item_ids"]) <= {f"i{j:04d}" for j in range(25)}


def test_random_noise_gets_no_advice():
    false = 0
    for seed in range(25):
        rng = np.random.default_rng(100 + seed)
        true = rng.choice(4, 500, p=[0.5, 0.3, 0.1, 0.1])  # unequal sizes look one-sided in numbers, not in rates
        given = np.where(rng.random(500) < 0.2, (true + rng.integers(1, 4, 500)) % 4, true)
        false += len(advised(doubts_of(given, true, rng=rng)))
    assert false <= 2


def test_swaps_that_a_model_tells_apart_are_no_merger():
    rng = np.random.default_rng(3)
    true = np.repeat([0, 1, 2, 3], N)
    given = np.where((true < 2) & (rng.random(4 * N) < 0.2), 1 - true, true)
    assert "merge" not in set(pair_advice(doubts_of(given, true, rng=rng))["advice"])


def test_a_class_of_two_groups_one_of_which_is_another_class():
    rng = np.random.default_rng(4)
    true = np.repeat([0, 1, 2, 3], N)
    given = true.copy()
    doubts = doubts_of(given, true, rng=rng)
    doubts.suggested[100:N] = 2  # the last fifty ants look like cats
    doubts.pairwise[100:N] = 0.6
    subgroups = pd.DataFrame(
        {
            "flagged": [True],
            "by_group": [False],
            "n_first": [100],
            "n_second": [50],
            "first": [[f"i{j:04d}" for j in range(6)]],
            "second": [[f"i{j:04d}" for j in range(120, 126)]],
        },
        index=["ant"],
    )
    found = advised(doubts, subgroups=subgroups)
    assert found[["given", "right", "advice"]].to_numpy().tolist() == [["ant", "cat", "split"]]
    assert "about 50 items looks like cat" in found["text"].item()
    assert advised(doubts, subgroups=subgroups.assign(by_group=True)).empty
    assert advised(doubts, subgroups=subgroups.assign(flagged=False)).empty


def test_the_number_of_a_pair_is_the_sum_of_what_is_suggested():
    rng = np.random.default_rng(5)
    true = np.repeat([0, 1, 2, 3], N)
    given = np.where(rng.random(4 * N) < 0.2, (true + rng.integers(1, 4, 4 * N)) % 4, true)
    doubts = doubts_of(given, true, rng=rng)
    table = pair_advice(doubts).set_index(["given", "right"])
    own = (given == 2) & (doubts.suggested == 3)
    assert table.loc[("cat", "dog"), "n"] == pytest.approx(doubts.p_suggested[own].sum())
    assert table.loc[("cat", "dog"), "share_of_given"] == pytest.approx(
        doubts.p_suggested[own].sum() / (given == 2).sum()
    )
    assert table.loc[("dog", "cat"), "n_back"] == table.loc[("cat", "dog"), "n"]


def test_doubts_are_read_from_a_table_whatever_its_order():
    table = pd.DataFrame(
        {
            "p_wrong": [0.9, np.nan, 0.1, 0.2],
            "suggestion": ["bee", "ant", "ant", "cat"],
            "p_suggested": [0.8, 0.1, 0.05, 0.1],
            "pairwise_confidence": [0.1, 0.5, 0.9, 0.8],
        },
        index=["d", "c", "b", "a"],
    )
    labels = pd.Series(["ant", "bee", "ant", None, "zebra"], index=["d", "c", "b", "a", "elsewhere"], dtype=object)
    found = doubts_in(table, labels)
    assert (found.item_ids, found.classes) == (["b", "d"], ["ant", "bee"])
    assert (found.given.tolist(), found.suggested.tolist()) == ([0, 0], [0, 1])
    assert found.p_wrong.tolist() == [0.1, 0.9]


def test_as_json():
    rng = np.random.default_rng(1)
    true = np.repeat([0, 1, 2, 3], N)
    given = true.copy()
    given[:25] = 1
    rows = pairs_json(pair_advice(doubts_of(given, true, rng=rng)), limit=3)
    assert rows[0]["advice"] == "guide"
    assert len(rows) <= 3
    assert json.loads(json.dumps(rows)) == rows


def test_no_items():
    empty = np.empty(0, dtype=np.int64)
    nothing = Doubts(empty, empty, np.empty(0), np.empty(0), np.empty(0), [], ["a", "b"])
    assert pair_advice(nothing).empty
    assert pairs_json(pair_advice(nothing)) == []
