"""Narrowing random search against planted optima and against searching at random."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dsaudit.analysis.model.search import (
    Categorical,
    Numeric,
    Trial,
    ValidationScore,
    best_trial,
    described,
    draw,
    narrowed,
    round_sizes,
    search,
    whole,
)

SPACE = {
    "rate": Numeric(1e-5, 1e-1, log=True),
    "dropout": Numeric(0.0, 0.8),
    "layers": Numeric(1, 9, whole=True),
    "optimiser": Categorical(("sgd", "adam", "adagrad")),
    "momentum": Numeric(0.0, 0.99, when=("optimiser", ("sgd",))),
}


def bowl(values):
    """Log loss with its only minimum, .5, at rate 3e-3, dropout .2, 4 layers, adam."""
    loss = 0.5 + 0.4 * math.log10(values["rate"] / 3e-3) ** 2 + 4 * (values["dropout"] - 0.2) ** 2
    loss += 0.02 * (values["layers"] - 4) ** 2 + 0.5 * (values["optimiser"] != "adam")
    return ValidationScore(loss, 1 / (1 + loss))


def best(trials):
    return trials[best_trial(trials)]


def test_the_planted_optimum_is_found():
    found = [best(search(SPACE, bowl, n_trials=60, seed=s)) for s in range(8)]
    assert all(t.values["optimiser"] == "adam" for t in found)
    assert all(3e-4 < t.values["rate"] < 3e-2 for t in found)
    assert np.median([t.loss for t in found]) < 0.58


def test_narrowing_beats_searching_at_random():
    def at_random(seed):
        return min(bowl(draw(SPACE, whole(SPACE), np.random.default_rng([seed, k]))).loss for k in range(40))

    narrow = [best(search(SPACE, bowl, n_trials=40, seed=s)).loss - 0.5 for s in range(30)]
    wide = [at_random(1000 + s) - 0.5 for s in range(30)]
    assert np.mean(narrow) < 0.7 * np.mean(wide)


def test_an_optimum_that_the_first_round_missed_is_still_reached():
    space = {"x": Numeric(0.0, 1.0)}

    def trap(values):  # broad and shallow at .2, narrow and deep at .9
        x = values["x"]
        return ValidationScore(min(1 + (x - 0.2) ** 2, 0.2 + 40 * (x - 0.9) ** 2), 0.0)

    reached = [abs(best(search(space, trap, n_trials=60, seed=s)).values["x"] - 0.9) < 0.1 for s in range(20)]
    assert np.mean(reached) >= 0.9


def test_log_ranges_are_drawn_evenly_on_their_scale():
    rates = [draw(SPACE, whole(SPACE), np.random.default_rng(k))["rate"] for k in range(2000)]
    share, _ = np.histogram(np.log10(rates), bins=[-5, -4, -3, -2, -1])
    assert np.abs(share / 2000 - 0.25).max() < 0.04
    shares = [draw(SPACE, whole(SPACE), np.random.default_rng(k))["dropout"] for k in range(2000)]
    assert np.mean(shares) == pytest.approx(0.4, abs=0.02)


def test_values_stay_inside_and_of_their_kind():
    for t in search(SPACE, bowl, n_trials=40, seed=3):
        assert 1e-5 <= t.values["rate"] <= 1e-1
        assert isinstance(t.values["layers"], int)
        assert 1 <= t.values["layers"] <= 9
        assert ("momentum" in t.values) == (t.values["optimiser"] == "sgd")


def test_same_seed_same_trials_and_the_defaults_first():
    defaults = {"rate": 1e-3, "dropout": 0.2, "layers": 2, "optimiser": "adam"}
    one, two = (search(SPACE, bowl, n_trials=20, defaults=defaults, seed=7) for _ in range(2))
    assert one == two
    assert one[0].values == defaults
    assert best(one).loss <= one[0].loss
    assert search(SPACE, bowl, n_trials=20, seed=8) != one
    assert [t.trial for t in one] == list(range(20))
    assert sorted({t.round for t in one}) == [0, 1, 2, 3, 4]


def test_failures_are_recorded_and_the_search_goes_on():
    def fragile(values):
        if values["rate"] > 1e-2:
            raise RuntimeError("out of\nmemory")
        return ValidationScore(float("nan"), 0.1) if values["dropout"] > 0.5 else bowl(values)

    trials = search(SPACE, fragile, n_trials=40, seed=1)
    failed = [t for t in trials if t.failed]
    assert len(trials) == 40
    assert {t.error for t in failed} == {"RuntimeError: out of memory", "diverged: the loss is not finite"}
    assert not best(trials).failed
    late = [t for t in trials if t.round == 4]
    assert np.mean([t.failed for t in late]) <= np.mean([t.failed for t in trials if t.round == 0])


def test_all_failing_leaves_no_best():
    def broken(values):
        raise ValueError("no")

    assert best_trial(search(SPACE, broken, n_trials=9)) is None


def test_an_interrupt_is_no_failure_and_what_was_done_is_told():
    done = []

    def judge(values):
        if len(done) == 5:
            raise KeyboardInterrupt
        return bowl(values)

    with pytest.raises(KeyboardInterrupt):
        search(SPACE, judge, n_trials=20, seed=2, on_trial=done.append)
    assert tuple(done) == search(SPACE, bowl, n_trials=20, seed=2)[:5]


def test_aims_close_in_on_the_best_quarter():
    trials = [
        Trial(k, 0, {"rate": 10.0 ** -(1 + k / 2), "optimiser": "sgd" if k < 4 else "adam"}, abs(k - 6), 0.5)
        for k in range(9)
    ]
    aims = narrowed(SPACE, trials)
    places = [SPACE["rate"].place(10.0 ** -(1 + k / 2)) for k in (5, 6, 7)]
    assert aims["rate"] == pytest.approx((max(0.0, min(places) - 0.15), max(places) + 0.15))
    assert aims["optimiser"] == (1.0, 7.0, 1.0)
    assert aims["dropout"] == (0.0, 1.0)


@pytest.mark.parametrize(("n", "sizes"), [(1, [1]), (7, [7]), (8, [4, 4]), (20, [4] * 5), (33, [7, 7, 7, 6, 6])])
def test_rounds(n, sizes):
    assert round_sizes(n) == sizes


@pytest.mark.parametrize("bad", [(2.0, 1.0, False), (0.0, 1.0, True), (0.0, math.inf, False)])
def test_impossible_ranges_are_refused(bad):
    with pytest.raises(ValueError, match="no range"):
        Numeric(bad[0], bad[1], log=bad[2])


def test_the_space_as_the_run_keeps_it():
    assert described(SPACE)["rate"] == [1e-5, 1e-1]
    assert described(SPACE)["optimiser"] == ["sgd", "adam", "adagrad"]
