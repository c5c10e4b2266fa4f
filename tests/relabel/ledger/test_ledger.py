"""The ledger on SQLite and on PostgreSQL: nothing is lost, nothing changes, undo and redo are an editor's."""

from __future__ import annotations

import os
import socket
import sqlite3
import sys
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fabric_ledger import Naive, behind_its_back, decision, started, without_guards
from hypothesis import given, settings
from hypothesis import strategies as st

from dsaudit.errors import LedgerError, MissingExtraError, RequestTakenError
from dsaudit.relabel.ledger import database as ledger_database
from dsaudit.relabel.ledger.chain import sealed
from dsaudit.relabel.ledger.interchange import export_rows, import_rows
from dsaudit.relabel.ledger.ledger import Ledger, ledger_url
from dsaudit.relabel.ledger.place import ledger_of, place_of
from dsaudit.relabel.memory import Memory
from dsaudit.types import Decision


@pytest.fixture
def ledger(place):
    with Ledger.open(place) as opened:
        yield opened


class TestAppend:
    def test_fills_in_place_time_and_chain(self, ledger):
        first, second = ledger.append([decision(item="a"), decision("bob", "relabel", "b", score=0.25, note="à 语")])
        assert (first.seq, second.seq) == (1, 2)
        assert first.prev_hash == ""
        assert second.prev_hash == first.hash != second.hash == ledger.head()
        assert first.at.endswith("+00:00")
        assert first.tool_version
        assert first.request_id != second.request_id != ""
        assert ledger.count() == 2
        assert ledger.rows() == [first, second]
        assert ledger.rows(after=1) == [second]

    def test_every_field_comes_back_as_it_was_said(self, ledger):
        said = Decision(
            actor="Åsa O'Neill",
            action="relabel",
            item_id="x/'; DROP TABLE dsaudit_decisions; --.wav",
            content_hash="f" * 32,
            old_label=None,
            new_label="日本\n語",
            note='"%s" :name {braces} \\',
            cause="fp",
            rule="LBL001",
            score=0.1 + 0.2,
            suggestion="off",
            run_id="r",
            settles=True,
            blind=True,
            request_id="q/0",
        )
        (row,) = ledger.append([said])
        (read,) = ledger.rows()
        assert read == row
        blank = {"seq": 0, "at": "", "tool_version": "", "prev_hash": "", "hash": ""}
        assert replace(read, **blank) == said
        assert ledger.verify().ok

    def test_same_request_is_stored_once(self, ledger):
        a, b = decision(request_id="a"), decision(item="other", request_id="b")
        c = decision(item="c", request_id="c", note="à")
        rows = ledger.append([a, b])
        assert ledger.append([b, c])[0] == rows[1]
        assert ledger.append([replace(c, run_id="of a later run", score=0.5)] * 3) == [ledger.rows()[2]] * 3
        assert ledger.count() == 3

    @pytest.mark.parametrize(
        "other",
        [
            {"item": "b"},
            {"actor": "bob"},
            {"old_label": "off"},
            {"note": "?"},
            {"settles": True},
            {"action": "exclude"},
        ],
    )
    def test_a_request_that_says_something_else_is_refused(self, ledger, other):
        first, second = decision(request_id="a"), decision(request_id="a", **other)
        with pytest.raises(RequestTakenError, match="request id 'a' stands for another decision"):
            ledger.append([decision(item="x"), first, second])
        assert ledger.count() == 0, "of a batch all or none"
        ledger.append([first])
        with pytest.raises(RequestTakenError, match="in row 1; nothing was stored"):
            ledger.append([decision(item="x"), second])
        assert ledger.count() == 1

    def test_an_undo_is_answered_to_nobody_else(self, ledger):
        ledger.append([decision(), decision("bob", item="b"), decision(item="c", request_id="d/0")])
        done = ledger.undo("alice", request_id="u")
        assert ledger.undo("alice", request_id="u") == done
        for ask in (
            lambda: ledger.undo("bob", request_id="u"),
            lambda: ledger.redo("alice", request_id="u"),
            lambda: ledger.undo("alice", request_id="u", seq=1),
            lambda: ledger.undo("alice", request_id="d"),
        ):
            with pytest.raises(RequestTakenError):
                ask()
        assert ledger.redo("alice", request_id="r") == ledger.redo("alice", request_id="r")
        assert ledger.undo("alice", request_id="one", seq=2) == ledger.undo("alice", request_id="one", seq=2) != []

    @pytest.mark.parametrize("taken", ["r", "r/0", "r/3", "R/a"])
    def test_no_id_stands_for_a_decision_and_for_an_undo(self, ledger, taken):
        ledger.append([decision(item="x"), decision(request_id=taken)])
        whole = taken.partition("/")[0]
        for name in {taken, whole}:
            for take_back in (ledger.undo, ledger.redo):
                with pytest.raises(RequestTakenError):
                    take_back("alice", request_id=name)
        assert ledger.count() == 2
        assert ledger.undo("alice", request_id=whole.swapcase()), "another id"

    @pytest.mark.parametrize("taken", ["u", "u/0", "u/3", "50%/a"])
    def test_no_id_stands_for_an_undo_and_for_a_decision(self, ledger, taken):
        ledger.append([decision(item="x"), decision(item="y"), decision(item="z")])
        done = ledger.undo("alice", request_id=taken)
        assert done == ledger.undo("alice", request_id=taken) != []
        other = ledger.undo("alice", request_id=f"{taken}/1")
        assert other == ledger.undo("alice", request_id=f"{taken}/1") != done
        for name in (taken, done[0].request_id, f"{done[0].request_id.partition('/')[0]}/7"):
            with pytest.raises(RequestTakenError):
                ledger.append([decision(item="new"), decision(item="a", request_id=name)])
        assert ledger.count() == 5
        assert ledger.verify().ok

    @pytest.mark.parametrize("odd", ["\0", "\ud800", "a%b_c", "é/x"])
    def test_odd_ids_are_ids(self, ledger, odd):
        ledger.append([decision(), decision(item="b")])
        assert ledger.undo("alice", request_id=odd) == ledger.undo("alice", request_id=odd) != []
        with pytest.raises(RequestTakenError):
            ledger.append([decision(request_id=odd)])

    def test_one_that_makes_no_sense_stores_none(self, ledger):
        for wrong in (
            decision(action="praise"),
            decision(actor=" "),
            decision(item=""),
            decision(action="relabel", new_label=None),
            decision(old_label="up", new_label="off"),
            decision(action="exclude", new_label="up"),
            decision(action="revert"),
            decision(action="revert", reverts=7),
            decision(reverts=1),
            decision(request_id="x" * 201),
            decision(old_label=float("nan")),
            decision(content_hash=None),
            decision(note=7),
        ):
            with pytest.raises(LedgerError):
                ledger.append([decision(), wrong])
        assert ledger.count() == 0
        assert ledger.append([]) == []

    def test_text_that_databases_refuse_is_escaped(self, ledger):
        ledger.append([decision(item="a\udcffb", note="nul\0 \ud800", score=float("nan"))])
        (row,) = ledger.rows()
        assert (row.item_id, row.note, row.score) == ("a\\xffb", "nul\\x00 \\ud800", None)
        assert ledger.verify().ok

    def test_numpy_values_are_stored_as_their_own_kind(self, ledger):
        text, said = np.str_("up"), decision(old_label=np.str_("up"), rule=np.str_(""), score=np.float32(0.5))
        (row,) = ledger.append([replace(said, settles=np.bool_(True), note=text, blind=np.bool_(False))])
        (back,) = ledger.append([decision(action="revert", old_label=None, reverts=np.int64(1))])
        assert ledger.rows() == [row, back]
        assert ledger.verify().ok

    def test_many_at_once(self, ledger):
        rows = ledger.append([decision(item=f"{k}.wav", request_id=f"m/{k}") for k in range(1234)])
        assert [r.item_id for r in ledger.rows()] == [f"{k}.wav" for k in range(1234)]
        assert ledger.append(rows) == rows
        assert ledger.verify().n == 1234


