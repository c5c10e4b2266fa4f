"""What is put on frozen embeddings, cross-validated or trained on everything."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np
import pandas as pd
import torch

from dsaudit.analysis.row_batches import batches
from dsaudit.errors import InconclusiveError
from dsaudit.model.device import n_workers, one_thread_each, pick_device
from dsaudit.model.folds import ModelMean
from dsaudit.model.probe import Linear, enough_rows
from dsaudit.types import Predictions

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    import numpy.typing as npt

    from dsaudit.model.folds import Folds


MOST_OTHERS = 20_000
"""Items without a label that one model learns from; of more so many are drawn."""


_AT_ONCE = 65_536
"""Items that are judged at once, for the sake of memory."""


class Fitted(Protocol):
    """A head that was trained."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the columns of ``predict``, length k."""
        ...

    @property
    def chosen(self) -> Mapping[str, Any]:
        """Values it was trained with, by name; JSON-ready."""
        ...

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Predicted probabilities, float32 (n, k), of embeddings (n, d). Rows sum to 1."""
        ...


class Head(Protocol):
    """A way to learn classes from embeddings."""

    @property
    def description(self) -> str:
        """What the model card says."""
        ...

    def fit(
        self,
        X: npt.NDArray[np.float32],
        y: npt.NDArray[np.int64],
        *,
        classes: tuple[str, ...],
        inner: npt.NDArray[np.bool_],
        device: str,
        seed: int,
    ) -> Fitted:
        """Train on embeddings (n, d) and columns of the class (n,).

        ``inner`` (n,) marks rows that share no group with the others: values not given are chosen by the
        log loss there, after training on the rest; none are marked where nothing can be set aside, and
        defaults then do. The head that is returned was trained on all rows. A class without a row keeps
        its column.
        """
        ...


class Learner(Protocol):
    """A way to learn classes from embeddings of which few have a label."""

    @property
    def description(self) -> str:
        """What the model card says."""
        ...

    def beside(self, others: npt.NDArray[np.float32]) -> Head:
        """The head that learns from these rows (m, d) without a label as well."""
        ...


def cross_validated_pred_probs(
    embeddings: pd.DataFrame,
    labels: pd.Series,
    folds: Folds,
    *,
    head: Head | Learner | None = None,
    learned_from: pd.Index | None = None,
    transductive: bool = False,
    encoder: str = "",
    device: str = "auto",
    seed: int = 0,
    judged: Collection[int] | None = None,
    keep: Callable[[int, Callable[[], pd.DataFrame]], pd.DataFrame] = lambda held, made: made(),
    on_fold: Callable[[int, float, npt.NDArray[np.int64]], None] | None = None,
) -> Predictions:
    """Out-of-sample predicted probabilities for every item that has an embedding.

    For each fold a head is trained on the others; its values are chosen on one of those others, so the
    held-out fold decides nothing about the model that judges it. Unlabelled items of ``folds`` are judged by all of
    them, see ``dsaudit.model.folds.ModelMean``; where they are learned from, by the one that did not, see
    ``Folds.dealt``.

    Parameters
    ----------
    embeddings : DataFrame float32 (n, d), index ``item_id``
    labels : Series of str, index ``item_id``
    folds : Folds
    head : Head, optional
        What is trained, named in the model card with the values of each fold; the linear probe by default.
    learned_from : Index of ``item_id``, optional
        Unlabelled items that a ``Learner`` learns from; of no fold those that are bound to it or dealt to it.
    transductive : bool
        Then also those that are bound to the fold that is held out, by group or content.
    encoder : str
        Name and version for the model card.
    judged : collection of int, optional
        Folds that are held out one by one, of whose items alone something is said; all by default.
    keep : callable, optional
        Given a fold and what makes its table, returns the table: one that was kept before, if it likes. By several
        threads at once.
    on_fold : callable, optional
        Called after each fold, in order, with the fold, its accuracy over the classes that are learned,
        and the confusion counts so far (k, k): rows given, columns predicted.

    Raises
    ------
    InconclusiveError
        Fewer than two folds hold an item with an embedding.
    """
    where = pick_device(device)
    head = Linear() if head is None else head
    ids, X, given, fold = rows_of(embeddings, labels, folds)
    beside = folds.of_unlabelled(embeddings.index)
    others = embeddings.reindex(beside.index).to_numpy(dtype=np.float32)
    bound = beside.to_numpy()
    if learned_from is not None:
        beside, allowed = folds.dealt.reindex(beside.index), beside.index.isin(learned_from)
    present = np.unique(fold[given >= 0])
    if len(present) < 2:
        raise InconclusiveError(
            f"{len(ids)} labelled items with an embedding are too few to hold any out",
            hint="Add items, or see which of them could not be read.",
        )

    def made(held: int) -> pd.DataFrame:
        train = np.flatnonzero((fold != held) & (given >= 0))
        inner = next_fold(held, present) if (present != held).sum() > 1 else -1
        if learned_from is None:
            own = cast("Head", head)
        else:
            free = allowed & ((beside.to_numpy() != held) | (transductive & (bound == held)))
            own = cast("Learner", head).beside(drawn(others[free], seed=seed)) if free.any() else Linear()
        if isinstance(own, Linear):
            train = enough_rows(train, n_numbers=X.shape[1] * len(folds.classes), seed=seed)
        fitted = own.fit(
            _rows(X, train), given[train], classes=folds.classes, inner=fold[train] == inner, device=device, seed=seed
        )
        return _told(fitted, _in_parts(fitted, X, np.flatnonzero(fold == held)), fitted.predict(others))

    k = len(folds.classes)
    pred_probs, counts = np.zeros((len(ids), k), dtype=np.float32), np.zeros((k, k), dtype=np.int64)
    chosen: list[Mapping[str, Any]] = []
    held_folds = [f for f in np.unique(fold).tolist() if judged is None or f in judged]
    mean = ModelMean(beside, held_folds, n_classes=k)
    with one_thread_each(), ThreadPoolExecutor(min(n_workers(where), len(held_folds))) as pool:
        tables = pool.map(lambda held: keep(held, lambda: made(held)), held_folds)
        for held, table in zip(held_folds, tables, strict=True):
            rows = np.flatnonzero(fold == held)
            probs, told = np.split(table.to_numpy(dtype=np.float32), [len(rows)])
            mean.add(held, told)
            pred_probs[rows] = probs
            chosen.append(json.loads(table.attrs["chosen"]))
            known = given[rows] >= 0
            predicted = probs.argmax(1)[known]
            np.add.at(counts, (given[rows][known], predicted), 1)
            if on_fold is not None and known.any():
                on_fold(held, float((predicted == given[rows][known]).mean()), counts.copy())
    card = _card(X, given, folds, head=head, encoder=encoder, device=where.type, seed=seed)
    of_held = np.isin(fold, held_folds)
    return Predictions(
        item_ids=tuple(str(i) for i in ids[of_held]),
        classes=folds.classes,
        pred_probs=pred_probs[of_held],
        given=given[of_held],
        fold=fold[of_held],
        model_card={**card, "chosen": {name: [values.get(name) for values in chosen] for name in chosen[0]}},
        unlabelled=pd.DataFrame(mean.probs, index=beside.index, columns=list(folds.classes)) if len(beside) else None,
        agreement=mean.agreement if len(beside) else None,
    )


def _told(fitted: Fitted, *probs: npt.NDArray[np.float32]) -> pd.DataFrame:
    """Probabilities as they are kept, with the values that their head chose."""
    table = pd.DataFrame(np.concatenate(probs), columns=list(fitted.classes))
    table.attrs["chosen"] = json.dumps(dict(fitted.chosen))
    return table


def _in_parts(fitted: Fitted, X: npt.NDArray[np.float32], rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """Probabilities (m, k) of some rows of what may be a file, of so many at once as memory has room for."""
    return np.concatenate([fitted.predict(X[rows[part]]) for part in batches(len(rows), 1, cells=_AT_ONCE, of=X)])


def _rows(X: npt.NDArray[np.float32], rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """Rows of what may be a file, in memory."""
    found = np.empty((len(rows), X.shape[1]), dtype=X.dtype)
    for part in batches(len(rows), 1, cells=_AT_ONCE, of=X):
        found[part] = X[rows[part]]
    return found


def train_head(
    embeddings: pd.DataFrame,
    labels: pd.Series,
    folds: Folds,
    *,
    head: Head | Learner | None = None,
    learned_from: pd.Index | None = None,
    device: str = "auto",
    seed: int = 0,
) -> Fitted:
    """One head trained on every labelled item of the learned classes, to be kept and used.

    Its values are chosen with the first fold held out; the accuracy to state is that of the folds. ``learned_from`` as
    of ``cross_validated_pred_probs``.
    """
    _, X, given, fold = rows_of(embeddings, labels, folds)
    learned = np.flatnonzero(given >= 0)
    if isinstance(head or Linear(), Linear):
        learned = enough_rows(learned, n_numbers=X.shape[1] * len(folds.classes), seed=seed)
    if learned_from is not None:
        others = embeddings.reindex(learned_from.sort_values()).to_numpy(dtype=np.float32)
        head = cast("Learner", head).beside(drawn(others, seed=seed))
    with one_thread_each():
        return cast("Head", head or Linear()).fit(
            X[learned], given[learned], classes=folds.classes, inner=fold[learned] == 0, device=device, seed=seed
        )


def drawn(others: npt.NDArray[np.float32], *, seed: int) -> npt.NDArray[np.float32]:
    """The rows, or ``MOST_OTHERS`` of more."""
    if len(others) <= MOST_OTHERS:
        return others
    return others[np.sort(np.random.default_rng(seed).choice(len(others), MOST_OTHERS, replace=False))]


def rows_of(
    embeddings: pd.DataFrame, labels: pd.Series, folds: Folds
) -> tuple[pd.Index[str], npt.NDArray[np.float32], npt.NDArray[np.int64], npt.NDArray[np.int16]]:
    """Labelled items with an embedding, by id: their ids, embeddings (n, d), columns of the class (n,) and folds (n,).

    The column is -1 for a class that is not learned.
    """
    ids = folds.fold.index.intersection(embeddings.index).sort_values()
    column = {name: index for index, name in enumerate(folds.classes)}
    given = np.array([column.get(str(label), -1) for label in labels.reindex(ids)], dtype=np.int64)
    X = embeddings.reindex(ids).to_numpy(dtype=np.float32)
    return ids, X, given, folds.fold.reindex(ids).to_numpy(dtype=np.int16)


def next_fold(held: int, present: npt.NDArray[np.integer[Any]]) -> int:
    """The fold that decides between values for the model that ``held`` judges: the next one, round the corner."""
    others = [f for f in present.tolist() if f != held]
    return int(next((f for f in others if f > held), others[0]))


def _card(
    X: npt.NDArray[np.float32],
    given: npt.NDArray[np.int64],
    folds: Folds,
    *,
    head: Head | Learner,
    encoder: str,
    device: str,
    seed: int,
) -> Mapping[str, Any]:
    return {
        "head": head.description,
        "encoder": encoder,
        "n_dimensions": int(X.shape[1]),
        "n_items": int((given >= 0).sum()),
        "n_classes": len(folds.classes),
        "left_out": dict(folds.left_out),
        "n_folds": folds.n_folds,
        "folds": "stratified; groups and copies never torn apart",
        "seed": seed,
        "device": device,
        "torch": str(torch.__version__),
    }
