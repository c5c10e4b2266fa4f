"""Texts on the re-labelling screen: read, held against others and decided by keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import dsaudit
from relabel.screen.make_screen import Screen, Served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dsaudit.store.run import Run

pytestmark = pytest.mark.browser
pytest.importorskip("fastapi")

SAID = {"money": ("invoice", "bill", "tax"), "sleep": ("tent", "hammock", "pillow")}


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Thirty texts of each of two classes, six of each under the other's label."""
    rng = np.random.default_rng(0)
    rows = []
    for k in range(60):
        own = ("money", "sleep")[k % 2]
        words = rng.choice(SAID[own], 2, replace=False)
        given = own if k >= 12 else {"money": "sleep", "sleep": "money"}[own]
        rows.append((f"My {words[0]} and the {words[1]} number {k}, mail a{k}@example.com", given, own))
    table = pd.DataFrame(rows, columns=["text", "label", "own"])
    vectors = np.hstack([np.where(table[["own"]] == "money", 1.0, -1.0), rng.normal(0, 0.1, (60, 5))])
    return dsaudit.audit(
        table[["text", "label"]],
        modality="text",
        embeddings=vectors.astype(np.float32),
        out=tmp_path_factory.mktemp("read"),
        jobs=1,
        report=False,
    )


@pytest.fixture
def screen(browser: Any, audited: Run, tmp_path: Path) -> Iterator[Screen]:
    served = Served(audited, tmp_path / "ledger.sqlite")
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    shown = Screen(context.new_page(), served)
    shown.begin("anna")
    yield shown
    context.close()
    served.stop()
    assert shown.noise == []


def test_a_text_is_read_with_what_argues_for_its_label_and_decided_by_a_key(screen: Screen) -> None:
    card = screen.ready()
    page = screen.page
    page.wait_for_selector(".stage mark.for")
    marked = set(page.eval_on_selector_all(".stage mark.for", "(all) => all.map((m) => m.textContent)"))
    assert marked & set(SAID[card["suggested"]])
    assert page.text_content(".stage mark.covered") == "[e-mail]"
    assert "example.com" not in page.text_content("main")
    assert f"argue for {card['suggested']}" in page.text_content(".stage .legend")
    page.wait_for_function("document.querySelector('aside .near .grey')?.textContent.includes('My ')")
    screen.press("1")
    assert screen.ready()["k"] != card["k"]


def test_space_and_numbers_put_another_text_beside_it(screen: Screen) -> None:
    card = screen.ready()
    page = screen.page
    page.keyboard.press("Space")
    page.wait_for_selector(".stage .texts figure + figure mark")
    assert "words in common" in page.text_content(".stage .legend") or "in both" in page.text_content(".stage .legend")
    page.keyboard.press("Shift+Digit2")
    second = card["neighbours"][1]["id"]
    page.wait_for_function("(id) => document.querySelector('.stage')?.textContent.includes(id)", arg=second)
    page.keyboard.press("Shift+Digit2")
    page.wait_for_selector(".stage .reading")


def test_the_grid_holds_short_texts(screen: Screen) -> None:
    screen.ready()
    screen.page.keyboard.press("g")
    screen.page.wait_for_selector(".tiles .view.text p")
    sizes = screen.page.eval_on_selector_all(".tile", "(all) => all.map((t) => [t.offsetWidth, t.offsetHeight])")
    assert 2 <= len(sizes) <= 24
    assert all(w >= 230 and h <= 180 for w, h in sizes)
