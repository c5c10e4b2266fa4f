"""The re-labelling screen in a real browser, by keyboard; after every step the ledger is asked, not only the page."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from fabric import write_dataset

from dsaudit.api import audit, gallery_add, open_run
from dsaudit.errors import StoreError
from dsaudit.policy.gallery import read_gallery
from dsaudit.relabel.pilot import begin_round, folder_of, pilot_of
from dsaudit.relabel.queue.filters import Filters
from dsaudit.store.run import Run
from relabel.screen.make_screen import PHONE, SILENT, Screen, Served, number_of, odd_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


pytestmark = pytest.mark.browser
pytest.importorskip("fastapi")


@pytest.fixture(scope="session")
def audited(once: Callable[..., Path]) -> Run:
    """Three easy words; eight `low` lie in the folder `mid`, four `high` in `low`."""

    def make(folder: Path) -> None:
        root = write_dataset(folder / "data", per_class=28)
        for source, target, n in (("low", "mid", 8), ("high", "low", 4)):
            for clip in sorted((root / source).glob("*.wav"))[:n]:
                clip.rename(root / target / f"x{clip.name}")
        audit(root, out=folder / "out", jobs=2)

    return open_run(once("words_on_screen", make) / "out")


@pytest.fixture
def serve(audited: Run, tmp_path: Path) -> Iterator[Callable[..., Served]]:
    running: list[Served] = []

    def start(*, run: Run | None = None, **options: Any) -> Served:
        running.append(Served(run or audited, tmp_path / f"ledger{len(running)}.sqlite", **options))
        return running[-1]

    yield start
    for one in running:
        one.stop()


@pytest.fixture
def window(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens windows; each must have been silent on the console when the test is over, but for what it expects."""

    @contextmanager
    def opened(served: Served, *, expect: tuple[str, ...] = (), **options: Any) -> Iterator[Screen]:
        context = browser.new_context(**({"viewport": {"width": 1280, "height": 800}} | options))
        screen = Screen(context.new_page(), served)
        yield screen
        context.close()
        assert [n for n in screen.noise if not any(e in n for e in expect)] == []

    return opened


def test_every_key_says_what_it_says(serve, window) -> None:
    served = serve()
    with window(served) as screen:
        screen.begin("anna")
        said = []
        for press in ("c", "other", "given", "x", "u", "s", "Enter", "ArrowRight"):
            card = screen.ready()
            number, label = (0, "") if press not in ("other", "given") else number_of(card, given=press == "given")
            screen.press(str(number) if number else press)
            action = {"x": "exclude", "u": "unsure", "s": "skip", "ArrowRight": "skip", "other": "relabel"}.get(
                press, "confirm"
            )
            new = {"confirm": card["label"], "relabel": label}.get(action)
            said.append((action, card["id"], card["content_hash"], new, card["cause"]))
        rows = screen.stored(len(said))
        assert [(r.action, r.item_id, r.content_hash, r.new_label, r.cause) for r in rows] == said
        assert {(r.actor, r.run_id, r.blind, r.settles) for r in rows} == {("anna", served.run.id, False, False)}
        assert "skipped" in screen.text("#foot")
        assert screen.page.get_attribute("#line", "aria-valuenow") == str(round(100 * 6 / len(served.session.base.ks)))


def test_back_changes_what_was_said_and_undo_takes_it_back(serve, window) -> None:
    served = serve()
    with window(served) as screen:
        screen.begin()
        first = screen.ready()
        screen.press("c")
        second = screen.ready()
        screen.press("c")
        third = screen.ready()
        screen.press("ArrowLeft", "ArrowLeft")
        assert screen.ready()["k"] == first["k"]
        assert "Decided" in screen.text(".decided")
        screen.press("x")
        assert screen.ready()["k"] == third["k"]  # back to where one was
        screen.stored(3)
        assert served.stands()[first["id"]].outcome == "exclude"
        screen.press("z")
        assert screen.ready()["k"] == first["k"]
        screen.stored(4)
        assert served.stands()[first["id"]].label == first["label"]
        screen.press("Control+z")
        assert screen.ready()["k"] == second["k"]
        screen.stored(5)
        assert [d.item_id for d in served.alive()] == [first["id"]]
        screen.press("Shift+Z")
        screen.stored(6)
        assert {d.item_id for d in served.alive()} == {first["id"], second["id"]}
        screen.press("Control+Shift+Z")
        screen.stored(7)
        assert served.stands()[first["id"]].outcome == "exclude"
        screen.page.evaluate("sessionStorage.clear()")
        screen.begin()
        screen.ready()
        screen.press("z")  # what this window no longer knows, the ledger does
        screen.stored(8)
        assert screen.ready()["k"] == first["k"]
        assert served.stands()[first["id"]].label == first["label"]


