"""Kinds of doubt on items made to be of one kind."""

from __future__ import annotations

import numpy as np
import pytest

from dsaudit.analysis.label.doubt_kind import doubt_kinds

CLEAN = np.array([0.94, 0.03, 0.02, 0.01])


def found(*rows, neighbours=None, joint=None):
    """Forty clean items of class 0, then the rows, all labelled 0, with 1 as the other label."""
    probs = np.vstack([np.tile(CLEAN, (40, 1)), np.asarray(rows)])
    n = len(probs)
    given, suggested = np.zeros(n, int), np.ones(n, int)
    return doubt_kinds(probs, given, suggested, neighbours=neighbours, joint=joint).iloc[40:]


def test_each_kind():
    table = found([0.01, 0.97, 0.01, 0.01], [0.4, 0.5, 0.05, 0.05], [0.15, 0.2, 0.33, 0.32])
    assert table["kind"].tolist() == ["wrong", "ambiguous", "off-topic"]
    assert (table["confidence"] > 0.7).all()
    assert ((table["p_ambiguous"] + table["p_off_topic"]) <= 1).all()


def test_neighbours_of_many_labels_make_it_off_topic():
    probs = np.tile(CLEAN, (60, 1))
    given = np.repeat([0, 1, 2, 3], 15)
    probs = np.array([np.roll(CLEAN, c) for c in given])
    probs[:2] = [0.2, 0.55, 0.15, 0.1]
    near = np.array([[j for j in range(60) if given[j] == c][:5] for c in given])
    near[0] = [15, 30, 31, 45, 46]  # of three classes
    near[1] = range(15, 20)  # all of the suggested one
    kinds = doubt_kinds(probs, given, (given + 1) % 4, neighbours=near)
    assert kinds["p_off_topic"][0] > 0.5 > kinds["p_off_topic"][1]
    none = doubt_kinds(probs, given, (given + 1) % 4, neighbours=np.full((60, 5), -1))
    assert none["p_off_topic"].equals(doubt_kinds(probs, given, (given + 1) % 4)["p_off_topic"])


def test_a_habit_of_the_labels_is_no_ambiguity():
    row = [0.2, 0.78, 0.01, 0.01]
    assert found(row)["kind"].item() == "ambiguous"
    joint = np.eye(4) * 100
    joint[0, 1] = 25  # a fifth of what is rather 1 is labelled 0: the model learned to say 0 to .2
    assert found(row, joint=joint)["kind"].item() == "wrong"


def test_what_is_usual_counts():
    """With a weak model everything is spread out, and nothing is off-topic for that."""
    probs = np.full((50, 10), 0.06)
    probs[:, 0] = 0.46
    probs[0] = 0.08
    probs[0, [0, 1]] = [0.06, 0.3]
    given, suggested = np.zeros(50, int), np.ones(50, int)
    assert doubt_kinds(probs, given, suggested)["kind"][0] != "off-topic"


def test_shapes_must_agree():
    with pytest.raises(ValueError, match="do not agree"):
        doubt_kinds(np.ones((3, 2)), [0, 1], [1, 0])


def test_no_items():
    assert len(doubt_kinds(np.empty((0, 3)), np.empty(0, int), np.empty(0, int))) == 0
