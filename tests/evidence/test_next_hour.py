"""The four steps of an hour, foretold from planted facts: what is asked to be learned from, and what comes of it."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from dsaudit.evidence.next_hour import LabelledSet, foretold
from dsaudit.report.say.next_hour import best_step, pace, steps_of
from dsaudit.store.schema.metrics import NextHour, NextStep
from dsaudit.store.schema.shape import typed
from dsaudit.types import Estimate

N = 400
IDS = pd.Index([f"i{k:03d}" for k in range(N)], name="item_id")
CLASSES = ("a", "b", "c", "d")


def facts(*, known=True, faulty=()):
    """Of class ``d`` few are found; the first forty labels are wrong, and the suggestion is right."""
    labels = pd.Series([CLASSES[k % 4] for k in range(N)], IDS)
    doubt = pd.DataFrame({"p_wrong": [1.0] * 40 + [0.0] * 360, "p_suggested": 1.0, "suggestion": "d"}, IDS)
    doubt.loc[IDS[:40], "suggestion"] = [CLASSES[(k + 1) % 4] for k in range(40)]
    summary = {"known": known, "guess": False, "n_estimated": {"value": 40, "low": 36, "high": 44}}
    right = np.arange(N)[:, None] >= N * np.array([0.4, 0.3, 0.24, 0.2])
    recall = pd.Series({"a": 0.9, "b": 0.9, "c": 0.9, "d": 0.5})
    groups = pd.Series(None, IDS, dtype=object)
    sizes = [40.0, 80.0, 160.0, 320.0]
    return LabelledSet(
        labels, groups, pd.DataFrame(right, IDS), sizes, SimpleNamespace(table=doubt, summary=summary), recall, faulty
    )


class Learned:
    """An item is right where enough of its class are learned from, and where its neighbour is not learned wrongly."""

    def __init__(self, known):
        self.known, self.asked = known, []

    def __call__(self, changed):
        self.asked = changed
        return pd.concat([self._right(own) for own in (self.known.labels, *changed)], axis=1)

    def _right(self, own):
        heard = own.iloc[:40].ne(self.known.labels.iloc[:40]) & own.iloc[:40].notna()
        right = pd.Series(True, IDS)
        right.iloc[40:80] = heard.to_numpy()  # follow those that are reviewed
        n_d = int((own == "d").sum())
        right.iloc[80 : 80 + max(0, 100 - n_d)] = False  # fewer of d, fewer right
        return right


FOLDS = SimpleNamespace(classes=CLASSES)


def test_each_step_learns_from_what_it_would_leave():
    known = facts(faulty=set(IDS[300:340:4]))
    learn = Learned(known)
    steps = {s["action"]: s for s in foretold(known, FOLDS, learn, per_hour=40, seed=1)}
    reviewed, fewer, dropped = learn.asked[:2], learn.asked[2:4], learn.asked[4]
    for own in reviewed:
        assert (own.iloc[:40] == [CLASSES[(k + 1) % 4] for k in range(40)]).all()
        assert own.iloc[40:].equals(known.labels.iloc[40:])
    assert all(own[known.labels != "d"].notna().all() for own in fewer)
    assert [int((own == "d").sum()) for own in fewer] == pytest.approx([50, 50], abs=2)
    assert dropped.isna().sum() == 10
    assert steps["review"]["gain"].value == pytest.approx(40 / 360)  # what is wrong itself is not judged by
    assert steps["review"]["gain"].low > 0
    assert steps["collect"]["classes"] == ("d",)
    assert steps["collect"]["gain"].value > 0
    assert steps["label"]["gain"].value > 0
    assert steps["drop"]["gain"].value == 0.0
    assert steps["drop"]["n"] == 10


def test_collecting_is_first_where_one_class_is_scarce_and_the_others_are_known():
    known = facts(known=False)
    flat = pd.DataFrame(True, known.right.index, known.right.columns)
    scarce = known.labels.mask((known.labels == "d") & (np.arange(N) >= 120), "a")  # 30 of d

    class Half(Learned):
        def _right(self, own):
            n = int((own == "d").sum())
            return pd.Series(~((scarce == "d") & (np.arange(N) % 60 >= n)).to_numpy(), IDS)

    few = replace(known, labels=scarce, right=flat)
    steps = foretold(few, FOLDS, Half(few), per_hour=60, seed=1)
    assert steps[0]["action"] == "collect"
    assert steps[0]["classes"] == ("d",)
    assert steps[0]["n"] == 60
    assert steps[0]["gain"].value > 0.0


def test_what_cannot_be_told_says_why_and_stands_last():
    known = facts(known=False)
    steps = foretold(known, FOLDS, Learned(known), per_hour=40, n_pool=10)
    last = {s["action"]: s["why_not"] for s in steps[-2:]}
    assert set(last) == {"review", "drop"}
    assert all(last.values())
    assert next(s for s in steps if s["action"] == "label")["n"] == 10
    found = typed(NextHour, {"per_hour": 40, "source": "assumed", "steps": steps})
    assert "cannot be known" in dict(steps_of(found, SimpleNamespace(some=lambda n: f"{n} clips", many="clips"))).get(
        "reviewing clips most in doubt", ""
    )


def test_the_words_name_the_best_step_and_whether_it_is_sure():
    nouns = SimpleNamespace(some=lambda n: f"{n} clips", many="clips")
    sure = NextStep("collect", 60, ("go", "no", "up", "on"), Estimate(0.021, 0.004, 0.04), "")
    found = NextHour(60, "decisions", (sure,))
    assert best_step(found, nouns) == (
        "The next hour brings most by collecting 60 clips of 'go', 'no', 'up' and 1 more: +2.1 (+0.4 to +4.0) points"
    )
    unsure = NextStep("drop", 3, (), Estimate(0.001, -0.004, 0.004), "")
    assert "No step of an hour is sure to bring anything" in best_step(NextHour(60, "option", (unsure,)), nouns)
    assert "as the times of decisions show" in pace(found, nouns)
