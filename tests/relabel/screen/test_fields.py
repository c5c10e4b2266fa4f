"""Cells of rows on the re-labelling screen: asked for, decided one by one or all alike, undone, learned from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import dsaudit
from dsaudit.errors import UsageError
from dsaudit.relabel.ledger.ledger import Ledger
from dsaudit.relabel.screen.answer import ChangedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dsaudit.relabel.screen.session import Session
    from dsaudit.store.run import Run

pytest.importorskip("fastapi")

WRONG = {7: ("town", "Bostn"), 23: ("town", "Bostn"), 61: ("town", "Grazz")}
RIGHT = {"Bostn": "Boston", "Grazz": "Graz"}


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """120 rows, of which three name a town in letters that are not its own."""
    rng = np.random.default_rng(1)
    rows = pd.DataFrame({"town": rng.choice(["Boston", "Ulm", "Bern", "Graz"], 120), "size": rng.integers(1, 9, 120)})
    for k, (column, value) in WRONG.items():
        rows.loc[k, column] = value
    path = tmp_path_factory.mktemp("towns") / "towns.csv"
    rows.to_csv(path, index=False)
    return audit(path)


def audit(path: Path, **more: Any) -> Run:
    chosen = ("TAB001", "TAB002", "TAB005", "TAB006")
    return dsaudit.audit(path, modality="table", label_column="none", select=chosen, jobs=1, report=False, **more)


@pytest.fixture
def session(audited: Run, tmp_path: Path) -> Iterator[Session]:
    from dsaudit.relabel.screen.session import Session

    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        opened = Session(audited, ledger)
        yield opened
        opened.close()


def say(session: Session, k: int, *fields: tuple[str, str, str | None], **more: Any) -> list[dict[str, Any]]:
    told = [{"field": field, "action": action, "value": value} for field, action, value in fields]
    content_hash = session.cards.hashes[k]
    return session.decide_fields("ann", {"k": k, "content_hash": content_hash, "fields": told, **more})


def test_rows_that_teach_most_come_first_and_say_why(session: Session) -> None:
    cards, left = session.next_cards("ann", 3)
    assert [card["k"] for card in cards] == session.fields.asked[:3]
    assert cards[0]["asked"] | {"field": "", "n": 0} == {
        "index": 1,
        "of": len(session.fields.asked),
        "field": "",
        "n": 0,
    }
    assert left == len({*session.fields.asked, *WRONG})
    assert {k for k in range(120) if session.fields.open()[k].any()} == set(WRONG)


def test_one_key_takes_a_repair_everywhere_and_one_undo_takes_it_back(session: Session) -> None:
    (doubt,) = session.card(7, "ann")["fields"]
    assert (doubt["value"], doubt["repair"], doubt["alike"]) == ("Bostn", "Boston", {"n": 2, "words": "Bostn → Boston"})
    before = session.state("ann")["fields"]
    assert len(say(session, 7, ("town", "correct", "Boston"), alike=True)) == 2
    rows = session.ledger.rows()
    assert {(r.item_id, r.field, r.old_label, r.new_label, r.rule) for r in rows} == {
        (session.cards.ids[k], "town", "Bostn", "Boston", "TAB001") for k in (7, 23)
    }
    assert session.state("ann")["fields"]["n_left"] == before["n_left"] - 2
    assert session.card(23, "ann")["fields"][0]["decided"]["value"] == "Boston"
    assert len(session.undo("ann")) == 2
    assert session.state("ann")["fields"] == before


def test_a_row_that_is_asked_for_is_done_when_it_was_looked_at_as_a_whole(session: Session) -> None:
    def waiting() -> set[int]:
        return {card["k"] for card in session.next_cards("bob", 64)[0]}

    assert set(WRONG) <= set(session.fields.asked)
    say(session, 61, rest=True)
    assert 61 not in waiting()
    say(session, 7, ("town", "correct", None))
    assert 7 in waiting()  # asked as a whole
    say(session, 7, rest=True)
    assert 7 not in waiting()


def test_verdicts_teach_and_what_was_found_right_is_not_expected_wrong(session: Session) -> None:
    before = session.fields.now()[0].copy()
    say(session, 7, ("town", "keep", None), rest=True)
    after = session.fields.now()[0]
    assert after[23, 0] < before[23, 0]
    assert after[7, 0] == 0.0
    assert not session.fields.open()[7, 0]


def test_what_makes_no_sense_is_refused(session: Session) -> None:
    with pytest.raises(UsageError, match="no field 'twon'"):
        say(session, 7, ("twon", "correct", "x"))
    with pytest.raises(UsageError, match="nothing is proposed for 'size'"):
        say(session, 7, ("size", "correct", "x"), alike=True)
    with pytest.raises(UsageError, match="control characters"):
        say(session, 7, ("town", "correct", "a\x00"))
    with pytest.raises(UsageError, match="nothing is said"):
        say(session, 7)
    with pytest.raises(ChangedError):
        session.decide_fields("ann", {"k": 7, "content_hash": "other", "fields": [], "rest": True})
    assert not session.ledger.rows()


def test_the_whole_loop_from_the_screen_to_the_new_file_and_the_next_audit(audited: Run, tmp_path: Path) -> None:
    from dsaudit.relabel.screen.session import Session

    source = tmp_path / "towns.csv"
    source.write_bytes((audited.root / "towns.csv").read_bytes())
    run = audit(source)
    with Ledger.open(run.results / "ledger.sqlite") as ledger:
        session = Session(run, ledger)
        say(session, 7, ("town", "correct", "Boston"), alike=True)
        session.close()
    by_tool = dsaudit.apply(run, accept_repairs=0.5, dry_run=True)
    assert {(x.item_id, x.new, x.who) for x in by_tool.changes if x.who == "dsaudit"} == {
        ("row-00062", "Graz", "dsaudit")
    }
    done = dsaudit.apply(run)
    assert done.manifest is not None
    made = pd.read_csv(done.manifest)
    assert made["town"].iloc[[7, 23, 61]].tolist() == ["Boston", "Boston", "Grazz"]
    again, copy = audit(source), audit(done.manifest)
    for run in (again, copy):
        assert run.findings["subject"].tolist() == ["row-00062"]
        with Ledger.open(run.results / "ledger.sqlite") as ledger:
            session = Session(run, ledger)
            assert not session.fields.open()[[7, 23]].any()
            session.close()
    assert again.meta.review is not None
    assert again.meta.review.n_fields_corrected == 2


@pytest.mark.browser
def test_cells_are_decided_by_keys(browser: Any, audited: Run, tmp_path: Path) -> None:
    from relabel.screen.make_screen import Screen, Served

    served = Served(audited, tmp_path / "ledger.sqlite")
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page, screen = context.new_page(), None
    try:
        screen = Screen(page, served)
        page.set_default_timeout(30_000)
        screen.begin("anna", fragment="#item=7")
        page.wait_for_selector("article[data-k='7'] .stage .doubt")
        assert "Bostn → Boston" in page.locator(".doubted").inner_text().replace("\n", " ")
        page.keyboard.press("w")
        assert [(r.field, r.new_label) for r in screen.stored(2)] == [("town", "Boston")] * 2
        page.keyboard.press("z")
        screen.stored(4)
        assert served.alive() == []
        page.wait_for_selector(".fielding .doubted:not(.said)")
        page.keyboard.press("r")
        page.wait_for_selector(".typing input:focus")
        page.keyboard.type("Basel")
        page.keyboard.press("Enter")
        assert [(r.old_label, r.new_label) for r in screen.stored(5)[4:]] == [("Bostn", "Basel")]
        assert screen.sideways() == 0
    finally:
        context.close()
        served.stop()
    assert screen.noise == []


def test_a_doubtful_label_is_asked_for_after_the_values_of_its_row(session: Session) -> None:
    session._of_label[7], session._of_fields[7] = True, False
    card = session.card(7, "ann")
    assert card["label_asked"]
    assert card["judged"]
    say(session, 7, ("town", "correct", "Boston"), rest=True)
    assert 7 in {card["k"] for card in session.next_cards("ann", 64)[0]}
    session.decide("ann", [{"k": 7, "content_hash": session.cards.hashes[7], "action": "relabel", "label": "x"}])
    assert 7 not in {card["k"] for card in session.next_cards("ann", 64)[0]}