def test_what_is_no_copy_is_said_so_by_a_key_and_taken_back(serve, window) -> None:
    served = serve()
    n = len(served.session.cards.ids)
    served.session.cards.findings.set_with = lambda k: [k, (k + 1) % n]
    with window(served) as screen:
        screen.begin()
        card = screen.ready()
        other = served.session.cards.ids[(card["k"] + 1) % n]
        assert "the two are no copies" in screen.text(".apart")
        screen.press("a")
        rows = screen.stored(2)
        assert [(row.action, row.item_id) for row in rows] == [("apart", card["id"]), ("apart", other)]
        assert "no copies" in screen.text("aside .decided")
        assert screen.ready()["k"] == card["k"]  # nothing else is decided of it
        screen.press("z")
        screen.stored(4)
        screen.page.wait_for_selector(".apart")
        assert served.alive() == []


def test_a_pilot_asks_two_people_blind_and_tells_what_splits_them(serve, window, audited, tmp_path) -> None:
    run = Run.open(shutil.copytree(audited.results, tmp_path / "out"))
    asked = begin_round(run, "Would you keep it?", answers=("yes", "no"), n=4)
    items = tuple((one.item_id, "") for one in asked.items)
    served = serve(
        run=run, blind=True, overlap=2, filters=Filters(items=items), question=asked.question, answers=asked.answers
    )
    folder_of(run, 1).joinpath("ledger.sqlite").symlink_to(served.path)
    for who, said in (("anna", "2222"), ("ben", "1222")):
        with window(served) as screen:
            screen.begin(who)
            for key in said:
                assert screen.ready()["label"] is None
                assert screen.text("article h1") == "Would you keep it?"
                seen = screen.page.inner_text("#main")
                assert not [word for word in ("low", "mid", "high", "given", "suggested") if word in seen]
                assert screen.page.locator(".choices .label").all_inner_texts() == ["no", "yes"]
                screen.press(key)
            screen.page.wait_for_selector("article.empty")
            assert screen.page.inner_text("#main").count("anna") == 0
    assert {(r.blind, r.settles) for r in served.rows()} == {(True, False)}
    (found,) = pilot_of(run).rounds
    assert found.n_answered == 4
    assert [[(v.who, v.answer) for v in one.said] for one in found.splits] == [[("anna", "yes"), ("ben", "no")]]
    assert served.run.items["label"].equals(audited.items["label"])


def test_type_ahead_finds_classes_and_makes_new_ones_only_on_purpose(serve, window) -> None:
    served = serve()
    with window(served) as screen:
        screen.begin()
        card = screen.ready()
        other = "mid" if card["label"] != "mid" else "low"
        screen.press("r")
        screen.page.keyboard.type(other[:2])
        screen.press("Enter")
        rows = screen.stored(1)
        assert (rows[0].item_id, rows[0].action, rows[0].new_label) == (card["id"], "relabel", other)
        second = screen.ready()
        screen.press("/")
        screen.page.keyboard.type("Whisper 2")
        screen.press("Enter")
        assert screen.page.is_visible(".palette[open] .explicit")
        assert len(served.rows()) == 1
        screen.press("ArrowDown", "Enter")
        rows = screen.stored(2)
        assert (rows[1].item_id, rows[1].new_label) == (second["id"], "Whisper 2")
        screen.ready()
        screen.press("r")
        assert "Whisper 2" in screen.text(".palette[open] ul")
        screen.press("Escape")
        assert screen.stored(2)


def test_a_note_goes_with_the_decision(serve, window) -> None:
    served = serve()
    with window(served) as screen:
        screen.begin()
        screen.ready()
        screen.press("n")
        screen.page.keyboard.type("a cough, xcu 12")  # letters that are keys elsewhere
        screen.press("Enter", "u")
        assert screen.stored(1)[0].note == "a cough, xcu 12"
        screen.ready()
        screen.press("ArrowLeft", "n", "Control+a")
        screen.page.keyboard.type("a door")
        screen.press("Enter")
        rows = screen.stored(2)
        assert [(r.action, r.note) for r in rows] == [("unsure", "a cough, xcu 12"), ("unsure", "a door")]
        screen.press("ArrowRight", "n")
        screen.page.keyboard.type("draft")
        screen.page.reload()
        screen.ready()
        assert screen.page.input_value(".note") == "draft"


