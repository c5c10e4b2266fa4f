"""A review says the same of items that are in memory and of items that are read when they are asked for."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest

from dsaudit.relabel.ledger.ledger import Ledger
from dsaudit.relabel.queue.filters import Filters
from dsaudit.relabel.queue.items import Items, StoredItems, items_of
from dsaudit.relabel.queue.queue import build_queue
from dsaudit.relabel.screen.session import Session
from dsaudit.store import files
from dsaudit.store import run as module
from dsaudit.store.files import frame_to_parquet
from dsaudit.store.run import Run
from relabel.make_review import finding, table, write_run

N = 60


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A run in parts of a few rows: copies, a leak, unlabelled and unread items, and what is stated of the labels."""
    items = table(N).sort_index()
    ids = list(items.index)
    items.loc[ids[5], "content_hash"] = items.loc[ids[4], "content_hash"]
    items.loc[ids[7], ["content_hash", "split"]] = None
    items.loc[ids[8:11], "label"] = None
    items["given_label"], items["decided_by"] = items["label"], None
    items.loc[ids[12], "decided_by"] = "ann"
    cats = [i for i in ids if items.at[i, "label"] == "cat"]
    doubts = {i: ("dog", 0.9 - 0.03 * k) for k, i in enumerate(cats[:8])}
    found = [finding("LBL001", [i], 1 - p, suggestion=other) for i, (other, p) in doubts.items()]
    found += [finding("DUP001", ids[4:6], 0.0), finding("SPL001", [ids[20], ids[23], ids[21]], 0.1)]
    found += [finding("AUD004", [ids[2]], 0.2), finding("AUD004", ["gone.wav"], 0.3)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(files, "_ROWS_AT_ONCE", 16)
        patched.setattr(files, "_ROWS_LOOKED_UP", 4)
        status = {ids[2]: "broken"}
        run = write_run(tmp_path_factory.mktemp("items"), items, findings=found, doubts=doubts, status=status)
        p = np.linspace(0.01, 0.99, N)
        other = np.where(items["label"] == "dog", "cat", "dog")
        quality = {"pairwise_confidence": 1 - p, "p_wrong": p, "suggestion": other, "p_suggested": 0.8 * p}
        quality |= {"candidate": items.index.isin(list(doubts)), "voters": [[ids[(k + 2) % N]] for k in range(N)]}
        stated = pd.DataFrame(quality, index=items.index)[items["label"].notna().to_numpy()]
        frame_to_parquet(stated, run.path / "label_quality.parquet")
    return run.path


@pytest.fixture
def both(path, monkeypatch):
    """The run with its items in memory, and as it is read where they are many."""
    few = Run(path)
    held = items_of(few)
    monkeypatch.setattr(module, "_MANY", 0)
    read = items_of(Run(path))
    assert type(held) is Items
    assert type(read) is StoredItems
    return held, read


def test_columns_and_places(both):
    held, read = both
    ks = np.array([59, 3, 3, 0, 7])
    for name in ("item_id", "uri", "label", "split", "group", "content_hash", "decided_by"):
        assert list(held.column(name)) == list(read.column(name)) == [read.column(name)[k] for k in range(N)]
        assert read.column(name)[2:9] == held.column(name)[2:9]
        assert read.at(name, ks).tolist() == held.at(name, ks).tolist()
        codes, words = read.coded(name)
        assert [words[c] if c >= 0 else None for c in codes] == list(held.column(name))
    wanted = [*(held.column("item_id")[k] for k in (40, 2, 40)), "gone.wav"]
    assert read.positions(wanted).tolist() == held.positions(wanted).tolist() == [40, 2, 40, -1]
    assert [read.place.get(i) for i in wanted] == [40, 2, 40, None]
    for about in (*{*held.hashes} - {None}, f"id:{held.column('item_id')[7]}", f"id:{held.column('item_id')[8]}", "ff"):
        assert list(read.known_as(about)) == list(held.known_as(about))
    for name in ("predictions", "label_quality", "neighbours"):
        assert read.places_in(name).tolist() == held.places_in(name).tolist()


def test_a_queue_and_its_parts(path, both):
    few, many = Run(path), Run(path)
    for asked in ({}, {"class_": "cat"}, {"split": "test"}, {"group": "g3"}, {"pair": "cat:dog"}, {"text": "CAT/0000"}):
        pd.testing.assert_frame_equal(
            select_of(few, both[0], Filters(**asked)), select_of(many, both[1], Filters(**asked)), check_dtype=False
        )
    assert "items" not in vars(many)
    assert "label_quality" not in vars(many)


def select_of(run, items, filters):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("dsaudit.relabel.queue.queue.items_of", lambda run: items)
        return build_queue(run, filters)


@pytest.mark.parametrize("blind", [False, True])
def test_all_that_the_screen_tells(path, tmp_path, monkeypatch, blind):
    told = []
    for many in (10**9, 0):
        monkeypatch.setattr(module, "_MANY", many)
        run = Run(path)
        with Ledger.open(tmp_path / f"{many}.sqlite") as ledger:
            session = Session(run, ledger, actor="ann", blind=blind)
            session.cards.make_ready()
            first = session.next_cards("ann", 40)
            cards = [session.card(k, "ann") for k in range(N)]
            grid, found = session.grid("ann", 24), session.search("CAT/0001", 20)
            said = [{"k": k, "content_hash": cards[k]["content_hash"], "action": "exclude"} for k in (4, 7, 30)]
            session.decide("ann", said)
            while (state := session.state("ann"))["statement"] is None or state["expected_errors"] is None:
                time.sleep(0.01)  # figures of many are worked out beside
            told.append((first, cards, grid, found, {k: v for k, v in state.items() if k != "ledger"}))
            assert [k for k, v in enumerate(session.decisions.verdicts) if v] == [4, 5, 7, 30]
            session.close()
        assert ("items" in vars(run)) == (many > 0)
    assert told[0] == told[1]
