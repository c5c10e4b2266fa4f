from __future__ import annotations

import math
from dataclasses import replace

import pytest
from report.make_run import clean_run, empty_run, make_run
from store.make_schema import metrics

from dsaudit.errors import ConfigError
from dsaudit.policy.figure import FIGURES
from dsaudit.policy.limit import LimitFacts, judged, limits_of
from dsaudit.types import Estimate


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("run"))


def one(run, name, said, counts=None, exists=lambda name: False):
    found = run.findings["code"].value_counts().to_dict() if counts is None else counts
    limit = next(
        x for x in limits_of({name: said}, sources={f"gate.{name}": "here"}, fail_on="never") if x.name == name
    )
    return judged(limit, LimitFacts(run, found, exists))


def with_accuracy(run, *ends):
    return replace(run, metrics=replace(run.metrics, baseline=replace(run.metrics.baseline, accuracy=Estimate(*ends))))


@pytest.mark.parametrize(
    ("said", "outcome", "end"),
    [(">= 0.88", "pass", 0.88), (">= 89 %", "fail", 0.88), (0.9, "fail", 0.88), ("<= .95", "pass", 0.94)],
)
def test_a_figure_is_judged_at_the_worse_end_of_its_interval(run, said, outcome, end):
    found = one(with_accuracy(run, 0.91, 0.88, 0.94), "accuracy", said)
    assert (found.outcome, found.judged, found.source) == (outcome, end, "here")


def test_a_figure_without_an_interval_is_not_known(run):
    assert one(with_accuracy(run, 0.9, math.nan, math.nan), "accuracy", 0.1).outcome == "inconclusive"
    assert one(with_accuracy(run, math.nan, math.nan, math.nan), "accuracy", 0.1).outcome == "inconclusive"


@pytest.mark.parametrize("name", [name for name, figure in FIGURES.items() if not figure.seen])
def test_no_figure_passes_where_nothing_was_found_out(tmp_path, name):
    run = replace(clean_run(tmp_path), metrics=metrics())
    found = one(run, name, ">= -1", {})
    assert (found.outcome, found.found) == ("inconclusive", None)
    assert found.reason


def test_coverage_and_items_that_fall_short_are_inconclusive(tmp_path):
    run = clean_run(tmp_path, n=60)
    assert one(run, "coverage", 1.0, {}).outcome == "pass"
    sampled = replace(run, meta=replace(run.meta, sampled_from=1000))
    assert one(sampled, "coverage", 0.5, {}).outcome == one(run, "items", 61, {}).outcome == "inconclusive"


@pytest.mark.parametrize("name", ["AUD", "AUD004", "truncated-end", "aud004"])
def test_findings_are_counted_by_code_prefix_or_name(run, name):
    n = one(run, name, 0).found.value
    assert n > 0
    assert one(run, name, n).outcome == "pass"
    assert one(run, name, n - 1).outcome == "fail"


def test_a_rule_that_did_not_look_passes_nothing(run):
    assert one(run, "ANN001", 10).reason == "ANN001 did not run: no annotations in this dataset"
    assert one(run, "ANN001", 10).outcome == "inconclusive"
    crashed = tuple(replace(r, outcome="crashed", reason="oops") if r.code == "AUD002" else r for r in run.rules)
    assert one(replace(run, rules=crashed), "AUD", 10**6).outcome == "inconclusive"
    assert one(run, "SPL777", 0, exists=lambda name: True).reason == "the run was not asked for it"
    nothing = replace(run, rules=tuple(r for r in run.rules if r.severity != "error"))
    assert one(nothing, "error", 0, {}).outcome == "inconclusive"


@pytest.mark.parametrize(
    ("name", "said", "message", "hint"),
    [
        (
            "accuracy.balancd",
            0.9,
            "'accuracy.balancd', which is no rule and no figure",
            "did you mean accuracy.balanced?",
        ),
        ("quiet-clop", 0, "'quiet-clop', which is no rule and no figure", "did you mean quiet-clip?"),
        ("recall.nobody", 0.9, "the recall of 'nobody', which is no class here", "classes: "),
        ("SPL", "none", "SPL = 'none' (here) is no number", "as in: "),
        ("SPL", True, "SPL = True (here) is no number", "as in: "),
        ("SPL", "<= 1.2.3", "is no number", "as in: "),
        ("SPL", [1], "is no number", "as in: "),
    ],
)
def test_a_policy_that_cannot_be_followed_is_refused(run, name, said, message, hint):
    with pytest.raises(ConfigError) as refused:
        one(run, name, said)
    assert message in refused.value.message
    assert hint in refused.value.hint


def test_dots_that_toml_takes_for_tables_name_figures():
    found = limits_of(
        {"label_errors": {"estimated_share": "<= 3 %"}}, sources={"gate.label_errors": "f"}, fail_on="never"
    )
    assert [(x.name, x.text, x.source) for x in found] == [
        ("label_errors.estimated_share", "<= 0.03", "f"),
        ("coverage", ">= 0.95", "default"),
    ]


def test_severities_follow_fail_on_unless_the_policy_says_otherwise():
    found = limits_of({"warning": 5}, sources={}, fail_on="warning")
    assert {x.name: x.bound for x in found} == {"warning": 5, "error": 0, "coverage": 0.95}


def test_an_operator_may_stand_before_the_equals_sign_that_a_flag_is_read_by():
    found = limits_of({"SPL": 3, "accuracy >": 0.9, "SPL<": 0, "AUD ": "3 %"}, sources={}, fail_on="never")
    assert [(x.name, x.text) for x in found[:3]] == [("SPL", "<= 0"), ("accuracy", ">= 0.9"), ("AUD", "<= 0.03")]


def test_an_empty_dataset_never_passes(tmp_path):
    assert one(empty_run(tmp_path), "coverage", 0, {}).outcome == "inconclusive"
