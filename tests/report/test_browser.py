"""The pages as a browser sees them: opened from a file, silent on the console, deaf to the network."""

from __future__ import annotations

import shlex
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from dsaudit.kind import Nouns
from dsaudit.report.emit.contact_sheet import render_sheet
from dsaudit.report.emit.html import render_report
from dsaudit.report.say.datamap import region_of
from dsaudit.report.say.headline import ORDER, headlines
from report.emit.test_contact_sheet import dataset
from report.make_metrics import band
from report.make_run import HOSTILE, WORDS, FakeRun, clean_run, empty_run, make_run, previewer
from report.make_training import with_cut, with_training

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.browser

_HARMLESS = ("GPU stall due to ReadPixels",)
_READY = "html[data-ready]"


class Tab:
    """A page, and what it said to the console and asked of the network."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.noise: list[str] = []
        self.requests: list[str] = []
        self.harmless = _HARMLESS
        page.on(
            "console", lambda m: self.noise.append(f"{m.type}: {m.text}") if m.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda e: self.noise.append(f"exception: {e}"))
        page.on("request", lambda r: self.requests.append(r.url))
        page.set_default_timeout(15_000)

    def until(self, expression: str) -> None:
        """Wait for it; the page's policy lets nothing in the page ask again and again."""
        deadline = time.monotonic() + 60
        while not self.page.evaluate(expression):
            assert time.monotonic() < deadline, expression
            self.page.wait_for_timeout(20)

    def without_originals(self) -> None:
        """Pictures are looked for beside the page, and are not there."""
        self.harmless += ("ERR_FILE_NOT_FOUND",)

    def assert_quiet(self, url: str) -> None:
        assert [n for n in self.noise if not any(h in n for h in self.harmless)] == []
        beside = ("data:", "blob:", *(("file:",) if self.harmless != _HARMLESS else ()))
        assert [r for r in self.requests if not r.startswith(beside) and r.partition("#")[0] != url] == []


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Callable[..., Any]:
    @contextmanager
    def open_page(html: bytes, *, fragment: str = "", **options: Any) -> Iterator[Tab]:
        file = tmp_path / "page.html"
        file.write_bytes(html)
        context = browser.new_context(**options)
        tab = Tab(context.new_page())
        tab.page.goto(file.as_uri() + fragment)
        tab.page.wait_for_selector(_READY, state="attached")
        yield tab
        tab.assert_quiet(file.as_uri())
        context.close()

    return open_page


def report(run: FakeRun, **options: Any) -> bytes:
    return render_report(run, previews=previewer(**options))


def test_a_cell_lists_its_items_and_plays_them(opened: Callable[..., Any], tmp_path: Path) -> None:
    run = make_run(tmp_path / "runs" / "x", n=400, classes=WORDS)
    assert run.metrics.baseline is not None
    pair = run.metrics.baseline.confused_pairs[0]
    with opened(report(run)) as tab:
        page = tab.page
        cell = page.get_by_role("button", name=f"{pair.given} predicted as {pair.predicted}:")
        cell.click()
        page.wait_for_selector("#drawer-pane .row")
        said = page.text_content("#drawer-pane .said")
        assert f"{pair.count} clips" in said or pair.count == 1
        assert page.get_attribute("#drawer-pane .row", "aria-setsize") == str(pair.count)
        assert f"cell={pair.given},{pair.predicted}" in page.url
        page.click("#drawer-pane .card .play")
        tab.until("document.querySelector('#player').readyState >= 2")
        assert page.evaluate("document.querySelector('#player').duration") == pytest.approx(0.4, abs=0.05)