def test_jump_filter_and_link(serve, window) -> None:
    served = serve()
    assert served.run.items is not None
    quiet = sorted(set(served.run.items.index) - {served.session.cards.ids[k] for k in served.session.base.ks})[0]
    with window(served) as screen:
        screen.begin()
        before = screen.ready()["k"]
        screen.press("j")
        screen.page.keyboard.type(quiet)
        screen.press("Enter")
        screen.until("id => document.querySelector('article .id .mid')?.title === id", quiet)
        screen.press("x")
        assert screen.stored(1)[0].item_id == quiet
        assert screen.ready()["k"] == before
        screen.page.click(".filters summary")
        screen.page.select_option("[data-filter=rule]", "LBL001")
        screen.until("location.hash.includes('rule=LBL001')")
        seen: list[dict[str, Any]] = []
        there = "document.querySelector('article')?.dataset.k"
        arrived = f"k => document.querySelector('.empty h1') || ![undefined, k].includes({there})"
        screen.until("document.querySelector('article h1')")
        while "Nothing" not in screen.text("article h1"):
            seen.append(screen.ready())
            screen.press("u")
            screen.until(arrived, str(seen[-1]["k"]))
        expected = served.run.findings.query("code == 'LBL001'")["subject"]
        assert {c["id"] for c in seen} == set(expected)
        screen.until("document.querySelector('article')?.innerText.includes('under this filter')")
        screen.page.get_by_role("button", name="Clear the filters").first.click()
        assert screen.ready()["id"] not in set(expected)
        assert screen.page.evaluate("location.hash") == ""
    with window(served) as screen:
        screen.begin("ben", fragment="#class=high&order=random")
        assert screen.ready()["label"] == "high"


def test_grid_decides_alike_together_and_undoes_them_together(serve, window) -> None:
    served = serve()
    with window(served) as screen:
        screen.begin(fragment="#mode=grid")
        screen.page.wait_for_selector(".tile")
        ks = screen.page.eval_on_selector_all(".tile", "ts => ts.map(t => Number(t.dataset.k))")
        given = {served.session.cards.labels[k] for k in ks}
        assert len(ks) > 4
        assert len(given) == 1
        label = screen.text(".choice .label bdi")
        screen.press("ArrowRight", "m", "ArrowRight", "Enter", "Enter")
        assert "1 stay" in screen.text("#tally")
        screen.press("1")
        rows = screen.stored(len(ks) - 1)
        ids = [served.session.cards.ids[k] for k in ks]
        assert [r.item_id for r in rows] == [ids[0], *ids[2:]]
        assert {(r.action, r.new_label) for r in rows} == {("relabel", label)}
        assert len({r.request_id.partition("/")[0] for r in rows}) == 1
        assert f"{len(rows)} items" in screen.text("#foot")
        screen.press("z")
        screen.stored(2 * len(rows))
        assert served.alive() == []
        screen.until("k => document.querySelector('.tile')?.dataset.k === String(k)", ks[0])
        screen.press("Shift+Z")
        screen.stored(3 * len(rows))
        assert {d.item_id for d in served.alive()} == {ids[0], *ids[2:]}


