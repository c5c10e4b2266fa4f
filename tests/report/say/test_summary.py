from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
from store.make_schema import label_errors, records

from dsaudit.report.say.summary import summary
from dsaudit.store.schema.run import SettingUsed
from dsaudit.types import Estimate
from report.make_run import clean_run, empty_run, make_run
from report.make_training import between

if TYPE_CHECKING:
    from pathlib import Path


def test_the_three_questions_are_answered(tmp_path: Path) -> None:
    said = summary(make_run(tmp_path, n=600))
    assert said.title.endswith("of 600 clips need a look")
    assert any("agrees with" in s and "95\u00a0%" in s for s in said.how_bad)
    assert not any("need a look" in s for s in said.how_bad)  # the title has it
    assert said.how_bad[-1].startswith("Findings on ")
    assert said.first
    assert "All 600 clips were read and measured." in said.how_sure
    assert any("1 skipped" in s for s in said.how_sure)


def test_good_news_is_said_and_so_is_what_was_not_looked_at(tmp_path: Path) -> None:
    said = summary(clean_run(tmp_path))
    assert said.title == "Nothing to repair was found in 60 clips by the 11 of 12 checks that ran"
    assert said.first == ()
    assert any("11 of 12 checks ran; not looked at: 1 skipped." in s for s in said.how_sure)


def test_an_empty_dataset_is_not_good_news(tmp_path: Path) -> None:
    said = summary(empty_run(tmp_path))
    assert said.title == "There are no clips in this dataset"
    assert any("No model was trained" in s for s in said.how_sure)


def test_a_sample_is_said_to_be_one(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    run.meta = replace(run.meta, sampled_from=40_000)
    assert any("random sample of 40,000" in s for s in summary(run).how_sure)


def test_good_news_of_some_checks_only_says_so(tmp_path: Path) -> None:
    run = clean_run(tmp_path)
    run.meta = replace(run.meta, settings=run.meta.settings | {"select": SettingUsed(["AUD"], "flag")})
    assert summary(run).title == "Nothing to repair was found in 60 clips by the checks that were chosen"


def test_what_a_class_finding_names_needs_a_look(tmp_path: Path) -> None:
    run = clean_run(tmp_path)
    assert run.items is not None
    ids = run.items.index[:7].tolist()
    finding = {"code": "LBL003", "name": "split-class", "scope": "class", "subject": "cat", "item_ids": ids}
    finding |= {"score": 0.2, "severity": "warning", "message": "two groups", "suggestion": "", "evidence": "{}"}
    finding |= {"state": "new", "fingerprint": "f"}
    run.findings = pd.DataFrame([finding])
    run.rules += tuple(r for r in records() if r.code == "LBL003")
    assert summary(run).title == "7 of 60 clips need a look"
    run.findings = pd.DataFrame([finding | {"state": "ignored"}])
    assert summary(run).title.startswith("Nothing to repair was found in 60 clips")


def test_labels_that_nobody_judged_are_not_called_sound(tmp_path: Path) -> None:
    run = clean_run(tmp_path)
    assert len(run.meta.classes) > 1
    run.metrics = replace(run.metrics, baseline=None)
    assert summary(run).title == (
        "Nothing to repair was found in 60 clips by the 11 of 12 checks that ran; their labels were not judged"
    )


def test_wrong_labels_that_no_cut_names_are_no_good_news(tmp_path: Path) -> None:
    run = clean_run(tmp_path)
    found = label_errors({"by": "precision", "asked": 1.0, "reached": False}, n_judged=60, n_estimated=between(6, 2))
    run.metrics = replace(run.metrics, label_errors=found)
    said = summary(run)
    assert said.title == "About 6 of the 60 clips are labelled wrong, and none is named"
    assert said.short[:2] == (
        "About 6 ± 2 of the 60 labels judged are wrong, 10\u00a0%.",
        "No list of labels reaches the 100\u00a0% that was asked for.",
    )
    run.metrics = replace(run.metrics, label_errors=replace(found, n_estimated=Estimate(6.0, 0.0, 30.0)))
    assert summary(run).title == "Some of the 60 clips may be labelled wrong, and none is named"
    run.metrics = replace(run.metrics, label_errors=replace(found, n_estimated=Estimate(0.2, 0.0, 3.0)))
    assert summary(run).title.startswith("Nothing to repair was found in 60 clips")