class TestUndo:
    def test_a_batch_is_one_step_and_redo_brings_it_back(self, ledger):
        ledger.append([decision(item="a", request_id="one")])
        ledger.append([decision(item=i, request_id=f"b/{i}") for i in "xyz"])
        undone = ledger.undo("alice", request_id="u")
        assert [r.reverts for r in undone] == [4, 3, 2]
        assert {r.action for r in undone} == {"revert"}
        assert ledger.undo("alice", request_id="u") == undone
        assert [r.reverts for r in ledger.undo("alice")] == [1]
        assert not ledger.history().undoable("alice")
        assert ledger.undo("alice") == []
        assert len(ledger.redo("alice", request_id="r")) == 1
        assert len(ledger.redo("alice", request_id="r")) == 1
        assert len(ledger.redo("alice")) == 3
        assert not ledger.history().redoable("alice")
        assert ledger.redo("alice") == []
        assert len(Memory(ledger.rows())) == 4

    def test_only_ones_own_unless_the_row_is_named(self, ledger):
        ledger.append([decision("alice", item="a")])
        assert ledger.undo("bob") == []
        assert not ledger.history().undoable("bob")
        assert [r.actor for r in ledger.undo("bob", seq=1)] == ["bob"]
        assert ledger.undo("alice", seq=1) == []
        assert not ledger.history().redoable("alice")
        assert ledger.history().redoable("bob")
        assert ledger.undo("alice", seq=2)[0].reverts == 2
        assert len(Memory(ledger.rows())) == 1

    def test_a_new_decision_clears_what_could_be_redone(self, ledger):
        ledger.append([decision(item="a")])
        ledger.undo("alice")
        ledger.append([decision("bob", item="b")])
        assert ledger.history().redoable("alice")
        ledger.append([decision(item="c")])
        assert not ledger.history().redoable("alice")
        assert [r.reverts for r in ledger.undo("alice")] == [4]

    def test_row_that_is_not_there(self, ledger):
        for seq in (1, 0, -1):
            with pytest.raises(LedgerError, match=f"has no row {seq}"):
                ledger.undo("alice", seq=seq)


