"""The learning curve of a dataset: from its labels to metrics, the sentence and the drawing."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

import dsaudit
from dsaudit.report.draw.learning_curve import growth_curve
from dsaudit.report.emit.terminal import render_terminal
from dsaudit.report.say.learning_curve import more_labels
from dsaudit.store.schema.metrics import ClassGrowth, LearningCurve
from dsaudit.types import Estimate
from tests.relabel.test_prelabel import OPTIONS, texts


def test_it_is_drawn_told_and_the_same_again(tmp_path, monkeypatch):
    monkeypatch.setattr("dsaudit.evidence.learning_curve.LEAST", 40)
    table, _ = texts(90)
    table = table[table["label"].notna()].assign(speaker=[f"s{k % 12}" for k in range(table["label"].notna().sum())])
    table.to_csv(tmp_path / "said.csv", index=False)
    runs = [dsaudit.audit(tmp_path / "said.csv", select="LBL001", out=tmp_path / o, **OPTIONS) for o in ("a", "b")]
    one, again = (run.metrics.learning_curve for run in runs)
    assert one == again
    sizes = [n for n, _ in one.points]
    assert sizes == sorted(sizes)
    assert sizes[-1] == pytest.approx(0.8 * len(table), abs=6)
    assert more_labels(one).split(",")[0] in render_terminal(runs[0]).replace("\n", " ").replace("  ", " ")


@pytest.mark.parametrize("bounds", [{}, {"LEAST": 10, "MOST": 20}])
def test_few_labels_and_very_many_are_no_curve(tmp_path, monkeypatch, bounds):
    for name, value in bounds.items():
        monkeypatch.setattr(f"dsaudit.evidence.learning_curve.{name}", value)
    table = pd.DataFrame({"text": [f"{'iron' if k % 2 else 'fig'} {k}." for k in range(24)], "label": ["a", "b"] * 12})
    table.to_csv(tmp_path / "said.csv", index=False)
    assert dsaudit.audit(tmp_path / "said.csv", select="LBL001", **OPTIONS).metrics.learning_curve is None


def test_the_words_and_the_drawing_say_what_is_not_known():
    rising = ClassGrowth("a", 40, Estimate(0.7, 0.6, 0.8), Estimate(0.75, 0.6, 0.9))
    points = ((100, 0.6), (200, 0.7), (400, 0.75), (800, 0.78))
    known = LearningCurve(points, Estimate(0.78, 0.76, 0.8), Estimate(0.81, 0.79, 0.83), 0.03, True, (rising,))
    assert "bring 3.0 points: from 78" in more_labels(known)
    assert growth_curve(known).count('class="band"') == 1
    assert more_labels(replace(known, sure=False)).endswith("800 labels are too few to tell that to a point or two")
    flat = LearningCurve(points, Estimate(0.78, 0.76, 0.8), Estimate(0.785, 0.77, 0.8), 0.0, True, ())
    assert "may bring nothing" in more_labels(flat)
    steep = LearningCurve(points, Estimate(0.78, 0.76, 0.8), Estimate(0.9, 0.8, 0.95), 0.12, False, ())
    assert "brought 12 points" in more_labels(steep)
    assert 'class="band"' not in growth_curve(steep)
    assert growth_curve(None) == ""
