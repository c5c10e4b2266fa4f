"""Which label a verdict is about, once corrections are in force."""

from __future__ import annotations

import pandas as pd
from fabric_ledger import decision

from dsaudit.relabel.memory import resolved
from dsaudit.relabel.review import verdicts_of


def items(**labels):
    index = pd.Index(list(labels), name="item_id")
    return pd.DataFrame({"label": list(labels.values())}, index=index, dtype=object)


def said(given, right, **more):
    action = "confirm" if given == right else "relabel"
    return decision("ann", action, old_label=given, new_label=right, **more)


def test_right_and_wrong():
    table = items(a="up", b="off", c="up").assign(given_label=["up", "up", "up"])
    found = verdicts_of({"a": resolved([said("up", "up")]), "b": resolved([said("up", "off")])}, table)
    assert found.to_dict("index") == {
        "a": {"judged": "up", "wrong": False, "right": "up"},
        "b": {"judged": "up", "wrong": True, "right": "off"},
    }
    assert found["wrong"].dtype == bool


def test_in_a_corrected_copy_the_verdict_is_still_about_the_old_label():
    table = items(b="off").assign(given_label=["off"])
    found = verdicts_of({"b": resolved([said("up", "off")])}, table)
    assert found.loc["b"].to_dict() == {"judged": "up", "wrong": True, "right": "off"}


def test_exclusion_doubt_and_dispute_say_nothing_of_the_label():
    table = items(a="up", b="up", c="up", d="up")
    resolutions = {
        "a": resolved([decision("ann", "exclude")]),
        "b": resolved([decision("ann", "unsure")]),
        "c": resolved([said("up", "off"), decision("ben", "confirm", old_label="up")]),
    }
    assert verdicts_of(resolutions, table).empty


def test_an_item_that_had_no_label_is_settled_and_was_neither_right_nor_wrong():
    stands = {"a": resolved([said(None, "up")])}
    found = verdicts_of({"a": stands["a"]}, items(a="up").assign(given_label=[None]))
    assert found.to_dict("index") == {"a": {"judged": None, "wrong": False, "right": "up"}}
    twice = {"a": resolved([said(None, "up"), decision("ben", "confirm", old_label="up", seq=2)])}
    assert verdicts_of(twice, items(a="up").assign(given_label=[None]))["judged"].tolist() == [None]
    # in a corrected copy the label is in the data
    found = verdicts_of({"a": stands["a"]}, items(a="up").assign(given_label=["up"]))
    assert found.to_dict("index") == {"a": {"judged": None, "wrong": False, "right": "up"}}


def test_a_decision_that_does_not_say_what_was_heard_is_about_the_given_label():
    table = items(a="up", b="up").assign(given_label=["off", "up"])
    confirmed = decision("ann", "confirm", old_label=None, new_label="up")
    found = verdicts_of({"a": resolved([said(None, "up")]), "b": resolved([confirmed])}, table)
    assert found["judged"].tolist() == ["off", "up"]
    assert found["wrong"].tolist() == [True, False]


def test_nothing_decided():
    found = verdicts_of({}, items(a="up"))
    assert list(found.columns) == ["judged", "wrong", "right"]
    assert found.empty
