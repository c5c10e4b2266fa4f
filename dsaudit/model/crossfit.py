"""Fine-tuned models by fold: out-of-sample predicted probabilities, and how training saw each item."""

from __future__ import annotations

import tempfile
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch

from dsaudit.analysis.label.dynamics import dynamics_table
from dsaudit.engine.local import Tasks
from dsaudit.engine.mapping import is_far, map_tasks
from dsaudit.errors import InconclusiveError
from dsaudit.model.backend import device_there
from dsaudit.model.checkpoint import take_checkpoint
from dsaudit.model.device import n_workers, one_thread_each, pick_device
from dsaudit.model.finetune import fine_tune
from dsaudit.model.folds import stratified_group_folds, units_of
from dsaudit.model.guessing import Others
from dsaudit.model.shared import Shared
from dsaudit.types import Epoch, Predictions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    from dsaudit.model.finetune import Tuned
    from dsaudit.model.folds import Folds
    from dsaudit.model.guessing import Guessing
    from dsaudit.model.network import Network
    from dsaudit.model.recipe import Recipe
    from dsaudit.model.tunable import Inputs, Start, Tunable

N_PARTS = 8
"""One part in so many of the items trained on is set aside to stop early, another part for each fold.

It shares no group with the others.
"""


@dataclass(frozen=True, slots=True)
class Material:
    """Labelled items that are fine-tuned on, and what is needed of them.

    Attributes
    ----------
    labels : Series by ``item_id``
        Given labels of the n items.
    groups, together : Series by ``item_id``
        Of the n items in the same order, then of ``others``: what must not be torn apart, groups and sets of copies.
    given : int64 array (n,)
        Column of the given label, -1 where its class is not learned.
    inputs : Inputs
        Of the n items, then of ``others``.
    start : Start
    classes : tuple of str
    notes : tuple of str
    others : Index of ``item_id``
        Items without a label, which may be learned from as well.
    """

    labels: pd.Series
    groups: pd.Series
    together: pd.Series
    given: npt.NDArray[np.int64]
    inputs: Inputs
    start: Start
    classes: tuple[str, ...]
    notes: tuple[str, ...] = ()
    others: pd.Index = field(default_factory=lambda: pd.Index([], dtype=object))

    @property
    def network(self) -> Network:
        """Where training starts."""
        return self.start.network


@dataclass(frozen=True, slots=True)
class CrossFit:
    """Fine-tuned models of all folds and what they say.

    Attributes
    ----------
    predictions : Predictions
    history : tuple of Epoch
        By fold, then by epoch.
    dynamics : DataFrame
        See ``dsaudit.analysis.label.dynamics``.
    networks : tuple of Network
        One per fold.
    start : Start
        Where they started, and what makes their input.
    """

    predictions: Predictions
    history: tuple[Epoch, ...]
    dynamics: pd.DataFrame
    networks: tuple[Network, ...]
    start: Start


def read_material(
    tunable: Tunable,
    uris: pd.Series,
    read: Callable[[Path], Any],
    labels: pd.Series,
    folds: Folds,
    *,
    groups: pd.Series,
    together: pd.Series,
    encoder: str,
    device: str = "auto",
    seed: int = 0,
    others: pd.Index | None = None,
    tick: Callable[[int], None] = lambda n: None,
) -> Material:
    """Read the labelled items once for all the training to come; those that cannot be read are left out.

    Parameters
    ----------
    tunable : Tunable
        How this kind of item is fine-tuned.
    uris, labels, groups, together : Series by ``item_id``
    read : callable
        From a path to the item, see ``dsaudit.media.base.Media``.
    encoder : str
        Name of the encoder, which decides where training starts.
    others : Index of ``item_id``, optional
        Items without a label that are read as well.
    tick : callable
        Told how many more items are read.
    """
    n, ids = len(folds.fold), folds.fold.index if others is None else folds.fold.index.append(others)
    start = tunable.start(encoder, len(folds.classes), seed=seed)
    inputs = start.inputs(uris.reindex(ids).tolist(), read, device=pick_device(device), tick=tick)
    readable = np.flatnonzero(inputs.lengths > 0)
    own, beside = ids[readable[readable < n]], ids[readable[readable >= n]]
    ids, notes = ids[readable], (*start.notes, *inputs.notes)
    column = {name: index for index, name in enumerate(folds.classes)}
    labels = labels.reindex(own)
    given = np.array([column.get(str(label), -1) for label in labels], dtype=np.int64)
    kept, parted = inputs.take(readable), (groups.reindex(ids), together.reindex(ids))
    return Material(labels, *parted, given, kept, start, folds.classes, notes, beside)


