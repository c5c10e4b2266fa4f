"""The baseline of a dataset: what a model that never saw an item says of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dsaudit.errors import InconclusiveError
from dsaudit.evidence.contest import Contest, contest
from dsaudit.evidence.context import MIN_ITEMS, versioned
from dsaudit.evidence.fine_tuning import FineTuning, fine_tuning
from dsaudit.evidence.head import HeadTraining, head_training
from dsaudit.evidence.predictions import predictions_of
from dsaudit.evidence.semi_supervised import SemiSupervised, semi_supervised
from dsaudit.evidence.tables import MissingEvidenceError
from dsaudit.store.files import digest_frame, to_json, write_atomic
from dsaudit.types import Predictions

if TYPE_CHECKING:
    from pathlib import Path

    from dsaudit.evidence.context import Context
    from dsaudit.evidence.embeddings import Embedded
    from dsaudit.evidence.tables import Evidence
    from dsaudit.model.folds import Folds


_VERSION = "4"
"""Changes with what is kept of the same models."""
Trained = FineTuning | HeadTraining | Contest | SemiSupervised


@dataclass(frozen=True, slots=True)
class Baseline:
    """Predictions, and how the models that made them were trained.

    Attributes
    ----------
    predictions : Predictions
    pred_probs : DataFrame by ``item_id``
        Their probabilities, a column per class.
    trained : FineTuning, HeadTraining, Contest, SemiSupervised or None
        None where predictions were brought along.
    training : dict or None
        How fine-tuning went, for ``metrics.json``; see ``FineTuning.training``.
    semi_supervised : dict or None
        How learning from items without a label did against labels alone, for ``metrics.json``.
    """

    predictions: Predictions
    pred_probs: pd.DataFrame
    trained: Trained | None = None
    training: dict[str, Any] | None = None
    semi_supervised: dict[str, Any] | None = None

    @property
    def device(self) -> str:
        """Where it was computed."""
        return str(self.predictions.model_card.get("device", "not used"))

    @property
    def tuning(self) -> dict[str, Any]:
        """What a search for better values tried, see ``dsaudit.model.tuning.Found``; empty where there was none."""
        return self.trained.tuning if self.trained else {}

    def table(self, labels: pd.Series) -> pd.DataFrame:
        """Predictions as the run folder keeps them; ``labels`` by ``item_id``."""
        p = self.predictions
        names = np.array(p.classes, dtype=object)
        given = labels.reindex(list(p.item_ids)).to_numpy(dtype=object)
        return pd.DataFrame(
            {"given": given, "predicted": names[p.pred_probs.argmax(axis=1)], "fold": p.fold}
            | {f"p:{name}": p.pred_probs[:, k] for k, name in enumerate(p.classes)},
            index=pd.Index(list(p.item_ids), name="item_id", dtype=object),
        )

    def save_model(self, folder: Path) -> str:
        """Write the model into a new folder, with its card; returns what the reader should know of it.

        Raises
        ------
        InconclusiveError
            There is too little to train on.
        """
        assert self.trained is not None
        folder.mkdir()
        note = self.trained.save_model(folder)
        card = to_json(dict(self.predictions.model_card) | {"classes": list(self.predictions.classes)})
        write_atomic(folder / "card.json", lambda p: p.write_text(card + "\n", encoding="utf-8"))
        return note


def held_out(context: Context, embeddings: pd.DataFrame, duplicates: pd.DataFrame) -> Folds:
    """How items are held out: groups and copies stay together."""
    from dsaudit.model.folds import stratified_group_folds

    items, settings = context.items.reindex(embeddings.index), context.settings
    return stratified_group_folds(
        items["label"],
        groups=items["group"],
        duplicate_keys=duplicates["scene_set"].reindex(embeddings.index),
        n_folds=settings.folds,
        seed=settings.seed,
    )


def baseline(context: Context, embedded: Embedded, duplicates: pd.DataFrame, evidence: Evidence) -> Baseline:
    """Out-of-sample predictions by the network, fine-tuned, where the quality asks for it, else by a head."""
    from dsaudit.model.backend import backend

    settings = context.settings
    items = context.items.reindex(embedded.table.index)
    if (n := int(items["label"].notna().sum())) < MIN_ITEMS:
        some = f"{n} labelled item{'s' * (n != 1)} that can be read"
        raise MissingEvidenceError(f"{some}, at least {MIN_ITEMS} are needed")
    data = versioned(
        _VERSION,
        embedded.key,
        digest_frame(items[["label", "group"]].fillna("")),
        digest_frame(duplicates.reindex(items.index).fillna("")),
        settings.seed,
        settings.folds,
        backend(settings.device),
    )
    try:
        own = contest if context.kind.heads else head_training
        alone = fine_tuning(context, embedded, evidence, data=data) or own(context, embedded, evidence, data=data)
        table = context.with_own_ids(context.cache.stage("baseline", alone.key, alone.predictions))
        alone.settle()
        trained: Trained = alone
        if settings.semi_supervised:
            trained, table = semi_supervised(context, embedded, evidence, alone, table, data=data)
    except InconclusiveError as error:
        raise MissingEvidenceError(error.message) from error
    context.notes.extend(table.attrs["notes"])
    predictions, pred_probs = predictions_of(table)
    training, beside = (json.loads(table.attrs.get(name, "null")) for name in ("training", "semi_supervised"))
    return Baseline(predictions, pred_probs, trained, training, beside)


def external_baseline(context: Context) -> Baseline:
    """Predictions that were brought along, of the items that are left."""
    own, seen = context.external.pred_probs, context.settings.in_sample
    assert own is not None
    context.notes.extend(own.notes)
    context.notes.append(
        f"predicted probabilities are those of {own.name}, "
        + ("of a model that saw these labels" if seen else "out-of-sample as stated by whoever supplied them")
    )
    table = own.table[own.table.index.isin(context.items.index)]
    column = {name: k for k, name in enumerate(table.columns)}
    labels = context.items["label"].reindex(table.index)
    others, table, labels = table[labels.isna()], table[labels.notna()], labels.dropna()
    if not len(table):
        raise MissingEvidenceError(f"{own.name} has no prediction for a labelled item that is left")
    predictions = Predictions(
        item_ids=tuple(table.index),
        classes=tuple(table.columns),
        pred_probs=table.to_numpy(dtype=np.float32),
        given=np.array([column.get(label, -1) for label in labels], dtype=np.int64),
        fold=np.zeros(len(table), dtype=np.int16),  # whoever made them held out what they held out
        model_card={
            "supplied": own.name,
            "digest": own.digest,
            "out_of_sample": "no, as stated" if seen else "as stated",
            "n_folds": 0,
        },
        out_of_sample=not seen,
        unlabelled=others if len(others) else None,
    )
    return Baseline(predictions, table.copy())


def fold_table(baseline: Baseline) -> pd.DataFrame:
    """The fold that held each item out."""
    predictions = baseline.predictions
    return pd.DataFrame({"fold": predictions.fold}, index=pd.Index(predictions.item_ids, name="item_id"))
