"""Export and import: a copy is the same ledger, a merge loses nobody's word, a broken file changes nothing."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from fabric_ledger import decision

from dsaudit.errors import LedgerError
from dsaudit.relabel.ledger.chain import sealed
from dsaudit.relabel.ledger.interchange import IMPORTER, export_rows, import_rows, lines
from dsaudit.relabel.ledger.ledger import Ledger
from dsaudit.relabel.memory import Memory


@pytest.fixture
def theirs(tmp_path):
    """Another ledger, exported: two decisions, one undone and redone, one undone."""
    with Ledger.open(tmp_path / "theirs.sqlite") as ledger:
        ledger.append([decision("bob", "relabel", "a", new_label="off", note="à\n語", score=0.1)])
        ledger.append([decision("bob", "exclude", "b")])
        ledger.undo("bob")
        ledger.redo("bob")
        ledger.append([decision("bob", "exclude", "c")])
        ledger.undo("bob")
        path = tmp_path / "theirs.jsonl"
        assert export_rows(ledger, path) == 6
        return path, ledger.rows()


def standing(ledger: Ledger) -> dict[str, str]:
    items = {i: f"#{i}" for i in "abcdefxyz"}
    return {i: f"{r.outcome} {r.label}" for i, r in Memory(ledger.rows()).resolve(items).items()}


class TestCopy:
    def test_into_an_empty_ledger_is_the_same_ledger(self, theirs, place):
        path, rows = theirs
        with Ledger.open(place) as ledger:
            done = import_rows(ledger, path)
            assert (done.n, len(done.added), done.n_older) == (6, 6, 0)
            assert ledger.rows() == rows
            assert ledger.verify(rows[-1].hash).ok
            assert not import_rows(ledger, path).added
            assert ledger.count() == 6
            assert "\n".join(lines(ledger.rows())) + "\n" == path.read_text(encoding="utf-8")


class TestMerge:
    def test_who_and_when_are_kept_and_reverts_follow_their_rows(self, theirs, place):
        path, rows = theirs
        with Ledger.open(place) as ledger:
            ledger.append([decision("alice", item="x"), decision("alice", item="y")])
            ledger.undo("alice")
            import_rows(ledger, path)
            merged = ledger.rows()
            assert ledger.verify().ok
            for old, new in zip(rows, merged[3:], strict=True):
                assert (new.actor, new.at, new.request_id) == (old.actor, old.at, old.request_id)
                assert new.seq == old.seq + 3
                assert new.reverts == (old.reverts and old.reverts + 3)
            assert standing(ledger) == {"x": "label up", "a": "label off", "b": "exclude None"}
            assert ledger.history().redoable("alice")
            assert ledger.history().redoable("bob")
            assert not import_rows(ledger, path).added

    def test_what_came_since_is_added_and_reverts_find_rows_that_were_known(self, theirs, tmp_path, place):
        path, _ = theirs
        with Ledger.open(place) as ours, Ledger.open(tmp_path / "theirs.sqlite") as their:
            ours.append([decision("alice", item="x")])
            import_rows(ours, path)
            their.undo("bob", seq=1)
            their.append([decision("bob", item="d")])
            export_rows(their, path)
            assert [d.action for d in import_rows(ours, path).added] == ["revert", "confirm"]
            assert standing(ours) == {"x": "label up", "b": "exclude None", "d": "label up"}

    def test_both_ways_ends(self, theirs, tmp_path):
        path, _ = theirs
        with Ledger.open(tmp_path / "ours.sqlite") as ours, Ledger.open(tmp_path / "theirs.sqlite") as their:
            ours.append([decision("alice", item="x")])
            for _ in range(3):
                export_rows(ours, path)
                import_rows(their, path)
                export_rows(their, path)
                import_rows(ours, path)
            assert ours.count() == their.count() == 7
            assert standing(ours) == standing(their)

    def test_a_later_word_here_outlasts_an_older_one_that_is_imported(self, tmp_path):
        when = "2026-11-{:02}T08:00:00.000000+00:00".format
        path = tmp_path / "old.jsonl"
        with Ledger.open(tmp_path / "old.sqlite") as old, Ledger.open(tmp_path / "new.sqlite") as new:
            old.append(
                [
                    decision("bob", "exclude", "a", at=when(2), request_id="1"),
                    decision("bob", "exclude", "b", at=when(4)),
                    decision("bob", "exclude", "c", at=when(2)),
                    decision("bob", "exclude", "d", at=when(2), settles=True),
                ]
            )
            new.append([decision("bob", item="a", at=when(3)), decision("bob", item="b", at=when(3))])
            new.append([decision("eve", item="d", at=when(3), settles=True)])
            export_rows(old, path)
            done = import_rows(new, path)
            assert (len(done.added), done.n_older) == (6, 2)
            assert {r.actor for r in done.added if r.action == "revert"} == {IMPORTER}
            assert standing(new) == {"a": "label up", "b": "exclude None", "c": "exclude None", "d": "label up"}
            assert not import_rows(new, path).added
            export_rows(new, path)
            import_rows(old, path)
            assert standing(old) == standing(new)
            assert old.verify().ok

    @pytest.mark.parametrize("change", [{"action": "exclude", "new_label": None}, {"note": "?"}, {"settles": True}])
    def test_same_request_that_says_something_else_is_refused(self, theirs, place, change):
        path, rows = theirs
        with Ledger.open(place) as ledger:
            ledger.append([replace(rows[0], seq=0, prev_hash="", hash="", **change)])
            with pytest.raises(LedgerError, match=r"row 1 of theirs\.jsonl and row 1 here"):
                import_rows(ledger, path)
            assert ledger.count() == 1

    def test_same_request_that_takes_back_there_and_decides_here_is_refused(self, theirs, place):
        path, rows = theirs
        revert = next(r for r in rows if r.action == "revert")
        with Ledger.open(place) as ledger:
            ledger.append([decision(item="x", request_id=revert.request_id.partition("/")[0])])
            with pytest.raises(LedgerError, match="stands for another decision"):
                import_rows(ledger, path)
            assert ledger.count() == 1


class TestBrokenFile:
    def refused(self, path, place, words):
        with Ledger.open(place) as ledger:
            ledger.append([decision(item="x")])
            with pytest.raises(LedgerError, match=words) as found:
                import_rows(ledger, path)
            assert ledger.count() == 1
            assert "\n" not in found.value.message

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (lambda r: r[:2] + r[3:], "row 3: row 3 is missing"),
            (lambda r: [r[1], r[0], *r[2:]], "row 1: row 1 is missing"),
            (lambda r: [*r, r[-1]], "row 7"),
            (lambda r: [{**r[0], "note": "other"}, *r[1:]], "row 1: it was changed"),
            (lambda r: [{**r[0], "colour": "red"}, *r[1:]], "line 1: has the field 'colour'"),
            (lambda r: [{k: v for k, v in r[0].items() if k != "note"}, *r[1:]], "line 1: has no field 'note'"),
            (lambda r: [{**r[0], "score": "low"}, *r[1:]], "line 1: the field 'score' is of the wrong kind"),
            (lambda r: [{**r[0], "seq": True}, *r[1:]], "line 1: the field 'seq' is of the wrong kind"),
            (lambda r: [{**r[0], "action": "praise"}, *r[1:]], "line 1: there is no action"),
            (lambda r: [{**r[0], "at": "yesterday"}, *r[1:]], "line 1: 'yesterday' is not a time"),
            (lambda r: [{**r[0], "at": "2026-01-01"}, *r[1:]], "is not a time with its zone"),
            (lambda r: [{**r[0], "request_id": ""}, *r[1:]], "line 1: has no request id"),
            (lambda r: [7, *r], "line 1: not a row"),
        ],
    )
    def test_changes_nothing(self, theirs, place, change, words):
        path, _ = theirs
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        path.write_text("".join(json.dumps(r) + "\n" for r in change(rows)), encoding="utf-8")
        self.refused(path, place, words)

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (b"{", "line 1: not JSON"),
            (b"\xff\xfe\x00", "not text in UTF-8"),
            (b"[" * 100_000, "line 1: not JSON"),
            (b'{"seq": NaN}', "line 1"),
        ],
    )
    def test_is_no_export_at_all(self, tmp_path, place, data, words):
        (tmp_path / "file").write_bytes(data)
        self.refused(tmp_path / "file", place, words)

    def test_cannot_be_read(self, tmp_path, place):
        self.refused(tmp_path / "missing", place, "cannot be read: No such file")
        self.refused(tmp_path, tmp_path / "x.sqlite", "cannot be read: Is a directory")

    def test_a_revert_of_nothing_before_it(self, theirs, place):
        path, rows = theirs
        last, chain = "", []
        for row in rows:
            chain.append(sealed(replace(row, reverts=6) if row.seq == 3 else row, seq=row.seq, prev_hash=last))
            last = chain[-1].hash
        path.write_text("\n".join(lines(chain)), encoding="utf-8")
        self.refused(path, place, "takes back a row that does not come before it")

    def test_empty_file_adds_nothing(self, tmp_path, place):
        (tmp_path / "empty").touch()
        with Ledger.open(place) as ledger:
            assert import_rows(ledger, tmp_path / "empty").n == 0
