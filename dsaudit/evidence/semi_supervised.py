"""Labels alone against ways to learn from items without one: on items that were held out the best is told."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from dsaudit.evidence.context import versioned
from dsaudit.evidence.fine_tuning import FineTuning, material_with
from dsaudit.evidence.head import held_out_predictions
from dsaudit.evidence.predictions import predictions_kept, predictions_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from dsaudit.evidence.contest import Contest
    from dsaudit.evidence.context import Context
    from dsaudit.evidence.embeddings import Embedded
    from dsaudit.evidence.head import HeadTraining
    from dsaudit.evidence.tables import Evidence
    from dsaudit.model.crossfit import Material
    from dsaudit.model.folds import Folds
    from dsaudit.types import Estimate, Predictions

    LabelsAlone: TypeAlias = FineTuning | HeadTraining | Contest

LABELS_ALONE = "labels alone"
ROBUST = "soft vote"
"""The way that seldom costs anything."""
_BEHIND = 1.0
"""Standard errors behind labels alone by which it is given up: of few labels it is so by chance, too."""
_SURE = 2.326
"""Standard errors by which another must be ahead of it: one of five is so by chance one in twenty times."""
_Z95 = 1.96
LEAST_OTHERS = 2_000
"""A network learns from as many items without a label as there are with one, or from so many; of more they are drawn.
It takes so few steps that it would see others once or never, and reading them takes as long as labelled ones."""
_VERSION = "4"
"""Changes with what the same setting learns."""


@dataclass(frozen=True, slots=True)
class SemiSupervised:
    """Learns from items without a label as well, where that is better than labels alone.

    Attributes
    ----------
    alone : FineTuning, HeadTraining or Contest
        What learns from labels alone.
    table : DataFrame
        Its predictions as the cache keeps them.
    learned_from : Index of ``item_id``
        Items without a label.
    key : str
        Identity of everything the result depends on.
    """

    context: Context
    embedded: Embedded
    evidence: Evidence
    alone: LabelsAlone
    table: pd.DataFrame
    learned_from: pd.Index
    key: str

    @property
    def tuning(self) -> dict[str, Any]:
        """What the search for labels alone tried."""
        return self.alone.tuning

    def predictions(self) -> pd.DataFrame:
        """Out-of-sample predictions of the best as the cache keeps them, and in ``attrs`` how all did."""
        from dsaudit.model.semi_supervised import LEARNERS

        folds: Folds = self.evidence.get("held_out")
        made, _ = predictions_of(self.table)
        contenders, tables = {LABELS_ALONE: made}, {LABELS_ALONE: self.table}
        with self.context.stage("learning from the unlabelled", len(LEARNERS) * folds.n_folds) as tick:
            for name, head in LEARNERS.items():
                contenders[name] = _beside(
                    made,
                    held_out_predictions(
                        self.context, self.embedded, folds, head=head, tick=tick, learned_from=self.learned_from
                    ),
                )
        networks = self.networks()
        for name, network in networks.items():
            tables[name] = self.context.cache.stage("baseline", network.key, network.predictions)
            contenders[name] = _beside(made, predictions_of(tables[name])[0])
        rows = held_against(contenders, self.context.items["group"], seed=self.context.settings.seed)
        best = rows[0]["head"]
        for name, network in networks.items():
            network.settle() if name == best else network.drop()
        table = tables[best].copy() if best in tables else predictions_kept(contenders[best], folds.notes)
        told = {"best": best, "n": len(self.learned_from), "rows": rows}
        table.attrs["semi_supervised"] = json.dumps(told | {"transductive": self.context.settings.transductive})
        return table

    def networks(self) -> dict[str, FineTuning]:
        """By name, ways to learn in the network where it is fine-tuned; their items are read once for all."""
        from dsaudit.model.guessing import GUESSING

        context, alone, folds = self.context, self.alone, self.evidence.get("held_out")
        if not isinstance(alone, FineTuning):
            return {}
        others = _drawn(self.learned_from, max(LEAST_OTHERS, len(folds.fold)), seed=context.settings.seed)

        @cache
        def read() -> Material:
            return material_with(others, context, self.embedded.table, self.evidence.get("duplicates"), folds)

        key = versioned(self.key, list(others))
        return {
            name: replace(alone, read=read, key=versioned(key, name), guessing=name, others=others) for name in GUESSING
        }

    def settle(self) -> None:
        """Nothing is left behind."""

    def save_model(self, folder: Path) -> str:
        """Write the best; returns what the reader should know, empty where the head itself is stored."""
        from dsaudit.evidence.encoder import learn_again
        from dsaudit.model.archive import save_encoder, save_learner

        embeddings, settings = self.embedded.table, self.context.settings
        if (encoder := self.embedded.encoder) is not None:
            learn_again(self.context, encoder)
            save_encoder(folder, encoder)
        return save_learner(
            folder,
            embeddings,
            labels=self.context.items["label"].reindex(embeddings.index),
            folds=self.evidence.get("held_out"),
            name=self.evidence.get("baseline").semi_supervised["best"],
            learned_from=self.learned_from,
            device=settings.device,
            seed=settings.seed,
        )


def held_against(contenders: Mapping[str, Predictions], groups: pd.Series, *, seed: int) -> list[dict[str, Any]]:
    """How all did on held-out items, see ``dsaudit.model.contender.standing``, what is used first.

    First stands the soft vote, or labels alone where it is behind these by more than a standard error of the
    difference, which draws whole groups; but another where it is ahead of that one by more than 2.326 of them.
    ``ahead`` is the difference to labels alone with its interval; of ``LABELS_ALONE`` None.
    """
    from dsaudit.analysis.model.paired import paired_bootstrap
    from dsaudit.model.contender import standing

    alone, rows = contenders[LABELS_ALONE], standing(contenders)
    known = alone.given >= 0
    clusters = groups.reindex(list(alone.item_ids))[known]
    right = {name: (one.pred_probs.argmax(axis=1) == one.given)[known] for name, one in contenders.items()}

    def ahead(name: str, of: str) -> Estimate:
        return paired_bootstrap(right[of], right[name], clusters=clusters, seed=seed)

    def by_errors(found: Estimate, errors: float) -> bool:
        return found.value > errors * (found.high - found.low) / (2 * _Z95)

    for row in rows:
        found = ahead(row["head"], LABELS_ALONE)
        own = row["head"] == LABELS_ALONE
        row["ahead"] = None if own else {"value": found.value, "low": found.low, "high": found.high}
    robust = ROBUST in right and by_errors(ahead(ROBUST, LABELS_ALONE), -_BEHIND)
    usual = ROBUST if robust else LABELS_ALONE
    best = next((r["head"] for r in rows if r["head"] != usual and by_errors(ahead(r["head"], usual), _SURE)), usual)
    return sorted(rows, key=lambda row: row["head"] != best)


def semi_supervised(
    context: Context, embedded: Embedded, evidence: Evidence, alone: LabelsAlone, table: pd.DataFrame, *, data: str
) -> tuple[LabelsAlone | SemiSupervised, pd.DataFrame]:
    """What does best, and its predictions; ``alone`` and its ``table`` where there is nothing else to learn from.

    Of items without a label those are left out that share a group or their content with the test split, unless the
    settings say otherwise; of those that share them with items of a fold its model does not learn.
    """
    from dsaudit.model.backend import package_version

    settings, folds = context.settings, evidence.get("held_out")
    ids = folds.of_unlabelled(embedded.table.index).index
    if not settings.transductive:
        of_test = _of_test(context, evidence, embedded.table.index)
        if n := int(ids.isin(of_test).sum()):
            some = context.kind.nouns.some(n)
            context.notes.append(f"{some} without a label belong to the test split and are not learned from")
        ids = ids[~ids.isin(of_test)]
    if not len(ids):
        context.notes.append(f"semi_supervised: no {context.kind.nouns.one} without a label is left to learn from")
        return alone, table
    key = versioned(
        _VERSION, data, alone.key, list(ids), settings.transductive, package_version("scikit-learn"), folds.n_folds
    )
    made = SemiSupervised(context, embedded, evidence, alone, table, ids, key)
    found = context.cache.stage("semi-supervised", key, made.predictions)
    best = json.loads(found.attrs["semi_supervised"])["best"]
    return (alone if best == LABELS_ALONE else made.networks().get(best, made)), found


def _of_test(context: Context, evidence: Evidence, index: pd.Index) -> pd.Index:
    """Items that are in the test split, or bound to one that is by their group or their content."""
    from dsaudit.model.folds import units_of

    items = context.items.reindex(index)
    units = units_of(index, items["group"], evidence.get("duplicates")["scene_set"])
    return index[np.isin(units, units[(items["split"] == "test").to_numpy()])]


def _drawn(ids: pd.Index, most: int, *, seed: int) -> pd.Index:
    """The items, or ``most`` of more."""
    if len(ids) <= most:
        return ids
    return ids[np.sort(np.random.default_rng(seed).choice(len(ids), most, replace=False))]


def _beside(alone: Predictions, made: Predictions) -> Predictions:
    """Predictions of the items of ``alone``, in its order; those that only it could take stay as it says."""
    at = {item: k for k, item in enumerate(made.item_ids)}
    rows = np.array([at.get(item, -1) for item in alone.item_ids])
    probs = np.where((rows >= 0)[:, None], made.pred_probs[rows], alone.pred_probs).astype(np.float32)
    return replace(made, item_ids=alone.item_ids, pred_probs=probs, given=alone.given, fold=alone.fold)
