from __future__ import annotations

import math

import pytest

from dsaudit.kind import Nouns
from dsaudit.media import kind_for
from dsaudit.report.say.words import brief_name, figure, hash_link, interval, measurement_name, percent, shown, wilson


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0"), (-38.24, "−38.2"), (12345, "12,345"), (0.01234, "0.0123"), (math.nan, "–"), (None, "–")],
)
def test_a_figure_keeps_three_digits(value: float | None, said: str) -> None:
    assert figure(value) == said


def test_percentages_say_no_more_than_is_known() -> None:
    assert percent(0.0353) == "3.5\u00a0%"
    assert percent(0.621) == "62\u00a0%"
    assert percent(math.nan) == percent(None) == "–"
    assert interval(0.21, 0.43) == "95\u00a0% 21–43"
    assert interval(None, 0.4) == ""


def test_units_come_out_of_column_names() -> None:
    assert measurement_name("loudest_rms_dbfs", kind_for("audio")) == ("loudest RMS", "dBFS")
    assert measurement_name("n_channels", kind_for("audio")) == ("number of channels", "")


def test_nouns_follow_the_modality_and_have_a_fallback() -> None:
    assert kind_for("audio").nouns.some(1) == "1 clip"
    assert Nouns().some(1730) == "1,730 items"


def test_control_and_direction_characters_are_made_visible() -> None:
    assert shown("a\nb\x7f") == "a␊b␡"
    assert shown("\u202eevil") == "‹U+202E›evil"
    assert shown("مرحبا 🦊") == "مرحبا 🦊"


def test_a_link_survives_commas_and_percent_signs() -> None:
    assert hash_link(rule="AUD003") == "#rule=AUD003"
    assert hash_link(cell=("off", "up")) == "#cell=off,up"
    assert hash_link(cell=("a,b", "50%")) == "#cell=a%252Cb,50%2525"


def test_wilson_matches_the_textbook() -> None:
    low, high = wilson(8, 10)
    assert (round(low, 3), round(high, 3)) == (0.490, 0.943)
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize("width", [14, 20, 31, 60])
@pytest.mark.parametrize(
    "name", ["a.wav", "left/" + "x" * 60 + "_0.wav", "corpus/2019/left/" + "y" * 40 + "_1.wav", "z" * 90]
)
def test_a_shortened_name_keeps_folder_and_end(name: str, width: int) -> None:
    found = brief_name(name, width)
    assert len(found) <= width
    assert found[-5:] == name[-5:]
    if len(name) > width >= 31 and "/" in name:
        assert "left/" in found
