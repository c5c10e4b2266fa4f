"""What the page makes of a row and of two, as a browser sets them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from dsaudit import catalogue
from dsaudit.dataset.record import record_uris
from dsaudit.media import media_for, page_of
from dsaudit.web.asset import asset, joined

if TYPE_CHECKING:
    from collections.abc import Iterator

VIEW = """async ([text, words, small]) => {
  const item = { mime: 'text/plain', faults: [], said: words.map((w) => ({ rule: 'x', words: w })), words: () => text };
  const view = page.view(item, { small });
  document.body.replaceChildren(view);
  await new Promise((r) => setTimeout(r, 20));
  const rows = [...view.querySelectorAll('tr')].map((r) => [...r.cells].map((c) => c.textContent));
  view.querySelector('button')?.click();
  return { rows, all: view.querySelectorAll('tr').length, text: view.textContent, html: view.innerHTML,
    doubts: [...view.querySelectorAll('tr.doubt')].map((r) => r.cells[1].textContent),
    marks: [...view.querySelectorAll('mark')].map((m) => m.textContent),
    wide: document.documentElement.scrollWidth };
}"""
PAIR = """async ([a, b]) => {
  const view = page.pair({ words: () => a }, { words: () => b }, { words: ['one', 'two'] });
  document.body.replaceChildren(view);
  await new Promise((r) => setTimeout(r, 20));
  return [...view.querySelectorAll('tr')].map((r) => [...r.cells].map((c) => c.textContent));
}"""


def planted() -> tuple[str, list[str]]:
    """The text of a row with a misspelt town, and what the rules say in it."""
    rows: list[dict[str, Any]] = [
        {"town": town, "note: more": f"<b>{k % 5}</b>", "size": k % 7, "formula": "=1+1", "void": "x"}
        for k, town in enumerate(["Boston", "Ulm", "Bern"] * 20)
    ]
    rows[3]["town"] = "Bostn"
    rows[3]["void"] = None
    survey = media_for("table").survey(rows, pd.DataFrame({"label": [None] * 60, "group": None}))
    found = catalogue.find("misspelt-value").run(survey)
    uri = record_uris({name: [rows[3][name]] for name in rows[3]})[0]
    said = found.loc[found["flagged"], "words"]
    assert said.index.tolist() == [3]
    return media_for("table").preview(Path(uri)).data.decode(), said.tolist()


def test_a_finding_hands_the_page_its_cells():
    (cells,) = (json.loads(words) for words in planted()[1])
    assert [cell[:3] for cell in cells if cell[0] == "town"] == [["town", "Bostn", "Boston"]]
    assert all(0 <= right <= wrong <= 1 for *_, wrong, right, _ in cells)
    assert page_of("table")


@pytest.fixture(scope="module")
def blank(browser: Any) -> Iterator[Any]:
    page = browser.new_page(viewport={"width": 390, "height": 600})
    noise: list[str] = []
    page.on("pageerror", lambda e: noise.append(str(e)))
    package = page_of("table")
    page.set_content(f"<style>{asset('base.css')}{asset('kind.css', package)}</style><body></body>")
    page.add_script_tag(content=joined(package) + "\nwindow.page = page;")
    yield page
    assert noise == []
    page.close()


@pytest.mark.browser
def test_a_doubted_cell_is_marked_with_its_repair_and_values_are_shown_as_they_are(blank):
    text, words = planted()
    found = blank.evaluate(VIEW, [text, words, False])
    (town,) = found["doubts"]
    assert town.startswith("Bostn → Boston ")
    assert town.endswith("misspelt")
    assert " %" in town
    assert found["rows"][1:] == [
        ["note:\xa0more", "<b>3</b>"],
        ["size", "3"],
        ["formula", "=1+1"],
        ["void", "missing"],
    ]
    assert found["marks"] == ["o"]
    assert found["wide"] <= 390


@pytest.mark.browser
def test_a_wide_row_is_folded_around_its_doubts_and_a_small_one_begins_with_them(blank):
    text = "\n".join(f"c{k}: {'x' * 900 if k == 2 else k}" for k in range(50))
    words = [json.dumps([["c40", "40", None, 0.8, 0.0, "unlikely"], ["c40", "40", "41", 0.9, 0.7, "number"]])]
    found = blank.evaluate(VIEW, [text, ["a sentence", *words], False])
    assert [name for name, _ in found["rows"]] == [*(f"c{k}" for k in range(8)), "c40"]
    assert found["rows"][-1][1] == "40 → 41 70 % out of range"
    small = blank.evaluate(VIEW, [text, words, True])
    assert [name for name, _ in small["rows"]][:2] == ["c40", "c0"]
    assert "45 more columns" in small["text"]


@pytest.mark.browser
def test_of_two_rows_the_cells_that_differ_are_set_side_by_side(blank):
    rows = blank.evaluate(PAIR, ["town: Bern\nsize: 3\nnote:", "town: Bern\nsize: 4\nnote: a\n\tb"])
    assert rows == [["", "one", "two"], ["size", "3", "4"], ["note", "missing", "a\nb"]]


def card(name: str, **more: Any) -> dict[str, Any]:
    """A column as ``overview`` tells of it."""
    plain = {"type": "category", "missing": 1, "n": 9, "n_sound": 8, "distinct": 2, "top": [["a", 5], ["b", 3]]}
    return {"name": name, **plain, "spread": None, "examples": [], "wrong": [], "said": [], **more}


OVERVIEW = """async ([told]) => {
  const view = page.overview(told, { lead: (key) => ({ 'data-list': key }) });
  document.body.replaceChildren(view);
  const before = view.querySelectorAll('.column').length;
  for (const fold of view.querySelectorAll('details')) fold.open = true;
  await new Promise((r) => setTimeout(r, 50));
  return { before, after: view.querySelectorAll('.column').length, text: view.textContent,
    lists: [...view.querySelectorAll('[data-list]')].map((b) => b.dataset.list),
    wide: document.documentElement.scrollWidth };
}"""


@pytest.mark.browser
def test_columns_have_cards_and_arrows_and_most_are_folded(blank):
    spread = {"counts": [3, 0, 5], "range": ["1", "9"], "log": True}
    cards = [
        card("<b>town</b>" * 9, wrong=[["spelling", 2], ["exchanged", 1], ["shifted", 1]]),
        card("size", type="number", top=[], spread=spread, said=[["error", "tells the label alone", "size"]]),
        *(card(f"c{k}") for k in range(60)),
    ]
    arrow = {"names": ["land"], "n_rows": 120, "n_broken": 1, "key": "tells town → land"}
    tells = [{"names": ["town", "code"], "told": [arrow]}]
    found = blank.evaluate(OVERVIEW, [{"columns": cards, "n_more": 7, "tells": tells}])
    assert (found["before"], found["after"]) == (40, 62)
    assert "4 cells probably wrong: 2 misspelt, 2 of another column" in found["text"]
    assert "7 columns without a card" in found["text"]
    assert "town ⇄ codeland120 rows, 1 row breaks it" in found["text"]
    assert found["lists"] == [f"column {'<b>town</b>' * 9}", "tells town → land"]
    assert found["wide"] <= 390


@pytest.mark.browser
def test_a_value_that_stands_for_none_and_a_faulty_column_are_marked_in_the_row(blank):
    said = [["warning", "'-999' stands for no value", "-999"], ["info", "is empty in some", "size"]]
    view = VIEW.replace("faults: []", f"set: {json.dumps({'columns': [card('size', said=said)]})}, faults: []")
    assert blank.evaluate(view, ["town: Bern\nsize: -999", [], False])["doubts"] == ["-999 stands for no value"]
    found = blank.evaluate(view, ["town: Bern\nsize: 12", [], False])
    assert found["doubts"] == []
    assert [row[0] for row in found["rows"]] == ["town", "size ●"]


@pytest.mark.browser
def test_a_row_in_one_line_is_what_is_doubted_in_it_else_its_values(blank):
    brief = "([words]) => [page.brief('town: Bern\\nsize:\\nn: 3', { said: [{ rule: 'x', words }] })]"
    cells = json.dumps([["size", "", "4", 0.9, 0.9, "unlikely"]])
    assert blank.evaluate(brief, [cells]) == ["size: missing"]
    assert blank.evaluate(brief, ["words"]) == ["Bern · 3"]


def test_personal_data_are_covered_in_a_row():
    (uri,) = record_uris({"mail": ["ann@example.org"], "n": [3]})
    assert media_for("table").preview(Path(uri)).data.decode() == "mail: [e-mail]\nn: 3"
