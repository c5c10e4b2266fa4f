"""A kind of item that is no recording, as far as fine-tuning goes: fixed vectors and a perceptron."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

import numpy as np
import torch

from dsaudit.model.batches import partners
from dsaudit.model.network import Body, Network
from dsaudit.model.recipe import KEEPING, LEARNING, Range, Recipe
from dsaudit.model.tunable import Drawn, Start


@dataclass(frozen=True, slots=True)
class JitterRecipe(Recipe):
    """``jitter`` : float, how far a vector is moved."""

    ranges: ClassVar[Any] = {**LEARNING, "jitter": Range(0.0, 1.0, 0.0, 0.2), **KEEPING}
    mixup: float = 0.0
    jitter: float = 0.05


class Perceptron(Body):
    """Two layers, each a group; the lower one can run ahead."""

    pretrained = True

    def __init__(self, n_in, width):
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.low, self.high = torch.nn.Linear(n_in, width), torch.nn.Linear(width, width)
        for layer in (self.low, self.high):
            torch.nn.init.normal_(layer.weight, std=1.4 / layer.in_features**0.5, generator=generator)
            torch.nn.init.normal_(layer.bias, generator=generator)

    @property
    def n_features(self):
        return self.high.out_features

    def groups(self):
        return [list(self.low.parameters()), list(self.high.parameters())]

    def forward(self, hidden, start):
        return torch.tanh(self.high(torch.tanh(self.low(hidden)) if start == 0 else hidden))


@dataclass(frozen=True)
class Vectors:
    """``dsaudit.model.tunable.Inputs`` of rows (n, d)."""

    rows: torch.Tensor
    lengths: np.ndarray
    start: int = 0
    notes: tuple[str, ...] = ()

    def take(self, items):
        return replace(self, rows=self.rows[torch.from_numpy(items)], lengths=self.lengths[items])

    def ahead(self, network, recipe, *, seed, device):
        if recipe.layers > 1:
            return self
        with torch.no_grad():
            return replace(self, rows=torch.tanh(network.body.low(self.rows)), start=1)

    def to(self, device):
        return replace(self, rows=self.rows.to(device))

    def batch(self, items, *, device):
        return self.rows[torch.from_numpy(items)].to(device), self.start

    def drawn(self, items, recipe, rng, *, device):
        hidden, start = self.batch(items, device=device)
        if start == 0:
            moved = rng.normal(0, recipe.jitter, tuple(hidden.shape)).astype(np.float32)
            hidden = hidden + torch.from_numpy(moved).to(device)
        share, partner = partners(rng, len(items), strength=recipe.mixup)
        return Drawn((hidden.lerp(hidden[torch.from_numpy(partner)], 1.0 - share), start), share, partner)


@dataclass(frozen=True)
class VectorTuning:
    """``vector`` is what an item's vector (n_in,) is made with."""

    vector: Any
    n_in: int
    items: str = "vectors"
    encoders: tuple[str, ...] = ("plane",)
    recipe: type[Recipe] = JitterRecipe

    def start(self, encoder, n_classes, *, seed=0):
        return self.restore({"width": 16}, n_classes)

    def restore(self, shape, n_classes):
        return Start(Network(Perceptron(self.n_in, shape["width"]), n_classes), partial(_read, self), shape)


def _read(tuning, uris, read, *, device, tick=lambda n: None):
    rows, lengths = np.zeros((len(uris), tuning.n_in), dtype=np.float32), np.ones(len(uris), dtype=np.int64)
    for k, uri in enumerate(uris):
        try:
            rows[k] = tuning.vector(read(uri))
        except ValueError:
            lengths[k] = 0
        tick(1)
    return Vectors(torch.from_numpy(rows), lengths)
