"""Who has what on screen: several servers on one ledger, and a database that goes away in the middle."""

from __future__ import annotations

import gc
import logging
import threading
from collections import Counter
from contextlib import ExitStack
from functools import partial

import pytest
from fabric_ledger import on_postgres

from dsaudit.errors import LedgerError
from dsaudit.relabel.ledger.database import Database
from dsaudit.relabel.ledger.leases import HELD_S, WATCHED_S, Leases, SharedLeases
from dsaudit.relabel.ledger.ledger import Ledger
from dsaudit.relabel.ledger.place import place_of
from dsaudit.relabel.queue.queue import build_queue
from dsaudit.relabel.screen.session import Session
from relabel.make_review import doubtful_run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return doubtful_run(tmp_path_factory.mktemp("team"))


@pytest.fixture
def screens(run, new_database):
    """A function that begins a review in a process of its own, as far as the ledger knows."""
    address = new_database()
    with ExitStack() as stack:

        def begin(**options):
            session = Session(run, stack.enter_context(Ledger.open(address)), **options)
            stack.callback(session.close)
            return session

        yield begin


def says(card, **more):
    known = {name: card[name] for name in ("k", "content_hash", "label", "cause")}
    return known | {"action": "confirm"} | more


@pytest.fixture(params=["memory", "database"])
def leases(request):
    """Leases, and what lets seconds pass, by default so many that all that was held is too old."""
    clock = [0.0]

    def time_passes(seconds=HELD_S + 1):
        clock[0] += seconds
        if request.param == "database":
            on_postgres(address, f"UPDATE dsaudit_claims SET at = at - interval '{seconds} seconds'")

    if request.param == "memory":
        yield Leases(lambda: clock[0]), time_passes
        return
    address = request.getfixturevalue("new_database")()
    Ledger.open(address).close()
    database = Database(place_of(address))
    yield SharedLeases(database, lambda: clock[0]), time_passes
    database.close()


def test_a_turn_tells_who_else_holds_what_and_replaces_what_one_held(leases):
    held, time_passes = leases
    with held.turn("ann", "queue") as (others, hold):
        assert others == {}
        hold(["a", "b"])
    with held.turn("ann", "grid") as (others, hold):
        assert others == {}
        hold(["c"])
    with held.turn("bob", "queue") as (others, hold):
        assert others == {"a": {"ann"}, "b": {"ann"}, "c": {"ann"}}
        hold(["b", "it's {a}\\\""])
    with held.turn("ann", "queue") as (others, hold):
        assert others == {"b": {"bob"}, "it's {a}\\\"": {"bob"}}
        hold([])
    with held.turn("cy", "queue") as (others, _):
        assert others == {"b": {"bob"}, "it's {a}\\\"": {"bob"}, "c": {"ann"}}
    time_passes()
    with held.turn("cy", "queue") as (others, _):
        assert others == {}


def test_whoever_looks_at_an_item_for_long_keeps_it_and_whoever_leaves_it_open_does_not(leases):
    held, time_passes = leases

    def of_others():
        with held.turn("bob", "queue") as (others, _):
            return others

    held.renew("ann")  # who has nothing
    with held.turn("ann", "queue") as (_, hold):
        hold(["a"])
    for _ in range(int(WATCHED_S / 200)):
        time_passes(200)
        held.renew("ann")
        assert of_others() == {"a": {"ann"}}
    time_passes(200)
    held.renew("ann")
    time_passes(200)
    assert of_others() == {}, "an open page holds nothing for ever"
    with held.turn("ann", "queue") as (_, hold):
        hold(["a"])
    time_passes()
    held.renew("ann")
    assert of_others() == {}, "what is too old may be another's by now"


def test_four_people_on_two_screens_hear_nothing_twice(screens, run):
    first, second = screens(), screens()
    heard: dict[str, list[int]] = {name: [] for name in ("ann", "bob", "cy", "dan")}
    failures = []

    def work(name, session):
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

    threads = [
        threading.Thread(target=work, args=(name, session))
        for name, session in zip(heard, (first, second, first, second), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures
    assert Counter(k for ks in heard.values() for k in ks) == dict.fromkeys(build_queue(run).index.tolist(), 1)
    told = [first.state("ann"), second.state("ann")]  # each screen sees what was decided on the other
    for state in told:
        assert {one["name"]: one["n"] for one in state["people"]} == {n: len(ks) for n, ks in heard.items() if ks}
        assert state["found"]["confirm"] == sum(map(len, heard.values()))


def test_a_second_vote_is_asked_of_one_more_person_and_no_third_on_whatever_screen(screens):
    first, second = screens(overlap=2), screens(overlap=2)
    (card,), _ = first.next_cards("ann", 1)
    assert second.next_cards("bob", 1)[0][0]["k"] == card["k"]
    assert first.next_cards("cy", 1)[0][0]["k"] != card["k"]
    first.decide("ann", [says(card)])  # she still holds it, and is not counted twice
    assert second.next_cards("bob", 1)[0][0]["k"] == card["k"]
    assert first.next_cards("cy", 1)[0][0]["k"] != card["k"]
    second.decide("bob", [says(card, action="skip", label=None)])  # who skips it leaves it to others
    assert first.next_cards("cy", 1)[0][0]["k"] == card["k"]


# pg8000 leaves the socket of a connection that the starting database refuses to be collected
@pytest.mark.filterwarnings("ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning")
def test_a_database_that_is_restarted_loses_and_doubles_nothing(run, screens, own_postgres, postgres_server, caplog):
    caplog.set_level(logging.CRITICAL + 1, "sqlalchemy.pool")  # records would keep the sockets
    session = screens()
    refused = []
    stop = threading.Event()

    def decide(name):
        n = 0
        while not stop.is_set():
            cards = again(lambda: session.next_cards(name, 1))[0]
            if not cards:
                return
            said = says(cards[0], request_id=f"{name} {n}")
            for _ in range(2):  # as if the first answer had not come
                again(partial(session.decide, name, [said]))
            n += 1

    def again(ask):
        while True:
            try:
                return ask()
            except LedgerError as error:
                refused.append(error)
                stop.wait(0.02)

    threads = [threading.Thread(target=decide, args=(name,)) for name in ("ann", "bob")]
    for thread in threads:
        thread.start()
    postgres_server.control("-m", "immediate", "restart")
    for thread in threads:
        thread.join(60)
    rows = again(session.ledger.rows)
    queued = sorted(run.items.index[build_queue(run).index])
    assert sorted(row.item_id for row in rows) == queued
    assert len({row.request_id for row in rows}) == len(rows)
    assert again(session.ledger.verify).ok
    assert all(e.message.startswith("the ledger postgresql://dsaudit@127.0.0.1:") for e in refused)
    refused.clear()
    gc.collect()
