"""What the page makes of a text and of two, as a browser sets them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dsaudit.web.asset import asset, joined

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.browser

VIEW = """async ([text, more, small]) => {
  const item = { mime: 'text/plain', faults: [], words: () => text, ...more };
  const view = page.view(item, { small });
  document.body.replaceChildren(view);
  await new Promise((r) => setTimeout(r, 20));
  return { text: view.querySelector('.set').textContent, html: view.innerHTML,
    legend: view.querySelector('.legend')?.textContent ?? '',
    marks: [...view.querySelectorAll('mark')].map((m) => [m.textContent, m.className]) };
}"""
PAIR = """async ([a, b]) => {
  const view = page.pair({ words: () => a }, { words: () => b }, { words: ['one', 'two'] });
  document.body.replaceChildren(view);
  await new Promise((r) => setTimeout(r, 20));
  return { said: view.querySelector('.legend').textContent,
    marks: [...view.querySelectorAll('figure')].map((f) => [...f.querySelectorAll('mark')].map((m) => m.textContent)),
    texts: [...view.querySelectorAll('.set')].map((s) => s.textContent) };
}"""


@pytest.fixture(scope="module")
def blank(browser: Any) -> Iterator[Any]:
    page = browser.new_page(viewport={"width": 700, "height": 600})
    noise: list[str] = []
    page.on("pageerror", lambda e: noise.append(str(e)))
    package = "dsaudit.media.text"
    page.set_content(f"<style>{asset('base.css')}{asset('kind.css', package)}</style><body></body>")
    page.add_script_tag(content=joined(package) + "\nwindow.page = page;")
    yield page
    assert noise == []
    page.close()


def view(blank: Any, text: str, *, small: bool = False, **more: Any) -> dict[str, Any]:
    return dict(blank.evaluate(VIEW, [text, more, small]))


def test_words_that_argue_are_marked_where_they_stand_and_the_legend_says_for_what(blank: Any) -> None:
    text = "👍 pay the bill 𝒙 of the tent"
    parts = [[6, 9, 1], [10, 14, 3], [24, 28, -2]]  # counted in characters, as Python does
    words = [text[a:b] for a, b, _ in parts]
    found = view(blank, text, argued={"labels": ["camping", "money"], "parts": parts})
    assert found["marks"] == [[words[0], "for w1"], [words[1], "for w3"], [words[2], "against w2"]]
    assert found["text"] == text
    assert "argue for money" in found["legend"]
    assert "argue for camping" in found["legend"]
    blank.click(".legend button")
    assert blank.evaluate("getComputedStyle(document.querySelector('mark.for')).textDecorationLine") == "none"


@pytest.mark.parametrize(
    ("rule", "text", "marked"),
    [
        ("mojibake", "GrÃ¼ÃŸe aus KÃ¶ln", ["Ã¼ÃŸ", "Ã¶"]),
        ("markup", "<b>Hi</b> &amp; **you**", ["<b>", "</b>", "&amp;", "**", "**"]),
        ("look-alikes", "pаypal рrice straße", ["а", "р"]),
        ("shouting", "soooo good!!!!", ["oooo", "!!!!"]),
        ("cut-text", "it ends in the mid", ["mid"]),
    ],
)
def test_what_a_rule_found_is_underlined(blank: Any, rule: str, text: str, marked: list[str]) -> None:
    found = view(blank, text, faults=[rule])
    assert [word for word, _ in found["marks"]] == marked
    assert found["text"] == text
    assert view(blank, text)["marks"] == []


def test_characters_that_nobody_sees_are_named_where_they_were_found(blank: Any) -> None:
    text = "pay\u200bpal \u202e\u0007"
    assert view(blank, text, faults=["control-characters"])["text"] == "payZWSPpal RLOU+0007"
    assert view(blank, text)["text"] == text


def test_a_long_text_is_folded_around_what_is_marked_and_unfolds(blank: Any) -> None:
    text = " ".join(f"word{k}" for k in range(600))
    at = text.index("word300")
    found = view(blank, text, argued={"labels": ["a", "b"], "parts": [[at, at + 7, 3]]})
    assert "word299 word300 word301" in found["text"]
    assert "word150" not in found["text"]
    assert found["text"].startswith("word0 ")
    assert len(found["text"]) < 700
    while blank.query_selector(".fold"):
        blank.click(".fold")
    assert blank.text_content(".set") == text
    plain = view(blank, text)
    assert 400 < len(plain["text"]) < 700
    assert "more words" in plain["text"]


def test_markup_in_a_text_is_text(blank: Any) -> None:
    found = view(blank, "<img src=x onerror=alert(1)><script>1</script>")
    assert "&lt;img" in found["html"]
    assert "<img" not in found["html"]


def test_each_text_runs_in_its_own_direction_and_breaks_without_blanks(blank: Any) -> None:
    sides = "(() => { const r = document.createRange(); r.selectNodeContents(document.querySelector('.set p')); "
    sides += "const [a, b] = [r.getBoundingClientRect(), document.querySelector('.set').getBoundingClientRect()]; "
    sides += "return [a.left - b.left, b.right - a.right, a.height, document.documentElement.scrollWidth]; })()"
    view(blank, "وصلت الخيمة ممزقة")
    left, right, _, _ = blank.evaluate(sides)
    assert right < 2 < left
    view(blank, "The tent is torn")
    left, right, one, _ = blank.evaluate(sides)
    assert left < 2 < right
    view(blank, "登山靴のサイズについて質問があります。" * 8 + "x" * 400)
    *_, height, width = blank.evaluate(sides)
    assert height > 3 * one
    assert width <= 700


def test_texts_of_a_pair_stand_apart(blank: Any) -> None:
    found = view(blank, "It rains.\x1eIt is wet.", argued={"labels": ["a", "b"], "parts": [[10, 12, 2]]})
    assert blank.eval_on_selector_all(".set p", "(all) => all.map((p) => p.textContent)") == ["It rains.", "It is wet."]
    assert found["marks"] == [["It", "for w2"]]


def test_small_is_short(blank: Any) -> None:
    found = view(blank, "word " * 500, small=True)
    assert len(found["text"]) < 270
    assert found["text"].endswith("…")
    assert found["legend"] == ""


@pytest.mark.parametrize(
    ("a", "b", "first", "second", "said"),
    [
        ("pay my bill now", "pay my old bill", ["now"], ["old"], "only in the first: 1 word"),
        ("one two three four", "one two three four", [], [], ""),
        ("Pay it NOW", "pay it now", ["Pay", "NOW"], ["pay", "now"], "case, spacing, accents or punctuation"),
        ("The café", "The cafe", ["café"], ["cafe"], "case, spacing, accents or punctuation"),
        ("paypal", "pay\u200bpal", ["paypal"], ["payZWSPpal"], "characters that nobody sees"),
        ("登山靴が破れた", "登山靴は破れた", ["が"], ["は"], "only in the first: 1 word"),
        ("where is my money", "the refund has not come", [], [], "No word in common"),
        (
            "the parcel never came to us",
            "us? never a parcel",
            ["parcel never", "us"],
            ["us", "never", "parcel"],
            "in both: 3",
        ),
    ],
)
def test_two_texts_are_told_apart_word_by_word(
    blank: Any, a: str, b: str, first: list[str], second: list[str], said: str
) -> None:
    found = blank.evaluate(PAIR, [a, b])
    assert found["marks"] == [first, second]
    assert said in found["said"]


def test_a_text_within_another_is_seen_at_once(blank: Any) -> None:
    inner = " ".join(f"w{k}" for k in range(40))
    found = blank.evaluate(PAIR, [inner, f"before that: {inner} (and after)"])
    assert found["marks"][0] == []
    assert "before that:" in "".join(found["marks"][1])
    assert "40 of 44 words in common" in found["said"]


def test_two_very_long_texts_are_told_apart_in_time(blank: Any) -> None:
    a, b = (" ".join(f"{p}{k % 37}" for k in range(6_000)) for p in ("x", "y"))
    found = blank.evaluate(PAIR, [a, b])
    assert "other words" in found["said"]


def test_words_that_a_finding_names_are_marked(blank: Any) -> None:
    said = [{"rule": "telling-phrase", "words": "Form 27b. (a+b)"}, {"rule": "other", "words": "nowhere"}]
    found = view(blank, "FORM  27b. (A+b) please", said=said)
    assert found["marks"] == [["FORM  27b. (A+b)", "found"]]
    assert "telling-phrase" in found["legend"]
    assert "other" not in found["legend"]
