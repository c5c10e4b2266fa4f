"""A kind of item that is no recording goes through folds, fine-tuning, search and ensemble with one small object."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
import torch

from dsaudit.errors import ConfigError
from dsaudit.model.crossfit import cross_fit, read_material
from dsaudit.model.ensemble import load_networks, save_networks
from dsaudit.model.folds import stratified_group_folds
from dsaudit.model.network import Body, Network
from dsaudit.model.recipe import KEEPING, LEARNING, Range, Recipe
from dsaudit.model.recipe_trials import RecipeTrials, recipe_space
from dsaudit.model.tunable import Drawn, Start

CLASSES = ("inner", "outer")


@dataclass(frozen=True, slots=True)
class PointRecipe(Recipe):
    """``jitter`` : float, how far a point is moved."""

    ranges: ClassVar[Any] = {**LEARNING, "jitter": Range(0.0, 1.0, 0.0, 0.2), **KEEPING}
    jitter: float = 0.05


class Perceptron(Body):
    """Two layers, each a group; the lower one can run ahead."""

    pretrained = True

    def __init__(self, width):
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.low, self.high = torch.nn.Linear(2, width), torch.nn.Linear(width, width)
        for layer in (self.low, self.high):
            torch.nn.init.normal_(layer.weight, generator=generator)
            torch.nn.init.normal_(layer.bias, generator=generator)

    @property
    def n_features(self):
        return self.high.out_features

    def groups(self):
        return [list(self.low.parameters()), list(self.high.parameters())]

    def forward(self, hidden, start):
        return torch.tanh(self.high(torch.tanh(self.low(hidden)) if start == 0 else hidden))


@dataclass(frozen=True)
class Points:
    rows: torch.Tensor
    lengths: np.ndarray
    start: int = 0
    notes: tuple[str, ...] = ()

    def take(self, items):
        return replace(self, rows=self.rows[torch.from_numpy(items)], lengths=self.lengths[items])

    def ahead(self, network, recipe, *, seed, device):
        if recipe.layers > 1:
            return self
        with torch.inference_mode():
            return replace(self, rows=torch.tanh(network.body.low(self.rows)).clone(), start=1)

    def to(self, device):
        return replace(self, rows=self.rows.to(device))

    def batch(self, items, *, device):
        return self.rows[torch.from_numpy(items)].to(device), self.start

    def drawn(self, items, recipe, rng, *, device):
        hidden, start = self.batch(items, device=device)
        if start == 0:
            moved = rng.normal(0, recipe.jitter, tuple(hidden.shape)).astype(np.float32)
            hidden = hidden + torch.from_numpy(moved).to(device)
        return Drawn((hidden, start), 1.0, np.arange(len(items)))


def read_points(uris, read, *, device, tick=lambda n: None):
    rows, lengths = np.zeros((len(uris), 2), dtype=np.float32), np.ones(len(uris), dtype=np.int64)
    for k, uri in enumerate(uris):
        try:
            rows[k] = read(uri)
        except ValueError:
            lengths[k] = 0
        tick(1)
    return Points(torch.from_numpy(rows), lengths)


class PointTuning:
    items, encoders, recipe = "points", ("plane",), PointRecipe

    def start(self, encoder, n_classes, *, seed=0):
        return self.restore({"width": 16}, n_classes)

    def restore(self, shape, n_classes):
        return Start(Network(Perceptron(shape["width"]), n_classes), read_points, shape)


TUNING = PointTuning()


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
    none, folds = pd.Series(None, index=labels.index, dtype=object), None
    folds = stratified_group_folds(labels, groups=groups, n_folds=3)
    made = read_material(TUNING, uris, read, labels, folds, groups=groups, together=none, encoder="plane", device="cpu")
    return made, folds, read


RECIPE = PointRecipe(epochs=12, batch_size=16, learning_rate=0.02, layers=2, unfreeze_epochs=0.5, patience=12)


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
    assert PointRecipe.of("standard", {"jitter": 0.5}).jitter == 0.5
    with pytest.raises(ConfigError, match="jitter"):
        PointRecipe.of("standard", {"jitter": 3})
    with pytest.raises(ConfigError, match="jitter"):
        Recipe.of("standard", {"jitter": 0.5})
    assert "jitter" in recipe_space(PointRecipe)
    trials = RecipeTrials.of(made, folds, replace(RECIPE, epochs=2), device="cpu")
    assert trials.score({"jitter": 0.0}) != trials.score({"jitter": 1.0})
