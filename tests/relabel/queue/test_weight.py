from __future__ import annotations

import pytest

from dsaudit.relabel.queue.queue import build_queue
from dsaudit.relabel.queue.weight import PRIOR_OF_DAMAGED, weight_of_damaged, weights
from dsaudit.types import Decision
from relabel.queue.test_queue import Made, finding, table


def said(action, rule, note="", label=None):
    once = Decision(actor="ana", action=action, item_id="x", content_hash="", rule=rule, note=note, old_label=label)
    return (once,)


def verdicts(rule, right, wrong, first=0, label=None):
    opinions = {first + k: said("exclude", rule, label=label) for k in range(right)}
    return opinions | {first + right + k: said("confirm", rule, label=label) for k in range(wrong)}


def test_a_rule_counts_by_how_often_it_proved_right_here():
    found = weights(verdicts("AUD004", 18, 2) | verdicts("AUD006", 0, 20, first=100))
    assert found["AUD004", None] > 1.5
    assert found["AUD006", None] < 0.4
    assert weights({}) == {}


def test_a_class_counts_by_its_own_verdicts_where_there_are_enough_of_them():
    found = weights(verdicts("LBL001", 9, 1, label="yes") | verdicts("LBL001", 1, 9, first=20, label="up"))
    assert found["LBL001", None] == 1.0
    assert found["LBL001", "yes"] == pytest.approx(2 * (9 + 5) / 20)
    assert found["LBL001", "up"] == pytest.approx(2 * (1 + 5) / 20)
    few = weights(verdicts("LBL001", 30, 10, label="yes") | verdicts("LBL001", 0, 1, first=50, label="up"))
    assert few["LBL001", None] > few["LBL001", "up"] > 0.85 * few["LBL001", None]


def test_what_waits_for_a_repair_proved_right_and_what_nobody_could_tell_says_nothing():
    assert weights({0: said("unsure", "AUD004", "repair first: truncated-end")})["AUD004", None] > 1
    assert weights({0: said("unsure", "AUD004"), 1: said("skip", "AUD004"), 2: said("exclude", "")}) == {}


def test_doubts_about_damaged_items_count_by_how_often_the_label_was_wrong():
    damaged = range(10)
    assert weight_of_damaged({}, damaged, ("LBL",)) == PRIOR_OF_DAMAGED
    cut = {k: said("exclude", "LBL001") for k in range(10)}
    assert weight_of_damaged(cut, damaged, ("LBL",)) == pytest.approx(PRIOR_OF_DAMAGED / 2)
    assert weight_of_damaged({k: said("relabel", "LBL001") for k in range(10)}, damaged, ("LBL",)) == pytest.approx(0.9)
    assert weight_of_damaged({k + 50: v for k, v in cut.items()}, damaged, ("LBL",)) == PRIOR_OF_DAMAGED


def test_verdicts_turn_the_order_of_two_kinds_of_faults():
    items = table(60)
    ids = list(items.index)
    found = [finding("AUD004", [i], 0.20) for i in ids[:5]] + [finding("AUD006", [i], 0.25) for i in ids[5:10]]
    run = Made(items, found)
    assert list(build_queue(run)["rule"]) == ["AUD004"] * 5 + ["AUD006"] * 5
    opinions = verdicts("AUD004", 0, 12, first=20) | verdicts("AUD006", 12, 0, first=40)
    assert list(build_queue(run, opinions=opinions)["rule"]) == ["AUD006"] * 5 + ["AUD004"] * 5


def test_verdicts_turn_the_order_of_two_classes_under_one_rule():
    items = table(60)
    ids, labels = list(items.index), items["label"].to_numpy()
    first, last = (next(k for k in range(60) if labels[k] == label) for label in sorted(set(labels))[:2])
    found = [finding("AUD004", [ids[first]], 0.20), finding("AUD004", [ids[last]], 0.25)]
    run = Made(items, found)
    assert list(build_queue(run)["item_id"]) == [ids[first], ids[last]]
    opinions = verdicts("AUD004", 0, 12, first=100, label=labels[first])
    opinions |= verdicts("AUD004", 12, 0, first=200, label=labels[last])
    assert list(build_queue(run, opinions=opinions)["item_id"]) == [ids[last], ids[first]]