ACTORS = ("alice", "bob", "carol")
ITEMS = ("a", "b", "c", "d")
DECIDED = st.tuples(
    st.just("decide"),
    st.sampled_from(ACTORS),
    st.lists(
        st.tuples(
            st.sampled_from(ITEMS),
            st.sampled_from(("confirm", "relabel", "exclude", "unsure", "skip")),
            st.sampled_from(("up", "off", "go")),
            st.sampled_from((False, False, True)),
        ),
        min_size=1,
        max_size=3,
    ),
)
STEPS = st.lists(
    st.one_of(
        DECIDED,
        st.tuples(st.sampled_from(("undo", "redo")), st.sampled_from(ACTORS), st.none()),
        st.tuples(st.just("undo one"), st.sampled_from(ACTORS), st.integers(0, 30)),
    ),
    max_size=25,
)


def replayed(ledger: Ledger, steps) -> Naive:
    model = Naive()
    seqs: list[int] = []
    for number, (step, actor, more) in enumerate(steps):
        if step == "decide":
            batch = [
                decision(
                    actor,
                    action,
                    item,
                    **({"new_label": label} if action == "relabel" else {}),
                    settles=settles,
                    request_id=f"{number}/{k}",
                )
                for k, (item, action, label, settles) in enumerate(more)
            ]
            model.decide(batch)
            seqs += [row.seq for row in ledger.append(batch)]
        elif step == "undo one":
            if seqs:
                position = more % len(seqs)
                assert len(ledger.undo(actor, seq=seqs[position])) == model.undo_one(actor, position)
        else:
            could = ledger.history().undoable(actor) if step == "undo" else ledger.history().redoable(actor)
            done = getattr(ledger, step)(actor)
            assert len(done) == getattr(model, step)(actor)
            assert len(could) == len(done)
    return model


def outcomes(ledger: Ledger) -> dict:
    found = Memory(ledger.rows()).resolve({item: f"#{item}" for item in ITEMS})
    return {item: (r.outcome, r.label) for item, r in found.items()}


@settings(max_examples=8, deadline=None, print_blob=True)
@given(steps=STEPS)
def test_any_sequence_replays_to_what_explicit_stacks_give(new_place, tmp_path_factory, steps):
    where = new_place()
    with Ledger.open(where) as ledger:
        model = replayed(ledger, steps)
        expected = {item: found for item in ITEMS if (found := model.outcome(item)) is not None}
        assert outcomes(ledger) == expected
        undoable = {actor: ledger.history().undoable(actor) for actor in ACTORS}
        redoable = {actor: ledger.history().redoable(actor) for actor in ACTORS}
        head = ledger.head()
    with Ledger.open(where, read_only=True) as ledger:
        assert outcomes(ledger) == expected
        assert {actor: ledger.history().undoable(actor) for actor in ACTORS} == undoable
        assert {actor: ledger.history().redoable(actor) for actor in ACTORS} == redoable
        assert ledger.verify(head).ok
        folder = tmp_path_factory.mktemp("copy")
        export_rows(ledger, folder / "rows.jsonl")
    with Ledger.open(folder / "copy.sqlite") as copy:
        import_rows(copy, folder / "rows.jsonl")
        assert outcomes(copy) == expected
        assert copy.head() == head
    with Ledger.open(folder / "other.sqlite") as other:
        other.append([decision("dave", item="elsewhere")])
        import_rows(other, folder / "rows.jsonl")
        assert {k: v for k, v in outcomes(other).items() if k in ITEMS} == expected
        assert {actor: other.history().redoable(actor) for actor in ACTORS} == {
            actor: [row + 1 for row in rows] for actor, rows in redoable.items()
        }
        assert other.verify().ok


