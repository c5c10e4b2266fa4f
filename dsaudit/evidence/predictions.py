"""Predictions as the cache keeps them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dsaudit.types import Predictions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def predictions_kept(
    made: Predictions, notes: Sequence[str], training: Mapping[str, Any] | None = None
) -> pd.DataFrame:
    """A table with the model card, notes and how training went as ``attrs``; unlabelled items are in fold -1."""
    names = [f"p:{name}" for name in made.classes]
    table = pd.DataFrame(made.pred_probs, index=list(made.item_ids), columns=names)
    table.insert(0, "given", made.given)
    table.insert(1, "fold", made.fold)
    if made.unlabelled is not None:
        agreement = np.ones(len(made.unlabelled)) if made.agreement is None else made.agreement
        table["agreement"] = np.float32(1.0)
        others = made.unlabelled.set_axis(names, axis=1).assign(given=-1, fold=-1, agreement=agreement)
        table = pd.concat([table, others.astype(table.dtypes)])
    table.attrs = {"card": json.dumps(dict(made.model_card)), "notes": list(notes)}
    if training is not None:
        table.attrs["training"] = json.dumps(training)
    return table


def predictions_of(table: pd.DataFrame) -> tuple[Predictions, pd.DataFrame]:
    """Predictions out of such a table, and the probabilities of labelled items by ``item_id``, a column per class."""
    probs = table.drop(columns=["given", "fold", "agreement"], errors="ignore").rename(
        columns=lambda name: name.removeprefix("p:")
    )
    probs, held = probs.rename_axis("item_id"), (table["fold"] >= 0).to_numpy()
    others, card = (None if held.all() else probs[~held]), json.loads(table.attrs["card"])
    agreement = None if held.all() else table.loc[~held, "agreement"].to_numpy(dtype=np.float32)
    table, probs = table[held], probs[held]
    predictions = Predictions(
        item_ids=tuple(table.index),
        classes=tuple(probs.columns),
        pred_probs=probs.to_numpy(dtype=np.float32),
        given=table["given"].to_numpy(dtype=np.int64),
        fold=table["fold"].to_numpy(dtype=np.int16),
        model_card=card,
        unlabelled=others,
        agreement=agreement,
    )
    return predictions, probs
