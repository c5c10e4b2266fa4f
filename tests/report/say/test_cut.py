from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from store.make_schema import label_errors, metrics

from dsaudit.report.draw.cut import ticks, yield_curve
from dsaudit.report.emit.html import render_report
from dsaudit.report.emit.json import render_json
from dsaudit.report.emit.terminal import render_terminal
from dsaudit.report.say.cut import StatedCut, curve_to_show, cut_of, give_or_take, opening
from dsaudit.report.say.headline import headlines
from dsaudit.report.say.summary import summary
from dsaudit.types import Estimate
from report.make_run import HOSTILE, WORDS, FakeRun, make_run, previewer
from report.make_training import between, with_cut

if TYPE_CHECKING:
    from pathlib import Path

    from dsaudit.store.schema.metrics import LabelErrorFigures


def errors(**where: Any) -> LabelErrorFigures:
    cut = {"n": 412, "expected": between(289, 24), "precision": between(0.7, 0.06), "f1": 0.81, "p_wrong_least": 0.4}
    return label_errors(
        cut | where,
        n_judged=17_000,
        n_estimated=between(534, 60),
        curve=((1, 0.9, 0.8, 1.0), (412, 289, 265, 313), (17_000, 534, 474, 594)),
        kinds={"wrong": 300, "ambiguous": 112, "off-topic": 0},
    )


def said(found: LabelErrorFigures) -> StatedCut:
    cut = cut_of(metrics(label_errors=found))
    assert cut is not None
    return cut


def test_the_statement_says_how_many_to_review_and_what_to_expect() -> None:
    cut = said(errors())
    assert cut.statement == "Review these 412 labels: expect 289 ± 24 to be wrong (70\u00a0%)"
    assert cut.total == "About 534 ± 60 of the 17,000 labels judged are wrong, 3.1\u00a0%."
    assert [(kind, n) for kind, n, *_ in cut.kinds] == [("wrong", 300), ("ambiguous", 112)]


@pytest.mark.parametrize(
    ("low", "high", "both", "alone"),
    [
        (265, 313, "289 ± 24", "289 ± 24"),
        (280, 350, "289 (95\u00a0% 280–350)", "289"),
        (289, 289, "289", "289"),
        (math.nan, math.nan, "289", "289"),
    ],
)
def test_a_lopsided_interval_gives_both_ends(low: float, high: float, both: str, alone: str) -> None:
    estimate = Estimate(289, low, high)
    assert give_or_take(estimate) == both
    assert give_or_take(estimate, ends=False) == alone


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"by": "f1"}, "this length balances both (highest expected F1, 81\u00a0%)"),
        ({"by": "precision", "asked": 0.7}, "of which 70\u00a0% can be expected to be wrong, as asked"),
        ({"by": "precision", "asked": 0.9, "reached": False}, "No list reaches the 90\u00a0% that was asked for"),
        ({"by": "budget", "asked": 412}, "The likeliest 412, as many as your budget"),
        ({"by": "budget", "asked": 500, "reached": False}, "Your budget of 500 reviews is more than there are"),
    ],
)
def test_how_the_cut_was_chosen_is_said(where: dict[str, Any], words: str) -> None:
    cut = said(errors(**where))
    assert words in cut.chosen


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({}, "Further down the list, looking pays less"),
        ({"by": "budget"}, "As many as your budget"),
        (
            {"expected": Estimate(289, 120, 330)},
            "It may be as few as 120 or as many as 330 (95\u00a0%); further down the list, looking pays less",
        ),
        ({"n": 1, "expected": Estimate(0.8, 0, 1)}, "Further down the list, looking pays less"),
    ],
)
def test_the_interval_is_said_once(where: dict[str, Any], words: str) -> None:
    cut = said(errors(**where))
    assert cut.sure == words
    assert ("±" in cut.statement) + ("as few as" in cut.sure) == (cut.n > 1)


@pytest.mark.parametrize(
    ("low", "verdicts", "words"),
    [
        (250, 0, "No label has been reviewed yet: the number of wrong ones sharpens with every 20 verdicts."),
        (40, 0, "the number of wrong ones is between 40 and 2,000: the first 20 verdicts tell."),
        (40, 20, "20 verdicts have gone into these figures"),
    ],
)
def test_where_nobody_knows_how_many_verdicts_are_to_tell(low: float, verdicts: int, words: str) -> None:
    high = 2000 if low == 40 else 400
    found = replace(errors(), n_estimated=Estimate(300, low, high), verdicts=verdicts)
    assert words in said(found).learned
    assert ("first 20 verdicts tell" in said(found).sure.lower()) == found.unsure
    assert found.unsure == ("first 20" in words)