def cross_fit(
    material: Material,
    folds: Folds,
    recipe: Recipe,
    *,
    encoder: str = "",
    device: str = "auto",
    seed: int = 0,
    folder: Path | None = None,
    guessing: Guessing | None = None,
    transductive: bool = False,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
) -> CrossFit:
    """Fine-tune one model per fold on the items of the others, and have it judge the fold.

    Parameters
    ----------
    encoder : str
        Name for the model card.
    folder : Path, optional
        For checkpoints, one file per fold: training that was killed goes on there, and gives the same.
    guessing : Guessing, optional
        How the others of the material are learned from: of no fold those that are bound to it or dealt to it, see
        ``Folds.dealt``, nor those that are bound to what its model stops early by.
    transductive : bool
        Then also those that are bound to the fold that is held out, or to that part.
    on_epoch : callable
        Told of every epoch, by several threads but one at a time.

    Raises
    ------
    InconclusiveError
        Fewer than two folds hold an item that can be read.
    """
    where = pick_device(device)
    recipe = fitting(recipe, material.network)
    fold = folds.fold.reindex(material.labels.index).to_numpy(dtype=np.int16)
    held_folds = np.unique(fold[material.given >= 0]).tolist()
    if len(held_folds) < 2:
        raise InconclusiveError(f"{len(fold)} labelled items that can be read are too few to hold any out")
    there = device_there(device)
    here = not is_far() or (where.type != "cpu" and not there)
    parts = [
        parts_of(material, np.flatnonzero((fold != held) & (material.given >= 0)), seed=seed * 1000 + held)
        for held in held_folds
    ]
    beside = [
        _others(material, folds, held, np.setdiff1d(validation, train), guessing, transductive=transductive)
        for held, (train, validation) in zip(held_folds, parts, strict=True)
    ]
    keeper = _Keeper(folder, held_folds, _Teller(on_epoch, material.classes, held_folds, recipe.epochs), far=not here)
    inputs, ahead = material.inputs, there in ("", "cpu")
    if ahead:
        inputs = inputs.ahead(material.network, recipe, seed=seed, device=where).to(where)
    work = _Work(material.network, inputs, material.given, recipe, seed, "auto" if there else where.type, ahead)
    tasks = Tasks(
        _trained,
        Shared(work),
        len(held_folds),
        own=lambda k: keeper.fold(k, *parts[k], beside[k]),
        told=keeper.tell,
        at_once=min(n_workers(where), len(held_folds)),
        called="training of fold",
    )
    with one_thread_each():
        tuned_models = map_tasks(tasks, here=here)
    probs = tuned_models[0].pred_probs.copy()  # of folds of nothing but classes that are not learned: none saw them
    trained = np.zeros((len(parts), len(fold)), dtype=bool)
    for k, (held, tuned, (train, _)) in enumerate(zip(held_folds, tuned_models, parts, strict=True)):
        probs[fold == held] = tuned.pred_probs[fold == held]
        trained[k, train] = True
    seen = [t.margins for t in tuned_models], [t.confidence for t in tuned_models]
    dynamics = dynamics_table(material.labels.index, *seen, trained=trained)
    card = _card(material, folds, recipe, guessing, encoder=encoder, device=there or where.type, seed=seed)
    return CrossFit(
        Predictions(
            item_ids=tuple(str(i) for i in material.labels.index),
            classes=material.classes,
            pred_probs=probs,
            given=material.given,
            fold=fold,
            model_card=card
            | {"epochs_kept": [t.kept for t in tuned_models], "shares": [t.share for t in tuned_models]},
        ),
        tuple(
            keeper.teller.epoch(held, e) for held, t in zip(held_folds, tuned_models, strict=True) for e in t.history
        ),
        dynamics,
        tuple(tuned.network for tuned in tuned_models),
        material.start,
    )


