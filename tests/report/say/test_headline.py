from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from dsaudit.media import kind_for
from dsaudit.report.say.band import band_words
from dsaudit.report.say.headline import headlines, in_order
from dsaudit.report.view import finding_rows
from dsaudit.store.schema.metrics import Culprit, ErrorFact, GroupFault
from report.make_run import clean_run, empty_run, make_run
from report.make_training import with_cut

if TYPE_CHECKING:
    from pathlib import Path

    from report.make_run import FakeRun


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return make_run(tmp_path, n=1730)


def keep(run: FakeRun, *codes: str) -> FakeRun:
    assert run.findings is not None
    run.findings = run.findings[run.findings["code"].isin(codes)]
    assert run.metrics.baseline is not None
    run.metrics = replace(run.metrics, baseline=replace(run.metrics.baseline, confused_pairs=()))
    return run


def test_the_most_valuable_comes_first(run: FakeRun) -> None:
    found = headlines(run)
    errors = [h.severity == "error" for h in found]
    assert errors == sorted(errors, reverse=True)
    for part in (found[: sum(errors)], found[sum(errors) :]):
        assert [h.worth for h in part] == sorted((h.worth for h in part), reverse=True)
    assert found[0].worth < found[sum(errors)].worth  # an error is first all the same


def test_findings_follow_their_headlines(run: FakeRun) -> None:
    first, rows = headlines(run), finding_rows(run)
    ordered = in_order(rows, first)
    codes = list(dict.fromkeys(r.code for r in ordered))
    assert codes == [c for c in dict.fromkeys(h.code for h in first) if c in codes]
    for code in codes:
        assert [r.score for r in ordered if r.code == code] == sorted(r.score for r in rows if r.code == code)
    settled = replace(ordered[0], state="ignored")
    assert in_order([settled, *ordered[1:]], first)[-1] is settled


def test_each_says_what_to_type(run: FakeRun) -> None:
    found = {h.code or h.text: h for h in headlines(run)}
    assert found["AUD004"].command("my words") == "dsaudit relabel 'my words' --rule AUD004"
    assert found["BAL001"].command("words") == "dsaudit rule BAL001"  # nothing to hear
    assert run.metrics.baseline is not None
    pair = run.metrics.baseline.confused_pairs[0]
    told = next(h for h in headlines(run) if h.asks and h.asks[0] == "pair")
    assert told.command("words") == f"dsaudit relabel words --pair {pair.given}:{pair.predicted}"
    assert all(1 <= len(h.item_ids) <= 3 for h in headlines(run) if h.asks)


def test_each_finding_of_a_rule_is_counted_in_one_sentence(run: FakeRun) -> None:
    assert run.findings is not None
    n = int((run.findings["code"] == "AUD004").sum())
    (sentence,) = headlines(keep(run, "AUD004"))
    assert sentence.text == f"{n} of 1,730 clips end in the middle of a sound"
    assert sentence.link == "#rule=AUD004"
    assert "95\u00a0%" in sentence.detail


def test_one_finding_is_singular(run: FakeRun) -> None:
    (sentence,) = headlines(keep(run, "FIL001"))
    assert sentence.text == "1 of 1,730 clips cannot be read"


def test_a_candidate_is_never_called_an_error(run: FakeRun) -> None:
    (sentence,) = headlines(keep(run, "LBL001"))
    assert "label-error candidate" in sentence.text


def test_labels_that_are_doubted_without_a_number_are_among_what_to_do_first(run: FakeRun) -> None:
    found, own = with_cut(run).metrics.label_errors, run.findings
    assert found is not None
    assert own is not None
    doubted = own[own["code"] == "LBL001"].head(6)
    run.findings = pd.concat((doubted, own[own["code"].isin(["AUD004", "FIL001"])].groupby("code").head(20)))
    run.metrics = replace(run.metrics, baseline=None, label_errors=replace(found, known=False, why_unknown="too few"))
    first = headlines(run)
    assert [h.code for h in first if h.severity == "error"] == ["FIL001"]
    assert [h.code for h in first][:2] == ["FIL001", "LBL001"]
    assert "no telling" in first[1].text


def test_splits_that_share_recordings_are_said_to_spoil_the_figures(run: FakeRun) -> None:
    (sentence,) = headlines(keep(run, "SPL001"))
    assert sentence.text == "Copies of 3 items are in more than one split"
    assert "too good" in sentence.detail


def test_a_rule_the_page_has_no_sentence_for_uses_its_summary(run: FakeRun) -> None:
    assert run.findings is not None
    keep(run, "AUD004")
    run.rules = tuple(replace(r, headline=("", "")) for r in run.rules)
    (sentence,) = headlines(run)
    assert sentence.text.endswith("clips flagged: the recording ends in the middle of a sound")


