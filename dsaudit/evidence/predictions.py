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
    """A table with the model card, notes and how training went as ``attrs``."""
    names = [f"p:{name}" for name in made.classes]
    table = pd.DataFrame(made.pred_probs, index=list(made.item_ids), columns=names)
    table.insert(0, "given", made.given)
    table.insert(1, "fold", made.fold)
    table.attrs = {"card": json.dumps(dict(made.model_card)), "notes": list(notes)}
    if training is not None:
        table.attrs["training"] = json.dumps(training)
    return table


def predictions_of(table: pd.DataFrame) -> tuple[Predictions, pd.DataFrame]:
    """Predictions out of such a table, and their probabilities by ``item_id``, a column per class."""
    probs = table.drop(columns=["given", "fold"]).rename(columns=lambda name: name.removeprefix("p:"))
    predictions = Predictions(
        item_ids=tuple(table.index),
        classes=tuple(probs.columns),
        pred_probs=probs.to_numpy(dtype=np.float32),
        given=table["given"].to_numpy(dtype=np.int64),
        fold=table["fold"].to_numpy(dtype=np.int16),
        model_card=json.loads(table.attrs["card"]),
    )
    return predictions, probs.rename_axis("item_id")
