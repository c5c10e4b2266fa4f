from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING

from dsaudit.report.emit.json import render_json
from dsaudit.report.say.headline import headlines
from dsaudit.store.schema.run import Timings
from report.make_run import HOSTILE, empty_run, make_run

if TYPE_CHECKING:
    from pathlib import Path


def test_the_same_content_gives_the_same_bytes_whatever_the_clock(tmp_path: Path) -> None:
    first, second = make_run(tmp_path / "a"), make_run(tmp_path / "b")
    second.timings = Timings("another", "2030-01-01", 1.0, {})
    assert render_json(first) == render_json(second)
    assert render_json(first, timings=True) != render_json(second, timings=True)


def test_it_holds_what_the_page_says(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    document = json.loads(render_json(run))
    assert document["schema_version"] == 1
    assert run.findings is not None
    assert len(document["findings"]) == len(run.findings)
    assert [h["text"] for h in document["headlines"]] == [h.text for h in headlines(run)]
    assert document["headlines"][0]["command"] == "dsaudit relabel RUN --rule SPL001"
    codes = list(dict.fromkeys(f["code"] for f in document["findings"]))
    assert codes == list(dict.fromkeys(h["code"] for h in document["headlines"] if h["code"] in codes))
    assert document["metrics"]["baseline"]["accuracy"]["value"] > 0


def test_not_a_number_becomes_null_and_names_survive(tmp_path: Path) -> None:
    run = make_run(tmp_path, classes=HOSTILE)
    assert run.metrics.baseline is not None
    run.metrics = replace(run.metrics, baseline=replace(run.metrics.baseline, ece=math.nan))
    document = json.loads(render_json(run))
    assert document["metrics"]["baseline"]["ece"] is None
    assert document["dataset"]["classes"] == list(HOSTILE)


def test_an_empty_dataset_is_a_document_too(tmp_path: Path) -> None:
    assert json.loads(render_json(empty_run(tmp_path)))["findings"] == []
