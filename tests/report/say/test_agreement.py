from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from dsaudit.media import kind_for
from dsaudit.report.emit.html import render_report
from dsaudit.report.emit.terminal import render_terminal
from dsaudit.report.say.agreement import agreement_sentences, agreement_title, coefficient
from dsaudit.store.schema.metrics import AgreementFigures, DisputedPair, PersonFigures
from dsaudit.types import Estimate
from report.make_run import make_run

if TYPE_CHECKING:
    from pathlib import Path


def interval(value: float) -> Estimate:
    return Estimate(value, value - 0.05, value + 0.05)


CLIPS = kind_for("audio").nouns
FOUND = AgreementFigures(
    n_people=3,
    n_items=120,
    n_disputed=31,
    percent=0.81,
    alpha=interval(0.74),
    kappa=interval(0.73),
    kappa_name="Fleiss' kappa",
    people=(PersonFigures("<i>ana</i>", 120, 120, agreed=interval(0.9), quality=interval(0.95)),),
    pairs=(DisputedPair("cat", "dog", 20, ()),),
)


def test_the_statement_says_how_firm_the_ground_is() -> None:
    assert agreement_title(FOUND, CLIPS).endswith("(120 clips): ground for tentative conclusions")
    assert agreement_title(replace(FOUND, alpha=interval(0.5)), CLIPS).endswith("too little to build on")
    assert agreement_title(replace(FOUND, alpha=interval(0.9)), CLIPS).endswith("firm ground")
    assert agreement_title(replace(FOUND, n_items=0), CLIPS) == "No two people labelled the same clip"


def test_coefficients_have_intervals_or_are_left_out() -> None:
    assert coefficient("alpha", interval(0.74)) == "alpha .74 (95\u00a0% .69–.79)"
    assert coefficient("alpha", None) == ""
    assert coefficient("alpha", interval(math.nan)) == ""
    said = agreement_sentences(FOUND, CLIPS)
    assert "31 clips are disputed." in said
    assert "Most often `cat` against `dog` (20)." in said


def test_report_and_terminal_have_the_section_where_there_are_people(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    assert b'id="sec-people"' not in render_report(run, previews=None)
    run.metrics = replace(run.metrics, agreement=FOUND)
    page = render_report(run, previews=None).decode()
    assert "&lt;i&gt;ana&lt;/i&gt;" in page
    assert "Fleiss" in page
    assert "3 people agree on" in render_terminal(run)