def test_a_link_opens_where_it_points(opened: Callable[..., Any], tmp_path: Path) -> None:
    run = make_run(tmp_path / "runs" / "x", n=400, classes=WORDS)
    assert run.findings is not None
    second = run.findings[run.findings["code"] == "AUD004"].sort_values("score")["subject"].iloc[1]
    with opened(report(run), fragment=f"#rule=AUD004&item={second}") as tab:
        assert tab.page.get_attribute("#drawer-pane .row[aria-selected=true] .mid", "title") == second
        assert tab.page.input_value("#drawer select[aria-label=Check]") == "AUD004"
        assert "--rule AUD004" in tab.page.text_content("#drawer .cmd code")
        n = int((run.findings["code"] == "AUD004").sum())
        assert tab.page.get_attribute("#drawer-pane .row", "aria-setsize") == str(n)


def test_everything_works_from_the_keyboard(opened: Callable[..., Any], tmp_path: Path) -> None:
    run = make_run(tmp_path / "runs" / "x", n=300)
    with opened(report(run)) as tab:
        page = tab.page
        for _ in range(3):  # the first opens the list
            page.keyboard.press("j")
        assert page.get_attribute("#drawer-pane .row[aria-selected=true]", "data-at") == "2"
        page.keyboard.press("k")
        assert page.get_attribute("#drawer-pane .row[aria-selected=true]", "data-at") == "1"
        page.keyboard.press("Space")
        tab.until("dsaudit.player.k !== null && document.querySelector('#player').readyState >= 2")
        page.keyboard.press("/")
        page.keyboard.type("quiet clip that is not there")
        assert "No finding matches" in page.text_content("#drawer-pane .list")
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        assert page.evaluate("document.querySelector('#keys').open")
        page.keyboard.press("Escape")
        tab.until("!document.querySelector('#keys').open")
        page.keyboard.press("Escape")
        assert page.is_hidden("#drawer")
        assert "rule=" not in page.url
        page.focus(".matrix button.cell[tabindex='0']")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        page.wait_for_selector("#drawer-pane .row")
        assert page.evaluate("document.activeElement.getAttribute('role')") == "listbox"


def test_the_map_draws_recolours_and_exports_what_is_in_the_loop(opened: Callable[..., Any], tmp_path: Path) -> None:
    run = make_run(tmp_path / "runs" / "x", n=300, classes=("=cmd", "b", "c"))
    with opened(report(run)) as tab:
        page = tab.page
        page.evaluate("document.querySelector('#map').scrollIntoView()")
        tab.until("dsaudit.map.drawn")
        for mode in ("predicted", "finding", "split", "cluster"):
            page.evaluate(f"dsaudit.map.colour('{mode}')")
        page.evaluate("dsaudit.map.hover(3)")
        assert page.text_content("#map .card .mid")
        page.evaluate("dsaudit.map.select([0, 1, 2])")
        with page.expect_download() as download:
            page.click("#drawer-pane >> text=Export ids as CSV")
        lines = download.value.path().read_text().splitlines()
        assert lines[0] == "item_id,given,predicted"
        assert len(lines) == 4
        assert not any(field.startswith("=") for line in lines for field in line.split(","))


def test_dark_and_light_follow_the_reader(opened: Callable[..., Any], tmp_path: Path) -> None:
    with opened(report(make_run(tmp_path / "runs" / "x")), color_scheme="dark") as tab:
        page = tab.page
        ground = "getComputedStyle(document.body).backgroundColor"
        night = page.evaluate(ground)
        page.evaluate("document.querySelector('#map').scrollIntoView()")
        tab.until("dsaudit.map.drawn")
        ink = page.evaluate("document.querySelector('#map-plot').layout.font.color")
        page.emulate_media(color_scheme="light")
        assert page.evaluate(ground) != night
        tab.until(f"document.querySelector('#map-plot').layout.font.color !== '{ink}'")