def test_the_grid_decides_only_what_is_chosen_by_drag_by_shift_and_by_control(serve, window) -> None:
    served = serve()
    with window(served) as screen:
        screen.begin(fragment="#mode=grid")
        screen.page.wait_for_selector(".tile")
        page, tiles = screen.page, screen.page.locator(".tile")
        ids = [served.session.cards.ids[int(t.get_attribute("data-k"))] for t in tiles.all()]
        first, third = tiles.nth(0).bounding_box(), tiles.nth(2).bounding_box()
        page.mouse.move(first["x"] - 3, first["y"] - 3)
        page.mouse.down()
        page.mouse.move(third["x"] + 20, third["y"] + 20, steps=5)
        assert page.locator(".band").count() == 1
        page.mouse.up()
        assert page.locator(".band").count() == 0
        assert "3 of" in screen.text("#tally")
        assert "these 3" in screen.text(".choice")
        screen.press("Escape")
        assert page.locator(".chosen").count() == 0
        tiles.nth(1).locator(".of").click(position={"x": 2, "y": 2})
        tiles.nth(3).locator(".of").click(position={"x": 2, "y": 2}, modifiers=["Shift"])
        tiles.nth(2).locator(".of").click(position={"x": 2, "y": 2}, modifiers=["Control"])
        screen.press("c")
        assert [r.item_id for r in screen.stored(2)] == [ids[1], ids[3]]
        screen.until("!window.dsaudit.screen.busy && document.querySelectorAll('.chosen').length === 0")
        left = [served.session.cards.ids[int(t.get_attribute("data-k"))] for t in tiles.all()]
        assert ids[0] in left
        assert ids[1] not in left
        screen.press("Shift+ArrowRight", "Shift+ArrowRight", "x")
        rows = screen.stored(5)
        assert [(r.item_id, r.action) for r in rows[2:]] == [(i, "exclude") for i in left[:3]]
        screen.until("!window.dsaudit.screen.busy")
        screen.press("a")
        assert page.locator(".tile.chosen").count() == tiles.count()


def changed(screen, address: str, change) -> None:
    """Let the page see the answers of an address changed by ``change``."""

    def answer(route) -> None:
        found = route.fetch()
        body = found.json()
        change(body["cards"])
        route.fulfill(response=found, json=body)

    screen.page.route(f"**{address}*", answer)


def test_one_key_never_relabels_unlike_things(serve, window) -> None:
    served = serve()

    def unlike(cards) -> None:
        cards[1]["suggested"] = None

    with window(served) as screen:
        changed(screen, "/api/grid", unlike)
        screen.begin(fragment="#mode=grid")
        screen.page.wait_for_selector(".tile")
        tiles = screen.page.locator(".tile > .gt").all_inner_texts()
        assert "→" in tiles[0]  # readable on every card
        assert "→" not in tiles[1]
        screen.press("1", "2")
        assert screen.page.locator(".choice").count() == 0
        assert screen.page.locator("#main button.confirm:not(.plainly)").count() == 1
        assert served.rows() == []


def test_a_key_pressed_while_loading_is_not_lost(serve, window) -> None:
    served = serve()
    held = []

    def hold(route) -> None:
        held.append(route)

    with window(served) as screen:
        screen.page.route("**/api/queue*", hold)
        screen.begin()
        screen.until("dsaudit.screen.loading")
        screen.press("u", "x")
        assert served.rows() == []
        for route in held:
            route.continue_()
        screen.page.unroute("**/api/queue*")
        assert [r.action for r in screen.stored(2)] == ["unsure", "exclude"]


def test_keys_of_the_grid_wait_for_the_next_ones(serve, window) -> None:
    served = serve()
    held = []

    def hold(route) -> None:
        held.append(route)

    with window(served) as screen:
        screen.begin(fragment="#mode=grid")
        screen.page.wait_for_selector(".tile")
        n = screen.page.locator(".tile").count()
        screen.page.route("**/api/grid*", hold)
        screen.press("1")
        first = screen.stored(n)
        screen.until("dsaudit.screen.loading")
        screen.press("ArrowRight", "m", "ArrowRight", "Enter", "u", "z", "x")
        assert served.rows() == first
        for route in held:
            route.continue_()
        screen.page.unroute("**/api/grid*")
        screen.until("!dsaudit.early.length && !dsaudit.outbox.pending.length && !dsaudit.screen.loading")
        new = served.rows()[n:]
        kinds = [r.action for r in new]
        rest = kinds.count("unsure")
        assert rest > 0
        assert kinds == ["unsure"] * rest + ["revert"] * rest + ["exclude"] * (len(kinds) - 2 * rest)
        assert "exclude" in kinds
        assert {r.item_id for r in new[:rest]} & {r.item_id for r in first} == set()


def test_what_is_cut_and_doubted_is_repaired_first(serve, window) -> None:
    served = serve()

    def cut(cards) -> None:
        for card in cards:
            fault = {"code": "AUD004", "name": "truncated-end", "message": "stops at once"}
            card |= {"suggested": "low", "label": "high", "faults": [fault]}

    with window(served) as screen:
        changed(screen, "/api/queue", cut)
        screen.begin()
        card = screen.ready()
        assert screen.text(".acts .mend .what") == "repair first: truncated-end"
        assert screen.page.locator("#main :is(button.confirm:not(.plainly), .mend, .top)").count() == 1
        assert screen.text(".choices button:first-child .label") == "repair first"  # no label is the first key
        screen.press("1")
        (row,) = screen.stored(1)
        assert (row.action, row.note) == ("unsure", "repair first: truncated-end")
        assert row.item_id == served.session.cards.ids[card["k"]]