@dataclass(frozen=True, slots=True)
class _Work:
    """What the training of every fold needs; ``ahead`` where the frozen layers of ``inputs`` have run."""

    network: Network
    inputs: Inputs
    given: npt.NDArray[np.int64]
    recipe: Recipe
    seed: int
    device: str
    ahead: bool


@dataclass(frozen=True, slots=True)
class _Fold:
    """The fold that a model does not see, and what was kept of its training: a file, or what one held."""

    held: int
    train: npt.NDArray[np.int64]
    validation: npt.NDArray[np.int64]
    others: Others | None
    path: Path | None
    state: bytes
    far: bool


def _trained(shared: Shared[_Work], fold: _Fold, tell: Callable[[Any], None], halt: threading.Event) -> Tuned:
    """The model of a fold; tells its epochs, with what is to be kept where that is no file of its own."""
    work, seed = shared.value, shared.value.seed
    with one_thread_each(), tempfile.TemporaryDirectory(prefix="dsaudit-") as own:
        where, path = pick_device(work.device), fold.path
        if fold.far and path is not None:
            path = Path(own) / path.name
            path.write_bytes(fold.state)
        inputs = work.inputs
        if not work.ahead:
            inputs = inputs.ahead(work.network, work.recipe, seed=seed, device=where).to(where)

        def told(epoch: Mapping[str, Any]) -> None:
            tell((epoch, path.read_bytes() if fold.far and path is not None else b""))

        found = fine_tune(
            work.network,
            inputs,
            work.given,
            train=fold.train,
            validation=fold.validation,
            recipe=work.recipe,
            seed=seed * 1000 + fold.held,
            device=where,
            checkpoint=path,
            refit=True,
            others=fold.others,
            on_epoch=told,
            halt=halt,
        )
        if fold.far and path is not None:
            tell((None, path.read_bytes()))
        return found


class _Keeper:
    """Tells epochs once, and keeps what comes with them where training itself does not."""

    def __init__(self, folder: Path | None, held_folds: list[int], teller: _Teller, *, far: bool) -> None:
        self.teller = teller
        self._held, self._far = held_folds, far
        self._paths = [None if folder is None else folder / f"fold-{held}.pt" for held in held_folds]
        self._n_told = [0] * len(held_folds)

    def fold(
        self, k: int, train: npt.NDArray[np.int64], validation: npt.NDArray[np.int64], others: Others | None
    ) -> _Fold:
        path = self._paths[k]
        state = path.read_bytes() if self._far and path is not None and path.is_file() else b""
        return _Fold(self._held[k], train, validation, others, path, state, self._far)

    def tell(self, k: int, message: tuple[Mapping[str, Any] | None, bytes]) -> None:
        (epoch, state), path = message, self._paths[k]
        if epoch is not None and int(epoch["epoch"]) < self._n_told[k]:
            return  # of training that was begun anew
        if state and path is not None:
            take_checkpoint(path, state)
        if epoch is not None:
            self._n_told[k] = int(epoch["epoch"]) + 1
            self.teller.tell(self._held[k], epoch)


def _others(
    material: Material,
    folds: Folds,
    held: int,
    aside: npt.NDArray[np.int64],
    guessing: Guessing | None,
    *,
    transductive: bool,
) -> Others | None:
    """What the model of a fold learns from beside, see ``cross_fit``; ``aside``: rows that it stops early by."""
    if guessing is None:
        return None
    n, (dealt, bound) = len(material.labels), (of.reindex(material.others) for of in (folds.dealt, folds.unlabelled))
    if transductive:
        free = (dealt != held) | (bound == held)
    else:
        units = units_of(material.groups.index, material.groups, material.together)
        free = (dealt != held) & ~np.isin(units[n:], units[aside])
    rows = n + np.flatnonzero(free.to_numpy())
    return Others(rows, guessing) if len(rows) else None