@pytest.mark.parametrize("kind", ["hostile", "empty", "clean", "many"])
def test_a_phone_scrolls_only_downwards(opened: Callable[..., Any], tmp_path: Path, kind: str) -> None:
    path = tmp_path / "runs" / "x"
    made = {
        "hostile": lambda: make_run(path, classes=HOSTILE),
        "empty": lambda: empty_run(path),
        "clean": lambda: clean_run(path),
        "many": lambda: make_run(path, n=2000, classes=[f"class {k}" for k in range(200)]),
    }
    with opened(report(made[kind]()), viewport={"width": 390, "height": 844}, has_touch=True) as tab:
        page = tab.page
        page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        page.evaluate("document.querySelector('#map, footer').scrollIntoView({behavior: 'instant'})")
        tab.until("!dsaudit.map.box || dsaudit.map.drawn")
        assert page.evaluate("document.scrollingElement.scrollWidth") <= 390


def test_nasty_names_are_shown_as_written_and_found_by_link(opened: Callable[..., Any], tmp_path: Path) -> None:
    run = make_run(tmp_path / "runs" / "x", n=400, classes=HOSTILE)
    assert run.metrics.baseline is not None
    pairs = {(p.given, p.predicted): p.count for p in run.metrics.baseline.confused_pairs}
    with opened(report(run)) as tab:
        page = tab.page
        assert page.get_by_role("rowheader", name="<script>alert(1)</script>", exact=True).first.is_visible()
        for given, predicted in list(pairs)[:12]:
            page.evaluate(
                "([g, p]) => dsaudit.matrix.open(dsaudit.data.labels.indexOf(g), dsaudit.data.labels.indexOf(p))",
                [given, predicted],
            )
            assert page.evaluate("dsaudit.state.read().cell") == [given, predicted]
            page.reload()
            page.wait_for_selector("#drawer-pane .row")
            assert page.get_attribute("#drawer-pane .row", "aria-setsize") == str(pairs[given, predicted])
            command = page.text_content("details:has(> summary:has-text('Into the gallery')) code")
            assert shlex.split(command)[-2:] == ["--must", f"not: {predicted}"]
            assert shlex.split(command)[3] in run.items.index


def test_ten_thousand_rows_keep_few_elements(opened: Callable[..., Any], tmp_path: Path) -> None:
    run = make_run(tmp_path / "runs" / "x", n=12_000)
    with opened(report(run)) as tab:
        page = tab.page
        page.evaluate("dsaudit.map.select(dsaudit.data.items.id.map((_, k) => k))")
        assert page.get_attribute("#drawer-pane .row", "aria-setsize") == "12000"
        page.evaluate("document.querySelector('#drawer-pane .list').scrollTop = 300000")
        page.wait_for_selector("#drawer-pane .row[data-at='4690']")
        assert page.locator("#drawer-pane .row").count() < 40


def test_an_item_that_cannot_be_played_says_so(opened: Callable[..., Any], tmp_path: Path) -> None:
    run = make_run(tmp_path / "runs" / "x")
    assert run.items is not None
    broken = run.items.index[-1]
    html = report(run, broken=frozenset({broken.rpartition("/")[2]}))
    with opened(html, fragment="#rule=FIL001") as tab:
        assert "Cannot be played" in tab.page.text_content("#drawer-pane .card")
        assert tab.page.is_disabled("#drawer-pane .card .play")


@pytest.mark.parametrize(("mime", "shown"), [("text/plain", ".words"), ("image/png", "img.photo")])
def test_a_kind_without_a_script_is_shown_by_the_type_of_its_previews(
    opened: Callable[..., Any], tmp_path: Path, mime: str, shown: str
) -> None:
    run = make_run(tmp_path / "runs" / "x")
    run.meta = replace(run.meta, kind=replace(run.meta.kind, name="dna", nouns=Nouns("strand", "strands")))
    html = report(run, mime=mime)
    with opened(html, fragment="#rule=LBL001") as tab:
        page = tab.page
        name = page.get_attribute("#drawer-pane .card .mid", "title").rpartition("/")[2]
        view = page.locator(f"#drawer-pane .card .view {shown}")
        if mime == "text/plain":
            assert view.text_content() == f"<b>not</b>\n{name}"
            assert page.text_content("#drawer-pane .row .line") == f"<b>not</b> · {name}"
        else:
            tab.until("document.querySelector('#drawer-pane .card .photo').naturalWidth > 0")
            assert page.locator("#drawer-pane .row .thumb img.still").count()
        assert not page.locator(".play, .go, canvas").count()
        page.keyboard.press("Space")
        if mime == "image/png":
            tab.without_originals()
            assert page.locator("dialog.zoom[open] .photo").count() == 1
            page.keyboard.press("Escape")
        other = page.locator("#drawer-pane .card .near button").first
        beside = other.get_attribute("title")
        if mime == "text/plain":
            other.click()  # what cannot be played is shown
        else:
            other.click()  # and a picture beside the other
            assert page.locator("dialog.zoom[open] figure .photo").count() == 2
            beside = None
        assert beside in (None, page.get_attribute("#drawer-pane .card .mid", "title"))
        assert page.evaluate("dsaudit.player.k") is None