def test_what_cannot_be_known_is_said_with_its_reason() -> None:
    found = replace(errors(), known=False, why_unknown="because only 20 items were judged.")
    cut = said(found)
    assert cut.statement == "How many labels are wrong cannot be known: only 20 items were judged"
    assert (cut.total, cut.chosen, cut.expected) == ("", "", 0.0)
    assert yield_curve(found) == ""


def test_one_label_and_none_are_sentences_too() -> None:
    one, none = said(errors(n=1)), said(errors(n=0))
    assert one.statement.startswith("Review this label: it is wrong with a probability of 70")
    assert none.statement == "No label is doubtful enough to be worth a review"
    for asked, words in (
        ({"by": "precision", "asked": 0.99, "reached": False}, "No list of labels reaches the 99"),
        ({"by": "budget", "asked": 0.0, "reached": True}, "A budget of 0 leaves"),
    ):
        assert said(errors(n=0, **asked)).statement.startswith(words)
    assert cut_of(metrics()) is None


def test_the_curve_is_drawn_around_the_cut_and_marks_it() -> None:
    assert curve_to_show([[1, 1, 1, 1], [500, 300, 1, 1], [1500, 400, 2, 2]], 400) == [
        [1, 1, 1, 1],
        [500, 300, 1, 1],
        [1000, 350, 1.5, 1.5],
    ]
    drawn = str(yield_curve(errors()))
    line = re.search(r'class="curve" points="([^"]*)"', drawn)
    dot = re.search(r'class="dot" cx="([\d.]+)" cy="([\d.]+)"', drawn)
    assert line is not None
    assert dot is not None
    assert f"{dot.group(1)},{dot.group(2)}" in line.group(1)
    assert "the cut: 289 ± 24 of 412" in drawn
    assert 'text-anchor="start">the cut' in drawn
    late = replace(errors(n=400), curve=((1, 1, 1, 1), (450, 289, 265, 313)))
    assert 'text-anchor="end">the cut' in str(yield_curve(late))
    assert yield_curve(None) == yield_curve(replace(errors(), curve=())) == ""


def test_five_digits_beside_an_axis_are_thousands() -> None:
    drawn = str(yield_curve(replace(errors(n=80_000), curve=((1, 1, 1, 1), (200_000, 60_000, 40_000, 9_000)))))
    labels = re.findall(r'text-anchor="(?:end|middle)">([\dk.,]+)<', drawn)
    assert {"50k", "100k"} <= set(labels), labels
    assert "8,000" in labels, "the other axis has four digits"


@pytest.mark.parametrize(
    ("top", "options", "expected"),
    [
        (230, {"n": 5, "whole": True}, [0, 50, 100, 150, 200]),
        (1.0, {}, [0, 0.25, 0.5, 0.75, 1.0]),
        (3, {"whole": True}, [0, 1, 2, 3]),
        (12, {"n": 5, "whole": True}, [0, 5, 10]),
        (0.9, {"low": 0.31}, [0.4, 0.6, 0.8]),
        (0, {}, [0]),
    ],
)
def test_axes_carry_round_numbers(top: float, options: dict[str, Any], expected: list[float]) -> None:
    assert ticks(top, **options) == pytest.approx(expected)


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return with_cut(make_run(tmp_path, n=600, classes=WORDS))


def test_the_page_the_terminal_and_the_document_say_the_same(run: FakeRun) -> None:
    cut = cut_of(run.metrics)
    assert cut is not None
    first = next(h for h in headlines(run) if h.severity != "error")
    assert (first.text, first.link, first.worth) == (cut.statement, "#list=cut", cut.expected)
    assert run.label_quality is not None
    inside = run.label_quality[run.label_quality["candidate"]].sort_values("p_wrong", ascending=False, kind="stable")
    assert first.item_ids == tuple(inside.index[:3])
    assert cut.total in summary(run).how_bad
    text = " ".join(render_terminal(run).split())
    assert " ".join(cut.statement.split()) in text
    assert " ".join(cut.total.split()) in text
    assert cut.statement in render_json(run)
    html = render_report(run, previews=None).decode()
    assert html.count(cut.statement) == 1  # said where to begin, not again further down
    assert f'id="h-cut">{cut.heading}' in html
    assert html.index('id="sec-cut"') < html.index('id="sec-matrix"')


