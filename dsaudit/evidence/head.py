"""The quick baseline: a head on embeddings, its values searched for where that is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dsaudit.evidence.context import versioned
from dsaudit.evidence.predictions import predictions_kept
from dsaudit.evidence.search import search_head
from dsaudit.store.cache import KeptParts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import pandas as pd

    from dsaudit.evidence.context import Context
    from dsaudit.evidence.embeddings import Embedded
    from dsaudit.evidence.tables import Evidence
    from dsaudit.model.folds import Folds
    from dsaudit.model.head import Head, Learner
    from dsaudit.types import Predictions


_VERSION = "2"
"""Changes with what heads learn from."""


def held_out_predictions(
    context: Context,
    embedded: Embedded,
    folds: Folds,
    *,
    head: Head | Learner,
    tick: Callable[[int], None],
    learned_from: pd.Index | None = None,
    kept: str = "",
) -> Predictions:
    """What a head says of items that it has not seen; ``tick`` is told of every fold.

    ``kept``: identity of all that goes in, where a run that is killed is to go on behind the last fold that took long.
    """
    from dsaudit.model.head import cross_validated_pred_probs

    embeddings, settings = embedded.table, context.settings
    return cross_validated_pred_probs(
        embeddings,
        context.items["label"].reindex(embeddings.index),
        folds,
        head=head,
        learned_from=learned_from,
        transductive=settings.transductive,
        encoder=embeddings.attrs["encoder"],
        device=settings.device,
        seed=settings.seed,
        keep=KeptParts(context.cache, "fold", kept),
        on_fold=lambda fold, accuracy, counts: tick(1),
    )


@dataclass(frozen=True, slots=True)
class HeadTraining:
    """Trains a head on embeddings.

    Attributes
    ----------
    values : mapping
        Its name under ``head``, and what a search found for it.
    key : str
        Identity of everything the result depends on.
    tuning : dict
        What the search tried, see ``dsaudit.model.tuning.Found.table``; empty where there was none.
    """

    context: Context
    embedded: Embedded
    evidence: Evidence
    values: Mapping[str, Any]
    key: str
    tuning: dict[str, Any] = field(default_factory=dict)

    def predictions(self) -> pd.DataFrame:
        """Out-of-sample predictions as the cache keeps them."""
        from dsaudit.model.heads import head_of

        folds = self.evidence.get("held_out")
        with self.context.stage("baseline", folds.n_folds) as tick:
            head = head_of(self.values)
            made = held_out_predictions(self.context, self.embedded, folds, head=head, tick=tick, kept=self.key)
        return predictions_kept(made, folds.notes)

    def settle(self) -> None:
        """Drop what it took to get there."""
        self.context.cache.drop_parts("fold", self.key)

    def save_model(self, folder: Path) -> str:
        """Write the head; returns what the reader should know, empty where the head itself is stored."""
        from dsaudit.evidence.encoder import learn_again
        from dsaudit.model.archive import save_encoder, save_head

        embeddings, settings = self.embedded.table, self.context.settings
        if (encoder := self.embedded.encoder) is not None:
            learn_again(self.context, encoder)
            save_encoder(folder, encoder)
        return save_head(
            folder,
            embeddings,
            labels=self.context.items["label"].reindex(embeddings.index),
            folds=self.evidence.get("held_out"),
            values=self.values,
            device=settings.device,
            seed=settings.seed,
        )


def head_training(context: Context, embedded: Embedded, evidence: Evidence, *, data: str) -> HeadTraining:
    """How the head is trained; ``data`` is the identity of what it is trained on."""
    from dsaudit.model.backend import package_version

    key = versioned(_VERSION, data, package_version("scikit-learn"))
    values, tuning = {"head": context.settings.head}, {}
    if context.settings.tune and (found := search_head(context, embedded, evidence.get("held_out"), key=key)):
        values, tuning = values | found.values, found.table
    return HeadTraining(context, embedded, evidence, values, versioned(key, values), tuning)
