"""Pairs of texts: halves that are the same, and pairs that stand the other way round."""

from __future__ import annotations

import pandas as pd

from dsaudit.checks.text.identical_halves import identical_halves
from dsaudit.checks.text.swapped_halves import swapped_halves
from dsaudit.dataset.inline import PART
from dsaudit.media.text.pair import pair

PAIRS = {
    "a": ("A man sleeps.", "Somebody rests."),
    "b": ("somebody rests", "a man sleeps"),
    "c": ("A man sleeps.", "Somebody rests"),
    "d": ("It rains.", "it RAINS"),
    "e": ("It rains.", "It snows."),
    "f": ("It snows.", "It pours."),
    "g": ("", "It pours."),
}


def measured() -> pd.DataFrame:
    told = {item: pair(PART.join(halves)) for item, halves in PAIRS.items()} | {"h": pair("It pours.")}
    table = pd.DataFrame.from_dict(told, orient="index", columns=["halves", "pair_hash"])
    return table.assign(status="ok")


def test_the_same_text_twice_is_found() -> None:
    assert identical_halves(measured()).query("flagged").index.tolist() == ["d"]


def test_a_pair_the_other_way_round_is_a_set_and_copies_alone_are_none() -> None:
    assert swapped_halves(measured())["item_ids"].to_dict() == {"a": ["a", "b", "c"]}
    assert swapped_halves(measured().drop("b")).empty