def test_pictures_fill_the_page_in_a_grid_and_one_is_enlarged(opened: Callable[..., Any], tmp_path: Path) -> None:
    run = make_run(tmp_path / "runs" / "x", n=300)
    run.meta = replace(run.meta, kind=replace(run.meta.kind, name="dna", nouns=Nouns("strand", "strands")))
    html = report(run, mime="image/png")
    with opened(html, fragment="#rule=LBL001", viewport={"width": 1280, "height": 800}) as tab:
        page = tab.page
        tab.without_originals()
        assert page.evaluate("document.querySelector('#drawer').clientWidth") == 1280
        tops = page.eval_on_selector_all(".row.tile", "ts => ts.map(t => t.offsetTop)")
        across = tops.count(tops[0])
        assert across > 3
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowRight")
        assert page.get_attribute(".row[aria-selected=true]", "data-at") == str(across + 1)
        page.click(".row[data-at='1'] .thumb")  # chooses
        assert page.locator("dialog.zoom[open]").count() == 0
        page.click(".row[data-at='1'] .thumb")  # enlarges
        tab.until("document.querySelector('dialog.zoom .photo')?.naturalWidth > 0")
        fit = page.evaluate("document.querySelector('dialog.zoom .photo').clientWidth")
        page.keyboard.press("+")
        assert page.evaluate("document.querySelector('dialog.zoom .photo').clientWidth") > fit
        page.keyboard.press("-")
        page.keyboard.press("ArrowRight")
        assert "3 of" in page.text_content("dialog.zoom .said")
        page.keyboard.press("Escape")
        assert page.get_attribute(".row[aria-selected=true]", "data-at") == "2"
        page.click("#drawer-pane .seg button:has-text('list')")
        assert "view=list" in page.url
        assert page.locator(".row.tile").count() == 0
        assert page.evaluate("document.querySelector('#drawer').clientWidth") < 600


def test_the_contact_sheet_plays_a_class_in_a_row(opened: Callable[..., Any], tmp_path: Path) -> None:
    html = render_sheet(dataset(tmp_path, list(HOSTILE), each=3), previews=previewer(seconds=0.1), n_per_class=2)
    with opened(html, viewport={"width": 390, "height": 844}) as tab:
        page = tab.page
        assert page.evaluate("document.scrollingElement.scrollWidth") <= 390
        assert page.locator(".tile").count() == 2 * len(HOSTILE)
        page.click("[data-row='0']")
        page.wait_for_selector("[data-group='0'] .tile:nth-child(2).playing")
        page.keyboard.press("n")
        assert page.evaluate("dsaudit.sheet.group(dsaudit.sheet.order[dsaudit.sheet.at])") == 1