class TestSeveralWriters:
    SCRIPT = """
import sys
from dsaudit.relabel.ledger.ledger import Ledger
from dsaudit.types import Decision
where, actor, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
with Ledger.open(where) as ledger:
    for k in range(n):
        (row,) = ledger.append([Decision(actor, "confirm", f"{k}.wav", f"{k}", "up", "up", request_id=f"{actor}-{k}")])
        print(row.seq, row.request_id, flush=True)
"""

    def test_two_processes_lose_nothing(self, place):
        writers = [started(self.SCRIPT, place, actor, "80") for actor in ("alice", "bob")]
        acknowledged = set()
        for writer in writers:
            out, err = writer.communicate(timeout=120)
            assert writer.returncode == 0, err
            acknowledged |= {tuple(line.split()) for line in out.splitlines()}
        with Ledger.open(place) as ledger:
            rows = ledger.rows()
            assert {(str(r.seq), r.request_id) for r in rows} == acknowledged
            assert [r.seq for r in rows] == list(range(1, 161))
            for actor in ("alice", "bob"):
                assert [r.item_id for r in rows if r.actor == actor] == [f"{k}.wav" for k in range(80)]
            assert ledger.verify().ok

    def test_kill_9_loses_nothing_acknowledged(self, place):
        writer = started(self.SCRIPT, place, "alice", "1000")
        acknowledged = [writer.stdout.readline() for _ in range(250)]
        writer.kill()
        rest, err = writer.communicate(timeout=60)
        assert writer.returncode == -9, err
        acknowledged += [line for line in rest.splitlines(keepends=True) if line.endswith("\n")]
        assert len(acknowledged) < 1000
        with Ledger.open(place) as ledger:
            stored = {(str(r.seq), r.request_id) for r in ledger.rows()}
            assert {tuple(line.split()) for line in acknowledged} <= stored
            assert len(stored) - len(acknowledged) <= 1  # the one that was stored and not yet said
            assert ledger.verify().ok
            assert ledger.append([decision()])[0].seq == len(stored) + 1

    def test_four_threads_share_one(self, ledger):
        failures = []

        def work(actor: str) -> None:
            try:
                for k in range(25):
                    ledger.append([decision(actor, item=f"{k}")])
                    if k % 5 == 0:
                        assert len(ledger.undo(actor)) == 1
                        assert ledger.history().redoable(actor)
                        assert len(ledger.redo(actor)) == 1
                    assert ledger.count() >= k
                    assert ledger.rows(after=ledger.count() - 1)
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=work, args=(f"actor {k}",)) for k in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures
        rows = ledger.rows()
        assert len(rows) == 4 * (25 + 2 * 5)
        assert ledger.verify().ok
        alive = Memory(rows).opinions({f"{k}": f"#{k}" for k in range(25)})
        assert all(len(opinions) == 4 for opinions in alive.values())

    def test_asking_about_the_file_does_not_drop_the_locks_on_it(self, tmp_path):
        """Closing any handle of a file drops a process's locks, and another one would take the log of writes away."""
        path = tmp_path / "ledger.sqlite"
        with Ledger.open(path) as ledger:
            ledger.append([decision()])
            assert Ledger.exists(path)
            assert ledger_of(path) == str(path)
            with Ledger.open(path, read_only=True) as other:
                assert other.count() == 1
            for k in range(2, 5):
                out, err = started(self.SCRIPT, str(path), "bob", "1").communicate(timeout=60)
                assert (path.with_name("ledger.sqlite-wal")).exists(), err
                path_now = ledger.append([decision(item=str(k))])[0].seq
                out, err = started(
                    f"import sqlite3; print(sqlite3.connect({str(path)!r}).execute("
                    "'SELECT max(seq) FROM dsaudit_decisions').fetchone()[0])"
                ).communicate(timeout=60)
                assert int(out) == path_now, err

    def test_what_another_one_wrote_is_seen(self, place):
        with Ledger.open(place) as one, Ledger.open(place) as two:
            one.append([decision(item="a")])
            assert two.history().undoable("alice")
            two.undo("alice")
            assert not one.history().undoable("alice")
            assert one.history().redoable("alice")
            assert len(one.redo("alice")) == 1


VALUES = {
    "actor": "'mallory'",
    "action": "'unsure'",
    "item_id": "'other'",
    "content_hash": "'0'",
    "field": "'town'",
    "old_label": "NULL",
    "new_label": "'go'",
    "note": "'!'",
    "cause": "'other'",
    "rule": "'LBL002'",
    "score": "0.2500001",
    "suggestion": "'go'",
    "run_id": "'other'",
    "tool_version": "'9'",
    "reverts": "1",
    "settles": "1",
    "blind": "1",
    "request_id": "'other'",
    "at": "'2020-01-01T00:00:00+00:00'",
    "prev_hash": "'0'",
    "hash": "'0'",
}