def test_the_report_is_served_apart_and_leads_back(serve, window) -> None:
    served = serve()
    with window(served) as screen:
        screen.begin()
        screen.ready()
        with screen.page.expect_navigation() as went:
            screen.page.get_by_role("link", name="Report").click()
        policy = went.value.headers["content-security-policy"]
        assert "sandbox" in policy
        assert "allow-same-origin" not in policy
        screen.page.wait_for_selector("html[data-ready]", state="attached")
        link = screen.page.locator(".cmd a").first
        rule = link.get_attribute("href").partition("=")[2]
        link.click()
        screen.page.wait_for_selector("[data-filter=rule]", state="attached")
        assert screen.page.evaluate("location.hash") == f"#rule={rule}"


def test_blind_hides_labels_before_and_after(serve, window) -> None:
    served = serve(blind=True)
    classes = ("high", "low", "mid")
    with window(served) as screen:
        screen.begin()
        for turn, key in enumerate("132", 1):
            card = screen.ready()
            assert card["label"] is None
            assert card["suggestions"] == []
            shown = screen.page.evaluate(
                "(() => { const m = document.querySelector('#main').cloneNode(true);"
                " m.querySelector('.choices').remove(); return m.innerText + m.innerHTML; })()"
            )
            assert not [c for c in classes if f">{c}<" in shown or f"{c}/" in shown]
            screen.press("c", key)
            row = screen.stored(turn)[-1]
            assert (row.new_label, row.blind) == (classes[int(key) - 1], True)
            assert row.item_id == served.session.cards.ids[card["k"]]
        screen.press("ArrowLeft")
        assert screen.ready()["label"] is None


def test_two_people_overlap_and_a_third_settles(serve, window) -> None:
    served = serve(overlap=2)
    with window(served) as one, window(served) as two:
        one.begin("anna")
        first, second = one.ready(), None
        one.press("c")
        second = one.ready()
        one.press("c")
        one.stored(2)
        two.page.goto(served.url)
        two.page.wait_for_selector("#people button")
        assert "anna" in two.text("#people")
        two.begin("ben")
        while (card := two.ready())["k"] != first["k"]:
            two.press("s")
        assert card["opinions"] == []
        number, label = number_of(card, given=False)
        n = len(served.rows())
        two.press(str(number))
        two.stored(n + 1)
        assert served.stands()[first["id"]].outcome == "disputed"
        assert second["id"] in served.stands()
    with window(served) as three:
        three.begin("cleo")
        three.ready()
        three.press("d")
        three.page.wait_for_selector(".opinions")
        assert {"anna", "ben"} <= set(
            three.page.eval_on_selector_all(".opinions b", "bs => bs.map(b => b.textContent)")
        )
        labels = three.page.eval_on_selector_all(".choice .label", "ls => ls.map(l => l.textContent)")
        assert sorted(labels) == sorted([first["label"], label])
        three.press(str(labels.index(label) + 1))
        row = three.stored(n + 2)[-1]
        assert (row.settles, row.actor, row.new_label) == (True, "cleo", label)
        assert served.stands()[first["id"]].label == label
        three.page.wait_for_selector("text=Nobody disagrees")


def test_a_phone_decides_by_thumb_and_nothing_scrolls_sideways(serve, window) -> None:
    served = serve()
    with window(served, **PHONE) as screen:
        screen.begin()
        card = screen.ready()
        assert screen.sideways() == 0
        assert screen.page.eval_on_selector_all("button kbd", "ks => ks.every(k => !k.checkVisibility())")
        sizes = screen.page.eval_on_selector_all(
            ".decide button",
            "bs => bs.filter(b => b.checkVisibility()).map(b => [b.clientHeight, b.getBoundingClientRect().bottom])",
        )
        assert all(height >= 40 and bottom <= 844 for height, bottom in sizes)
        screen.page.evaluate("scrollTo(0, 1e4)")
        player = screen.page.locator(".decide .play").bounding_box()
        assert 400 < player["y"] < 844  # pinned
        told = screen.page.locator(".whys").bounding_box()
        assert told["height"] < 36  # the evidence in a line
        screen.page.tap(".acts .confirm")
        assert screen.stored(1)[0].action == "confirm"
        assert screen.ready()["k"] != card["k"]
        screen.page.tap("#foot .undo")
        screen.stored(2)
        assert served.alive() == []
        for what in ("Grid", "Grid", "Help"):
            screen.page.get_by_role("button", name=what, exact=True).tap()
            screen.page.wait_for_timeout(100)
            assert screen.sideways() == 0


