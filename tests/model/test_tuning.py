"""The search for hyper-parameters: what it may see, what it remembers, and that it finds what was planted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dsaudit.analysis.model.search import Numeric, ValidationScore
from dsaudit.errors import InconclusiveError
from dsaudit.model.folds import stratified_group_folds
from dsaudit.model.heads import HEADS, head_of
from dsaudit.model.tuning import HELD, HeadTrials, head_space, told, tune

SPACE = {"x": Numeric(0.0, 1.0)}


def bowl(values):
    return ValidationScore(0.3 + (values["x"] - 0.7) ** 2, 0.9)


def data(n=120, d=8, noise=1.0, seed=0):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 3
    X = 2.0 * rng.standard_normal((3, d))[y] + noise * rng.standard_normal((n, d))
    ids = [f"i{i:03d}" for i in range(n)]
    return pd.DataFrame(X.astype(np.float32), index=ids), pd.Series([f"c{k}" for k in y], index=ids, dtype=object)


def trials_of(X, labels, **options):
    return HeadTrials.of(X, labels, stratified_group_folds(labels, n_folds=4), device="cpu", **options)


def test_the_table_says_everything():
    found = tune(SPACE, bowl, defaults={"x": 0.1}, held_out=lambda v: (40, bowl(v)), n_trials=12)
    table = found.table
    assert table["metric"] == "validation log loss"
    assert [t["trial"] for t in table["trials"]] == list(range(12))
    assert table["trials"][0]["values"] == {"x": 0.1}
    assert table["trials"][table["best"]]["values"] == found.values
    assert abs(found.values["x"] - 0.7) < 0.1
    assert table["space"] == {"x": [0.0, 1.0]}
    assert table["held_out"]["n"] == 40
    assert table["held_out"]["default"]["loss"] == pytest.approx(0.66)
    assert table["held_out"]["best"]["loss"] < 0.31
    assert told(found, things=lambda n: f"{n} clips").startswith("the best of 12 trials of a search is used: x 0.")
    assert "on 40 clips that it never saw the log loss goes from 0.660 to 0.3" in told(
        found, things=lambda n: f"{n} clips"
    )


def test_defaults_that_nothing_beats_are_not_called_a_find():
    found = tune(SPACE, bowl, defaults={"x": 0.7}, n_trials=6)
    assert found.table["best"] == 0
    assert told(found, things=str) == "none of 6 trials of a search does better than the defaults, which are used"


def test_only_what_differs_from_the_defaults_is_told():
    found = tune(SPACE, bowl, defaults={"x": 0.1, "y": 5}, n_trials=6)
    found.values["y"] = 5
    assert told(found, things=str).startswith(f"the best of 6 trials of a search is used: x {found.values['x']:.3g}")
    assert "y 5" not in told(found, things=str)


def test_the_held_out_part_is_looked_at_once_and_last():
    seen = []
    tune(
        SPACE,
        lambda v: seen.append("trial") or bowl(v),
        defaults={"x": 0.1},
        held_out=lambda v: (1, seen.append("held") or bowl(v)),
        n_trials=9,
    )
    assert seen == ["trial"] * 9 + ["held"] * 2


def test_an_interrupted_search_goes_on_where_it_was():
    kept, computed = {}, []

    def remember(values, compute):
        key = values["x"]
        if key not in kept:
            kept[key] = compute()
        return kept[key]

    def score(values):
        if len(computed) == 5:
            computed.append("stopped")
            raise KeyboardInterrupt
        computed.append(values["x"])
        return bowl(values)

    with pytest.raises(KeyboardInterrupt):
        tune(SPACE, score, defaults={"x": 0.1}, n_trials=12, remember=remember)
    assert len(kept) == 5
    again = tune(SPACE, score, defaults={"x": 0.1}, n_trials=12, remember=remember)
    whole = tune(SPACE, bowl, defaults={"x": 0.1}, n_trials=12)
    assert len(computed) == 6 + 7
    assert [t["values"] for t in again.table["trials"]] == [t["values"] for t in whole.table["trials"]]
    assert again.values == whole.values


def test_a_failed_trial_is_in_the_table_and_not_remembered():
    kept = []

    def score(values):
        if values["x"] > 0.5:
            raise RuntimeError("no")
        return bowl(values)

    found = tune(SPACE, score, defaults={"x": 0.9}, n_trials=8, remember=lambda v, c: kept.append(c()) or kept[-1])
    failed = [t for t in found.table["trials"] if t.get("error")]
    assert failed[0]["error"] == "RuntimeError: no"
    assert len(kept) == 8 - len(failed)
    assert found.values["x"] <= 0.5


def test_where_all_fail_the_defaults_stay():
    found = tune(SPACE, lambda v: ValidationScore(float("inf"), 0.0), defaults={"x": 0.9}, n_trials=4)
    assert found.values == {}
    assert found.table["best"] is None
    assert "defaults are used" in told(found, things=str)


def test_trials_see_neither_the_fold_held_out_nor_the_test_split():
    X, labels = data()
    folds = stratified_group_folds(labels, n_folds=4)
    splits = pd.Series("train", index=labels.index, dtype=object)
    splits.iloc[::7] = "test"
    hidden = (splits == "test") | (folds.fold.reindex(labels.index) == HELD)
    values = {"head": "knn", "n_neighbours": 5, "width": 0.1}
    before = HeadTrials.of(X, labels, folds, splits=splits, device="cpu").score(values)
    spoilt = X.copy()
    spoilt[hidden] = 1e3
    assert HeadTrials.of(spoilt, labels, folds, splits=splits, device="cpu").score(values) == before
    spoilt = X.copy()
    spoilt[~hidden] = spoilt[~hidden].to_numpy()[::-1]
    assert HeadTrials.of(spoilt, labels, folds, splits=splits, device="cpu").score(values) != before


def test_the_part_held_out_is_that_fold_alone():
    X, labels = data()
    trials = trials_of(X, labels)
    n, score = trials.held_out({"head": "linear"})
    assert n == int((trials.fold == HELD).sum())
    assert score.accuracy > 0.8
    assert 0 < score.loss < 1


def test_two_folds_are_too_few():
    X, labels = data(60)
    folds = stratified_group_folds(labels, n_folds=2)
    with pytest.raises(InconclusiveError, match="too few folds"):
        HeadTrials.of(X, labels, folds, device="cpu")


def test_what_the_defaults_are_too_cautious_for_is_found():
    """Classes far apart in many columns: the least caution is best, and the defaults end at .3."""
    X, labels = data(96, d=60, noise=4.0)
    trials = trials_of(X, labels)
    found = tune(head_space("linear"), trials.score, defaults={"head": "linear"}, held_out=trials.held_out, n_trials=12)
    assert found.values["strength"] > 0.5
    assert found.table["trials"][found.table["best"]]["loss"] < 0.8 * found.table["trials"][0]["loss"]
    assert found.table["held_out"]["best"]["loss"] < found.table["held_out"]["default"]["loss"]


def test_the_same_search_twice():
    X, labels = data(60)
    tables = [
        tune(head_space("knn"), trials_of(X, labels).score, defaults={"head": "knn"}, n_trials=5, seed=3).table
        for _ in range(2)
    ]
    assert tables[0] == tables[1]


@pytest.mark.parametrize("name", [None, *HEADS])
def test_whatever_is_drawn_for_a_head_is_a_head(name):
    found = tune(
        head_space(name), lambda v: ValidationScore(float(bool(head_of(v))), 0.0), defaults={"head": "knn"}, n_trials=12
    )
    assert not [t for t in found.table["trials"] if t.get("error")]
    heads = {t["values"]["head"] for t in found.table["trials"][1:]}
    assert heads == {name} if name else heads <= {"linear", "knn", "forest", "ensemble"}
