"""A kind of item that is no recording goes through folds, fine-tuning, search and ensemble with one small object."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from dsaudit.errors import ConfigError
from dsaudit.model.crossfit import cross_fit, read_material
from dsaudit.model.ensemble import load_networks, save_networks
from dsaudit.model.folds import stratified_group_folds
from dsaudit.model.recipe import Recipe
from dsaudit.model.recipe_trials import RecipeTrials, recipe_space
from model.make_tunable import JitterRecipe, VectorTuning

CLASSES = ("inner", "outer")


TUNING = VectorTuning(lambda point: point, 2)


def points(n=96):
    """Two rings, which no line parts; a group is three points."""
    rng = np.random.default_rng(0)
    ids = pd.Index([f"p{k:03d}" for k in range(n)], name="item_id", dtype=object)
    angle, far = rng.uniform(0, 2 * np.pi, n), np.arange(n) // 3 % 2
    at = np.column_stack([np.cos(angle), np.sin(angle)]) * (0.5 + far + rng.normal(0, 0.1, n))[:, None]
    where = dict(zip(ids, at.astype(np.float32), strict=True))

    def read(uri):
        if uri == "p005":
            raise ValueError
        return where[uri]

    labels = pd.Series([CLASSES[k] for k in far], index=ids, dtype=object)
    groups = pd.Series([f"g{k // 3}" for k in range(n)], index=ids, dtype=object)
    return pd.Series(ids, index=ids), read, labels, groups


@pytest.fixture(scope="module")
def material():
    uris, read, labels, groups = points()
    none = pd.Series(None, index=labels.index, dtype=object)
    folds = stratified_group_folds(labels, groups=groups, n_folds=3)
    made = read_material(TUNING, uris, read, labels, folds, groups=groups, together=none, encoder="plane", device="cpu")
    return made, folds, read


RECIPE = JitterRecipe(epochs=12, batch_size=16, learning_rate=0.02, layers=2, unfreeze_epochs=0.5, patience=12)


@pytest.fixture(scope="module")
def fitted(material):
    made, folds, _ = material
    return cross_fit(made, folds, RECIPE, device="cpu")


def test_what_no_line_parts_is_learned_by_the_layers_below_the_head(material, fitted):
    made, folds, _ = material
    assert len(made.labels) == 95  # one could not be read
    head = cross_fit(made, folds, replace(RECIPE, epochs=0), device="cpu").predictions
    tuned = fitted.predictions
    right = [(p.pred_probs.argmax(1) == p.given).mean() for p in (head, tuned)]
    loss = [-np.log(p.pred_probs[np.arange(95), p.given]).mean() for p in (head, tuned)]
    assert right[1] >= max(right[0], 0.9)
    assert loss[1] < loss[0]
    assert len(fitted.dynamics) == 95
    assert tuned.model_card["recipe"]["jitter"] == 0.05


def test_layers_thaw_in_their_order_and_frozen_ones_run_ahead(material):
    made, folds, _ = material
    before = made.network.body
    ahead = made.inputs.ahead(made.network, replace(RECIPE, layers=1), seed=0, device=torch.device("cpu"))
    assert ahead.start == 1
    found = cross_fit(made, folds, replace(RECIPE, layers=1, epochs=2), device="cpu")
    for network in found.networks:
        assert torch.equal(network.body.low.weight, before.low.weight)
    assert any(not torch.equal(network.body.high.weight, before.high.weight) for network in found.networks)


def test_killed_training_is_taken_up_and_the_networks_are_kept(material, fitted, tmp_path):
    made, folds, read = material

    class KilledError(Exception):
        pass

    def kill(epoch):
        if epoch.epoch == 3:
            raise KilledError

    with pytest.raises(KilledError):
        cross_fit(made, folds, RECIPE, device="cpu", folder=tmp_path, on_epoch=kill)
    again = cross_fit(made, folds, RECIPE, device="cpu", folder=tmp_path)
    assert np.array_equal(again.predictions.pred_probs, fitted.predictions.pred_probs)
    save_networks(tmp_path / "networks.pt", again)
    ensemble = load_networks(tmp_path / "networks.pt", TUNING)
    probs = ensemble.predict(["p000", "p003", "p005"], read, device="cpu")
    assert probs[:2].argmax(1).tolist() == [0, 1]
    assert np.isnan(probs[2]).all()


def test_its_own_hyper_parameters_are_checked_and_searched(material):
    made, folds, _ = material
    assert JitterRecipe.of("standard", {"jitter": 0.5}).jitter == 0.5
    with pytest.raises(ConfigError, match="jitter"):
        JitterRecipe.of("standard", {"jitter": 3})
    with pytest.raises(ConfigError, match="jitter"):
        Recipe.of("standard", {"jitter": 0.5})
    assert "jitter" in recipe_space(JitterRecipe)
    trials = RecipeTrials.of(made, folds, replace(RECIPE, epochs=2), device="cpu")
    assert trials.score({"jitter": 0.0}) != trials.score({"jitter": 1.0})
