"""Markup that stayed in is told from a text about markup."""

from __future__ import annotations

import html

import pytest

from dsaudit.media.text.markup import leftovers, n_addresses


@pytest.mark.parametrize("text", ["Smith & Sons rose", 'the "Blue" team won 3 > 2', "it's R&D, AT&T"])
def test_entities_whole_doubled_and_without_ampersand(text: str) -> None:
    assert leftovers(text) is None
    for broken in (html.escape(text), html.escape(html.escape(text)), html.escape(text).replace("&", " ")):
        assert leftovers(broken), broken


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<p>rain again<br/></p>", "HTML tags"),
        ('rain <A HREF="http://example.org/x">more</A>', "HTML tags"),
        ("rain&nbsp;again", "HTML entities"),
        ("**Ticket** open", "Markdown"),
        ("a __very good__ day", "Markdown"),
        ("see [the page](https://example.org)", "Markdown"),
        ("[b]rain[/b] again", "wiki or forum markup"),
        ("rain%20again%2C%20late", "escaped characters"),
        ("line one<br>line two", "HTML tags"),
        (r"caf\u00e9 is open", "escaped characters"),
        (r"so good \ud83d\ude00", "escaped characters"),
    ],
)
def test_what_stayed_is_named(text: str, said: str) -> None:
    assert leftovers(text) == said


@pytest.mark.parametrize(
    "text",
    [
        *("In HTML write &amp; for an ampersand", "Use <b> for bold text", "if a < b and b > c then swap"),
        *("the &nbsp; entity explained", "I <3 you", "Q&A; R&D", "2 * 3 * 4", "snake_case_name", "issue #39; closed"),
        *("The tag <div> opens a block", "a list[0] of [things] (and more)", "100% sure", "see https://example.org/a"),
        "the method __init__ of a class",
        r"half an emoji \ud83d, as a lone surrogate is shown",
    ],
)
def test_texts_about_markup_and_plain_signs_are_left_alone(text: str) -> None:
    assert leftovers(text) is None


def test_addresses_are_counted() -> None:
    assert n_addresses("http://a.org and https://b.org/x, www.c.org; a/b") == 3
