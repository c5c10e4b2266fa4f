"""The fine-tuned baseline of a dataset: trained once, kept in the cache, taken up where it was killed."""

from __future__ import annotations

import math
import shutil
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from dsaudit.analysis.label.dynamics import learned_classes
from dsaudit.errors import RunError, UsageError
from dsaudit.evidence.context import versioned
from dsaudit.evidence.predictions import predictions_kept
from dsaudit.evidence.search import search_recipe
from dsaudit.kind import named
from dsaudit.media import kinds

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dsaudit.evidence.context import Context
    from dsaudit.evidence.embeddings import Embedded
    from dsaudit.evidence.tables import Evidence
    from dsaudit.kind import Kind
    from dsaudit.model.crossfit import CrossFit, Material
    from dsaudit.model.folds import Folds
    from dsaudit.model.recipe import Recipe
    from dsaudit.settings import Settings
    from dsaudit.types import Epoch

MOST_TRAININGS = 4
"""Trainings whose networks, or what was done of them, the cache keeps: the newest."""


def check_training(settings: Settings, kind: Kind) -> None:
    """Refuse hyper-parameters that cannot be followed, and those that were given for nothing.

    Raises
    ------
    ConfigError
        There is no such hyper-parameter, or its value is out of range.
    UsageError
        Hyper-parameters, a head or semi-supervised learning are asked for in this very call, and there is no use for
        them.
    """
    if settings.training:
        from dsaudit.model.recipe import Recipe

        recipe = named(kind.tuning).recipe if kind.tuning else Recipe
        recipe.of("standard" if settings.quality == "quick" else settings.quality, settings.training)
    quick, asked = settings.quality == "quick", settings.sources
    if settings.pred_probs and asked.get("semi_supervised") == "flag":
        raise UsageError(
            "semi-supervised learning is for a model that is trained here, and --pred-probs brings one's predictions",
            hint="keep one of --semi-supervised and --pred-probs",
        )
    if quick and asked.get("training") == "flag":
        raise UsageError(
            "training is how to fine-tune, and quality quick fine-tunes nothing",
            hint="add --quality standard, or leave --training out",
        )
    if not quick and asked.get("head") == "flag":
        raise UsageError(
            f"a head is put on embeddings by quality quick; {settings.quality} fine-tunes the network instead",
            hint=f"keep one of --head and --quality {settings.quality}",
        )


def why_not(settings: Settings, kind: Kind, encoder: str) -> str:
    """Why the probe is kept although more was asked for; empty where fine-tuning can be done."""
    if kind.tuning and encoder.rpartition("-")[0] in named(kind.tuning).encoders:
        return ""
    if kind.tuning:
        taken = f"{named(kind.tuning).items} with the encoder {' or '.join(named(kind.tuning).encoders)}"
    else:
        taken = " and ".join(named(other.tuning).items for other in kinds() if other.tuning)
    return f"quality {settings.quality} fine-tunes {taken} only: this is the probe of quick, on {encoder}"


def material(context: Context, embeddings: pd.DataFrame, duplicates: pd.DataFrame, held_out: Folds) -> Material:
    """What is fine-tuned on, read once for all the training to come."""
    return material_with(None, context, embeddings, duplicates, held_out)


def material_with(
    others: pd.Index | None, context: Context, embeddings: pd.DataFrame, duplicates: pd.DataFrame, held_out: Folds
) -> Material:
    """The same, and behind it items without a label."""
    from dsaudit.model.crossfit import read_material

    items, settings = context.items.reindex(embeddings.index), context.settings
    with context.stage("reading again", len(held_out.fold) + (0 if others is None else len(others))) as tick:
        return read_material(
            named(context.kind.tuning),
            items["uri"],
            context.media.read,
            items["label"],
            held_out,
            groups=items["group"],
            together=duplicates["scene_set"].reindex(items.index),
            encoder=embeddings.attrs["encoder"].rpartition("-")[0],
            device=settings.device,
            seed=settings.seed,
            others=others,
            tick=tick,
        )