def test_the_cut_lists_its_items_by_kind_by_pair_and_by_link(opened: Callable[..., Any], tmp_path: Path) -> None:
    run = with_cut(make_run(tmp_path / "runs" / "x", n=300, classes=WORDS))
    found = run.metrics.label_errors
    assert found is not None
    assert run.label_quality is not None
    assert run.findings is not None
    likeliest = run.label_quality["p_wrong"].idxmax()
    run.findings = run.findings[(run.findings["subject"] != likeliest) | (run.findings["code"] != "LBL001")]
    with opened(report(run)) as tab:
        page = tab.page
        for key, n in (("cut:ambiguous", found.kinds["ambiguous"]), ("cut", found.cut.n)):
            page.click(f"[data-list='{key}']")
            assert page.get_attribute("#drawer-pane .row", "aria-setsize") == str(n)
        # said where no finding on the card says it
        assert "Probability that this label is wrong: " in page.text_content("#drawer-pane .card")
        page.keyboard.press("j")
        assert "Probability that this label is wrong: " not in page.text_content("#drawer-pane .card")
        page.focus("#yield input")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowLeft")
        said = page.text_content("#yield output")
        assert found.cut.expected is not None
        expected = round(found.cut.expected.value)
        assert said.startswith(f"{found.cut.n} reviews: expect ")
        assert abs(int(said.split()[3]) - expected) <= 1
        page.evaluate("document.querySelectorAll('#sec-cut details').forEach((d) => { d.open = true; })")
        page.focus("[data-list='pair:1']")
        page.keyboard.press("Enter")
        assert page.get_attribute("#drawer-pane .row", "aria-setsize") == str(len(found.pairs[1].item_ids))
        assert page.evaluate("document.activeElement.getAttribute('role')") == "listbox"
        page.keyboard.press("j")
        item = page.get_attribute("#drawer-pane .row[aria-selected=true] .mid", "title")
        assert item == found.pairs[1].item_ids[1]
        page.reload()
        page.wait_for_selector("#drawer-pane .row")
        assert page.get_attribute("#drawer-pane .row[aria-selected=true] .mid", "title") == item


def test_bands_and_groups_open_their_items(opened: Callable[..., Any], tmp_path: Path) -> None:
    run = make_run(tmp_path / "runs" / "x", n=400)
    assert run.items is not None
    assert run.measurements is not None
    quiet = int((run.measurements["loudest_rms_dbfs"] <= -28).sum())
    assert run.metrics.baseline is not None
    run.metrics = replace(run.metrics, baseline=replace(run.metrics.baseline, bands=(band(high=-28),)))
    with opened(report(run)) as tab:
        page = tab.page
        page.evaluate("document.querySelector('#sec-error').open = true")
        page.click("[data-list='band:0']")
        assert page.get_attribute("#drawer-pane .row", "aria-setsize") == str(quiet)
        page.click("[data-list='group:3']")
        assert page.get_attribute("#drawer-pane .row", "aria-setsize") == str(
            int((run.items["group"] == "speaker3").sum())
        )
        assert "speaker3" in page.text_content("#drawer-pane .said")


def test_the_data_map_lists_regions_and_loops(opened: Callable[..., Any], tmp_path: Path) -> None:
    run = with_training(with_cut(make_run(tmp_path / "runs" / "x", n=150)), n_epochs=3)
    assert run.dynamics is not None
    hard, ambiguous, easy = ((region_of(run.dynamics) == r).sum() for r in range(3))
    with opened(report(run)) as tab:
        page = tab.page
        page.click("nav a[href='#sec-datamap']")
        tab.until("dsaudit.datamap.drawn")
        for region, n in enumerate((hard, ambiguous, easy)):
            page.click(f"[data-region='{region}']")
            assert page.get_attribute("#drawer-pane .row", "aria-setsize") == str(n)
        page.evaluate("dsaudit.datamap.colour('given')")
        first = page.evaluate("dsaudit.datamap.dots[7]")
        x, y = page.evaluate("k => [dsaudit.data.items.variability[k], dsaudit.data.items.confidence[k]]", first)
        shown = page.evaluate(
            "([x, y]) => { const t = document.querySelector('#datamap-plot').data[0];"
            "return [...t.x].some((v, j) => v === x && t.y[j] === y); }",
            [x, y],
        )
        assert shown
        page.evaluate("dsaudit.datamap.select([0, 1, 2])")
        assert page.get_attribute("#drawer-pane .row", "aria-setsize") == "3"
        written = page.evaluate("document.querySelector('#datamap-plot').layout.annotations.map((a) => a.text)")
        assert written == ["<b>hard to learn</b>", "<b>ambiguous</b>", "<b>easy</b>"]


