"""What the screen is told of an item, and what a blind reviewer is not told."""

from __future__ import annotations

import base64
import re
from dataclasses import replace

import pandas as pd
import pytest
from store.make_schema import baseline, label_errors, metrics

from dsaudit.media import kind_for
from dsaudit.media.base import Preview
from dsaudit.relabel.queue.filters import Filters
from dsaudit.relabel.queue.queue import AMBIGUOUS, build_queue
from dsaudit.relabel.screen.card import N_SUGGESTIONS, Cards
from relabel.make_review import as_json, doubtful_run, finding, table, write_run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return doubtful_run(tmp_path_factory.mktemp("cards"))


def entry_of(queue, k):
    return queue.loc[k].to_dict()


class TestCard:
    def test_a_candidate(self, run):
        queue = build_queue(run)
        k = int(queue.index[0])
        card = Cards(run).card(k, entry=entry_of(queue, k))
        item_id = run.items.index[k]
        assert (card["id"], card["label"], card["given_label"]) == (item_id, "cat", "cat")
        assert card["content_hash"] == run.items.at[item_id, "content_hash"]
        assert card["cause"] == card["why"][0]["fingerprint"] == f"LBL001-{item_id}"
        assert card["why"][0]["suggestion"] == "dog"
        assert card["suggestions"][0]["label"] == "dog"
        assert sum(s["p"] for s in card["suggestions"]) == pytest.approx(1, abs=1e-3)
        assert [j["k"] for j in card["neighbours"]] == [(k + j) % len(run.items) for j in (1, 2, 3)]
        as_json(card)

    def test_of_a_weak_model_no_figure_is_told(self, tmp_path):
        run = doubtful_run(tmp_path)
        queue = build_queue(run)
        close = next(k for k in queue.index if queue.at[k, "rule"] == AMBIGUOUS)
        told = Cards(run).card(int(close), entry=entry_of(queue, close))
        run.__dict__["metrics"] = replace(metrics(), label_errors=label_errors({}, guess=True, shift=1.4))
        card = Cards(run).card(int(close), entry=entry_of(queue, close))
        assert [s["label"] for s in card["suggestions"]] == [s["label"] for s in told["suggestions"]]
        assert all("p" in s for s in told["suggestions"])
        assert not any("p" in s for s in card["suggestions"])
        assert "%" in told["why"][0]["message"]
        assert "%" not in card["why"][0]["message"]

    def test_bars_and_neighbours_are_those_of_the_sentence(self, tmp_path):
        run = doubtful_run(tmp_path)
        ids = run.items.index
        stated = {"pairwise_confidence": 0.9, "candidate": False, "p_wrong": 0.1, "p_suggested": 0.05}
        stated |= {"suggestion": "dog", "kind": ""}
        quality = pd.DataFrame(stated, index=ids).assign(voters=pd.Series([[] for _ in ids], index=ids))
        first = ids[0]
        quality.loc[first, ["candidate", "p_wrong", "p_suggested"]] = [True, 0.75, 0.6]
        quality.at[first, "voters"] = [ids[1], ids[3]]  # the nearest but one has no vote
        run.__dict__["label_quality"] = quality
        card = Cards(run).card(0)
        assert {s["label"]: s["p"] for s in card["suggestions"]} == pytest.approx(
            {"dog": 0.6, "cat": 0.25, "owl": 0.15}
        )
        assert [s["label"] for s in card["suggestions"]] == ["dog", "cat", "owl"]
        assert [j["k"] for j in card["neighbours"]] == [1, 3]
        assert len(Cards(run).card(1)["neighbours"]) == 3

    def test_an_ambiguous_item_says_why_and_carries_no_cause(self, run):
        queue = build_queue(run, Filters(rule=AMBIGUOUS))
        k = int(queue.index[0])
        card = Cards(run).card(k, entry=entry_of(queue, k))
        assert card["cause"] == ""
        said = "a model that never saw it hesitates between owl (51%) and cat (48%)"
        assert card["why"][0]["message"] == said

    def test_a_model_that_saw_the_labels_is_not_said_to_be_impartial(self, tmp_path):
        run = doubtful_run(tmp_path)
        card = {"supplied": "p.npy", "out_of_sample": "no, as stated"}
        run.__dict__["metrics"] = metrics(baseline=baseline(model_card=card))
        queue = build_queue(run, Filters(rule=AMBIGUOUS))
        k = int(queue.index[0])
        message = Cards(run).card(k, entry=entry_of(queue, k))["why"][0]["message"]
        assert message.startswith("a model that saw this very label hesitates between")

    def test_faults_are_told_apart_from_labels(self, run):
        queue = build_queue(run, Filters(rule="AUD"))
        card = Cards(run).card(int(queue.index[0]), entry=entry_of(queue, queue.index[0]))
        assert [f["code"] for f in card["faults"]] == ["AUD001"]

    def test_a_healthy_item_and_one_without_a_model(self, tmp_path):
        run = write_run(tmp_path, table(6), predicted=False)
        card = Cards(run).card(0)
        assert (card["why"], card["cause"], card["suggestions"], card["neighbours"], card["set"]) == (
            [],
            "",
            [],
            [],
            [],
        )

    def test_the_given_label_is_always_among_the_suggestions(self, tmp_path):
        classes = tuple(f"c{j:02d}" for j in range(15))
        items = table(30, classes=classes)
        first = items.index[0]
        run = write_run(tmp_path, items, doubts={first: ("c05", 0.95)})
        probs = run.predictions.copy()
        probs.loc[first, "p:c00"] = 0.0
        run.__dict__["predictions"] = probs
        found = Cards(run).suggestions(run.items.index.get_loc(first))
        assert len(found) == N_SUGGESTIONS
        assert found[0]["label"] == "c05"
        assert "c00" in {s["label"] for s in found}

    def test_copies_are_shown_with_each_other(self, tmp_path):
        items = table(9)
        ids = sorted(items.index)
        run = write_run(tmp_path, items, findings=[finding("DUP003", [ids[1], ids[4], ids[7]], 0.0)])
        card = Cards(run).card(4)
        assert [j["k"] for j in card["set"]] == [1, 7]
        assert card["cause"].startswith("DUP003")

    def test_a_finding_on_a_pair_of_classes_is_not_answered_by_one_item(self, tmp_path):
        items = table(9)
        run = write_run(tmp_path, items, findings=[finding("ERR001", sorted(items.index)[:3], 0.2)])
        cards = Cards(run)
        assert cards.card(0)["cause"] == ""
        assert cards.card(0)["why"] == []
        queue = build_queue(run, Filters(rule="ERR001"))
        asked = cards.card(0, entry=entry_of(queue, 0))
        assert asked["cause"] == ""
        assert [w["code"] for w in asked["why"]] == ["ERR001"]

    def test_search_prefers_what_begins_with_it(self, run):
        cards = Cards(run)
        assert [cards.ids[k] for k in cards.search("DOG/00", 2)] == sorted(i for i in cards.ids if "dog/00" in i)[:2]
        assert cards.search("", 5) == cards.search("no such", 5) == []


