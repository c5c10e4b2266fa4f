"""Pairs that people decided to be no copies: kept, in force in later audits, undone, carried to another ledger."""

from __future__ import annotations

import pandas as pd
import pytest

import dsaudit
from dsaudit.errors import UsageError
from dsaudit.relabel.ledger.interchange import export_rows, import_rows
from dsaudit.relabel.ledger.ledger import Ledger
from dsaudit.relabel.memory import Memory
from dsaudit.relabel.review import apart_pairs
from dsaudit.types import Decision


def said(*ids, actor="ann", batch="one"):
    return [Decision(actor, "apart", i, f"hash-{i[0]}", request_id=f"{batch}/{k}") for k, i in enumerate(ids)]


@pytest.fixture
def ledger(tmp_path):
    with Ledger.open(tmp_path / "ledger.sqlite") as opened:
        yield opened


def test_those_decided_together_are_no_copies_of_one_another(ledger):
    ledger.append(said("a", "b", "c"))
    ledger.append(said("d", "e", batch="two"))
    items = {i: f"hash-{i[0]}" for i in ("a", "b", "c", "d", "e")}
    memory = Memory(ledger.rows())
    assert apart_pairs(memory, items) == (("a", "b"), ("a", "c"), ("b", "c"), ("d", "e"))
    # it says nothing of labels or use
    assert memory.resolve(items) == {}
    assert len(memory) == 0


def test_items_are_known_by_their_bytes_under_any_name(ledger):
    ledger.append(said("a", "b"))
    memory = Memory(ledger.rows())
    assert apart_pairs(memory, {"new/a": "hash-a", "b": "hash-b"}) == (("b", "new/a"),)
    assert apart_pairs(memory, {"a": "other bytes", "b": "hash-b"}) == ()
    assert apart_pairs(memory, {"a": "hash-a", "a2": "hash-a", "b": "hash-b"}) == (("a", "b"),)


def test_two_items_of_the_same_bytes_can_be_apart(ledger):
    ledger.append(said("a", "a2"))
    assert apart_pairs(Memory(ledger.rows()), {"a": "hash-a", "a2": "hash-a", "a3": "hash-a"}) == (("a", "a2"),)


def test_one_undo_takes_all_of_it_back_and_redo_brings_it_again(ledger):
    ledger.append(said("a", "b", "c"))
    items = {i: f"hash-{i}" for i in "abc"}
    assert len(ledger.undo("ann")) == 3
    assert apart_pairs(Memory(ledger.rows()), items) == ()
    ledger.redo("ann")
    assert len(apart_pairs(Memory(ledger.rows()), items)) == 3


def test_it_travels_with_an_export(ledger, tmp_path):
    ledger.append(said("a", "b"))
    export_rows(ledger, tmp_path / "rows.jsonl")
    with Ledger.open(tmp_path / "other.sqlite") as other:
        assert len(import_rows(other, tmp_path / "rows.jsonl").added) == 2
        assert len(import_rows(other, tmp_path / "rows.jsonl").added) == 0
        assert apart_pairs(Memory(other.rows()), {"a": "hash-a", "b": "hash-b"}) == (("a", "b"),)


def test_a_pair_is_out_of_its_set_in_the_next_audit(tmp_path):
    words = [f"sentence number {k} is like no other" for k in range(8)]
    table = pd.DataFrame({"text": [*words, words[0], words[1], words[1]], "label": ["x"] * 11})
    options = {"out": tmp_path, "select": ["DUP"], "report": False}
    run = dsaudit.audit(table, **options)
    sets = {ids[0]: list(ids) for ids in run.findings["item_ids"]}
    (first, again), triple = sets["row-00001"], sets["row-00002"]
    with pytest.raises(UsageError, match="no item 'nothing'"):
        dsaudit.apart(run, [first, "nothing"])
    with pytest.raises(UsageError, match="fingerprint"):
        dsaudit.apart(run, ["zzz"])
    pair = run.findings[run.findings["subject"] == first]
    rows, who = dsaudit.apart(run, [pair["fingerprint"].item()], actor="ann")
    assert ([row.item_id for row in rows], who) == ([first, again], "ann")
    dsaudit.apart(run, triple[:2], actor="ann", note="said twice")
    run = dsaudit.audit(table, **options)
    # the third is still a copy of both
    assert [list(ids) for ids in run.findings["item_ids"]] == [triple]
    assert any("2 pairs" in note and "no copies" in note for note in run.meta.notes)
    with dsaudit.open_ledger(run) as kept:
        kept.undo("ann")
        kept.undo("ann")
    assert len(dsaudit.audit(table, **options).findings) == 2
