"""The queue as a spreadsheet, and back."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsaudit.errors import DatasetError, StoreError, UsageError
from dsaudit.media import kind_for
from dsaudit.relabel.exchange.imported import Annotation, Finder, Rehearsal, record
from dsaudit.relabel.exchange.labelstudio import tasks_of
from dsaudit.relabel.exchange.review_item import ReviewItem, review_items
from dsaudit.relabel.exchange.spreadsheet import annotations_of_csv, as_csv, check_actor
from dsaudit.relabel.ledger.ledger import Ledger
from dsaudit.relabel.queue.filters import Filters
from dsaudit.relabel.queue.queue import build_queue
from dsaudit.store.files import write_new
from dsaudit.types import Decision
from relabel.exchange.make_exchange import CLASSES, ITEMS, make_run

KNOWN = frozenset(CLASSES) | frozenset(ITEMS)


@pytest.fixture
def ledger(tmp_path):
    with Ledger.open(tmp_path / "ledger.sqlite") as opened:
        yield opened


def filled(
    tmp_path: Path, answers: dict[str, tuple[str, ...]], *, text: str | None = None, name: str = "q.csv"
) -> Path:
    """The exported queue with answers (decision, label, note) typed in."""
    exported = text or as_csv(review_items(make_run(), everything=True), run_id="r1")
    rows = list(csv.DictReader(io.StringIO(exported)))
    for row in rows:
        for column, value in zip(("decision", "label", "note"), answers.get(row["item_id"], ()), strict=False):
            row[column] = value
    path = tmp_path / name
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def imported(path: Path, ledger, actor: str = "ana", **kwargs):
    annotations, n_empty, problems = annotations_of_csv(path, actor=actor, known=KNOWN)
    done = record(ledger, make_run(), annotations, source=path.read_bytes(), **kwargs)
    return done, n_empty, problems


def test_a_text_goes_out_as_the_screen_shows_it():
    run = make_run()
    texts = [f"mail ann{k}@example.org, card 4111 1111 1111 1111" for k in range(len(run.items))]
    items = run.items.assign(uri=None, text=texts)
    run.items, run.meta = items, replace(run.meta, modality="text")
    entries = review_items(run, everything=True)
    assert {e.text for e in entries} == {"mail [e-mail], card [card]"}
    tasks = tasks_of(entries, kind=kind_for("text"), run_id="r", root=Path("/d"))
    for written in (as_csv(entries, run_id="r"), str(tasks)):
        assert written.count("mail [e-mail], card [card]") == len(texts)
        assert "ann" not in written.replace("annotat", "")
        assert "4111" not in written


class TestExport:
    def test_what_is_worth_hearing_comes_first_and_decided_items_not_at_all(self):
        run = make_run()
        order = build_queue(run)["item_id"].tolist()
        assert [e.item_id for e in review_items(run)] == order
        assert set(order) == {"off/c.wav", "=x/e.wav", "up/b.wav"}
        said = Decision("ben", "confirm", "off/c.wav", "C", "off", "off", seq=1)
        assert [e.item_id for e in review_items(run, [said])] == [i for i in order if i != "off/c.wav"]
        everything = review_items(run, [said], everything=True)
        assert [e.item_id for e in everything][:3] == order
        assert {e.item_id for e in everything} == set(ITEMS)
        assert [e.item_id for e in review_items(run, filters=Filters(rule="AUD"))] == ["up/b.wav"]
        first = next(e for e in review_items(run) if e.item_id == "off/c.wav")
        assert (first.rule, first.cause, first.suggestion, first.why) == (
            "LBL001",
            "f1",
            "up",
            "a model says up rather than off",
        )

    def test_no_cell_is_a_formula(self):
        text = as_csv(review_items(make_run(), everything=True), run_id="r1")
        cells = [c for row in csv.reader(io.StringIO(text)) for c in row]
        assert not [c for c in cells if c.startswith(("=", "+", "-", "@", "\t", "\r"))]
        assert "'=x" in cells
        assert "'-60 dBFS" in cells

    def test_blind_tells_nothing(self):
        text = as_csv(review_items(make_run(), everything=True), run_id="r1", blind=True)
        header = text.splitlines()[0].split(",")
        assert {"item_id", "decision", "label", "note", "content_hash"} <= set(header)
        assert not {"given_label", "suggestion", "why", "rule", "score"} & set(header)

    def test_an_existing_file_is_not_overwritten(self, tmp_path):
        write_new(tmp_path / "q.csv", b"a", force=False)
        with pytest.raises(StoreError, match="exists"):
            write_new(tmp_path / "q.csv", b"b", force=False)
        write_new(tmp_path / "q.csv", b"b", force=True)
        assert (tmp_path / "q.csv").read_bytes() == b"b"
        with pytest.raises(StoreError, match="is a folder"):
            write_new(tmp_path, b"", force=True)


class TestImport:
    def test_answers_become_decisions(self, tmp_path, ledger):
        path = filled(
            tmp_path,
            {
                "off/c.wav": ("relabel", "up", "clearly"),
                "'=x/e.wav": ("", "off"),
                "up/b.wav": ("Exclude", ""),
                "up/a.wav": ("", "up"),
                "off/d d#ü.wav": ("confirm", ""),
                "loose.wav": ("", "'=x"),
                "gone.wav": ("unsure", ""),
            },
        )
        done, n_empty, problems = imported(path, ledger)
        assert (problems, done.unmatched, n_empty) == ([], [], 2)
        got = {d.item_id: (d.action, d.old_label, d.new_label, d.actor) for d in done.added}
        assert got == {
            "off/c.wav": ("relabel", "off", "up", "ana"),
            "=x/e.wav": ("relabel", "=x", "off", "ana"),
            "up/b.wav": ("exclude", "up", None, "ana"),
            "up/a.wav": ("confirm", "up", "up", "ana"),
            "off/d d#ü.wav": ("confirm", "off", "off", "ana"),
            "loose.wav": ("relabel", None, "=x", "ana"),
            "gone.wav": ("unsure", "up", None, "ana"),
        }
        first = next(d for d in done.added if d.item_id == "off/c.wav")
        assert (first.note, first.cause, first.rule, first.suggestion, first.run_id) == (
            "clearly",
            "f1",
            "LBL001",
            "up",
            "r1",
        )
        assert ledger.verify().ok

    def test_twice_adds_nothing(self, tmp_path, ledger):
        path = filled(tmp_path, {"off/c.wav": ("relabel", "up")})
        assert len(imported(path, ledger)[0].added) == 1
        again, _, _ = imported(path, ledger)
        assert (len(again.added), again.n_known, ledger.count()) == (0, 1, 1)

    def test_what_was_undone_or_gone_back_on_stays_so(self, tmp_path, ledger):
        path = filled(tmp_path, {"off/c.wav": ("relabel", "up"), "up/b.wav": ("exclude", "")})
        imported(path, ledger)
        assert len(ledger.undo("ana")) == 2, "one import is one step back"
        assert imported(path, ledger)[0].n_known == 2
        ledger.append([Decision("ana", "confirm", "up/b.wav", "B", "up", "up")])
        assert imported(path, ledger)[0].n_known == 2

    def test_a_file_filled_in_again_counts(self, tmp_path, ledger):
        for label in ("up", "=x", "up"):
            done, _, _ = imported(filled(tmp_path, {"off/c.wav": ("relabel", label)}), ledger)
            assert [d.new_label for d in done.added] == [label]
        assert imported(filled(tmp_path, {"off/c.wav": ("relabel", "up")}), ledger)[0].n_known == 1

    def test_more_answers_in_a_later_file_add_only_these(self, tmp_path, ledger):
        imported(filled(tmp_path, {"off/c.wav": ("relabel", "up")}), ledger)
        done, _, _ = imported(filled(tmp_path, {"off/c.wav": ("relabel", "up"), "up/a.wav": ("confirm", "")}), ledger)
        assert ([d.item_id for d in done.added], done.n_known) == (["up/a.wav"], 1)

    def test_two_people_are_two_opinions(self, tmp_path, ledger):
        path = filled(tmp_path, {"off/c.wav": ("relabel", "up")})
        imported(path, ledger)
        assert len(imported(path, ledger, actor="ben")[0].added) == 1

    @pytest.mark.parametrize(
        ("answer", "words"),
        [
            (("relabel", ""), "needs the new label"),
            (("confirm", "up"), "at once"),
            (("exclude", "up"), "says no label"),
            (("maybe", ""), "no decision 'maybe'"),
        ],
    )
    def test_what_cannot_be_followed_is_listed(self, tmp_path, ledger, answer, words):
        done, _, problems = imported(filled(tmp_path, {"off/c.wav": answer}), ledger)
        assert not done.added
        assert len(problems) == 1
        assert "off/c.wav" in problems[0][0]
        assert words in problems[0][1]

    def test_a_label_that_is_no_class_is_a_slip_unless_allowed(self, tmp_path, ledger):
        path = filled(tmp_path, {"off/c.wav": ("", "upp")})
        done, _, _ = imported(path, ledger)
        assert done.unmatched[0][1] == "no class is called 'upp', the nearest is 'up'"
        done, _, _ = imported(path, ledger, rename={"upp": "up"})
        assert done.added[0].new_label == "up"
        done, _, _ = imported(filled(tmp_path, {"up/a.wav": ("", "upp")}), ledger, new_labels=True)
        assert done.added[0].new_label == "upp"

    def test_items_are_found_by_content_and_never_guessed(self, tmp_path, ledger):
        text = as_csv(review_items(make_run(), everything=True), run_id="r1")
        text = text.replace("off/c.wav", "off/renamed.wav").replace(",B,", ",B2,").replace("'=x/copy 1", "'=x/copy 9")
        text = text.replace("up/a.wav", "up/z.wav").replace(",A,", ",Z,").replace(",G,", ",,")
        answers = ("off/renamed.wav", "up/b.wav", "'=x/copy 9.wav", "up/z.wav", "loose.wav")
        path = filled(tmp_path, dict.fromkeys(answers, ("unsure", "")), text=text)
        done, _, _ = imported(path, ledger)
        assert [d.item_id for d in done.added] == ["off/c.wav"]
        reasons = {where.split(": ")[1]: reason for where, reason in done.unmatched}
        assert reasons == {
            "up/b.wav": "the bytes of the item have changed since",
            "=x/copy 9.wav": "2 items have these bytes, and none of them this name",
            "up/z.wav": "it is no item of this run",
            "loose.wav": "it has no content hash, so its bytes cannot be compared",
        }

    def test_a_confirmation_of_another_label_than_now_is_no_confirmation(self, tmp_path, ledger):
        text = as_csv(review_items(make_run(), everything=True), run_id="r1").replace("off/c.wav,off,", "off/c.wav,up,")
        done, _, _ = imported(filled(tmp_path, {"off/c.wav": ("confirm", "")}, text=text), ledger)
        assert done.unmatched[0][1] == "it confirms 'up', but the label is 'off' now"

    def test_blind_files_make_blind_decisions(self, tmp_path, ledger):
        text = as_csv(review_items(make_run()), run_id="r1", blind=True)
        done, _, _ = imported(filled(tmp_path, {"off/c.wav": ("", "off")}, text=text), ledger)
        assert (done.added[0].action, done.added[0].blind, done.added[0].suggestion) == ("confirm", True, "")

    def test_semicolons_and_marks_of_spreadsheets(self, tmp_path, ledger):
        path = filled(tmp_path, {"off/c.wav": ("", "up")})
        rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
        lines = [";".join(r) for r in rows if r[0] in ("item_id", "off/c.wav")]
        path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
        done, _, _ = imported(path, ledger)
        assert done.added[0].new_label == "up"

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("", "no column 'item_id'"),
            ("item_id,label\na,b\n", "'content_hash'"),
            ("item_id,content_hash\n", "neither"),
        ],
    )
    def test_files_of_another_kind(self, tmp_path, text, words):
        path = tmp_path / "x.csv"
        path.write_text(text)
        with pytest.raises(DatasetError, match=words):
            annotations_of_csv(path, actor="ana")
        with pytest.raises(UsageError, match="whose decisions"):
            check_actor(" ")

    def test_a_rehearsal_adds_nothing(self, tmp_path, ledger):
        path = filled(tmp_path, {"off/c.wav": ("", "up")})
        done, _, _ = imported(path, Rehearsal(ledger.rows()))
        assert len(done.added) == 1
        assert ledger.count() == 0


TEXT = st.text(st.sampled_from("ab '\"=+-@,;\n\r\té🦊"), max_size=6)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(TEXT, TEXT, TEXT, TEXT), min_size=1, max_size=5))
def test_any_text_goes_out_safe_and_comes_back_the_same(tmp_path_factory, cells):
    entries = [
        ReviewItem(f"i{k}{a}", "/u", f"h{k}", b or None, suggestion=c, why=d) for k, (a, b, c, d) in enumerate(cells)
    ]
    text = as_csv(entries, run_id="r")
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert not [c for row in rows for c in row if c[:1] in "=+-@\t\r\n" and c]
    path = tmp_path_factory.mktemp("x") / "q.csv"
    at = rows[0].index("decision")
    for row in rows[1:]:
        row[at] = "exclude"
    quoted = "\n".join(",".join('"' + c.replace('"', '""') + '"' for c in row) for row in rows)
    path.write_bytes(quoted.encode())
    known = frozenset(e.item_id for e in entries) | frozenset(e.label for e in entries if e.label)
    annotations, n_empty, problems = annotations_of_csv(path, actor="ana", known=known)
    assert (n_empty, problems) == (0, [])
    assert [(s.item_id, s.content_hash) for s in annotations] == [(e.item_id, e.content_hash) for e in entries]


def test_the_finder_prefers_the_name():
    finder = Finder({"a": "X", "b": "X", "c": "Y", "m": ""})
    assert finder.find("a", "X") == ("a", "")
    assert finder.find("gone", "Y") == ("c", "")
    assert finder.find("gone", "X")[0] is None
    assert finder.find("m", "") == ("m", "")


def test_an_older_statement_does_not_take_back_a_newer_decision(ledger):
    ledger.append([Decision("ana", "confirm", "up/a.wav", "A", "up", "up", at="2026-05-01T00:00:00.000000+00:00")])
    old = Annotation("t", "up/a.wav", "A", "ana", "relabel", "off", at="2026-04-01T00:00:00.000000+00:00", token="1")
    new = Annotation("t", "up/a.wav", "A", "ana", "relabel", "off", at="2026-06-01T00:00:00.000000+00:00", token="2")
    done = record(ledger, make_run(), [old, new], source=b"")
    assert (done.n_older, len(done.added)) == (1, 1)