def test_a_map_of_many_draws_some_and_lists_all_without_code_made_up_as_it_goes(
    opened: Callable[..., Any], tmp_path: Path
) -> None:
    html = report(make_run(tmp_path / "runs" / "x", n=4600))
    assert b"unsafe-eval" not in html
    with opened(html) as tab:
        page = tab.page
        page.evaluate("document.querySelector('#map').scrollIntoView()")
        tab.until("dsaudit.map.drawn")
        drawn, marked = page.evaluate(
            "[dsaudit.map.dots.length, dsaudit.map.dots.filter((k) => dsaudit.data.byItem.has(k)).length]"
        )
        assert 3900 < drawn <= 4000
        assert f"{drawn:,} of 4,600 are drawn" in page.text_content("#map .keyline")
        assert marked == min(2000, page.evaluate("dsaudit.map.points.filter((k) => dsaudit.data.byItem.has(k)).length"))
        loop = "document.querySelector('#map-plot').emit('plotly_selected', {points: [], "
        page.evaluate(loop + "range: {x: [-1e9, 1e9], y: [-1e9, 1e9]}})")
        assert page.get_attribute("#drawer-pane .row", "aria-setsize") == "4600"
        page.evaluate(loop + "lassoPoints: {x: [-1e9, 1e9, 1e9, 0], y: [-1e9, -1e9, 1e9, 0]}})")
        n = page.evaluate("dsaudit.map.points.filter((k) => dsaudit.map.y[k] < dsaudit.map.x[k]).length")
        assert page.get_attribute("#drawer-pane .row", "aria-setsize") == str(n)


def test_the_matrix_of_an_earlier_epoch_is_one_key_away(opened: Callable[..., Any], tmp_path: Path) -> None:
    run = with_training(make_run(tmp_path / "runs" / "x", n=200), n_epochs=6, n_folds=1)
    assert run.metrics.training is not None
    early = run.metrics.training.epochs[-2]
    with opened(report(run)) as tab:
        page = tab.page
        page.click("nav a[href='#sec-training']")
        page.focus("#epochs input[type=range]")
        page.keyboard.press("ArrowLeft")
        assert "Epoch 5 of 6" in page.text_content("#epochs output")
        cells = page.locator("#epochs .cell").all_text_contents()
        assert [int(c) for c in cells] == [n for row in early.confusion for n in row]


@pytest.mark.parametrize("classes", [HOSTILE, tuple(f"class {k}" for k in range(100))])
def test_training_and_the_cut_fit_a_phone(opened: Callable[..., Any], tmp_path: Path, classes: tuple[str, ...]) -> None:
    run = with_training(with_cut(make_run(tmp_path / "runs" / "x", n=300, classes=classes)), n_folds=1, n_epochs=4)
    with opened(report(run), viewport={"width": 390, "height": 844}, has_touch=True) as tab:
        page = tab.page
        page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        page.evaluate("document.querySelector('#sec-datamap').scrollIntoView({behavior: 'instant'})")
        tab.until("dsaudit.datamap.drawn")
        page.click("[data-list=cut]")
        assert page.evaluate("document.scrollingElement.scrollWidth") <= 390


def test_names_that_begin_alike_are_told_apart_where_there_is_little_room(
    opened: Callable[..., Any], tmp_path: Path
) -> None:
    names = [f"a sound heard in the far distance by {who}" for who in ("ann", "bob", "cleo")]
    run = with_training(make_run(tmp_path / "runs" / "x", n=90, classes=names))
    with opened(report(run)) as tab:
        tab.page.click("nav a[href='#sec-training']")
        for table in ("#matrix .matrix", "#epochs .matrix"):
            for head in ("th[scope=col]", "th[scope=row]"):
                cut = tab.page.query_selector_all(f"{table} {head}")
                texts = {c.inner_text() for c in cut}
                assert len(texts) == len(cut) == 3
                assert all("…" in t for t in texts)
                assert {c.get_attribute("title") for c in cut} == set(names)


