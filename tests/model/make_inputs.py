"""Small tasks for networks: classes of log-mel frames that a few convolutions can tell apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch

from dsaudit.media.audio.network.convolutions import MARGIN
from dsaudit.media.audio.network.frames import Frames
from dsaudit.media.audio.tuning import TUNING
from dsaudit.model.crossfit import Material
from dsaudit.model.folds import stratified_group_folds

CLASSES = ("falls", "rises", "stays")


def frames(n=36, *, own=24, seed=0, noise=0.6):
    """Frames of a tone that moves up, down or not at all, of ``own`` to ``own`` + 7 frames; classes by turns."""
    rng = np.random.default_rng(seed)
    found, given = [], np.arange(n) % 3
    for k in range(n):
        length = own + int(rng.integers(0, 8))
        image = np.full((length + 2 * MARGIN, 32), -6.0)
        band = rng.integers(10, 22) + (given[k] - 1) * (given[k] < 2) * np.linspace(-6, 6, length)
        tone = 6.0 * np.exp(-0.5 * ((np.arange(32)[None] - band[:, None]) / 1.5) ** 2)
        image[MARGIN : MARGIN + length] = -4.0 + tone + rng.normal(0, noise, (length, 32))
        found.append(torch.from_numpy(image).half()[:, :, None])
    steps = np.array([[len(f) for f in found]])
    return Frames(torch.cat(found), np.cumsum(steps, 1) - steps, steps, torch.zeros(1, n, 0), 0), given.astype(np.int64)


def material(n=36, *, seed=0):
    """A material and its folds: a group is three items, one of each class."""
    inputs, given = frames(n, seed=seed)
    ids = pd.Index([f"i{k:03d}" for k in range(n)], name="item_id", dtype=object)
    labels = pd.Series([CLASSES[g] for g in given], index=ids, dtype=object)
    groups = pd.Series([f"g{k // 3}" for k in range(n)], index=ids, dtype=object)
    none = pd.Series(None, index=ids, dtype=object)
    folds = stratified_group_folds(labels, groups=groups, n_folds=3)
    return Material(labels, groups, none, given, inputs, TUNING.start("log-mel", 3), CLASSES), folds