class TestTampering:
    @pytest.fixture
    def cheated(self, place):
        with Ledger.open(place) as ledger:
            said = [decision(item=str(k), note="n", rule="LBL001", score=0.25, suggestion="off") for k in range(6)]
            self.rows = ledger.append(said)
        return without_guards(place)

    def verified(self, place, *heads):
        with Ledger.open(place, read_only=True) as ledger:
            return ledger.verify(*heads)

    def test_untouched(self, cheated):
        assert self.verified(cheated, *(r.hash for r in self.rows)).ok

    def test_every_field_is_covered(self):
        assert {*VALUES, "seq"} == set(Decision.__dataclass_fields__)

    def test_any_changed_field_shows(self, cheated):
        # rows are sealed here, whatever keeps them: on PostgreSQL one field of each type is enough
        fields = ("note", "score", "reverts", "settles", "hash") if "://" in cheated else VALUES
        for name in fields:
            value = VALUES[name]
            ((before,),) = behind_its_back(cheated, f"SELECT {name} FROM dsaudit_decisions WHERE seq = 4")
            behind_its_back(cheated, f"UPDATE dsaudit_decisions SET {name} = {value} WHERE seq = 4")
            assert self.verified(cheated).broken_seq == 4, name
            back = "NULL" if before is None else f"'{before}'" if isinstance(before, str) else before
            behind_its_back(cheated, f"UPDATE dsaudit_decisions SET {name} = {back} WHERE seq = 4")
            assert self.verified(cheated).ok, name

    def test_removed_row_shows(self, cheated):
        behind_its_back(cheated, "DELETE FROM dsaudit_decisions WHERE seq = 3")
        found = self.verified(cheated)
        assert (found.n, found.broken_seq, found.reason) == (5, 3, "row 3 is missing")

    def test_removed_row_shows_though_the_others_moved_up(self, cheated):
        behind_its_back(
            cheated,
            "DELETE FROM dsaudit_decisions WHERE seq = 3",
            *(f"UPDATE dsaudit_decisions SET seq = {k - 1} WHERE seq = {k}" for k in (4, 5, 6)),
        )
        assert self.verified(cheated).broken_seq == 3

    def test_reordered_rows_show(self, cheated):
        behind_its_back(
            cheated, *(f"UPDATE dsaudit_decisions SET seq = {b} WHERE seq = {a}" for a, b in ((2, 99), (3, 2), (99, 3)))
        )
        assert self.verified(cheated).broken_seq == 2

    def test_inserted_row_shows(self, cheated):
        moved = [f"UPDATE dsaudit_decisions SET seq = {k + 1} WHERE seq = {k}" for k in (6, 5, 4)]
        names = ", ".join(n for n in VALUES if n not in ("request_id", "hash"))
        copy = f"INSERT INTO dsaudit_decisions (seq, request_id, hash, {names}) SELECT 4, 'new', 'new', {names}"
        behind_its_back(cheated, *moved, f"{copy} FROM dsaudit_decisions WHERE seq = 3")
        assert self.verified(cheated).broken_seq == 4

    def test_cut_tail_shows_by_its_head(self, cheated):
        behind_its_back(cheated, "DELETE FROM dsaudit_decisions WHERE seq > 4")
        assert self.verified(cheated).ok  # the chain cannot know
        assert self.verified(cheated, self.rows[3].hash).ok
        found = self.verified(cheated, self.rows[3].hash, self.rows[5].hash)
        assert (found.n, found.broken_seq) == (4, 5)
        assert self.rows[5].hash in found.reason

    def test_ledger_written_anew_shows_by_its_head(self, cheated):
        last = ""
        for row in self.rows:
            new = sealed(replace(row, note="rewritten"), seq=row.seq, prev_hash=last)
            last = new.hash
            behind_its_back(
                cheated,
                f"UPDATE dsaudit_decisions SET note = 'rewritten', prev_hash = '{new.prev_hash}',"
                f" hash = '{new.hash}' WHERE seq = {row.seq}",
            )
        assert self.verified(cheated).ok
        assert not self.verified(cheated, self.rows[-1].hash).ok


def test_the_database_refuses_every_change_but_a_next_row(place):
    with Ledger.open(place) as ledger:
        rows = ledger.append([decision(item=str(k)) for k in range(3)])
    names = ", ".join(VALUES)
    others = ", ".join(n for n in VALUES if n not in ("request_id", "hash"))
    attacks = [
        "UPDATE dsaudit_decisions SET note = 'x' WHERE seq = 1",
        "DELETE FROM dsaudit_decisions WHERE seq = 3",
        "DELETE FROM dsaudit_decisions",
        f"INSERT INTO dsaudit_decisions (seq, request_id, hash, {others}) SELECT 9, 'new', 'new', {others}"
        " FROM dsaudit_decisions WHERE seq = 1",
    ]
    attacks += (
        ["TRUNCATE dsaudit_decisions"]
        if "://" in place
        else [
            "INSERT OR REPLACE INTO dsaudit_decisions SELECT * FROM dsaudit_decisions WHERE seq = 2",
            f"REPLACE INTO dsaudit_decisions (seq, {names}) SELECT 4, {names} FROM dsaudit_decisions WHERE seq = 2",
        ]
    )
    for attack in attacks:
        with pytest.raises(Exception, match="append-only"):
            behind_its_back(place, attack)
    with Ledger.open(place, read_only=True) as ledger:
        assert ledger.rows() == rows


