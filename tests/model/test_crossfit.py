"""Models by fold: out-of-sample, the same after a kill, and what is kept of how training went."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dsaudit.errors import InconclusiveError
from dsaudit.media.audio.network.convolutions import MARGIN
from dsaudit.media.audio.recipe import AudioRecipe
from dsaudit.media.audio.tuning import TUNING
from dsaudit.model.crossfit import cross_fit, fitting, parts_of, read_material
from dsaudit.model.ensemble import load_networks, save_networks
from dsaudit.model.folds import stratified_group_folds
from model.make_inputs import material

RECIPE = AudioRecipe(epochs=2, batch_size=8, learning_rate=3e-3, patience=9)

KILLED = """
import os, signal, sys
from pathlib import Path
from model.make_inputs import material
from model.test_crossfit import RECIPE
from dsaudit.model.crossfit import cross_fit
told = 0
def kill(epoch):
    global told
    told += 1
    if told == 3:
        os.kill(os.getpid(), signal.SIGKILL)
made, folds = material()
cross_fit(made, folds, RECIPE, device="cpu", folder=Path(sys.argv[1]), on_epoch=kill)
"""


@pytest.fixture(scope="module")
def fitted():
    made, folds = material()
    told = []
    return made, folds, cross_fit(made, folds, RECIPE, device="cpu", on_epoch=told.append), told


def test_every_item_is_judged_by_a_model_that_never_saw_its_group(fitted):
    made, folds, found, _ = fitted
    predictions = found.predictions
    assert predictions.item_ids == tuple(made.labels.index)
    assert np.array_equal(predictions.fold, folds.fold.to_numpy())
    assert np.allclose(predictions.pred_probs.sum(1), 1, atol=1e-5)
    assert predictions.model_card["recipe"]["epochs"] == 2
    assert len(found.networks) == 3
    assert len(found.dynamics) == 36
    # what the held-out items are labelled changes nothing about what is said of them
    given = made.given.copy()
    given[predictions.fold == 0] = (given[predictions.fold == 0] + 1) % 3
    other = cross_fit(replace(made, given=given), folds, RECIPE, device="cpu").predictions
    assert np.array_equal(other.pred_probs[predictions.fold == 0], predictions.pred_probs[predictions.fold == 0])
    assert not np.array_equal(other.pred_probs, predictions.pred_probs)


def test_every_epoch_is_told_and_kept(fitted):
    _, _, found, told = fitted
    assert [(e.fold, e.epoch) for e in found.history] == [(f, e) for f in range(3) for e in range(2)]
    assert {(e.fold, e.epoch) for e in told} == {(e.fold, e.epoch) for e in found.history}
    assert {e.n_folds for e in told} == {3}
    assert told[-1].seconds_left == 0.0
    assert all(e.seconds_left > 0 for e in told[:-1])
    assert np.sum(found.history[0].confusion) > 0


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
def test_killed_training_goes_on_and_gives_the_same_bytes(fitted, tmp_path):
    _, _, whole, _ = fitted
    made, folds = material()
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])}
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], env=environment, check=False, timeout=300)
    assert done.returncode == -signal.SIGKILL
    assert list(tmp_path.glob("fold-*.pt"))
    again = cross_fit(made, folds, RECIPE, device="cpu", folder=tmp_path)
    assert again.predictions.pred_probs.tobytes() == whole.predictions.pred_probs.tobytes()
    pd.testing.assert_frame_equal(again.dynamics, whole.dynamics, check_exact=True)


def test_fold_networks_are_kept_and_predict(fitted, tmp_path):
    made, _, found, _ = fitted
    save_networks(tmp_path / "networks.pt", found)
    ensemble = load_networks(tmp_path / "networks.pt", TUNING)
    assert ensemble.classes == made.classes
    sound = np.random.default_rng(0).normal(0, 0.1, 8000).astype(np.float32)

    def read(path):
        if path.name == "broken":
            raise ValueError
        return sound

    probs = ensemble.predict(["a", "broken"], read, device="cpu")
    assert np.allclose(probs[0].sum(), 1, atol=1e-5)
    assert np.isnan(probs[1]).all()


def test_parts_share_no_group():
    made, _ = material()
    rows = np.arange(30)
    train, validation = parts_of(made, rows, seed=3)
    assert sorted([*train, *validation]) == rows.tolist()
    assert not set(made.groups.iloc[train]) & set(made.groups.iloc[validation])
    one = replace(made, groups=made.groups.map(lambda _: "same"))
    assert all(np.array_equal(part, rows) for part in parts_of(one, rows))


def test_a_class_is_never_set_aside_whole():
    made, _ = material(48)
    given = made.given.copy()
    given[given == 2] = 0
    rare = [0, 1, 2]  # all that is left of a class is one group
    given[rare] = 2
    labels = pd.Series([made.classes[g] for g in given], index=made.labels.index, dtype=object)
    made, rows, n_torn = replace(made, given=given, labels=labels), np.arange(48), 0
    for seed in range(24):
        train, validation = parts_of(made, rows, seed=seed)
        assert set(rare) <= set(train)
        assert 0 < len(validation) < 12
        n_torn += bool(set(made.groups.iloc[train]) & set(made.groups.iloc[validation]))
    assert n_torn == 0


def test_one_fold_that_fails_ends_the_others(monkeypatch):
    made, folds = material()
    told = []

    def failing(*arguments, on_epoch, halt, seed, **options):
        if seed == 1:
            raise RuntimeError("no more memory")
        if not halt.wait(60):
            told.append("not halted")
        raise InterruptedError

    monkeypatch.setattr("dsaudit.model.crossfit.fine_tune", failing)
    monkeypatch.setattr("dsaudit.model.crossfit.n_workers", lambda device: 3)
    with pytest.raises(RuntimeError, match="no more memory"):
        cross_fit(made, folds, RECIPE, device="cpu")
    assert not told


def test_a_network_from_nothing_learns_as_a_whole():
    made, _ = material()
    recipe = fitting(AudioRecipe(), made.network)
    assert made.network.body.first_tuned(recipe.layers) == 0
    assert recipe.layer_decay == 1.0


def test_material_leaves_out_what_cannot_be_read():
    labels = pd.Series(["a", "b"] * 6, index=[f"{k:02d}" for k in range(12)], dtype=object)
    none = pd.Series(None, index=labels.index, dtype=object)

    def read(path):
        if path.name == "03":
            raise OSError
        return np.zeros(4000 + 100 * int(path.name), dtype=np.float32)

    made = read_material(
        TUNING,
        pd.Series(labels.index, index=labels.index),
        read,
        labels,
        stratified_group_folds(labels, n_folds=2),
        groups=none,
        together=none,
        encoder="log-mel",
        device="cpu",
    )
    assert made.labels.index.tolist() == [f"{k:02d}" for k in range(12) if k != 3]
    assert "log-mel has no network" in made.notes[0]
    n_samples = 4000 + 2 * 160 * MARGIN
    assert made.inputs.lengths[0] == (n_samples - 512) // 160 + 1
    with pytest.raises(InconclusiveError):
        cross_fit(replace(made, given=np.full(11, -1)), stratified_group_folds(labels, n_folds=2), RECIPE)