def test_a_headline_leads_the_keyboard_to_its_list(opened: Callable[..., Any], tmp_path: Path) -> None:
    with opened(report(make_run(tmp_path / "runs" / "x", n=300))) as tab:
        tab.page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        tab.page.click("a.say[href='#rule=AUD004']")
        tab.until("document.activeElement.closest('#drawer-pane') !== null")
        chosen = tab.page.inner_text("#drawer-pane .row[aria-selected=true] .mid")
        tab.page.keyboard.press("ArrowDown")
        assert tab.page.inner_text("#drawer-pane .row[aria-selected=true] .mid") != chosen


def test_what_was_chosen_lies_beside_the_matrix_and_moves_nothing(opened: Callable[..., Any], tmp_path: Path) -> None:
    with opened(report(make_run(tmp_path, n=300)), viewport={"width": 1280, "height": 800}) as tab:
        page = tab.page
        cell = page.locator("#matrix button.cell").first
        cell.scroll_into_view_if_needed()
        before = cell.bounding_box()
        cell.click()
        panel = page.locator("#drawer").bounding_box()
        assert cell.bounding_box() == before
        assert panel["y"] == 0
        assert panel["height"] == 800
        assert panel["x"] > before["x"] + before["width"]
        page.click("#drawer-close")
        assert page.is_hidden("#drawer")
        assert page.evaluate("document.activeElement.classList.contains('cell')")


def test_on_a_phone_the_player_stays_in_sight(opened: Callable[..., Any], tmp_path: Path) -> None:
    run = with_cut(make_run(tmp_path / "runs" / "x", n=300))
    with opened(report(run), viewport={"width": 390, "height": 844}, has_touch=True) as tab:
        page = tab.page
        page.tap("p [data-list=cut]")
        page.locator("#drawer-pane .row .mid").nth(1).tap()
        page.evaluate("document.querySelector('#drawer-pane .card').scrollTop = 1e4")
        play = page.locator("#drawer-pane .card .play").bounding_box()
        assert 0 <= play["y"] < 500
        assert page.evaluate("document.scrollingElement.scrollWidth") <= 390


def test_each_first_action_plays_and_says_its_command(opened: Callable[..., Any], tmp_path: Path) -> None:
    run = with_cut(make_run(tmp_path / "runs" / "x", n=300))
    with opened(report(run), viewport={"width": 1280, "height": 800}) as tab:
        page = tab.page
        told = [h for h in headlines(run) if h.severity == "error"]
        rows = page.locator("#sec-findings > ol > li")
        assert rows.count() == max(len(told) + 3, 6)
        assert page.locator("a.primary").count() == 1  # one thing to press
        assert page.text_content("#sec-findings > .lead") == ORDER
        assert page.locator("#sec-findings > ol > li").first.text_content().count("--rule SPL001") == 1
        rows.first.locator(".shot").first.click()
        tab.until("document.querySelector('#player').readyState >= 2")
        rows.first.locator(".cmd button").click()
        tab.until("document.querySelector('.cmd button').textContent !== 'copy'")
        assert page.locator(".herobar .range").count() == 1
        assert page.locator("nav.bar").bounding_box()["y"] < 60


def test_on_paper_no_table_runs_into_the_next_section(opened, tmp_path: Path) -> None:
    run = with_cut(make_run(tmp_path, n=400, classes=WORDS))
    with opened(render_report(run, previews=None)) as tab:
        tab.page.emulate_media(media="print")
        assert tab.page.evaluate(
            "[...document.querySelectorAll('.box')].every((b) => b.scrollHeight <= b.clientHeight + 1)"
        )