class TestOneClearLine:
    def refused(self, place, words, **how) -> LedgerError:
        with pytest.raises(LedgerError, match=words) as found, Ledger.open(place, **how):
            pass
        assert "\n" not in found.value.message
        return found.value

    def test_locked(self, place, monkeypatch):
        with Ledger.open(place) as ledger:
            pass
        monkeypatch.setattr(ledger_database, "BUSY_S", 0.2)
        with Ledger.open(place) as holder, Ledger.open(place) as waiting, holder._database.writing():
            with pytest.raises(LedgerError, match="is locked by another program"):
                waiting.append([decision()])
            assert waiting.count() == 0  # reading does not wait
        with Ledger.open(place) as ledger:
            assert ledger.append([decision()])[0].seq == 1

    def test_newer_version(self, place):
        with Ledger.open(place):
            pass
        behind_its_back(place, "INSERT INTO dsaudit_schema VALUES (99, '', '')")
        for read_only in (True, False):
            assert "pip install -U" in self.refused(place, "newer dsaudit", read_only=read_only).hint

    def test_nothing_there(self, place):
        assert not Ledger.exists(place)
        self.refused(place, "no ledger", create=False)
        self.refused(place, "no ledger", read_only=True)
        assert not Ledger.exists(place)
        with Ledger.open(place):
            assert Ledger.exists(place)

    def test_read_only_does_not_write(self, place):
        with Ledger.open(place) as ledger:
            ledger.append([decision()])
        with Ledger.open(place, read_only=True) as ledger:
            for write in (lambda: ledger.append([decision()]), lambda: ledger.undo("alice")):
                with pytest.raises(LedgerError, match="reading only"):
                    write()
            assert ledger.count() == 1

    def test_other_files(self, tmp_path):
        garbage = tmp_path / "notes.txt"
        for text in ("x", "no mark\n", "not a database, but longer than the sixteen bytes of its mark", "long " * 9999):
            garbage.write_text(text)
            for read_only in (False, True):
                self.refused(garbage, "notes.txt is not a ledger", read_only=read_only)
            assert garbage.read_text() == text
        other = tmp_path / "other.sqlite"
        with sqlite3.connect(other) as connection:
            connection.execute("CREATE TABLE bookmarks (url TEXT)")
        connection.close()
        before = other.read_bytes()
        self.refused(other, "other.sqlite is not a ledger")
        assert other.read_bytes() == before
        assert sorted(p.name for p in tmp_path.iterdir()) == ["notes.txt", "other.sqlite"]
        self.refused(tmp_path, "is a folder")
        self.refused(garbage / "ledger.sqlite", "cannot be")
        (tmp_path / "empty").touch()
        self.refused(tmp_path / "empty", "is not a ledger", create=False)
        with Ledger.open(tmp_path / "empty") as ledger:
            assert ledger.count() == 0

    def test_a_page_that_is_damaged_shows_before_the_next_decision_does(self, tmp_path):
        whole = tmp_path / "whole.sqlite"
        with Ledger.open(whole) as ledger:
            ledger.append([decision(item=f"{k}.wav", note=200 * "x") for k in range(300)])
        behind_its_back(
            str(whole),
            "CREATE TABLE gone AS SELECT * FROM dsaudit_decisions",
            "DROP TABLE gone",
            "PRAGMA user_version=0",
        )
        data, rng = whole.read_bytes(), np.random.default_rng(0)
        size = int.from_bytes(data[16:18], "big")
        harmless = 0
        for start in range(size, len(data), size):
            path = tmp_path / f"{start}.sqlite"
            path.write_bytes(data[:start] + rng.bytes(size) + data[start + size :])
            try:
                with Ledger.open(path, create=False, read_only=True) as ledger:
                    found = ledger.verify()
            except LedgerError:
                continue
            if found.ok:  # a free page without a word on it: the next decision is stored all the same
                harmless += 1
                with Ledger.open(path, create=False) as ledger:
                    ledger.append([decision(item=f"{k}.new", note=900 * "y") for k in range(100)])
                    assert ledger.verify().ok
            else:
                assert found.broken_seq or "indexes or pages" in found.reason
        assert 0 < harmless < len(data) // size / 2

    def test_damaged_file(self, tmp_path):
        path = tmp_path / "ledger.sqlite"
        with Ledger.open(path) as ledger:
            ledger.append([decision(item=str(k)) for k in range(500)])
        data = bytearray(path.read_bytes())
        data[8192:-4096] = os.urandom(len(data) - 8192 - 4096)
        path.write_bytes(data)
        with pytest.raises(LedgerError, match="is damaged"), Ledger.open(path, read_only=True) as ledger:
            ledger.rows()

    def test_disk_full_stores_nothing(self, tmp_path):
        with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
            ledger.append([decision()])
            with ledger._database.writing() as connection:
                connection.exec_driver_sql("PRAGMA max_page_count = 20")
            with pytest.raises(LedgerError, match="disk is full"):
                ledger.append([decision(item=str(k), note="x" * 1000) for k in range(200)])
            assert ledger.count() == 1
            assert ledger.verify().ok

    def test_removed_while_in_use(self, tmp_path):
        path = tmp_path / "ledger.sqlite"
        with Ledger.open(path) as ledger:
            ledger.append([decision()])
            path.rename(tmp_path / "elsewhere")
            with pytest.raises(LedgerError, match="removed or replaced"):
                ledger.append([decision()])

    @pytest.mark.parametrize("what", ["file", "folder"])
    def test_read_only_place(self, unprivileged, what):
        with tempfile.TemporaryDirectory() as name:  # pytest's own folders are closed to others
            folder, path = Path(name), Path(name) / "ledger.sqlite"
            with Ledger.open(path) as ledger:
                ledger.append([decision()])
            folder.chmod(0o555 if what == "folder" else 0o777)
            path.chmod(0o444)
            with unprivileged():
                with Ledger.open(path, read_only=True) as ledger:
                    assert ledger.verify().n == 1
                self.refused(path, "read-only")
                if what == "folder":
                    self.refused(folder / "new.sqlite", "read-only|may not be")
                    self.refused(folder / "new" / "ledger.sqlite", "Permission denied")
            path.chmod(0)
            with unprivileged():
                self.refused(path, "cannot be read: permission denied", read_only=True)
            folder.chmod(0o755)

    def test_other_addresses(self, tmp_path):
        self.refused("mysql://alice:geheim@host/db", "no ledger can be kept at mysql://…$")
        self.refused("", "is empty")
        with Ledger.open(f"sqlite:///{tmp_path}/odd ?#% name.sqlite") as ledger:
            ledger.append([decision()])
        assert (tmp_path / "odd ?#% name.sqlite").is_file()

    def test_without_the_driver(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "pg8000", None)
        with pytest.raises(MissingExtraError, match="pg8000") as found:
            Ledger.open("postgresql://host/db")
        assert found.value.hint == "pip install 'dsaudit[postgres]'"


