"""Learning from items without a label, from a manifest to a run: what is chosen, kept, told and left out."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import dsaudit
from dsaudit.errors import UsageError
from dsaudit.evidence.semi_supervised import held_against
from dsaudit.model.archive import load_head
from dsaudit.model.semi_supervised import LEARNERS
from dsaudit.report.emit.terminal import render_terminal
from dsaudit.report.say.semi_supervised import said_of
from dsaudit.types import Predictions


def write_set(folder, *, n=160, labels=8, split=None):
    """Two clouds, a row each, of which few have a label; the truth beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(2)
    truth = np.arange(n) % 2
    X = (rng.standard_normal((n, 10)) + 3.0 * np.eye(10)[truth]).astype(np.float32)
    label = np.where(np.arange(n) < 2 * labels, np.where(truth == 1, "yes", "no"), "")
    table = pd.DataFrame({"id": [f"t{k:03d}" for k in range(n)], "text": [f"text number {k}" for k in range(n)]})
    table["label"] = label
    if split is not None:
        table["split"] = split
    table.to_csv(folder / "set.csv", index=False)
    vectors = pd.DataFrame(X, index=table["id"]).rename_axis("item_id")
    vectors.columns = [f"v{k}" for k in range(10)]
    vectors.to_parquet(folder / "vectors.parquet")
    return folder / "set.csv", {"embeddings": str(folder / "vectors.parquet"), "modality": "text"}, truth


def trained(path, out, options, **more):
    asked = {"semi_supervised": True, "folds": 3, "jobs": 1, "device": "cpu", "report": False}
    return dsaudit.train(path, out=out, **(asked | options | more))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clouds")
    path, options, truth = write_set(folder)
    return trained(path, folder / "out", options), truth, (path, options)


def test_what_tells_held_out_items_best_is_used_and_all_are_told(made):
    run, truth, _ = made
    found = run.metrics.semi_supervised
    assert {row.head for row in found.rows} >= {"labels alone", "MixMatch", "FixMatch", "label spreading"}
    assert found.best == found.rows[0].head != "labels alone"
    assert found.n == 144
    told = run.unlabelled["predicted"]
    right = (told == np.where(truth[16:] == 1, "yes", "no")).mean()
    alone = next(row for row in found.rows if row.head == "labels alone")
    assert alone.ahead is None
    assert right > max(0.9, alone.accuracy)
    text = render_terminal(run, width=100)
    assert "labels alone" in text
    assert said_of(found, run.kind.nouns)[:40] in text


def test_the_model_is_kept(made):
    run, truth, (_, options) = made
    vectors = pd.read_parquet(options["embeddings"])
    head = load_head(run.path)
    right = np.array(head.classes)[head.predict(vectors.to_numpy()).argmax(1)] == np.where(truth == 1, "yes", "no")
    assert right.mean() > 0.9


def test_nothing_without_a_label_is_one_line(tmp_path):
    path, options, _ = write_set(tmp_path / "all", n=16)
    run = trained(path, tmp_path / "out", options)
    assert run.metrics.semi_supervised is None
    assert [n for n in run.meta.notes if "semi_supervised" in n] == [
        "semi_supervised: no text without a label is left to learn from"
    ]


def test_a_test_split_is_not_learned_from_unless_asked(tmp_path, monkeypatch):
    monkeypatch.setattr("dsaudit.model.semi_supervised.LEARNERS", {"label spreading": LEARNERS["label spreading"]})
    split = np.where(np.arange(160) >= 60, "test", "train")
    path, options, _ = write_set(tmp_path / "parts", split=split)
    run = trained(path, tmp_path / "out", options)
    assert run.metrics.semi_supervised.n == 44
    assert any("100 texts without a label belong to the test split" in note for note in run.meta.notes)
    assert trained(path, tmp_path / "out", options, transductive=True).metrics.semi_supervised.n == 144


def test_one_class_alone_leaves_nothing_to_tell(tmp_path):
    path, options, _ = write_set(tmp_path / "one")
    table = pd.read_csv(path, keep_default_na=False)
    table.loc[table["label"] == "no", "label"] = ""
    table.to_csv(path, index=False)
    run = dsaudit.audit(path, out=tmp_path / "out", semi_supervised=True, jobs=1, report=False, **options)
    assert run.metrics.baseline is None
    assert run.metrics.semi_supervised is None


def test_predictions_that_were_brought_are_not_learned(tmp_path):
    path, options, _ = write_set(tmp_path / "set")
    with pytest.raises(UsageError, match="semi-supervised"):
        dsaudit.audit(path, out=tmp_path / "out", semi_supervised=True, pred_probs="probs.csv", **options)


def test_the_soft_vote_is_used_unless_it_is_behind_or_another_is_ahead_by_more_than_chance():
    given = np.arange(100) % 2
    ids = tuple(f"i{k}" for k in range(100))

    def right_on(n, first=0):
        said = np.where((np.arange(100) < n) & (np.arange(100) >= first), given, 1 - given)
        probs = np.where(np.arange(2) == said[:, None], 0.8, 0.2).astype(np.float32)
        return Predictions(ids, ("a", "b"), probs, given, np.zeros(100, dtype=np.int16), {})

    none = pd.Series(None, index=ids, dtype=object)

    def order(groups=none, **heads):
        made = {"labels alone": right_on(80)} | {name.replace("_", " "): one for name, one in heads.items()}
        return [row["head"] for row in held_against(made, groups, seed=0)]

    assert order(soft_vote=right_on(82))[0] == "soft vote"
    assert order(soft_vote=right_on(82, first=3))[0] == "soft vote"  # a point behind, its standard error is 2.2
    assert order(soft_vote=right_on(82, first=6))[0] == "labels alone"  # four points, 2.8
    assert order(soft_vote=right_on(82), other=right_on(86))[0] == "soft vote"  # four points ahead of it, 2.0
    assert order(soft_vote=right_on(82), other=right_on(92)) == ["other", "soft vote", "labels alone"]
    assert order(soft_vote=right_on(70), other=right_on(86))[0] == "other"
    assert order(other=right_on(83))[0] == "labels alone"
    ahead = held_against({"labels alone": right_on(80), "other": right_on(92)}, none, seed=0)[0]
    assert ahead["ahead"]["value"] == pytest.approx(0.12)
    one_group = pd.Series("g", index=ids)
    assert order(one_group, soft_vote=right_on(99), other=right_on(99))[0] == "labels alone"


def test_it_says_when_labels_alone_are_better(made):
    run, _, _ = made
    found = json.loads((run.path / "metrics.json").read_text())["semi_supervised"]
    assert found["best"] != "labels alone"
    from dsaudit.store.schema.metrics import LearnerFigures, SemiSupervisedFigures
    from dsaudit.types import Estimate

    rows = (
        LearnerFigures("labels alone", 0.9, 0.3, 100, None),
        LearnerFigures("MixMatch", 0.84, 0.4, 100, Estimate(-0.06, -0.1, -0.02)),
        LearnerFigures("FixMatch", 0.8, 0.4, 100, Estimate(-0.1, -0.2, 0.0)),
    )
    told = said_of(SemiSupervisedFigures("labels alone", 500, False, rows), run.kind.nouns)
    assert told == (
        "labels alone are used: learning from 500 texts without a label is worse, by MixMatch −6.0 (−10.0 to −2.0) "
        "points"
    )
