"""Undo and redo among rows: the running account says what a look at all rows says."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest
from fabric_ledger import alive, decision
from hypothesis import given
from hypothesis import strategies as st

from dsaudit.relabel.ledger.history import History, batch_of
from dsaudit.relabel.memory import Memory


@given(st.lists(st.integers(0, 40), max_size=40))
def test_stands_as_memory_has_it(targets):
    history, rows = History(), []
    for seq, target in enumerate(targets, 1):
        back = target % seq or None
        rows.append(replace(decision(action="revert" if back else "confirm"), seq=seq, reverts=back))
        history.add(seq, "alice", back, str(seq))
        assert {r.seq for r in rows if r.reverts is None and history.stands(r.seq)} == {d.seq for d in alive(rows)}
        for row in rows:
            undone_by = history.undone_by(row.seq)
            assert (undone_by is None) == history.stands(row.seq)
            assert undone_by is None or history.stands(undone_by)


def test_a_long_chain_of_reverts_is_no_recursion():
    history = History()
    history.add(1, "alice", None, "d")
    for seq in range(2, 2 * sys.getrecursionlimit() + 2):
        history.add(seq, "alice", seq - 1, str(seq))
    assert history.stands(1)
    assert not history.stands(2)


def test_a_chain_of_reverts_costs_by_its_length(monkeypatch):
    """Each row takes back the one before, so every row changes what all before it are worth."""
    rows = [decision(request_id="d")]
    rows += [replace(decision(action="revert"), reverts=k, request_id=str(k)) for k in range(1, 20_001)]
    rows = [replace(row, seq=k) for k, row in enumerate(rows, 1)]
    asked = 0

    class Counted(dict):
        def __getitem__(self, name):
            nonlocal asked
            asked += 1
            return super().__getitem__(name)

    memory = Memory()
    monkeypatch.setattr(memory.history, "_target", Counted())
    memory.add(rows)
    assert [row.seq for row in memory.standing(memory.key_of(rows[-1]))] == [1]
    assert {memory.key_of(row) for row in rows} == {memory.key_of(rows[0])}
    assert asked <= 2 * len(rows)


@pytest.mark.parametrize(("request_id", "batch"), [("abc/0", "abc"), ("abc", "abc"), ("a/b/0", "a"), ("", "")])
def test_batch_of(request_id, batch):
    assert batch_of(request_id) == batch


def test_same_batch_name_of_two_people_is_two_batches():
    history = History()
    history.add(1, "alice", None, "b/0")
    history.add(2, "bob", None, "b/1")
    assert history.undoable("alice") == [1]
    assert history.undoable("bob") == [2]
    assert history.people() == ["alice", "bob"]
    assert history.undoable("carol") == history.redoable("carol") == []
