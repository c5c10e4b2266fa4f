"""Label Studio: what it is given, and what is made of its export."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree

import pytest

from dsaudit.errors import DatasetError, StoreError
from dsaudit.media import kind_for
from dsaudit.relabel.exchange.imported import record
from dsaudit.relabel.exchange.labelstudio import actor_of, annotations_of_tasks, interface, tasks_of, written_tasks
from dsaudit.relabel.exchange.review_item import ReviewItem, review_items
from dsaudit.relabel.ledger.ledger import Ledger
from relabel.exchange.make_exchange import ITEMS, make_run


@pytest.fixture
def ledger(tmp_path):
    with Ledger.open(tmp_path / "ledger.sqlite") as opened:
        yield opened


def exported(**kwargs) -> list[dict]:
    run = make_run()
    return tasks_of(
        review_items(run, everything=True),
        kind=run.kind,
        run_id=run.id,
        root=run.root,
        predictions={"off/c.wav": ("up", 0.8)},
        **kwargs,
    )


def choice(label: str, name: str = "label") -> dict:
    return {"id": "x", "from_name": name, "to_name": "item", "type": "choices", "value": {"choices": [label]}}


def note(text: str) -> dict:
    return {"id": "n", "from_name": "note", "to_name": "item", "type": "textarea", "value": {"text": [text]}}


def annotation(number: int, *result: dict, by: object = None, **more) -> dict:
    who = {"id": 1, "email": "ana@lab.org", "first_name": "", "last_name": ""} if by is None else by
    base = {
        "id": number,
        "completed_by": who,
        "result": list(result),
        "was_cancelled": False,
        "ground_truth": False,
        "created_at": "2026-03-09T22:16:08.728353Z",
        "updated_at": "2026-03-09T22:16:08.728378Z",
        "draft_created_at": None,
        "lead_time": 4.288,
        "prediction": {},
        "result_count": 0,
        "task": 1,
    }
    return base | more


def answered(tmp_path: Path, **annotations: list[dict]) -> Path:
    """What Label Studio exports of the tasks, with annotations by item id."""
    tasks = exported()
    for k, task in enumerate(tasks, 1):
        task |= {"id": k, "inner_id": k, "project": 7, "drafts": [], "meta": {}}
        task["annotations"] = annotations.get(task["data"]["item_id"], [])
    path = tmp_path / "export.json"
    path.write_text(json.dumps(tasks))
    return path


def imported(path: Path, ledger, **kwargs):
    statements, n_empty, problems = annotations_of_tasks(path)
    return record(ledger, make_run(), statements, source=path.read_bytes(), **kwargs), n_empty, problems


class TestTasks:
    def test_every_item_with_its_path_and_its_prediction(self):
        tasks = {t["data"]["item_id"]: t for t in exported()}
        assert set(tasks) == set(ITEMS)
        task = tasks["off/c.wav"]
        assert task["data"]["content_hash"] == "C"
        assert task["data"]["path"] == "/d/off/c.wav"
        (prediction,) = task["predictions"]
        assert prediction["model_version"] == "dsaudit r1"
        assert prediction["score"] == 0.8
        (region,) = prediction["result"]
        assert (region["from_name"], region["to_name"], region["type"]) == ("label", "item", "choices")
        assert region["value"] == {"choices": ["up"]}
        assert "predictions" not in tasks["up/a.wav"]

    def test_local_files_are_named_below_the_document_root(self):
        url = next(t["data"]["audio"] for t in exported() if "ü" in t["data"]["item_id"])
        parts = urlsplit(url)
        assert parts.path == "/data/local-files/"
        assert parse_qs(parts.query)["d"] == ["d/off/d d#ü.wav"]
        assert not parts.fragment

    def test_files_served_from_elsewhere(self):
        urls = [t["data"]["audio"] for t in exported(url_prefix="https://host/x/")]
        assert "https://host/x/off/c.wav" in urls
        assert [unquote(u) for u in urls] == [f"https://host/x/{i}" for i in (t["data"]["item_id"] for t in exported())]

    def test_what_is_not_served_is_refused(self):
        with pytest.raises(DatasetError, match="outside of /e"):
            exported(document_root=Path("/e"))

    def test_blind_tells_nothing(self):
        for task in exported(blind=True):
            assert set(task) == {"data"}
            assert not {"given_label", "suggestion", "why", "rule"} & set(task["data"])
            assert task["data"]["prompt"] == task["data"]["item_id"]

    def test_the_interface_fits_the_tasks(self):
        labels = ['a"b', "<c>", "d & e", "two\nlines", "tab\t", "'=x", " outer "]
        root = ElementTree.fromstring(interface(labels, kind_for("audio")))
        controls = {c.get("name"): [x.get("value") for x in c] for c in root.findall("Choices")}
        assert controls == {"label": labels, "verdict": ["exclude", "unsure"]}
        assert root.find("Audio").attrib == {"name": "item", "value": "$audio"}
        assert {c.get("toName") for c in root.iter() if c.get("toName")} == {"item"}
        assert ElementTree.fromstring(interface(["x"], kind_for("image"))).find("Image").get("value") == "$image"

    def test_written_beside_each_other_and_not_over_anything(self, tmp_path):
        run = make_run()
        served = written_tasks(run, review_items(run), tmp_path / "tasks.json")
        assert served.interface == tmp_path / "tasks.xml"
        assert (str(served.document_root), str(served.storage)) == ("/", "/d")
        tasks = json.loads((tmp_path / "tasks.json").read_text())
        assert [t["data"]["item_id"] for t in tasks] == [e.item_id for e in review_items(run)]
        with pytest.raises(StoreError, match="exists"):
            written_tasks(run, review_items(run), tmp_path / "tasks.json")


class TestAnswers:
    def test_each_annotation_is_one_decision(self, tmp_path, ledger):
        path = answered(
            tmp_path,
            **{
                "off/c.wav": [
                    annotation(1, choice("up"), note("clearly\nup")),
                    annotation(2, choice("off"), by={"id": 3, "email": "ben@lab.org"}),
                    annotation(3, choice("up"), by=9),
                ],
                "up/a.wav": [annotation(4, choice("exclude", "verdict"), choice("up"))],
                "up/b.wav": [annotation(5, was_cancelled=True)],
                "=x/e.wav": [annotation(6)],
                "off/d d#ü.wav": [annotation(7, choice("off"), ground_truth=True)],
                "loose.wav": [annotation(8, choice("unsure", "verdict"))],
            },
        )
        done, n_empty, problems = imported(path, ledger)
        assert (problems, done.unmatched, n_empty) == ([], [], 4)
        assert {(d.item_id, d.actor, d.action, d.new_label) for d in done.added} == {
            ("up/a.wav", "ana@lab.org", "exclude", None),
            ("up/b.wav", "ana@lab.org", "skip", None),
            ("off/c.wav", "ana@lab.org", "relabel", "up"),
            ("off/c.wav", "ben@lab.org", "confirm", "off"),
            ("off/c.wav", "label-studio user 9", "relabel", "up"),
            ("off/d d#ü.wav", "ana@lab.org", "confirm", "off"),
            ("loose.wav", "ana@lab.org", "unsure", None),
        }
        assert len(done.added) == 7
        first = next(d for d in done.added if d.item_id == "off/c.wav")
        assert first.note == "clearly up"
        assert first.at == "2026-03-09T22:16:08.728378+00:00"
        assert (first.cause, first.rule) == ("f1", "LBL001")
        assert [d.item_id for d in done.added if d.settles] == ["off/d d#ü.wav"]
        assert ledger.verify().ok

    def test_twice_adds_nothing_and_a_changed_annotation_is_added(self, tmp_path, ledger):
        path = answered(tmp_path, **{"off/c.wav": [annotation(1, choice("up"))]})
        assert len(imported(path, ledger)[0].added) == 1
        assert (imported(path, ledger)[0].n_known, ledger.count()) == (1, 1)
        more = {"up/a.wav": [annotation(2, choice("up"))]}
        later = annotation(1, choice("=x"), updated_at="2026-03-10T08:00:00Z")
        done, _, _ = imported(answered(tmp_path, **{"off/c.wav": [later]}, **more), ledger)
        assert {(d.item_id, d.new_label) for d in done.added} == {("off/c.wav", "=x"), ("up/a.wav", "up")}
        done, _, _ = imported(path_again(tmp_path), ledger)
        assert (len(done.added), done.n_known) == (0, 1)

    def test_choices_of_other_names(self, tmp_path, ledger):
        path = answered(tmp_path, **{"off/c.wav": [annotation(1, choice("Up!", "my_labels"))]})
        done, _, _ = imported(path, ledger)
        assert "no class is called 'Up!'" in done.unmatched[0][1]
        done, _, _ = imported(path, ledger, rename={"Up!": "up"})
        assert done.added[0].new_label == "up"

    def test_what_is_no_one_decision_is_listed(self, tmp_path, ledger):
        two = {"id": "x", "from_name": "label", "type": "choices", "value": {"choices": ["up", "off"]}}
        path = answered(
            tmp_path, **{"off/c.wav": [annotation(1, two)], "up/a.wav": [annotation(2, choice("bin", "verdict"))]}
        )
        tasks = json.loads(path.read_text())
        tasks.append({"id": 99, "data": {"audio": "/data/other.wav"}, "annotations": [annotation(3, choice("up"))]})
        path.write_text(json.dumps(tasks))
        done, _, problems = imported(path, ledger)
        assert not done.added
        assert sorted(reason for _, reason in problems) == [
            "several labels at once: up, off",
            "the task has no item_id: it was not exported by dsaudit",
            "the verdict bin is not known",
        ]
        assert problems[-1][0] == "task 99: /data/other.wav"

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("{", "is not JSON"),
            ("[1]", "no list of tasks"),
            ('[{"audio": "x", "label": "up", "annotator": 1}]', "tasks without 'data'"),
        ],
    )
    def test_other_files(self, tmp_path, text, words):
        (tmp_path / "x.json").write_text(text)
        with pytest.raises(DatasetError, match=words):
            annotations_of_tasks(tmp_path / "x.json")

    @pytest.mark.parametrize("odd", [None, 5, "x", [None], {"result": 3}, {"result": [{"value": 1}]}])
    def test_odd_annotations_break_nothing(self, tmp_path, ledger, odd):
        path = answered(tmp_path, **{"off/c.wav": [odd]} if not isinstance(odd, list) else {"off/c.wav": odd})
        done, _, _ = imported(path, ledger)
        assert not done.added

    def test_names_of_annotators(self):
        assert actor_of({"id": 1, "email": "a@b.c"}) == "a@b.c"
        assert actor_of({"id": 1, "email": ""}) == "label-studio user 1"
        assert actor_of(10) == "label-studio user 10"
        assert actor_of(None) == "label-studio"


def path_again(tmp_path: Path) -> Path:
    return answered(tmp_path, **{"off/c.wav": [annotation(1, choice("up"))]})


@pytest.mark.parametrize("blind", [False, True])
def test_a_stretch_of_a_file_says_which(blind):
    item = ReviewItem("u7", "/data/talks/a#b.wav#t=1.5,3.25", "abc", "yes")
    (task,) = tasks_of([item], kind=kind_for("audio"), run_id="r", root=Path("/data/talks"), blind=blind)
    data = task["data"]
    assert data["audio"] == "/data/local-files/?d=talks/a%23b.wav#t=1.5,3.25"
    assert data["path"] == "/data/talks/a#b.wav"
    assert (data["start"], data["end"], data["unit"]) == (1.5, 3.25, "s")
    assert "only 1.5 to 3.25 s" in data["prompt"]


@pytest.mark.parametrize("blind", [False, True])
def test_a_stretch_is_a_region_to_play(blind):
    uris = ("/d/a.wav#t=1.5,3.25", "/d/b.wav", "/d/c.wav#t=2,", "/d/d.wav#samples=5,9")
    items = [ReviewItem(uri, uri, "abc", "yes") for uri in uris]
    said = dict.fromkeys(uris, ("no", 0.9))
    tasks = tasks_of(items, kind=kind_for("audio"), run_id="r", root=Path("/d"), predictions=said, blind=blind)
    regions = [[r for p in t.get("predictions", []) for r in p["result"] if r["type"] == "labels"] for t in tasks]
    assert [len(found) for found in regions] == [1, 0, 0, 0]
    (region,) = regions[0]
    assert region["value"] == {"start": 1.5, "end": 3.25, "labels": ["stretch"]}
    root = ElementTree.fromstring(interface(["yes", "no"], kind_for("audio"), stretches=True))
    (mark,) = (tag for tag in root.iter("Labels") if tag.get("name") == region["from_name"])
    assert [label.get("value") for label in mark] == region["value"]["labels"]
    assert mark.get("toName") == region["to_name"] == root.find("Audio").get("name")
    assert ElementTree.fromstring(interface(["yes"], kind_for("audio"))).find("Labels") is None
