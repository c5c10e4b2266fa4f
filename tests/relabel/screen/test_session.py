"""The review without the web: who hears what, what is stored, and what everybody is told."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from fabric_ledger import decision
from hypothesis import given, settings
from hypothesis import strategies as st
from store.make_schema import label_errors

from dsaudit.errors import UsageError
from dsaudit.relabel.ledger.leases import HELD_S, Leases
from dsaudit.relabel.ledger.ledger import Ledger
from dsaudit.relabel.memory import Memory
from dsaudit.relabel.queue.filters import Filters
from dsaudit.relabel.queue.items import Items
from dsaudit.relabel.queue.queue import build_queue
from dsaudit.relabel.screen.answer import ChangedError
from dsaudit.relabel.screen.decision_state import VERDICTS, DecisionState
from dsaudit.relabel.screen.session import Session, UnknownItemError
from dsaudit.types import Estimate
from relabel.make_review import doubtful_run, finding, table, write_run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return doubtful_run(tmp_path_factory.mktemp("session"), sounds=True)


@pytest.fixture
def ledger(tmp_path):
    with Ledger.open(tmp_path / "ledger.sqlite") as opened:
        yield opened


@pytest.fixture
def review(run, ledger):
    """A function that begins a review on the same ledger."""
    begun = []

    def begin(**options):
        begun.append(Session(options.pop("run", run), options.pop("ledger", ledger), **options))
        return begun[-1]

    yield begin
    for session in begun:
        session.close()


def says(card, action="confirm", label=None, **more):
    return (
        {"k": card["k"], "content_hash": card["content_hash"], "action": action, "label": label}
        | more
        | ({"cause": card["cause"]} if "cause" not in more else {})
    )


class TestDeciding:
    def test_confirm_relabel_exclude_unsure_as_the_ledger_keeps_them(self, review, ledger, run):
        session = review()
        cards, left = session.next_cards("ann", 5)
        assert left == 16
        rows = session.decide(
            "ann",
            [
                says(cards[0]),
                says(cards[1], "relabel", " dog "),
                says(cards[2], "relabel", "a new class"),
                says(cards[3], "exclude", note="noise\nonly"),
                says(cards[4], "unsure", label="ignored"),
            ],
        )
        assert [r["seq"] for r in rows] == [1, 2, 3, 4, 5]
        assert [(d.action, d.old_label, d.new_label) for d in ledger.rows()] == [
            ("confirm", "cat", "cat"),
            ("relabel", "cat", "dog"),
            ("relabel", "cat", "a new class"),
            ("exclude", "cat", None),
            ("unsure", "cat", None),
        ]
        first = ledger.rows()[0]
        queue = build_queue(run)
        assert (first.cause, first.rule) == (queue["cause"].iloc[0], "LBL001")
        assert first.score == pytest.approx(queue["score"].iloc[0])
        assert (first.suggestion, first.run_id) == ("dog", run.id)
        state = session.state("ann")
        assert state["found"] == {"confirm": 1, "relabel": 2, "exclude": 1, "unsure": 1, "disputed": 0}
        assert state["queue"] == {"n": 16, "done": 5, "left": 11, "budget": None}
        assert {"name": "a new class", "n": 0} in state["classes"]

    def test_relabelling_with_the_label_it_has_is_a_confirmation(self, review, ledger):
        session = review()
        (card,), _ = session.next_cards("ann", 1)
        assert session.decide("ann", [says(card, "relabel", "cat")])[0]["action"] == "confirm"
        assert ledger.rows()[0].new_label == "cat"

    def test_other_bytes_are_refused_and_nothing_is_stored(self, review, ledger):
        session = review()
        cards, _ = session.next_cards("ann", 2)
        with pytest.raises(ChangedError):
            session.decide("ann", [says(cards[0]), says(cards[1]) | {"content_hash": "0" * 32}])
        with pytest.raises(ChangedError):
            session.decide("ann", [says(cards[0], label="dog")])
        assert ledger.count() == 0

    @pytest.mark.parametrize("label", ["", "  ", "x" * 201, "a\nb", "a\x00b", "\u202eevil", "a\ud800"])
    def test_labels_that_no_label_can_be(self, review, label):
        session = review()
        (card,), _ = session.next_cards("ann", 1)
        with pytest.raises(UsageError):
            session.decide("ann", [says(card, "relabel", label)])

    @pytest.mark.parametrize("k", [-1, 48, 10**12])
    def test_items_that_are_not_there(self, review, k):
        session = review()
        with pytest.raises(UnknownItemError):
            session.card(k, "ann")
        with pytest.raises(UnknownItemError):
            session.decide("ann", [{"k": k, "content_hash": "", "action": "confirm"}])

    def test_a_cause_that_is_not_the_items_is_dropped(self, review, ledger):
        session = review()
        cards, _ = session.next_cards("ann", 2)
        session.decide("ann", [says(cards[0], cause=cards[1]["cause"])])
        assert (ledger.rows()[0].cause, ledger.rows()[0].rule) == ("", "")

    def test_an_unlabelled_item_has_nothing_to_confirm(self, review, tmp_path):
        items = table(6)
        items.loc[items.index[0], "label"] = None
        session = review(run=write_run(tmp_path, items, findings=[finding("AUD004", [items.index[0]], 0.1)]))
        (card,), _ = session.next_cards("ann", 1)
        assert card["label"] is None
        with pytest.raises(UsageError):
            session.decide("ann", [says(card)])
        session.decide("ann", [says(card, "relabel", "owl")])
        assert session.state("ann")["found"]["relabel"] == 1

    def test_a_request_said_twice_is_stored_once(self, review, ledger):
        session = review()
        (card,), _ = session.next_cards("ann", 1)
        one = session.decide("ann", [says(card, request_id="r1")])
        assert session.decide("ann", [says(card, request_id="r1")]) == one
        assert ledger.count() == 1

    def test_items_that_are_no_copies_are_said_so_once_and_nothing_else_of_them(self, review, ledger):
        session = review()
        for _ in range(2):
            rows = session.apart("ann", [0, 1], request_id="once")
            assert [(row["k"], row["action"]) for row in rows] == [(0, "apart"), (1, "apart")]
        assert [row.item_id for row in ledger.rows()] == session.cards.ids[:2]
        assert session.decisions.opinions == {}
        assert session.decisions.apart_from(0) == {1}
        for wrong in ([0], [0, 10**6]):
            with pytest.raises(UsageError):
                session.apart("ann", wrong)
        assert len(session.undo("ann")) == 2
        assert session.decisions.apart_from(0) == set()

    def test_undo_and_redo_take_together_what_was_decided_together(self, review):
        session = review()
        cards, _ = session.next_cards("ann", 3)
        session.decide("ann", [says(cards[0])])
        session.decide("ann", [says(c, "exclude") for c in cards[1:]])
        undone = session.undo("ann")
        assert {r["k"] for r in undone} == {c["k"] for c in cards[1:]}
        state = session.state("ann")
        assert (state["queue"]["done"], state["can_undo"], state["can_redo"]) == (1, True, True)
        again, _ = session.next_cards("ann", 2)
        assert [c["k"] for c in again] == [c["k"] for c in cards[1:]]
        assert len(session.redo("ann")) == 2
        assert session.state("ann")["found"]["exclude"] == 2
        assert session.undo("bob") == []


class TestTurns:
    def test_nobody_is_asked_twice_and_what_is_on_the_page_is_not_sent_again(self, review):
        session = review()
        cards, left = session.next_cards("ann", 3)
        more, still = session.next_cards("ann", 3, after=[c["k"] for c in cards])
        assert not {c["k"] for c in cards} & {c["k"] for c in more}
        assert left == still == 16
        session.decide("ann", [says(cards[0])])
        assert cards[0]["k"] not in {c["k"] for c in session.next_cards("ann", 64)[0]}

    def test_skipped_items_come_back_last(self, review):
        session = review()
        cards, _ = session.next_cards("ann", 3)
        session.decide("ann", [says(cards[1], "skip")])
        session.decide("ann", [says(cards[0], "skip")])
        order = [c["k"] for c in session.next_cards("ann", 64)[0]]
        assert order[-2:] == [cards[1]["k"], cards[0]["k"]]
        assert len(order) == 16
        session.decide("ann", [says(cards[1])])
        assert [c["k"] for c in session.next_cards("ann", 64)[0]][-1] == cards[0]["k"]

    def test_one_screen_at_a_time(self, review):
        clock = [0.0]
        session = review(leases=Leases(lambda: clock[0]))
        ann, _ = session.next_cards("ann", 4)
        bob, left = session.next_cards("bob", 64)
        assert len(bob) == 12
        assert left == 16
        assert not {c["k"] for c in ann} & {c["k"] for c in bob}
        session.next_cards("bob", 1, after=[])  # bob's page was loaded again: what he does not have is free
        assert len(session.next_cards("cy", 64)[0]) == 11
        clock[0] = HELD_S + 1  # ann and bob have gone home
        assert len(session.next_cards("dan", 64)[0]) == 16

    def test_overlap_asks_so_many_people_and_no_more(self, review):
        session = review(overlap=2)
        (card,), _ = session.next_cards("ann", 1)
        assert session.next_cards("bob", 1)[0][0]["k"] == card["k"]
        assert session.next_cards("cy", 1)[0][0]["k"] != card["k"]
        session.decide("ann", [says(card)])
        seen = session.next_cards("bob", 1)[0][0]
        assert (seen["k"], seen["decided"], seen["opinions"]) == (card["k"], None, [])  # not swayed
        session.decide("bob", [says(card, "relabel", "dog")])
        assert card["k"] not in {c["k"] for c in session.next_cards("cy", 64)[0]}
        assert {o["actor"] for o in session.card(card["k"], "bob")["opinions"]} == {"ann", "bob"}

    def test_a_disagreement_waits_until_somebody_settles_it(self, review):
        session = review(overlap=2)
        (card,), _ = session.next_cards("ann", 1)
        session.decide("ann", [says(card)])
        session.decide("bob", [says(card, "relabel", "dog")])
        (open_,) = session.disagreements()
        assert open_["k"] == card["k"]
        assert [(o["actor"], o["label"]) for o in open_["opinions"]] == [("ann", "cat"), ("bob", "dog")]
        assert session.state("cy")["n_disagreements"] == 1
        session.decide("cy", [says(card, "relabel", "dog", settles=True)])
        assert session.disagreements() == []
        assert session.card(card["k"], "dan")["decided"]["label"] == "dog"
        assert session.state("cy")["found"]["relabel"] == 1

    def test_who_is_asked_blind_is_not_told_what_others_said_before_the_end(self, review):
        session = review(blind=True, overlap=2, budget=2)
        cards, _ = session.next_cards("ann", 2)
        session.decide("ann", [says(card, "relabel", "cat") for card in cards])
        session.decide("bob", [says(cards[0], "relabel", "dog")])
        asked = session.state("bob")
        assert (asked["queue"]["left"], asked["agreement"], asked["n_disagreements"]) == (1, None, 0)
        session.decide("bob", [says(cards[1], "relabel", "cat")])
        done = session.state("bob")
        assert (done["queue"]["left"], done["agreement"]["percent"], done["n_disagreements"]) == (0, 50.0, 1)

    def test_budget_counts_what_was_not_decided_for_an_earlier_run(self, review, ledger, run):
        queue = build_queue(run)
        earlier = [
            decision("ann", item=i, content_hash=run.items.at[i, "content_hash"], old_label="cat", run_id="another")
            for i in queue["item_id"].iloc[:3]
        ]
        ledger.append(earlier)
        session = review(budget=4)
        cards, left = session.next_cards("bob", 64)
        assert [c["k"] for c in cards] == list(queue.index[3:7])
        session.decide("bob", [says(cards[0])])
        assert left == 4
        assert review(budget=4).next_cards("bob", 64)[1] == 3  # begun again: the budget is not a new one

    def test_filters_of_the_page_stay_within_those_of_the_review(self, review):
        session = review(filters=Filters(rule="LBL001"))
        assert session.next_cards("ann", 64, filters=Filters(rule="AUD"))[0] == []
        assert len(session.next_cards("ann", 64, filters=Filters(class_="cat", text="00"))[0]) == 12
        assert session.next_cards("ann", 64, filters=Filters(order="random"))[1] == 12
        with pytest.raises(UsageError):
            session.next_cards("ann", 8, filters=Filters(class_="bird"))

    def test_a_grid_is_of_one_kind(self, review):
        session = review()
        cards, alike = session.grid("ann", 24)
        assert len(cards) == 12
        assert {c["label"] for c in cards} == {"cat"}
        assert {(c["why"][0]["suggestion"], c["why"][0]["code"]) for c in cards} == {("dog", "LBL001")}
        assert {c["suggested"] for c in cards} == {"dog"}
        assert alike == "cat → dog"
        session.decide("ann", [says(c, "relabel", "dog") for c in cards])
        rest, alike = session.grid("ann", 24)
        assert {c["label"] for c in rest} == {"cat"}
        assert len(rest) == 2
        assert alike == "cat → owl"


class TestBlind:
    def test_labels_are_hidden_and_answers_are_whole(self, review, ledger):
        session = review(blind=True)
        (card,), _ = session.next_cards("ann", 1)
        assert (card["label"], card["given_label"], card["suggestions"]) == (None, None, [])
        with pytest.raises(UsageError):
            session.decide("ann", [says(card)])
        session.decide("ann", [says(card, "relabel", "cat")])
        row = ledger.rows()[0]
        assert (row.action, row.old_label, row.new_label, row.blind) == ("confirm", "cat", "cat", True)
        assert session.grid("ann", 24)[1] == "label-error-candidate"


class TestAnotherProcess:
    def test_its_decisions_are_seen(self, review, ledger, run):
        session = review()
        (card,), _ = session.next_cards("ann", 1)
        with Ledger.open(ledger.where) as other:
            other.append([decision("bob", item=run.items.index[card["k"]], content_hash=card["content_hash"])])
        assert card["k"] not in {c["k"] for c in session.next_cards("ann", 64)[0]}
        assert session.state("ann")["people"] == [{"name": "bob", "n": 1}]

    def test_changed_on_disk_since_the_audit_is_not_played(self, review, tmp_path):
        changed = doubtful_run(tmp_path, 12, n_doubts=2, sounds=True)
        path = changed.root / changed.items.index[0]
        path.write_bytes(path.read_bytes() + b"\0\0")
        session = review(run=changed)
        assert "has changed since the audit" in session.card(0, "ann")["media"]["error"]
        assert "url" in session.card(1, "ann")["media"]


class TestStanding:
    @given(
        moves=st.lists(
            st.tuples(
                st.sampled_from(["ann", "bob"]),
                st.sampled_from(["confirm", "relabel", "exclude", "unsure", "skip", "undo", "redo"]),
                st.integers(0, 4),
            ),
            max_size=25,
        ),
        step=st.integers(1, 6),
    )
    @settings(max_examples=25, deadline=None)
    def test_says_what_memory_says_of_the_whole_ledger(self, tmp_path_factory, moves, step):
        items = table(6)
        items["content_hash"] = pd.Series(["h0", "h0", "h1", None, "h2", "h3"], index=items.index, dtype=object)
        ids = list(items.index)
        state = DecisionState(Items(items))
        with Ledger.open(tmp_path_factory.mktemp("standing") / "l.sqlite") as ledger:
            for who, action, k in moves:
                if action == "undo":
                    ledger.undo(who)
                elif action == "redo":
                    ledger.redo(who)
                else:
                    label = str(items["label"].iloc[k])
                    rule = "DUP001" if k == 1 else ""
                    content = items["content_hash"].iloc[k] or ""
                    ledger.append([decision(who, action, ids[k], content_hash=content, old_label=label, rule=rule)])
                if len(ledger.rows()) % step == 0:
                    state.add(ledger.rows(after=state.seq))
            state.add(ledger.rows(after=state.seq))
            memory = Memory(ledger.rows())
        hashes = dict(zip(ids, items["content_hash"], strict=True))
        opinions, resolutions = memory.opinions(hashes), memory.resolve(hashes)
        for k, item_id in enumerate(ids):
            assert state.opinions.get(k, ()) == opinions.get(item_id, ())
            assert state.resolution(k) == resolutions.get(item_id)
            assert state.n_opinions[k] == len(opinions.get(item_id, ()))
            assert (k in state.disputed) == (item_id in resolutions and resolutions[item_id].outcome == "disputed")
            for who in ("ann", "bob"):
                assert (k in state.own(who)) == any(d.actor == who for d in opinions.get(item_id, ()))
        assert state.found() == {w: int((state.verdicts == VERDICTS.index(w)).sum()) for w in VERDICTS[1:]}


def test_four_people_at_once_lose_nothing_and_hear_nothing_twice(review, run):
    session = review()
    heard: dict[str, list[int]] = {name: [] for name in ("ann", "bob", "cy", "dan")}
    failures = []

    def work(name):
        try:
            while True:
                cards, left = session.next_cards(name, 3)
                if not left:
                    return
                for card in cards:
                    session.decide(name, [says(card)])
                    heard[name].append(card["k"])
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in heard]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures
    counts = Counter(k for ks in heard.values() for k in ks)
    assert counts == dict.fromkeys(build_queue(run).index.tolist(), 1)
    assert len(session.ledger.rows()) == len(counts)


def test_good_news_is_a_review_too(review, tmp_path):
    session = review(run=write_run(tmp_path, table(6), sounds=True))
    assert session.next_cards("ann", 8) == ([], 0)
    assert session.grid("ann", 24) == ([], "")
    state = session.state("ann")
    assert state["queue"]["n"] == 0
    assert state["expected_errors"]["left"] == 0
    card = session.card(2, "ann")
    session.decide("ann", [says(card, "exclude")])
    assert session.state("ann")["found"]["exclude"] == 1
    assert len(session.run.items) == 6
    assert np.isfinite(session.state("ann")["n_items"])


def test_the_screen_opens_with_the_reports_own_words_and_no_other_figure(run, review):
    opening = ("12 labels are doubted", "The model is sure of too little to say how many labels are wrong")
    found = label_errors({"n": 14, "expected": Estimate(9, 5, 12)}, guess=True, shift=1.5)
    run.__dict__["metrics"] = replace(kept := run.metrics, label_errors=found)
    try:
        state = review(opening=opening).state("Ann")
        part = review(opening=opening, filters=Filters(class_="owl")).state("Ann")
    finally:
        run.__dict__["metrics"] = kept
    assert (state["opening"], state["statement"], state["expected_errors"]) == (opening, None, None)
    assert (part["opening"], part["statement"], part["expected_errors"]) == (None, None, None)
