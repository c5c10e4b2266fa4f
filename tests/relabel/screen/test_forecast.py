"""The statement of a review: what is left, and the whole set, as verdicts come in."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from store.make_schema import label_errors, records

from dsaudit.relabel.queue.items import items_of
from dsaudit.relabel.queue.label_doubt import doubted_labels
from dsaudit.relabel.queue.queue import build_queue
from dsaudit.relabel.screen.decision_state import VERDICTS
from dsaudit.relabel.screen.forecast import EVERY, Forecaster, stated_by
from dsaudit.store.run import empty_table
from dsaudit.types import Estimate
from relabel.make_review import finding, probabilities, table

RIGHT, WRONG, EXCLUDED, UNSURE = (VERDICTS.index(w) for w in ("confirm", "relabel", "exclude", "unsure"))
N = 300


class Made:
    """A run that was never on disk; the first 90 items are candidates of falling probability."""

    def __init__(self, *, quality=True, decided=()):
        self.items = table(N).assign(uri="x").sort_index()
        ids = list(self.items.index)
        if decided:
            self.items["decided_by"] = [("ann" if k in decided else None) for k in range(N)]
        p = np.concatenate([np.linspace(0.95, 0.3, 90), np.full(N - 90, 0.01)])
        other = np.where(self.items["label"] == "dog", "cat", "dog")
        rows = [
            finding("LBL001", [i], 1 - q, suggestion=o) for i, q, o in zip(ids[:90], p[:90], other[:90], strict=True)
        ]
        self.findings = pd.DataFrame(rows)
        doubts = {i: (o, 0.6) for i, o in zip(ids[:90], other[:90], strict=True)}
        self.predictions, self.neighbours = probabilities(self.items, doubts), empty_table("neighbours")
        self.label_quality = empty_table("label_quality")
        if quality:
            self.label_quality = pd.DataFrame(
                {
                    "pairwise_confidence": 1 - p,
                    "p_wrong": p,
                    "suggestion": other,
                    "p_suggested": 0.9 * p,
                    "candidate": p > 0.2,
                },
                index=self.items.index,
            )
        self.rules = records()
        self.metrics = SimpleNamespace(label_errors=None)

    def rows(self, name):
        """It is no file."""


def heard(queue, said):
    verdicts = np.zeros(N, np.int8)
    ks = queue.index.to_numpy()[: len(said)]
    verdicts[ks] = said
    return verdicts


def test_the_queue_takes_what_the_run_states():
    run = Made()
    queue = build_queue(run)
    stated = run.label_quality["p_wrong"].to_numpy()
    np.testing.assert_allclose(queue["p_wrong"], stated[queue.index])
    assert queue["p_wrong"].is_monotonic_decreasing
    assert set(doubted_labels(run, items_of(run)).columns) == {"score", "suggestion", "p_suggested", "p_wrong"}


def test_an_older_run_has_its_formula():
    run = Made(quality=False)
    doubts = doubted_labels(run, items_of(run))
    assert len(doubts) == 90
    assert doubts["p_wrong"].between(0, 1).all()
    forecast = Forecaster(run, build_queue(run))
    found = forecast.latest(np.zeros(N, np.int8))
    assert found.in_set is None
    assert 0 <= found.left.low <= found.left.value <= found.left.high <= 90


def test_before_any_verdict_it_says_what_the_run_states():
    run = Made()
    found = Forecaster(run, build_queue(run)).latest(np.zeros(N, np.int8))
    stated = run.label_quality["p_wrong"]
    assert (found.n_heard, found.n_left) == (0, 90)
    assert found.left.value == pytest.approx(stated[:90].sum(), rel=0.1)
    assert found.in_set.value == pytest.approx(stated.sum(), rel=0.1)


def test_verdicts_move_it():
    run = Made()
    queue = build_queue(run)
    before = Forecaster(run, queue).latest(np.zeros(N, np.int8))
    none_wrong = Forecaster(run, queue).latest(heard(queue, [RIGHT] * 40))
    all_wrong = Forecaster(run, queue).latest(heard(queue, [WRONG, EXCLUDED] * 20))
    assert none_wrong.n_left == all_wrong.n_left == 50
    assert none_wrong.left.high < before.left.value / 3
    assert all_wrong.left.value > none_wrong.left.value + 20
    assert all_wrong.in_set.low > 40
    assert none_wrong.in_set.value < before.in_set.value / 3


def test_it_is_made_anew_every_twenty_verdicts():
    run = Made()
    queue = build_queue(run)
    forecast = Forecaster(run, queue)
    first = forecast.latest(heard(queue, [WRONG] * 3))
    assert forecast.latest(heard(queue, [WRONG] * (EVERY - 1))) is first
    second = forecast.latest(heard(queue, [WRONG] * EVERY))
    assert (second.n_heard, second.n_left) == (EVERY, 90 - EVERY)
    assert forecast.latest(heard(queue, [WRONG] * 5)).n_heard == 5  # undone


def test_unsure_counts_neither_way():
    run = Made()
    queue = build_queue(run)
    found = Forecaster(run, queue).latest(heard(queue, [UNSURE] * 30))
    assert (found.n_heard, found.n_left) == (0, 60)


def test_what_was_decided_before_the_run_teaches_nothing():
    """Its label is the corrected one: right, whatever was stated of the one before."""
    run = Made(decided=range(30))
    assert np.isnan(stated_by(run, items_of(run)).p_wrong[:30]).all()
    verdicts = np.zeros(N, np.int8)
    verdicts[:30] = RIGHT
    assert Forecaster(run, build_queue(run)).latest(verdicts).n_heard == 0


def test_without_a_model_nothing_is_said():
    run = Made(quality=False)
    run.predictions, run.findings = empty_table("predictions"), run.findings.iloc[:0]
    assert Forecaster(run, build_queue(run)).latest(np.zeros(N, np.int8)) is None


def test_it_is_made_anew_when_nothing_is_left():
    run = Made()
    queue = build_queue(run)
    forecast = Forecaster(run, queue)
    assert forecast.latest(heard(queue, [WRONG] * 85)).n_left == 5
    assert forecast.latest(heard(queue, [WRONG] * 89)).n_left == 5
    done = forecast.latest(heard(queue, [WRONG] * 90))
    assert (done.n_left, done.left.high) == (0, 0)
    assert done.in_set.low >= 90


def test_a_run_that_cannot_know_expects_nothing_before_people_have_said_something():
    run = Made()
    run.label_quality["p_wrong"] = np.nan
    queue = build_queue(run)
    assert queue["p_wrong"].notna().any()  # the order stands for it
    forecast = Forecaster(run, queue)
    assert forecast.latest(np.zeros(N, np.int8)) is None
    assert forecast.expected(heard(queue, [WRONG] * 4)) is None
    found = forecast.expected(heard(queue, [WRONG, RIGHT] * 10))
    assert 0 <= found.low <= found.left <= found.high


def reported(n, expected):
    return label_errors({"n": n, "expected": Estimate(*expected)}, n_estimated=Estimate(*expected))


def test_until_there_are_enough_verdicts_it_is_what_the_report_says_to_the_figure():
    run = Made()
    queue = build_queue(run)
    forecast = Forecaster(run, queue, reported=reported(90, (61.4, 40.0, 79.0)))
    found = forecast.latest(np.zeros(N, np.int8))
    assert (found.n_heard, found.n_left) == (0, 90)
    assert (found.left.value, found.left.low, found.left.high) == (61.4, 40.0, 79.0)
    assert forecast.latest(heard(queue, [WRONG] * (EVERY - 1))) is found
    assert forecast.latest(heard(queue, [WRONG] * EVERY)).left.value != 61.4
    of_another_list = Forecaster(run, queue, reported=reported(80, (61.4, 40.0, 79.0)))
    assert of_another_list.latest(np.zeros(N, np.int8)).left.value != 61.4


def test_a_weak_model_leaves_more_open():
    run = Made()
    queue = build_queue(run)

    def width(shift):
        forecast = Forecaster(run, queue, reported=label_errors({}, shift=shift))
        left = forecast.latest(np.zeros(N, np.int8)).left
        return left.high - left.low

    assert width(1.8) > width(1.35) == width(None)


def test_it_speaks_of_the_cut_and_not_of_every_doubt_on_the_list():
    run = Made()
    run.label_quality["candidate"] = run.label_quality["p_wrong"] > 0.6
    n_cut = int(run.label_quality["candidate"].sum())
    queue = build_queue(run)
    assert n_cut < queue["p_wrong"].notna().sum()
    found = Forecaster(run, queue).latest(np.zeros(N, np.int8))
    assert found.n_left == n_cut
    stated = run.label_quality["p_wrong"][run.label_quality["candidate"]]
    assert found.left.value == pytest.approx(stated.sum(), rel=0.1)


def test_a_label_of_the_cut_that_nothing_is_suggested_for_is_counted_too():
    """Off-topic: the queue asks about it as about a fault, and states no probability of its own."""
    run = Made()
    queue = build_queue(run)
    queue.loc[queue.index[:20], "p_wrong"] = np.nan
    found = Forecaster(run, queue).latest(np.zeros(N, np.int8))
    stated = run.label_quality["p_wrong"]
    assert found.n_left == 90
    assert found.left.value == pytest.approx(stated[:90].sum(), rel=0.1)


@pytest.mark.parametrize("refusal", [{"guess": True, "shift": 1.4}, {"known": False, "why_unknown": "weak"}])
def test_where_the_report_refuses_a_number_the_screen_has_none_until_enough_were_heard(refusal):
    run = Made()
    if "known" in refusal:
        run.label_quality["p_wrong"] = np.nan
    queue = build_queue(run)
    forecast = Forecaster(run, queue, reported=label_errors({"n": 90, "expected": Estimate(61, 40, 79)}, **refusal))
    for n in (0, EVERY - 1):
        said = heard(queue, [WRONG] * n)
        assert (forecast.expected(said), forecast.latest(said), forecast.as_reported(said)) == (None, None, True)
    said = heard(queue, [WRONG, RIGHT] * (EVERY // 2))
    found = forecast.expected(said)
    assert 0 < found.low <= found.left <= found.high < 70
    assert not forecast.as_reported(said)


def test_what_the_report_says_is_said_of_its_own_list_alone():
    run = Made()
    queue = build_queue(run)
    none = np.zeros(N, np.int8)
    assert Forecaster(run, queue, reported=reported(90, (61.4, 40.0, 79.0))).as_reported(none)
    assert not Forecaster(run, queue, reported=reported(80, (61.4, 40.0, 79.0))).as_reported(none)
    assert not Forecaster(run, queue).as_reported(none)
