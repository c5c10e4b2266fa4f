from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from store.make_schema import metrics

from dsaudit.media import kind_for
from dsaudit.report.draw.training import accuracy_curves, loss_curves, recall_strip
from dsaudit.report.emit.html import render_report
from dsaudit.report.say.datamap import datamap_title, region_of
from dsaudit.report.say.training import Training, most_confused, thinned, training_of
from dsaudit.report.say.words import sparkline
from dsaudit.store.schema.metrics import EpochFigures, TrainingHistory
from dsaudit.types import MOST_CONFUSIONS
from report.emit.test_html import data_of
from report.make_run import HOSTILE, WORDS, make_run
from report.make_training import epochs_of, with_training
from report.make_training import training_of as stored

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CLIPS = kind_for("audio").nouns


def made(**options: Any) -> TrainingHistory:
    return stored(epochs_of(["a", "b", "c", "d"], **options))


def told(history: TrainingHistory) -> Training:
    found = training_of(metrics(training=history), CLIPS)
    assert found is not None
    return found


def changed(history: TrainingHistory, change: Callable[[int, EpochFigures], dict[str, Any]]) -> TrainingHistory:
    epochs = tuple(replace(e, **change(k, e)) for k, e in enumerate(history.epochs))
    return replace(history, epochs=epochs)


def test_the_title_names_the_class_learned_last_and_first() -> None:
    found = told(made())
    assert [c.name for c in found.classes] == ["d", "c", "b", "a"]
    assert re.fullmatch(r"`d` is learned last, in epoch (9|10); `a` first, in epoch (1|2)", found.title)
    assert abs((found.classes[0].learned_at or 0) - 9) <= 1  # planted: half of it is found from epoch 9 on
    assert "over 2 folds" in found.lead


def test_a_class_that_is_never_found_is_the_news() -> None:
    history = changed(
        made(n_epochs=2, n_folds=1), lambda _, e: {"confusion": (e.confusion[0], (40, 0, 0, 0), *e.confusion[2:])}
    )
    found = told(history)
    assert found.title == "`b` is not learned: after 2 epochs none of it is found"
    assert found.classes[0].learned_at is None


def test_recall_is_added_up_over_folds_and_a_fold_that_stopped_stays() -> None:
    rows = [(0, 0, ((3, 1), (0, 4))), (0, 1, ((4, 0), (0, 4))), (1, 0, ((1, 3), (2, 2)))]
    epochs = tuple(EpochFigures(f, e, 2, 1.0, 1.0, 0.5 + e / 4, 1e-3, confusion=c) for f, e, c in rows)
    found = told(TrainingHistory("standard", ("a", "b"), 2, epochs, {}, {"a": 1, "b": 1.5}))
    assert found.confusions == ([[4, 4], [2, 6]], [[5, 3], [2, 6]])
    assert found.mean("accuracy") == (0.5, 0.625)
    assert {c.name: c.recall for c in found.classes} == {"a": (0.5, 0.625), "b": (0.75, 0.75)}
    assert {c.name: c.learned_at for c in found.classes} == {"a": 1.0, "b": 1.5}


def test_recall_by_class_is_the_same_where_no_confusions_are_kept() -> None:
    epochs = epochs_of([f"class {k}" for k in range(MOST_CONFUSIONS + 1)], n_epochs=4, per_class=6)
    lean = stored(epochs)
    assert not lean.epochs[0].confusion
    full = changed(lean, lambda k, _: {"confusion": epochs[k].confusion, "right": (), "of": ()})
    less, more = told(lean), told(full)
    assert (less.title, less.lead, less.classes, less.n_epochs) == (more.title, more.lead, more.classes, 4)
    assert (len(less.confusions), len(more.confusions)) == (0, 4)


def test_training_longer_is_advised_only_where_it_may_help() -> None:
    rising = changed(made(n_epochs=6), lambda k, _: {"accuracy": 0.3 + 0.1 * (k % 6)})
    falling = changed(made(n_epochs=12), lambda k, _: {"validation_loss": 1 + abs(k % 12 - 4) / 10})
    assert "more epochs may help" in told(rising).lead
    assert "lowest in epoch 5 and rises again" in told(falling).lead


def test_nothing_is_said_where_nothing_was_fine_tuned() -> None:
    assert training_of(metrics(), CLIPS) is None
    assert training_of(metrics(training=replace(made(), epochs=())), CLIPS) is None


def test_the_most_confused_classes_hold_the_worst_pairs() -> None:
    counts = np.zeros((6, 6), dtype=int)
    counts[4, 1], counts[2, 5], counts[0, 3] = 9, 7, 1
    assert most_confused(counts.tolist(), 4) == [1, 2, 4, 5]
    assert most_confused(counts.tolist(), 6) == list(range(6))


def test_thinning_keeps_both_ends() -> None:
    assert thinned(5, 30) == [0, 1, 2, 3, 4]
    assert len(thinned(1000, 30)) == 30
    assert thinned(1000, 30)[::29] == [0, 999]


def test_a_sparkline_runs_from_its_lowest_to_its_highest() -> None:
    assert sparkline([0, 0.5, 1]) == "▁▅█"
    assert sparkline([0.5, 0.5], low=0, high=1) == "▅▅"
    assert sparkline([1, float("nan"), 1]) == "▁ ▁"
    assert sparkline([]) == ""
    assert len(sparkline(list(range(100)), width=12)) == 12


def test_the_figures_draw_every_fold_and_every_epoch() -> None:
    found = told(made(n_folds=3, n_epochs=5))
    assert accuracy_curves(found).count("<polyline") == 3 + 1
    assert loss_curves(found).count("<polyline") == 2 * (3 + 1)
    assert recall_strip(found.classes[0]).count("<rect") == 5


def test_regions_of_the_data_map() -> None:
    table = pd.DataFrame({"confidence": [0.9, 0.1, 0.5, np.nan], "variability": [0.05, 0.1, 0.4, 0.1]})
    assert region_of(table).tolist() == [2, 0, 1, -1]
    assert datamap_title(table, CLIPS) == "Of 3 clips, 1 was hard to learn and 1 wavered"
    steady = table[:1].assign(variability=0.001)
    assert datamap_title(steady, CLIPS) == "All 1 clip were easy to learn"
    many = pd.DataFrame({"confidence": 0.9, "variability": np.linspace(0.0, 0.08, 101)})
    assert (region_of(many) == 1).sum() == 11  # the most variable tenth, however little all vary
    assert (region_of(many.assign(variability=many["variability"] / 100)) == 2).all()


@pytest.mark.parametrize("classes", [WORDS, HOSTILE, tuple(f"class {k}" for k in range(60))])
def test_the_page_shows_training_only_where_there_was_some(tmp_path: Path, classes: tuple[str, ...]) -> None:
    run = make_run(tmp_path, n=400, classes=classes)
    plain = render_report(run, previews=None)
    assert b'id="sec-training"' not in plain
    assert b'id="sec-datamap"' not in plain
    assert b'id="sec-search"' not in plain
    assert data_of(plain)["epochs"] is None
    html = render_report(with_training(run, n_epochs=40, n_folds=1), previews=None)
    for section in (b"training", b"datamap", b"search"):
        assert b'id="sec-' + section in html
    assert b"<script>alert" not in html
    epochs = data_of(html)["epochs"]
    assert len(epochs["classes"]) == min(len(classes), 20)
    assert len(epochs["counts"]) == 30
    assert epochs["at"][-1] == 40
    assert len(data_of(html)["items"]["confidence"]) == 400