def test_candidates_come_before_items_that_nothing_is_said_of(run: FakeRun) -> None:
    from report.emit.test_html import data_of

    data = data_of(render_report(run, previews=previewer()))
    assert run.label_quality is not None
    inside = run.label_quality[run.label_quality["candidate"]]
    listed = [data["items"]["id"][k] for k in data["lists"]["cut"][2]]
    assert listed == inside.sort_values("p_wrong", ascending=False, kind="stable").index.tolist()
    by_kind = [data["lists"][f"cut:{kind}"][1] for kind in ("wrong", "ambiguous", "off-topic")]
    assert sum(by_kind) == len(inside)
    assert set(data["doubt"]) == {str(k) for k in data["lists"]["cut"][2]}


def test_the_bars_and_the_neighbours_are_those_of_the_sentence(run: FakeRun) -> None:
    from report.emit.test_html import data_of

    data = data_of(render_report(run, previews=None))
    assert run.label_quality is not None
    assert run.predictions is not None
    stated = run.label_quality[run.label_quality["suggestion"] != run.predictions["given"]]
    for item, row in stated[stated["candidate"]].iterrows():
        k = data["items"]["id"].index(item)
        top = {data["labels"][c]: p / 1000 for c, p in zip(*[iter(data["top"][k])] * 2, strict=True)}
        assert top[run.predictions.at[item, "given"]] == pytest.approx(1 - row["p_wrong"], abs=0.001)
        assert top[row["suggestion"]] == pytest.approx(row["p_suggested"], abs=0.001)
        assert data["doubt"][str(k)][0] / 1000 == pytest.approx(row["p_wrong"], abs=0.001)
        assert [data["items"]["id"][j] for j in data["near"][str(k)][::2]] == row["voters"]


def test_names_in_pairs_stay_text(tmp_path: Path) -> None:
    run = with_cut(make_run(tmp_path, n=600, classes=HOSTILE))
    found = run.metrics.label_errors
    assert found is not None
    pairs = (replace(found.pairs[0], text="<b>bold</b>"), *found.pairs[1:])
    run.metrics = replace(run.metrics, label_errors=replace(found, pairs=pairs))
    html = render_report(run, previews=None).decode()
    assert "<script>alert" not in html
    assert "<b>bold</b>" not in html


def test_a_weak_model_is_said_to_guess_until_people_have_reviewed() -> None:
    weak = replace(errors(), shift=1.6, guess=True)
    cut = said(weak)
    assert cut.guess
    assert cut.statement == "Review 20 of these 412 labels: a weak model doubts them"
    assert cut.refusal == "The model is sure of too little to say how many labels are wrong"
    assert "for a guess" in cut.learned
    assert opening(cut) == (cut.statement, cut.refusal)
    assert opening(said(errors())) == (said(errors()).statement, said(errors()).total.rstrip("."))
    assert opening(said(replace(errors(), known=False, why_unknown="too few")))[1].endswith("cannot be known: too few")
    heard = said(replace(weak, verdicts=20, guess=False))
    assert not heard.guess
    assert "guess" not in heard.sure + heard.learned + heard.statement


def test_the_refusal_is_the_headline(tmp_path: Path) -> None:
    run = with_cut(make_run(tmp_path, n=600, classes=WORDS))
    found, baseline = run.metrics.label_errors, run.metrics.baseline
    assert found is not None
    assert baseline is not None
    for change in ({"guess": True}, {"known": False, "why_unknown": "the model is bad"}):
        run.metrics = replace(run.metrics, label_errors=replace(found, **change))
        cut, told = cut_of(run.metrics), summary(run)
        assert cut is not None
        assert told.hero is not None
        assert told.hero.text == cut.refusal
        assert told.hero.estimate.value == pytest.approx(baseline.accuracy.value * baseline.n)
        assert f"{cut.refusal}." in told.how_bad
        assert "expect" not in render_terminal(run)
        html = render_report(run, previews=None).decode()
        assert html.count(f"<h1>{cut.refusal}</h1>") == 1
        assert f"{found.cut.n} labels are doubted</h2>" in html
