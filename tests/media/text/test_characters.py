"""Characters nobody sees, letters that look like others, fillers, shouting."""

from __future__ import annotations

import math

import pytest

from dsaudit.media.text.hidden import hidden_characters
from dsaudit.media.text.script import look_alikes
from dsaudit.media.text.wording import capital_share, placeholder, repeated


@pytest.mark.parametrize("sign", ["\u200b", "\u00ad", "\u202e", "\x07", "\ufeff", "\x00", "\u2060", "\u200d"])
def test_hidden_characters_are_found_within_words(sign: str) -> None:
    n, words = hidden_characters(f"pay{sign}pal is {sign}here")
    assert n == 2
    assert words


@pytest.mark.parametrize(
    "text",
    [
        "two\nlines\tand a tab",
        "👨\u200d👩\u200d👧",
        "می\u200cخواهم",
        "\u200fשלום\u200f",
        "क्\u200dष",
        "🏴\U000e0067\U000e0062\U000e007f",
        "❤\ufe0f",
    ],
)
def test_what_is_written_so_is_left_alone(text: str) -> None:
    assert hidden_characters(text) == (0, None)


@pytest.mark.parametrize("text", ["pаypal", "Αpple pie", "the сосо tree", "ѕcam offer", "𝐟𝐫𝐞𝐞 money", "ｆｒｅｅ money"])
def test_look_alikes_are_found(text: str) -> None:
    assert look_alikes(text)


@pytest.mark.parametrize(
    "text", ["Привет from Москва", "5 µm", "Δt", "α-Strahlung", "Ωmega", "Ελλάδα", "naïve", "ＡＢＣ株式会社"]
)
def test_scripts_side_by_side_are_no_look_alikes(text: str) -> None:
    assert look_alikes(text) is None


@pytest.mark.parametrize(
    "text", ["test", "Asdf", "n/a", "[deleted]", "TODO: text", "xxx", "Lorem ipsum dolor sit", "test 1 2 3"]
)
def test_fillers(text: str) -> None:
    assert placeholder(text)


@pytest.mark.parametrize(
    "text",
    [
        "NA",
        "null",
        "None",
        "no",
        "the test went well",
        "I need an example",
        "ok thanks",
        "to do it again we need a day or two",
    ],
)
def test_words_are_no_fillers(text: str) -> None:
    assert placeholder(text) is None


def test_shouting() -> None:
    assert capital_share("WHERE IS MY CARD?") == 1.0
    assert capital_share("Where is my card?") < 0.2
    assert math.isnan(capital_share("USA"))


@pytest.mark.parametrize("text", ["sooooo good", "why!!!!!!!!", "no no no no no", "hahahahahahahahaha"])
def test_repeats(text: str) -> None:
    assert repeated(text)


@pytest.mark.parametrize(
    "text", ["wait...", "page xviii", "www.example.org", "agreed, committee", "1000000", "-----------", "bye bye"]
)
def test_no_repeats(text: str) -> None:
    assert repeated(text) is None