class TestPostgres:
    def test_nobody_answers(self):
        import socket

        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with pytest.raises(LedgerError, match="cannot be reached") as found:
            Ledger.open(f"postgresql://alice:geheim@127.0.0.1:{port}/x")
        assert "geheim" not in f"{found.value.message} {found.value.hint}"

    def test_wrong_password_and_database(self, own_postgres, new_database, monkeypatch, tmp_path):
        place = new_database()
        host = place.partition("@")[2]
        behind_its_back(place, "GRANT ALL ON SCHEMA public TO guarded")
        with pytest.raises(LedgerError, match="refuses the user or the password") as found:
            Ledger.open(f"postgresql://guarded:ge%2Fheim@{host}")
        assert "heim" not in f"{found.value.message} {found.value.hint}"
        with pytest.raises(LedgerError, match="no such database"):
            Ledger.open(own_postgres.rpartition("/")[0] + "/missing")
        with Ledger.open(f"postgresql+psycopg://guarded:open%2Fsesame%401@{host}") as ledger:
            assert ledger.where == f"postgresql://guarded@{host}"
            ledger.append([decision()])
        monkeypatch.setenv("PGPASSWORD", "open/sesame@1")
        with Ledger.open(f"postgres://guarded@{host}?sslmode=disable") as ledger:
            assert ledger.count() == 1
        monkeypatch.delenv("PGPASSWORD")
        monkeypatch.setenv("PGPASSFILE", str(file := tmp_path / "pgpass"))
        port = host.partition(":")[2].partition("/")[0]
        file.write_text(f"# a\\:b\nelsewhere:*:*:*:geheim\n127.0.0.1:{port}:*:guarded:open/sesame@1\n*:*:*:*:geheim\n")
        file.chmod(0o644)  # others may read it: as if it were not there
        with pytest.raises(LedgerError, match="refuses"):
            Ledger.open(f"postgres://guarded@{host}")
        file.chmod(0o600)
        Ledger.open(f"postgres://guarded@{host}").close()
        with pytest.raises(LedgerError, match="does not encrypt"):
            Ledger.open(f"postgres://guarded@{host}?sslmode=require")
        for options, words in (("sslmode=maybe", "sslmode 'maybe'"), ("password=geheim", "not known: password")):
            with pytest.raises(LedgerError, match=words) as found:
                Ledger.open(f"postgres://guarded@{host}?{options}")
            assert "geheim" not in found.value.message

    @pytest.mark.parametrize(
        ("query", "variable", "in_clear"),
        [("", "", False), ("", "prefer", False), ("?sslmode=disable", "", True), ("", "disable", True)],
    )
    def test_no_password_leaves_this_machine_in_clear_unless_asked(self, monkeypatch, query, variable, in_clear):
        monkeypatch.setenv("PGPASSWORD", "geheim")
        monkeypatch.setenv("PGSSLMODE", variable)
        monkeypatch.setattr(ledger_database, "_loopback", lambda host: False)
        heard = b""

        def listen(server):  # takes no encryption, and asks for the password in clear
            nonlocal heard
            connection, _ = server.accept()
            with connection:
                connection.settimeout(5)
                if (first := connection.recv(1024)).endswith(bytes.fromhex("04d2162f")):
                    connection.sendall(b"N")
                    first = connection.recv(1024)
                if first:
                    connection.sendall(b"R\0\0\0\x08\0\0\0\x03")
                    heard = connection.recv(1024)

        with socket.create_server(("127.0.0.1", 0)) as server:
            listener = threading.Thread(target=listen, args=(server,))
            listener.start()
            address = f"postgresql://ann@127.0.0.1:{server.getsockname()[1]}/x{query}"
            with pytest.raises(LedgerError) as refused:
                Ledger.open(address)
            listener.join()
        assert (b"geheim" in heard) == in_clear
        assert ("does not encrypt" in refused.value.message) != in_clear
        assert in_clear or "sslmode=disable" in refused.value.hint

    @pytest.mark.parametrize(
        ("host", "here"),
        [
            *(("localhost", True), ("127.8.0.1", True), ("::1", True), (None, True), ("/run/pg", True)),
            *(("localhost.example.org", False), ("10.0.0.1", False), ("0.0.0.0", False), ("db", False)),
        ],
    )
    def test_what_stays_on_this_machine(self, host, here):
        assert ledger_database._loopback(host) is here

    def test_reader_who_may_not_write(self, new_database, own_postgres):
        place = new_database()
        with Ledger.open(place) as ledger:
            ledger.append([decision()])
        behind_its_back(
            place,
            "DROP ROLE IF EXISTS reader",
            "CREATE ROLE reader LOGIN",
            "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader",
        )
        reader = place.replace("dsaudit@", "reader@")
        with Ledger.open(reader, read_only=True) as ledger:
            assert ledger.verify().n == 1
        with Ledger.open(reader) as ledger, pytest.raises(LedgerError, match="permission denied"):
            ledger.append([decision()])
        behind_its_back(place, "GRANT INSERT ON dsaudit_decisions TO reader")
        with Ledger.open(reader) as ledger:  # that is all that a person needs
            assert ledger.append([decision()])[0].seq == 2
        behind_its_back(place, "DROP OWNED BY reader", "DROP ROLE reader")

    def test_a_connection_that_was_cut_is_made_anew(self, new_database):
        place = new_database()
        with Ledger.open(place) as ledger:
            ledger.append([decision()])
            behind_its_back(
                place,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()",
            )
            assert ledger.append([decision()])[0].seq == 2

    def test_beside_other_tables(self, new_database):
        place = new_database()
        behind_its_back(place, "CREATE TABLE bookmarks (url TEXT)")
        assert not Ledger.exists(place)
        with Ledger.open(place) as ledger:
            ledger.append([decision()])
        assert Ledger.exists(place)


def test_ledger_url(tmp_path):
    assert ledger_url(None, beside=tmp_path / ".dsaudit") == str(tmp_path / ".dsaudit" / "ledger.sqlite")
    assert ledger_url("x.sqlite", beside=tmp_path) == str(Path("x.sqlite").absolute())
    assert ledger_url("postgresql://a:b@c/d", beside=tmp_path) == "postgresql://a:b@c/d"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://alice:geheim@host:5432/db", "postgresql://alice@host:5432/db"),
        ("postgresql://alice:ge@he/im@host/db?password=geheim", "postgresql://alice@host/db"),
        ("postgresql+pg8000://host/db", "postgresql://host/db"),
    ],
)
def test_no_address_shows_its_password(address, shown):
    assert place_of(address).where == shown