def test_a_server_that_is_away_loses_nothing(serve, window) -> None:
    served = serve()
    with window(served, expect=("Failed to load resource",)) as screen:
        screen.begin()
        expected = [screen.ready()["id"]]
        screen.press("c")
        screen.stored(1)
        served.stop()
        for key in "xuz":
            if key != "z":
                expected.append(screen.ready()["id"])
            screen.press(key)
        screen.page.wait_for_selector("#banner:not([hidden])")
        assert "3 decisions are kept" in screen.text("#banner")
        served.start()
        rows = screen.stored(4)
        assert [r.action for r in rows] == ["confirm", "exclude", "unsure", "revert"]
        assert [r.item_id for r in rows[:3]] == expected
        assert [d.action for d in served.alive()] == ["confirm", "exclude"]
        screen.page.wait_for_selector("#banner[hidden]", state="attached")


def test_a_reload_keeps_what_was_not_sent(serve, window) -> None:
    served = serve()
    with window(served, expect=("Failed to load resource",)) as screen:
        screen.begin()
        screen.page.route("**/api/decide", lambda route: route.abort())
        first = screen.ready()
        screen.press("c")
        screen.ready()
        screen.press("x")
        third = screen.ready()
        assert served.rows() == []
        screen.page.reload()
        assert screen.ready()["k"] == third["k"]
        screen.page.unroute("**/api/decide")
        rows = screen.stored(2)
        assert [r.action for r in rows] == ["confirm", "exclude"]
        screen.press("ArrowLeft", "ArrowLeft")
        screen.until("k => document.querySelector('article')?.dataset.k === String(k)", first["k"])


def test_what_is_refused_is_said_and_undo_spares_what_came_before(serve, window) -> None:
    served = serve()
    with window(served, expect=("Failed to load resource",)) as screen:
        screen.begin()
        screen.ready()
        screen.press("c")
        screen.stored(1)
        card = screen.ready()
        hashes = list(served.session.cards.hashes)
        hashes[card["k"]] = "0" * 32  # its bytes changed under the review
        served.session.cards.hashes = hashes
        screen.press("x", "z")
        screen.page.wait_for_selector("#banner:not([hidden])")
        assert "not stored" in screen.text("#banner")
        assert [d.action for d in served.alive()] == ["confirm"]
        screen.stored(1)


def test_a_held_key_and_a_focused_button(serve, window) -> None:
    served = serve()
    with window(served) as screen:
        screen.begin()
        screen.ready()
        for _ in range(5):
            screen.page.keyboard.down("c")
        screen.page.keyboard.up("c")
        screen.stored(1)
        screen.ready()
        screen.page.focus(".acts .exclude")
        screen.press("Enter")
        assert screen.stored(2)[1].action == "exclude"
        screen.press("f")
        assert screen.page.evaluate("document.querySelector('#player').playbackRate") == 1.5
        screen.press("?")
        assert screen.page.is_visible("#help[open]")
        screen.press("c")  # keys belong to the dialog
        screen.press("Escape")
        screen.stored(2)


def test_sound_plays_by_itself_after_the_first_gesture(serve, window) -> None:
    with window(serve(actor="dora")) as screen:
        screen.page.add_init_script(SILENT)
        screen.page.goto(screen.served.url)
        screen.ready()
        screen.until("document.querySelector('.blocked').textContent.includes('first key or click')")
        screen.press("c")
        assert screen.stored(1)[0].actor == "dora"
        screen.until("document.querySelector('#player').currentTime > 0.05")
        assert screen.text(".blocked") == ""
        screen.press("Shift+Digit1")
        screen.page.wait_for_selector(".near button.playing")