@dataclass
class FineTuning:
    """Fine-tunes the items of a dataset: trained once, kept in the cache, taken up where it was killed.

    Attributes
    ----------
    read : callable
        Reads what it is trained on.
    encoder : str
        Name and version of the encoder, such as ``speech-1``.
    recipe : Recipe
        With the values that a search found.
    key : str
        Identity of everything the result depends on.
    tuning : dict
        What the search tried, see ``dsaudit.model.tuning.Found.table``; empty where there was none.
    guessing : str
        How it learns from items without a label, by its name in ``dsaudit.model.guessing.GUESSING``; empty: from none.
    others : Index of ``item_id``
        Those items.
    """

    context: Context
    evidence: Evidence
    read: Callable[[], Material]
    encoder: str
    recipe: Recipe
    key: str
    tuning: dict[str, Any] = field(default_factory=dict)
    guessing: str = ""
    others: pd.Index = field(default_factory=lambda: pd.Index([], dtype=object))
    _made: CrossFit | None = field(default=None, init=False)

    def fit(self) -> CrossFit:
        """Train, or take up what is there; once."""
        if self._made is None:
            from dsaudit.model.crossfit import cross_fit
            from dsaudit.model.guessing import GUESSING

            settings, material = self.context.settings, self.read()
            with self.context.stage(self.guessing or "fine-tuning", 0):
                self._made = cross_fit(
                    material,
                    self.evidence.get("held_out"),
                    self.recipe,
                    encoder=self.encoder,
                    device=settings.device,
                    seed=settings.seed,
                    folder=self._folder,
                    guessing=GUESSING.get(self.guessing),
                    transductive=settings.transductive,
                    on_epoch=self.context.on_epoch,
                )
        return self._made

    def predictions(self) -> pd.DataFrame:
        """Out-of-sample predictions as the cache keeps them."""
        from dsaudit.model.ensemble import predict_unlabelled

        made, folds, settings = self.fit(), self.evidence.get("held_out"), self.context.settings
        uris = self.context.items["uri"].reindex(self.evidence.get("embeddings").index)
        with self.context.stage("predicting", len(folds.of_unlabelled(uris.index))) as tick:
            others, agreement = predict_unlabelled(
                made, uris, folds.unseen(self.others), self.context.media.read, device=settings.device, tick=tick
            )
        notes = [*folds.notes, *self.read().notes]
        if n := len({epoch.fold for epoch in made.history if not math.isfinite(epoch.loss)}):
            notes.append(f"training went astray in {n} of {len(made.networks)} folds: lower learning_rate")
        return predictions_kept(
            replace(made.predictions, unlabelled=others, agreement=agreement), notes, self.training()
        )

    @property
    def _folder(self) -> Path:
        return self.context.cache.path / "training" / self.key

    @property
    def _networks(self) -> Path:
        return self._folder / "networks.pt"

    def dynamics(self) -> pd.DataFrame:
        """What training showed of each item, see ``dsaudit.analysis.label.dynamics``; computed once."""
        return self.context.cache.stage("dynamics", self.key, lambda: self.fit().dynamics)

    def settle(self) -> None:
        """Once its predictions are kept: keep the networks and the dynamics too, and drop what it took to get there.

        Checkpoints take five times as much as the networks, so they go when training is done, and with them all
        but the newest ``MOST_TRAININGS`` trainings.
        """
        if self._made is None:
            return
        from dsaudit.model.ensemble import save_networks
        from dsaudit.store.files import write_atomic, writing

        made = self._made
        self.dynamics()
        with writing(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
        write_atomic(self._networks, lambda path: save_networks(path, made))
        for path in self._folder.iterdir():
            if path != self._networks:
                path.unlink(missing_ok=True)
        trainings = sorted(self._folder.parent.iterdir(), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        for old in trainings[MOST_TRAININGS:]:
            if old != self._folder:
                shutil.rmtree(old, ignore_errors=True)

    def drop(self) -> None:
        """Another is used: keep neither its networks nor what it took to get there."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def training(self) -> dict[str, Any]:
        """What ``metrics.json`` keeps of how training went.

        Of more than ``MOST_CONFUSIONS`` classes an epoch keeps no confusion matrix, but per class how many were right,
        and of how many.
        """
        made = self.fit()
        by_fold: dict[int, list[Any]] = {}
        for epoch in made.history:
            by_fold.setdefault(epoch.fold, []).append(epoch.found)
        kept = ("fold", "epoch", "n_epochs", "loss", "validation_loss", "accuracy", "learning_rate")
        classes = list(made.predictions.classes)
        return {
            "quality": self.context.settings.quality,
            "classes": classes,
            "n_folds": len(made.networks),
            "epochs": [{name: getattr(e, name) for name in kept} | confusion_kept(e) for e in made.history],
            "recipe": dict(made.predictions.model_card["recipe"]),
            "learned": learned_classes(list(by_fold.values()), classes),
        }

    def save_model(self, folder: Path) -> str:
        """Write the fold networks, see ``dsaudit.model.ensemble.load_networks``; nothing more need be said of them."""
        from dsaudit.model.ensemble import load_networks
        from dsaudit.store.files import write_atomic

        try:
            load_networks(self._networks, named(self.context.kind.tuning))
        except RunError:  # deleted or damaged
            self.fit()
            self.settle()
        write_atomic(folder / self._networks.name, lambda path: shutil.copyfile(self._networks, path))
        return ""


def fine_tuning(context: Context, embedded: Embedded, evidence: Evidence, *, data: str) -> FineTuning | None:
    """How the network is fine-tuned where the quality asks for it and there is one; else None.

    ``data`` is the identity of what it is trained on.
    """
    settings, encoder = context.settings, str(embedded.table.attrs["encoder"])
    if settings.quality == "quick":
        return None
    if reason := why_not(settings, context.kind, encoder):
        context.notes.append(reason)
        return None
    from dsaudit.model.backend import backend, backend_there

    recipe, tuning = named(context.kind.tuning).recipe.of(settings.quality, settings.training), {}
    there = backend_there(settings.device)
    elsewhere = () if there == backend(settings.device) else (there,)

    def key() -> str:
        return versioned(data, settings.quality, recipe.described(), context.media.read_version, *elsewhere)

    if settings.tune and (
        found := search_recipe(context, evidence.get("material"), evidence.get("held_out"), recipe, key=key())
    ):
        recipe, tuning = replace(recipe, **found.values), found.table
    return FineTuning(context, evidence, lambda: evidence.get("material"), encoder, recipe, key(), tuning)


def confusion_kept(epoch: Epoch) -> dict[str, list[Any]]:
    """What is kept of the confusions of an epoch: ``confusion``, or ``right`` and ``of`` by class."""
    if epoch.of:
        return {"right": list(epoch.right), "of": list(epoch.of)}
    return {"confusion": [list(row) for row in epoch.confusion]}
