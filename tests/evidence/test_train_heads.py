"""Training with another head and with a search, from a folder of recordings to a run and back to a head."""

from __future__ import annotations

import json
import math
import shutil

import numpy as np
import pandas as pd
import pytest
from fabric import write_dataset

import dsaudit
from dsaudit.engine.progress import Silent
from dsaudit.errors import RunError
from dsaudit.model.archive import load_head
from dsaudit.store.schema.shape import plain


class Listener(Silent):
    """Hears what a terminal would say while the work goes on."""

    def __init__(self):
        self.heard = []

    def note(self, text):
        self.heard.append(text)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("words"), per_class=9, speakers=9)


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return tmp_path_factory.mktemp("out")


@pytest.fixture(scope="module")
def searched(folder, out):
    return dsaudit.train(folder, out=out, jobs=1, device="cpu", head="knn", tune=5, folds=3)


def test_the_search_is_kept_and_its_values_are_used(searched):
    tuning = searched.tuning
    assert len(tuning.trials) == 5
    assert set(tuning.space) == {"head", "n_neighbours", "width"}
    best = tuning.trials[tuning.best].values
    assert json.loads((searched.path / "model" / "head.json").read_text())["values"] == best
    card = searched.metrics.baseline.model_card
    assert card["head"].startswith("nearest neighbours")
    assert all(set(card["chosen"][name]) == {value} for name, value in best.items() if name != "head")
    assert any("none of 5 trials of a search does better than the defaults" in n for n in searched.meta.notes)
    assert any("load_head" in note for note in searched.meta.notes)


def test_the_kept_head_can_be_used_again(searched):
    head = load_head(searched.path)
    X = searched.embeddings
    predicted = np.array(head.classes)[head.predict(X.to_numpy()).argmax(1)]
    assert (predicted == searched.items["label"].reindex(X.index)).mean() > 0.9


def test_other_items_are_predicted(searched, folder):
    made = dsaudit.predict(searched.path, folder)
    assert list(made.index) == list(searched.items.index)
    assert (made.idxmax(axis=1) == searched.items["label"]).mean() > 0.9


def test_a_run_that_keeps_no_model_says_so(searched, folder, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(searched.path, other)
    (other / "model" / "encoder.pt").unlink()
    with pytest.raises(RunError, match="keeps no encoder"):
        dsaudit.predict(other, folder)
    shutil.rmtree(other / "model")
    with pytest.raises(RunError, match="keeps no model"):
        dsaudit.predict(other, folder)


@pytest.mark.parametrize("encoder", ["tfidf", "static"])
def test_an_encoder_that_learned_from_the_set_is_kept_with_the_head(encoder, tmp_path):
    """What it learned decides the vectors: of a few new items alone it would learn something else."""
    said = pd.DataFrame({"text": [f"{a} my {b} now" for a in ("pay", "block", "send") for b in "abcdefgh"]})
    said["label"] = said["text"].str.split().str[0]
    settings = {"modality": "text", "encoder": encoder, "folds": 3, "jobs": 1}
    dsaudit.train(said, out=tmp_path, **settings)
    run = dsaudit.train(said, out=tmp_path, **settings)  # vectors come from the cache
    told = load_head(run.path).predict(run.embeddings.to_numpy())
    some = said[["text"]].iloc[3:5]
    np.testing.assert_allclose(dsaudit.predict(run, some), told[3:5], atol=1e-6)


def test_another_search_takes_up_the_trials_of_the_first(searched, folder, out, monkeypatch):
    monkeypatch.setattr("dsaudit.model.tuning.HeadTrials.score", lambda self, values: pytest.fail("scored again"))
    again = dsaudit.train(folder, out=out, jobs=1, device="cpu", head="knn", tune=5, folds=3)
    assert plain(again.tuning) == plain(searched.tuning)
    assert again.predictions.equals(searched.predictions)


def test_heads_are_told_apart_and_a_run_without_a_search_has_none(searched, folder, out):
    forest = dsaudit.train(folder, out=out, jobs=1, device="cpu", head="forest", folds=3)
    assert forest.tuning is None
    assert not (forest.path / "tuning.json").exists()
    assert forest.metrics.baseline.model_card["head"].startswith("forest")
    assert not np.array_equal(forest.predictions.iloc[:, 2:], searched.predictions.iloc[:, 2:])


def test_an_audit_does_not_search(folder, out):
    run = dsaudit.audit(folder, out=out, jobs=1, device="cpu", tune=50, folds=3, select=["LBL"], report=False)
    assert run.tuning is None
    assert run.meta.settings["tune"].value is None


def test_too_few_folds_for_a_search_is_a_note_and_no_failure(folder, out):
    listener = Listener()
    run = dsaudit.train(folder, out=out, jobs=1, device="cpu", tune=5, folds=2, progress=listener)
    assert run.tuning is None
    assert any("nothing was searched: too few folds" in note for note in run.meta.notes)
    assert sum("nothing was searched: too few folds" in note for note in listener.heard) == 1
    assert (run.path / "model" / "probe.pt").exists()


def test_a_search_for_a_recipe_is_what_fine_tuning_then_follows(folder, out):
    run = dsaudit.train(
        folder, out=out, jobs=1, device="cpu", folds=3, tune=2, quality="standard", encoder="log-mel",
        training={"epochs": 1, "views": 0, "optimizer": "adam"},
    )  # fmt: skip
    best = run.tuning.trials[run.tuning.best].values
    assert not {"optimizer", "epochs", "layers"} & set(run.tuning.space)
    recipe = run.metrics.baseline.model_card["recipe"]
    assert recipe["optimizer"] == "adam"
    assert {name: recipe[name] for name in best} == best
    assert len([t for t in run.tuning.trials if math.isfinite(t.loss)]) == 2
    assert run.tuning.held_out.n == 9