def parts_of(
    material: Material, rows: npt.NDArray[np.int64], *, seed: int = 0, n_parts: int = N_PARTS
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rows to train on and rows to validate on, out of ``rows``; no group and no set of copies is in both.

    A class is never set aside whole: the groups of one that would be are trained on. Where nothing can be set
    aside fairly, all rows are in both parts.
    """
    try:
        part = stratified_group_folds(
            material.labels.iloc[rows],
            groups=material.groups.iloc[rows],
            duplicate_keys=material.together.iloc[rows],
            n_folds=n_parts,
            seed=seed,
        ).fold.reindex(material.labels.index[rows])
    except InconclusiveError:
        return rows, rows
    aside = part.to_numpy() == 0
    given = material.given[rows]
    index = material.labels.index[rows]
    units = units_of(index, material.groups.reindex(index), material.together.reindex(index))
    aside &= ~np.isin(units, units[aside & ~np.isin(given, given[~aside])])
    return (rows[~aside], rows[aside]) if aside.any() and not aside.all() else (rows, rows)


def fitting(recipe: Recipe, network: Network) -> Recipe:
    """The recipe as it can be followed: a network that starts from nothing learns as a whole, at one rate."""
    if network.pretrained:
        return recipe
    return replace(recipe, layers=int(recipe.ranges["layers"].most), layer_decay=1.0, unfreeze_epochs=0.0)


class _Teller:
    """Turns a model's epochs into the progress of all of them."""

    def __init__(
        self, on_epoch: Callable[[Epoch], None], classes: tuple[str, ...], held_folds: list[int], n_epochs: int
    ) -> None:
        self._on_epoch = on_epoch
        self._classes = classes
        self._n = (max(held_folds) + 1, n_epochs)
        self._done = dict.fromkeys(held_folds, 0)
        self._told = 0
        self._started = time.monotonic()
        self._lock = threading.Lock()

    def epoch(self, held: int, epoch: Mapping[str, Any], *, seconds_left: float = 0.0) -> Epoch:
        values = {k: v for k, v in epoch.items() if k not in ("confusion", "shown", "right", "of")}
        confusion = tuple(tuple(row) for row in epoch["confusion"])
        shown, right, of = (tuple(epoch.get(name, ())) for name in ("shown", "right", "of"))
        n_folds, n_epochs = self._n
        return Epoch(
            fold=held,
            n_folds=n_folds,
            n_epochs=n_epochs,
            seconds_left=seconds_left,
            classes=self._classes,
            confusion=confusion,
            shown=shown,
            right=right,
            of=of,
            **values,
        )

    def tell(self, held: int, epoch: Mapping[str, Any]) -> None:
        with self._lock:
            self._done[held] = int(epoch["epoch"]) + 1
            self._told += 1
            left = len(self._done) * self._n[1] - sum(self._done.values())
            seconds_left = (time.monotonic() - self._started) / self._told * left
            self._on_epoch(self.epoch(held, epoch, seconds_left=seconds_left))


def _card(
    material: Material,
    folds: Folds,
    recipe: Recipe,
    guessing: Guessing | None,
    *,
    encoder: str,
    device: str,
    seed: int,
) -> dict[str, Any]:
    start = "the pretrained network" if material.network.pretrained else "a small network from nothing"
    beside = f", by {guessing.description}" if guessing else ""
    return {
        "head": f"fine-tuned from a linear probe on {start}{beside}",
        "encoder": encoder,
        "n_dimensions": material.network.n_features,
        "n_items": int((material.given >= 0).sum()),
        "n_classes": len(material.classes),
        "left_out": dict(folds.left_out),
        "n_folds": folds.n_folds,
        "folds": "stratified; groups and copies never torn apart",
        "recipe": recipe.described(),
        "seed": seed,
        "device": device,
        "torch": str(torch.__version__),
    }
