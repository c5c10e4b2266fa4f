"""The screen's HTTP interface, as the page uses it."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections import Counter

import httpx
import pytest

from dsaudit.relabel.ledger.ledger import Ledger
from dsaudit.relabel.queue.queue import build_queue
from dsaudit.relabel.screen.web import script_json
from relabel.make_review import doubtful_run, finding, table, write_run
from relabel.screen.make_server import HEADERS, served


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return doubtful_run(tmp_path_factory.mktemp("web"), sounds=True)


@pytest.fixture
def web(run, tmp_path):
    with served(run, tmp_path / "ledger.sqlite") as found, found.client() as client:
        yield client


def said(card, action="confirm", label=None, **more):
    decision = {name: card[name] for name in ("k", "content_hash", "cause")}
    return decision | {"action": action, "label": label, "note": None, "settles": False, "request_id": ""} | more


class TestReading:
    def test_state(self, web, run):
        state = web.get("/api/state", params={"actor": "Ann"}).json()
        assert state["run"] == {"id": run.id, "name": run.path.name, "dataset": run.meta.name}
        assert (state["actor"], state["modality"], state["noun"]) == ("Ann", "audio", ["clip", "clips"])
        assert state["classes"] == [{"name": name, "n": 16} for name in ("cat", "dog", "owl")]
        assert {r["code"]: r["n"] for r in state["rules"]} == {"LBL001": 12, "AUD001": 1, "AUD004": 1, "ambiguous": 2}
        assert state["queue"] == {"n": 16, "done": 0, "left": 16, "budget": None}
        assert state["splits"] == ["test", "train"]
        assert state["rate_per_hour"] is None
        expected = state["expected_errors"]
        assert 0 <= expected["low"] <= expected["left"] <= expected["high"]
        assert 0 < expected["left"] <= 12  # labels in doubt; of the other kinds nobody has heard any
        assert state["n_items"] == 48
        said = state["statement"]
        assert (said["n_heard"], said["n_left"], said["in_set"]) == (0, 14, None)  # the run states only what it doubts
        assert 0 <= said["left"]["low"] <= said["left"]["value"] <= said["left"]["high"] <= 14

    def test_queue_and_item_are_the_same_cards(self, web, run):
        answer = web.get("/api/queue", params={"actor": "Ann", "n": 3}).json()
        assert [c["k"] for c in answer["cards"]] == list(build_queue(run).index[:3])
        assert answer["left"] == 16
        first = answer["cards"][0]
        assert web.get(f"/api/item/{first['k']}", params={"actor": "Ann"}).json() == first
        assert first["position"] == {"index": 1, "of": 16}
        more = web.get("/api/queue", params={"actor": "Ann", "n": 2, "after": f"{first['k']},"}).json()
        assert first["k"] not in [c["k"] for c in more["cards"]]

    @pytest.mark.parametrize(
        ("query", "n"),
        [
            ({"rule": "LBL"}, 12),
            ({"class": "owl"}, 2),
            ({"pair": "cat:owl"}, 2),
            ({"q": "00003", "split": ""}, 1),
            ({"order": "random"}, 16),
        ],
    )
    def test_filters(self, web, query, n):
        answer = web.get("/api/queue", params={"actor": "Ann", "n": 64} | query).json()
        assert len(answer["cards"]) == answer["left"] == n

    @pytest.mark.parametrize(
        ("path", "status"),
        [
            ("/api/queue?actor=A&class=bird", 422),
            ("/api/queue?actor=A&pair=cat", 422),
            ("/api/queue?actor=A&n=65", 422),
            ("/api/queue?actor=A&after=1;2", 422),
            ("/api/queue", 422),
            ("/api/queue?actor=%20", 422),
            ("/api/item/48?actor=A", 404),
            ("/api/item/x?actor=A", 422),
            ("/nothing", 404),
            ("/openapi.json", 404),
            ("/docs", 404),
            ("/redoc", 404),
        ],
    )
    def test_errors_are_words(self, web, path, status):
        answer = web.get(path)
        assert answer.status_code == status
        assert set(answer.json()) == {"error", "hint"}
        assert answer.json()["error"]
        assert "Traceback" not in answer.text

    def test_search_and_grid(self, web):
        found = web.get("/api/search", params={"q": "owl/0000", "n": 2}).json()["items"]
        assert [(i["id"], i["label"], i["decided"]) for i in found] == [
            ("owl/00002.wav", "owl", False),
            ("owl/00005.wav", "owl", False),
        ]
        grid = web.get("/api/grid", params={"actor": "Ann", "n": 24}).json()
        assert len(grid["cards"]) == 12
        assert "cat → dog" in grid["alike"]


class TestPage:
    def test_page_and_assets(self, web):
        page = web.get("/")
        assert page.headers["content-type"].startswith("text/html")
        boot = json.loads(re.search(r'<script type="application/json" id="boot">(.*?)</script>', page.text, re.S)[1])
        assert boot["queue"]["n"] == 16
        assets = set(re.findall(r'"(/static/[^"]+)"', page.text))
        assert assets
        for path in assets:
            answer = web.get(path)
            assert answer.status_code == 200, path
            assert answer.headers["cache-control"] == "no-cache"
            again = web.get(path, headers={"If-None-Match": answer.headers["etag"]})
            assert again.status_code == 304

    def test_every_module_is_served_and_the_kind_of_data_brings_its_own(self, web):
        todo, seen = ["main.js"], set()
        while todo:
            name = todo.pop()
            seen.add(name)
            answer = web.get(f"/static/{name}")
            assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, "text/javascript")
            todo += set(re.findall(r"from '\./([\w-]+\.js)'", answer.text)) - seen
        assert {"dom.js", "kind.js", "view.js"} < seen
        assert "spectrogram" in web.get("/static/kind.js").text
        assert ".spectrum" in web.get("/static/kind.css").text

    def test_json_in_a_script_element_cannot_leave_it(self):
        hostile = {"a": "</script><script>alert(1)</script>", "b": "<!--", "c": "\u2028 & \ud800"}
        text = script_json(hostile)
        assert not re.search(r"[<>&\u2028]", text)
        assert json.loads(text) == hostile


class TestMedia:
    def test_sound_and_picture(self, web, run):
        card = web.get("/api/item/5", params={"actor": "Ann"}).json()
        sound = web.get(card["media"]["url"])
        assert sound.headers["content-type"] == card["media"]["mime"] == "audio/mpeg"
        assert sound.headers["etag"] == f'"{run.items["content_hash"].iloc[5]}"'
        assert web.get(card["media"]["thumbnail"]).content.startswith(b"\x89PNG")
        assert len(base64.b64decode(card["media"]["outline"])) == 192
        assert card["media"]["length_s"] == pytest.approx(0.3, abs=0.01)

    def test_the_file_itself_is_served_where_browsers_show_such_files(self, web, run):
        found = web.get("/media/5/whole")
        assert found.headers["content-type"] == "audio/wav"
        assert found.content == (run.root / run.items.index[5]).read_bytes()
        assert web.get("/media/999999/whole").status_code == 404

    def test_parts_and_what_is_known_already(self, web):
        whole = web.get("/media/5")
        part = web.get("/media/5", headers={"Range": "bytes=10-19"})
        assert (part.status_code, part.content) == (206, whole.content[10:20])
        assert part.headers["content-range"] == f"bytes 10-19/{len(whole.content)}"
        assert web.get("/media/5", headers={"Range": "bytes=9999999-"}).status_code == 416
        assert web.get("/media/5", headers={"If-None-Match": whole.headers["etag"]}).status_code == 304

    def test_a_file_that_is_no_recording_says_so(self, tmp_path):
        run = doubtful_run(tmp_path, 12, n_doubts=2, sounds=True)
        (run.root / run.items.index[0]).unlink()
        with served(run, tmp_path / "l.sqlite") as found, found.client() as client:
            assert "error" in client.get("/api/item/0", params={"actor": "A"}).json()["media"]
            assert client.get("/media/0").status_code == 404


class TestWriting:
    def test_decide_undo_redo(self, web):
        first, second = web.get("/api/queue", params={"actor": "Ann", "n": 2}).json()["cards"]
        body = {"actor": "Ann", "decisions": [said(first, "relabel", "Hund <b>", request_id="x/0")]}
        answer = web.post("/api/decide", json=body).json()
        assert answer["rows"] == [{"seq": 1, "k": first["k"], "action": "relabel", "label": "Hund <b>"}]
        assert answer["state"]["found"]["relabel"] == 1
        assert web.post("/api/decide", json=body).json()["rows"] == answer["rows"]  # the network said it twice
        other = {"actor": "Bob", "decisions": [said(second, "exclude", None, request_id="x/0")]}
        assert web.post("/api/decide", json=other).status_code == 409
        decided = web.get(f"/api/item/{first['k']}", params={"actor": "Ann"}).json()
        assert (decided["decided"]["label"], decided["decided"]["actor"]) == ("Hund <b>", "Ann")
        undone = web.post("/api/undo", json={"actor": "Ann", "request_id": "u1"}).json()
        assert undone["ks"] == [first["k"]]
        assert web.post("/api/undo", json={"actor": "Ann", "request_id": "u1"}).json()["ks"] == [first["k"]]
        assert undone["state"]["can_redo"]
        for path, taken in (("undo", "x"), ("undo", "x/0"), ("redo", "x"), ("redo", "u1")):
            assert web.post(f"/api/{path}", json={"actor": "Ann", "request_id": taken}).status_code == 409
        again = {"actor": "Ann", "decisions": [said(second, request_id="u1")]}
        assert web.post("/api/decide", json=again).status_code == 409
        assert web.post("/api/redo", json={"actor": "Ann", "request_id": "r1"}).json()["ks"] == [first["k"]]
        assert web.get("/api/queue", params={"actor": "Ann", "n": 1}).json()["cards"][0]["k"] == second["k"]

    def test_other_bytes_are_a_conflict(self, web):
        (card,) = web.get("/api/queue", params={"actor": "Ann", "n": 1}).json()["cards"]
        answer = web.post("/api/decide", json={"actor": "Ann", "decisions": [said(card | {"content_hash": "0" * 32})]})
        assert answer.status_code == 409
        assert set(answer.json()) == {"error", "hint"}

    def test_disagreements(self, run, tmp_path):
        with served(run, tmp_path / "l.sqlite", overlap=2) as found, found.client() as web:
            (card,) = web.get("/api/queue", params={"actor": "Ann", "n": 1}).json()["cards"]
            for who, label in (("Ann", "cat"), ("Bob", "dog")):
                web.post("/api/decide", json={"actor": who, "decisions": [said(card, "relabel", label)]})
            (open_,) = web.get("/api/disagreements", params={"actor": "Cy"}).json()["items"]
            assert [o["label"] for o in open_["opinions"]] == ["cat", "dog"]
            settled = said(card, "relabel", "dog", settles=True)
            state = web.post("/api/decide", json={"actor": "Cy", "decisions": [settled]}).json()["state"]
            assert state["n_disagreements"] == 0
            assert state["agreement"]["percent"] == 0.0

    def test_a_ledger_that_cannot_be_written_is_said_and_nothing_is_lost(self, web, monkeypatch):
        from dsaudit.errors import LedgerError

        (card,) = web.get("/api/queue", params={"actor": "Ann", "n": 1}).json()["cards"]

        def locked(self, decisions):
            raise LedgerError("the ledger is locked by another program", hint="close it")

        with monkeypatch.context() as patch:
            patch.setattr(Ledger, "append", locked)
            answer = web.post("/api/decide", json={"actor": "Ann", "decisions": [said(card)]})
        assert answer.status_code == 503
        assert answer.json() == {"error": "the ledger is locked by another program", "hint": "close it"}
        assert web.post("/api/decide", json={"actor": "Ann", "decisions": [said(card)]}).status_code == 200


class TestFourReviewers:
    @pytest.mark.parametrize("overlap", [1, 2])
    def test_nothing_is_lost_and_each_item_is_heard_so_often(self, run, tmp_path, overlap):
        heard: dict[str, list[int]] = {name: [] for name in ("Ann", "Bob", "Cy", "Dan")}
        failures: list[BaseException] = []

        def work(found, name):
            try:
                with found.client() as client:
                    while True:
                        answer = client.get("/api/queue", params={"actor": name, "n": 2}).json()
                        if not answer["left"]:
                            return
                        for card in answer["cards"]:
                            body = {"actor": name, "decisions": [said(card, "relabel", "dog")]}
                            assert client.post("/api/decide", json=body).status_code == 200
                            heard[name].append(card["k"])
            except (AssertionError, httpx.HTTPError) as error:
                failures.append(error)

        with served(run, tmp_path / "l.sqlite", overlap=overlap) as found:
            threads = [threading.Thread(target=work, args=(found, name)) for name in heard]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(120)
            rows = found.session.ledger.rows()
        assert not failures
        counts = Counter(k for ks in heard.values() for k in ks)
        assert counts == dict.fromkeys(build_queue(run).index.tolist(), overlap)
        assert all(len(set(ks)) == len(ks) for ks in heard.values())
        assert len(rows) == 16 * overlap
        assert Counter(d.actor for d in rows) == {name: len(ks) for name, ks in heard.items() if ks}


def test_hostile_names_arrive_as_they_are_and_never_as_markup(tmp_path):
    nasty = "<img src=x onerror=alert(1)>"
    items = table(12, classes=("cat", nasty, "“quoted”"))
    run = write_run(tmp_path, items, findings=[finding("AUD004", [i], 0.2) for i in items.index if nasty in i])
    with served(run, tmp_path / "l.sqlite") as found, found.client() as client:
        page = client.get("/").text
        assert nasty not in page
        answer = client.get("/api/queue", params={"actor": nasty, "n": 1})
        assert answer.headers["content-type"] == "application/json"
        assert answer.json()["cards"][0]["label"] == nasty
        assert client.get("/api/state", params={"actor": nasty}).json()["actor"] == nasty
        refused = client.get(f"/api/queue?actor=A&class={nasty}x")
        assert refused.headers["content-type"] == "application/json"
        assert HEADERS