def test_a_fault_that_costs_predictions_is_worth_more_than_one_that_does_not(run: FakeRun) -> None:
    run = keep(run, "AUD002", "AUD004")
    assert run.findings is not None
    assert run.predictions is not None
    wrong = run.predictions.index[run.predictions["given"] != run.predictions["predicted"]][:28]
    right = run.predictions.index[run.predictions["given"] == run.predictions["predicted"]][:28]
    rows = run.findings.groupby("code").head(1).to_dict("records")
    made = []
    for row, ids in zip(sorted(rows, key=lambda r: r["code"]), (wrong, right), strict=True):
        made += [{**row, "subject": i, "item_ids": [i]} for i in ids]
    run.findings = pd.DataFrame(made)
    assert [h.code for h in headlines(run)] == ["AUD002", "AUD004"]


def test_pairs_of_the_baseline_are_sentences(run: FakeRun) -> None:
    text = " / ".join(h.text for h in headlines(run))
    assert run.metrics.baseline is not None
    pair = run.metrics.baseline.confused_pairs[0]
    assert f"`{pair.given}` is heard as `{pair.predicted}` {pair.count} times" in text


def test_pairs_of_a_model_that_tells_nothing_are_none(run: FakeRun) -> None:
    baseline = run.metrics.baseline
    assert baseline is not None
    pair, names = baseline.confused_pairs[0], baseline.confusion.classes
    counts = np.zeros((len(names), len(names)), dtype=int)
    counts[:, names.index(pair.predicted)] = 100
    confusion = replace(baseline.confusion, counts=tuple(map(tuple, counts.tolist())))
    run.metrics = replace(run.metrics, baseline=replace(baseline, confusion=confusion, confused_pairs=(pair,)))
    assert not [h for h in headlines(run) if h.asks and h.asks[0] == "pair"]


def test_settled_findings_make_no_headline(run: FakeRun) -> None:
    run = keep(run, "AUD004")
    assert run.findings is not None
    run.findings["state"] = "ignored"
    assert headlines(run) == []


def test_nothing_found_says_nothing(tmp_path: Path) -> None:
    assert headlines(clean_run(tmp_path)) == []
    assert headlines(empty_run(tmp_path)) == []


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(None, -38.2, "below −38"), (5, None, "above 5"), (1, 2.54, "1 to 2.5"), (41.1, 41.3, "41.1 to 41.3")],
)
def test_a_band_reads_as_words(low: float | None, high: float | None, said: str) -> None:
    assert band_words("snr_db", low, high, kind_for("audio")) == f"SNR {said} dB"


def test_classes_that_could_not_be_learned_count_neither_for_nor_against_a_rule(run: FakeRun) -> None:
    """All of a class that no model learned is mistaken: a rule that flags just that class is seen to cost nothing."""
    run = keep(run, "AUD002")
    assert run.findings is not None
    assert run.predictions is not None
    table = run.predictions
    lost = str(table["given"].iloc[0])
    other = next(c for c in table["given"].unique() if c != lost)
    own = [str(i) for i in table.index[table["given"] == lost][:40]]
    more = [str(i) for i in table.index[(table["given"] == other) & (table["given"] == table["predicted"])][:10]]
    row = run.findings.head(1).to_dict("records")[0]
    run.findings = pd.DataFrame([{**row, "subject": i, "item_ids": [i]} for i in own + more])
    run.predictions = table.drop(columns=f"p:{lost}").assign(
        predicted=table["predicted"].where(table["given"] != lost, other)
    )
    (found,) = headlines(run)
    assert "The model is wrong on 0" in found.detail
    assert f"without `{lost}`, which could not be learned" in found.detail
    run.predictions = table.assign(fold=table["fold"].where(table["given"] != lost, 0))  # or seen by no model
    assert f"without `{lost}`" in headlines(run)[0].detail


def test_a_group_with_a_fault_of_its_own_stands_before_what_is_mostly_its_doing(run: FakeRun) -> None:
    run = keep(run, "AUD002", "AUD004")
    assert run.findings is not None
    assert run.items is not None
    items = run.items.set_index("item_id") if "item_id" in run.items else run.items
    own = [str(i) for i in items.index[:60]]
    run.items = items.assign(group=["ann" if str(i) in own else "bob" for i in items.index])
    row = run.findings[run.findings["code"] == "AUD004"].head(1).to_dict("records")[0]
    rest = run.findings[run.findings["code"] == "AUD002"].head(2)
    run.findings = pd.concat([pd.DataFrame([{**row, "subject": i, "item_ids": [i]} for i in own[:48]]), rest])
    fact = ErrorFact("finding", "truncated-end", None, "AUD004", None, None)
    culprit = Culprit("ann", 60, (GroupFault(fact, 48, 0.03),), 50, 60, 0.05)
    run.metrics = replace(run.metrics, culprits=(culprit,))
    first, second = headlines(run)[:2]
    assert "`ann`" in first.text
    assert "80\u00a0% of its clips end in the middle of a sound" in first.text
    assert first.detail.startswith("Of 60 clips; against 3.0\u00a0% of the others'")
    assert "wrong on 83\u00a0% of them all, on 5.0\u00a0% of the others'" in first.detail
    assert first.command("words") == "dsaudit relabel words --group ann"
    assert second.code == "AUD004"