def test_odd_names_no_model_and_nothing_to_play(serve, window, audited: Run, tmp_path: Path) -> None:
    run = odd_run(audited, tmp_path / "odd")
    served = serve(run=run)
    gone = run.findings.query("code == 'LBL001'")["subject"].iloc[0]
    k = served.session.cards.position[gone]
    for options in ({}, PHONE):
        with window(served, **options) as screen:
            screen.begin("<i>zoë</i>", fragment=f"#item={k}")
            screen.page.wait_for_selector(f"article[data-k='{k}'] .nopic")
            assert screen.text(".nopic") == "Cannot be played: gone.wav: no such file"
            assert screen.sideways() == 0
            screen.press("r")
            assert "onerror" in screen.text(".palette[open] ul")
            assert screen.sideways() == 0
            screen.press("Escape")
            assert screen.page.query_selector("img[src=x], #main b > b, i i") is None
            assert len(screen.page.query_selector_all(".choice")) == 9


def answer_with(page: Any, address: str, **answer: Any) -> None:
    page.route(address, lambda route: route.fulfill(**answer))


def test_pictures_and_texts_are_shown_by_what_they_are(serve, window) -> None:
    served = serve()
    with window(served) as screen:
        screen.begin()
        screen.ready()
        svg = "<svg xmlns='http://www.w3.org/2000/svg' width='80' height='60'/>"
        for mime, body, selector in (("image/svg+xml", svg, ".photo"), ("text/plain", "<b>not</b> قطة", "pre.words")):
            k = served.session.base.ks[20 if mime[0] == "i" else 21]
            card = served.session.card(int(k), "anna")
            card["media"] = {
                "mime": mime,
                "url": f"/media/{k}",
                "thumbnail": "",
                "outline": "",
                "length_s": 0,
                "marks": {},
            }
            answer_with(screen.page, f"**/api/item/{k}?*", json=card)
            answer_with(screen.page, f"**/media/{k}", body=body, content_type=mime)
            screen.page.evaluate(f"location.hash = '#item={k}'")
            screen.page.wait_for_selector(f"article[data-k='{k}'] {selector}")
            assert screen.page.query_selector("article .play") is None
            if selector == "pre.words":
                screen.until("document.querySelector('pre.words').textContent === '<b>not</b> قطة'")
            else:
                screen.until("document.querySelector('.photo').naturalWidth === 80")
                screen.page.click(".stage .photo")
                screen.page.wait_for_selector("dialog.zoom[open] .photo")  # the key below leaves it, and decides
            assert screen.sideways() == 0
            n = len(served.rows())
            screen.press("c")
            assert screen.stored(n + 1)[-1].item_id == card["id"]


def test_the_end_is_good_news_and_says_what_was_not_heard(serve, window) -> None:
    served = serve(budget=2)
    with window(served) as screen:
        screen.begin()
        for n in (1, 2):
            screen.ready()
            screen.press("c")
            screen.stored(n)
        screen.page.wait_for_selector("text=Nothing left to decide")
        words = screen.text("article")
        assert "2 confirmed" in words
        assert "82 of 84 clips" in words
        screen.press("z")
        screen.stored(3)
        assert screen.ready()["said"] is None


def test_a_key_puts_an_item_into_the_gallery(serve, window, audited, tmp_path) -> None:
    def remember(item_id: str, must: str, reason: str, actor: str) -> None:
        gallery_add([item_id], must=must, reason=reason, actor=actor, run=audited, gallery=tmp_path / "gallery")

    served = serve(remember=remember)
    with window(served) as screen:
        screen.begin("anna")
        card = screen.ready()
        screen.press("n", *"heard twice", "Enter", "m", "Enter")
        screen.until("document.querySelector('#foot').textContent.includes('In the gallery')")
        screen.press("m", *f"is {card['label'][:2]}")
        screen.until("window.dsaudit.musts.found?.length === 1")
        screen.press("Enter")
        screen.until("document.querySelector('#foot').textContent.includes('gallery: is ')")
        assert screen.ready()["k"] == card["k"]
        assert served.rows() == []
    found = read_gallery(tmp_path / "gallery")
    assert [(one.subject, one.must, one.reason, one.by) for one in found] == [
        (card["id"], f"is: {card['label']}", "heard twice", "anna"),
        (card["id"], f"not: {card['suggested']}", "heard twice", "anna"),
    ]


def test_what_cannot_be_remembered_is_said(serve, window) -> None:
    def remember(*_: str) -> None:
        raise StoreError("gallery is read-only")

    with window(serve(remember=remember), expect=("507", "500", "409", "status of")) as screen:
        screen.begin()
        screen.ready()
        screen.press("m", "Enter")
        screen.until("document.querySelector('#foot').textContent.includes('gallery is read-only')")