class TestBlind:
    def test_nothing_tells_the_label(self, run):
        queue = build_queue(run)
        cards = Cards(run, blind=True)
        for k in queue.index:
            text = as_json(cards.card(int(k), entry=entry_of(queue, k)) | {"cause": "", "why": []})
            assert not re.search(r"\b(cat|dog|owl)\b", text), text
            card = cards.card(int(k), entry=entry_of(queue, k))
            assert all(w["suggestion"] == "" for w in card["why"])
            assert not any(re.search(r"\b(cat|dog|owl)\b", w["message"]) for w in card["why"])
            assert card["cause"] == entry_of(queue, k)["cause"]

    def test_a_file_name_that_tells_becomes_a_number(self, tmp_path):
        items = table(3).rename(index={"cat/00000.wav": "cat/Cat_7.wav"})
        names = Cards(write_run(tmp_path, items), blind=True).names
        assert list(names) == ["item 1", "00001.wav", "00002.wav"]


class TestMedia:
    def test_what_the_page_needs_to_play_and_draw(self, run):
        media = Cards(run).media(3, Preview("audio/mpeg", b"x", b"png", bytes([255, 1]), 0.5))
        assert media["url"] == "/media/3"
        assert base64.b64decode(media["outline"]) == b"\xff\x01"
        assert media["length_s"] == 0.5
        assert media["marks"]["onset_margin_ms"] == 20.0

    def test_what_cannot_be_played_says_why(self, run):
        assert Cards(run).media(3, "cannot be shown here") == {"error": "cannot be shown here"}
        assert Cards(run).media(3, "gone")["error"] == "Cannot be played: gone"
        vars(run)["meta"] = replace(run.meta, kind=kind_for("text").appearance)
        assert Cards(run).media(3, "gone")["error"] == "Cannot be shown: gone"
        assert "cat" not in Cards(run, blind=True).media(3, "cat_3.wav: no such file")["error"].replace("cannot", "")
