"""Which fields of an item the heads of its kind go by: what they say of it with other items' values in each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.kind import named
from dsaudit.store.files import digest_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from dsaudit.evidence.baseline import Baseline
    from dsaudit.evidence.context import Context
    from dsaudit.model.folds import Folds

    Rows = npt.NDArray[np.float32]

MOST, N_VALUES, MOST_ASKED = 200, 9, 400_000
"""Items that are asked about, the first, values that stand in for each of theirs, and all that heads are asked."""
AT_A_TIME = 8_000
"""Rows that heads are asked at once."""
LEARNED_FROM = 8_000
LEAST = 0.3
"""By how much, in nats, the odds must change for a field to argue at all."""


def replaced(
    context: Context, baseline: Baseline, folds: Folds, asked: pd.DataFrame
) -> Mapping[str, Mapping[str, float]]:
    """How far each field argues for the suggestion, by item, for the heads that did best; they saw none of these items.

    Above 0 for the suggestion, below for the given label: by how much the logarithm of the odds between the two falls,
    on average, when the value is replaced by values as other items have them. Nothing where predictions were brought
    along.

    Parameters
    ----------
    asked : DataFrame by ``item_id``
        ``given`` and ``suggestion``.

    References
    ----------
    M. Robnik-Sikonja, I. Kononenko, "Explaining Classifications for Individual Instances", IEEE TKDE 2008.
    """
    members = baseline.predictions.model_card.get("members")
    known = asked["given"].isin(folds.classes) & asked["suggestion"].isin(folds.classes)
    first = asked[known].head(MOST)
    if not members or not len(first):
        return {}
    told = context.kept(
        "replacement", lambda: _told(context, members, folds, first), baseline.trained and baseline.trained.key,
        digest_frame(first), *members,
    )  # fmt: skip
    found: dict[str, dict[str, float]] = {}
    for item, name, weight in zip(told["item_id"], told["part"], told["weight"], strict=True):
        found.setdefault(str(item), {})[str(name)] = float(weight)
    return found


def _told(context: Context, members: Sequence[str], folds: Folds, asked: pd.DataFrame) -> pd.DataFrame:
    from dsaudit.model.device import one_thread_each
    from dsaudit.model.head import train_head

    uris = context.items["uri"]
    others = folds.fold.index.difference(asked.index)
    if len(others) > LEARNED_FROM:
        rng = np.random.default_rng(context.settings.seed)
        others = others[np.sort(rng.choice(len(others), LEARNED_FROM, replace=False))]
    items = [context.media.read(Path(str(uri))) for uri in uris.reindex(others)]
    encode, heads, names = named(context.kind.heads).enter(items)
    asked = asked.head(max(1, MOST_ASKED // (N_VALUES * max(len(names), 1))))
    inputs, labels = pd.DataFrame(encode(items), index=others), context.items["label"].reindex(others)
    X = encode([context.media.read(Path(str(uri))) for uri in uris.reindex(asked.index)])
    with context.stage("asking what counts", len(names)) as tick:
        fitted = [
            train_head(inputs, labels, folds, head=heads[name], device="cpu", seed=context.settings.seed)
            for name in members
        ]
        column = {name: k for k, name in enumerate(folds.classes)}
        pairs = [asked[side].map(column).to_numpy() for side in ("given", "suggestion")]

        def odds(rows: Rows) -> npt.NDArray[np.float64]:
            probs = np.mean([one.predict(rows) for one in fitted], axis=0).reshape(-1, len(asked), len(column))
            given, other = (probs[:, np.arange(len(asked)), one] for one in pairs)
            return np.asarray(np.log(np.maximum(other, 1e-6)) - np.log(np.maximum(given, 1e-6)))

        with one_thread_each():
            weights = _weights(X, inputs.to_numpy(), odds, tick)
    item, part = np.nonzero(np.abs(weights) >= LEAST)
    found = {"item_id": asked.index.to_numpy()[item], "part": np.array(names, dtype=object)[part]}
    return pd.DataFrame(found | {"weight": weights[item, part]})


def _weights(
    X: Rows, others: Rows, odds: Callable[[Rows], npt.NDArray[np.float64]], tick: Callable[[int], None]
) -> npt.NDArray[np.float64]:
    """The mean fall of the odds by item and column, (m, d), where values at even ranks among others take its place.

    Heads are asked about many columns at a time: of a wide table a question takes long however few its rows.
    """
    at = (len(others) * (np.arange(N_VALUES) + 0.5) / N_VALUES).astype(int)
    whole, found = odds(X)[0], np.zeros(X.shape)
    n, d = X.shape
    for first in range(0, d, n_together := max(1, AT_A_TIME // (N_VALUES * n))):
        columns = np.arange(first, min(first + n_together, d))
        rows = np.tile(X, (len(columns) * N_VALUES, 1))
        each = rows.reshape(len(columns), N_VALUES, n, d)
        for k, j in enumerate(columns):
            each[k, :, :, j] = np.sort(others[:, j])[at][:, None]
        found[:, columns] = whole[:, None] - odds(rows).reshape(len(columns), N_VALUES, n).mean(axis=1).T
        tick(len(columns))
    return found
