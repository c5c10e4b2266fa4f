"""Items without a label in words: what is expected to be right is said of those that are not left out alone."""

from __future__ import annotations

from dataclasses import replace

from dsaudit.kind import Nouns
from dsaudit.report.say.unlabelled import said_of
from dsaudit.store.schema.metrics import UnlabelledFigures
from dsaudit.types import Estimate


def test_what_is_left_out_is_not_expected_to_be_right():
    found = UnlabelledFigures(
        80, 75, {"copy of the test set": 15, "like no class": 37}, Estimate(0.9, 0.8, 1), (), (), ()
    )
    said = said_of(found, Nouns("text", "texts"))[0].replace("\N{NO-BREAK SPACE}", " ")
    assert "75 predicted, of the 23 that are not left out 90 % (80 % to 100 %) are expected to be right" in said
    assert "75 predicted, of which" in said_of(replace(found, left_out={}), Nouns())[0]
