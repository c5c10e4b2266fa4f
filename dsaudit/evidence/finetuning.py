"""The fine-tuned baseline of a dataset: trained once, kept in the cache, taken up where it was killed."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dsaudit.analysis.label.dynamics import learned_classes
from dsaudit.errors import RunError, UsageError
from dsaudit.types import Epoch

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from dsaudit.media.base import Media
    from dsaudit.model.crossfit import CrossFit, Material
    from dsaudit.model.folds import Folds
    from dsaudit.settings import Settings
    from dsaudit.store.cache import Cache
    from dsaudit.types import Predictions

    Stage = Callable[[str, int], contextlib.AbstractContextManager[Callable[[int], None]]]

ENCODERS = ("speech", "log-mel")
"""Encoders whose input a network that can be fine-tuned takes."""

MOST_TRAININGS = 4
"""Trainings whose networks, or what was done of them, the cache keeps: the newest."""


@dataclass
class FineTuning:
    """Fine-tunes the items of a dataset.

    Parameters
    ----------
    items : DataFrame by ``item_id``
        Those with an embedding: uri, label, group.
    together : Series by ``item_id``
        Sets of copies.
    folds : Folds
    encoder : str
        Name and version of the encoder, such as ``speech-1``.
    key : str
        Identity of everything the result depends on; see ``FineTuning.identity``.
    on_epoch : callable
        Told of every epoch.
    """

    items: pd.DataFrame
    together: pd.Series
    folds: Folds
    media: Media
    settings: Settings
    cache: Cache
    stage: Stage
    encoder: str
    key: str
    on_epoch: Callable[[Epoch], None]
    _made: CrossFit | None = field(default=None, init=False)
    _material: Material | None = field(default=None, init=False)
    notes: tuple[str, ...] = field(default=(), init=False)

    @staticmethod
    def check(settings: Settings) -> None:
        """Refuse hyper-parameters that cannot be followed, and those that were given for nothing.

        Raises
        ------
        ConfigError
            There is no such hyper-parameter, or its value is out of range.
        UsageError
            Hyper-parameters or a head are asked for in this very call, and the quality has no use for them.
        """
        if settings.training:
            from dsaudit.model.recipe import Recipe

            Recipe.of("standard" if settings.quality == "quick" else settings.quality, settings.training)
        quick, asked = settings.quality == "quick", settings.sources
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

    @staticmethod
    def identity(settings: Settings, media: Media) -> list[Any]:
        """What the settings change about the result."""
        from dsaudit.model.recipe import Recipe

        recipe = Recipe.of(settings.quality, settings.training)
        return [settings.quality, recipe.described(), media.read_version]

    @staticmethod
    def why_not(settings: Settings, encoder: str) -> str:
        """Why the probe is kept although more was asked for; empty where fine-tuning can be done."""
        if encoder.rpartition("-")[0] in ENCODERS:
            return ""
        return f"quality {settings.quality} fine-tunes recordings only: this is the probe of quick, on {encoder}"

    def material(self) -> Material:
        """What is trained on, read once."""
        if self._material is None:
            from dsaudit.model.crossfit import read_material

            with self.stage("reading again", len(self.folds.fold)) as tick:
                self._material = read_material(
                    self.items["uri"],
                    self.media.read,
                    self.items["label"],
                    self.folds,
                    groups=self.items["group"],
                    together=self.together,
                    encoder=self.encoder.rpartition("-")[0],
                    device=self.settings.device,
                    seed=self.settings.seed,
                    tick=tick,
                )
            self.notes = self._material.notes
        return self._material

    def fit(self) -> CrossFit:
        """Train, or take up what is there; once."""
        if self._made is None:
            from dsaudit.model.crossfit import cross_fit
            from dsaudit.model.recipe import Recipe

            material = self.material()
            with self.stage("fine-tuning", 0):
                self._made = cross_fit(
                    material,
                    self.folds,
                    Recipe.of(self.settings.quality, self.settings.training),
                    encoder=self.encoder,
                    device=self.settings.device,
                    seed=self.settings.seed,
                    folder=self._folder,
                    on_epoch=self.on_epoch,
                )
            if n := len({epoch.fold for epoch in self._made.history if not math.isfinite(epoch.loss)}):
                self.notes += (f"training went astray in {n} of {len(self._made.networks)} folds: lower learning_rate",)
        return self._made

    @property
    def _folder(self) -> Path:
        return self.cache.path / "training" / self.key

    @property
    def _networks(self) -> Path:
        return self._folder / "networks.pt"

    def dynamics(self) -> pd.DataFrame:
        """What training showed of each item, see ``dsaudit.analysis.label.dynamics``; computed once."""
        return self.cache.stage("dynamics", self.key, lambda: self.fit().dynamics)

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
            "quality": self.settings.quality,
            "classes": classes,
            "n_folds": len(made.networks),
            "epochs": [{name: getattr(e, name) for name in kept} | confusion_kept(e) for e in made.history],
            "recipe": dict(made.predictions.model_card["recipe"]),
            "learned": learned_classes(list(by_fold.values()), classes),
        }

    def save_model(self, folder: Path) -> None:
        """Write the fold networks; ``dsaudit.model.ensemble.load_networks`` reads them."""
        from dsaudit.model.ensemble import load_networks
        from dsaudit.store.files import write_atomic

        try:
            load_networks(self._networks)
        except RunError:  # deleted or damaged
            self.fit()
            self.settle()
        write_atomic(folder / self._networks.name, lambda path: shutil.copyfile(self._networks, path))


def confusion_kept(epoch: Epoch) -> dict[str, list[Any]]:
    """What is kept of the confusions of an epoch: ``confusion``, or ``right`` and ``of`` by class."""
    if epoch.of:
        return {"right": list(epoch.right), "of": list(epoch.of)}
    return {"confusion": [list(row) for row in epoch.confusion]}


def epochs_of(training: Mapping[str, Any]) -> list[Epoch]:
    """The epochs of ``FineTuning.training``."""
    classes = tuple(training["classes"])
    return [
        Epoch(
            **{name: value for name, value in epoch.items() if name not in ("confusion", "right", "of")},
            n_folds=int(training["n_folds"]),
            items_per_s=0.0,  # not kept: how fast it went differs between two runs on the same data
            seconds_left=0.0,
            classes=classes,
            confusion=tuple(tuple(row) for row in epoch.get("confusion") or ()),
            right=tuple(epoch.get("right") or ()),
            of=tuple(epoch.get("of") or ()),
        )
        for epoch in training["epochs"]
    ]


def predictions_kept(made: Predictions, notes: Sequence[str], fine_tuning: FineTuning | None = None) -> pd.DataFrame:
    """Predictions as the cache keeps them, with their model card, notes and how training went as ``attrs``."""
    import pandas as pd

    names = [f"p:{name}" for name in made.classes]
    table = pd.DataFrame(made.pred_probs, index=list(made.item_ids), columns=names)
    table.insert(0, "given", made.given)
    table.insert(1, "fold", made.fold)
    table.attrs = {"card": json.dumps(dict(made.model_card)), "notes": list(notes)}
    if fine_tuning is not None:
        table.attrs["training"] = json.dumps(fine_tuning.training())
        table.attrs["notes"] += fine_tuning.notes
    return table
