"""Stratified folds that tear no group and no set of copies apart."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.errors import InconclusiveError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

MIN_ITEMS = 4
"""A class with fewer items cannot be learned and judged at once: each fold would see two or three of them."""


@dataclass(frozen=True, slots=True)
class Folds:
    """Which fold holds each labelled item out.

    Attributes
    ----------
    fold : Series of int16, index ``item_id`` (sorted)
        0 … ``n_folds`` - 1, for every labelled item, also those of classes that are not learned.
    n_folds : int
    classes : tuple of str
        Classes that are learned, sorted.
    left_out : mapping of str to str
        Class that is not learned, and why.
    notes : tuple of str
        What the reader of a report should know, one sentence each.
    unlabelled : Series of int16, index ``item_id`` (sorted)
        Of every unlabelled item the fold that holds out what shares its group or its content; -1 where nothing that
        is labelled does.
    dealt : Series of int16, index ``item_id`` (sorted)
        The same, and of the others a fold that was drawn, one for what shares a group or content: where models learn
        from unlabelled items, too, its model alone has not seen them.
    """

    fold: pd.Series
    n_folds: int
    classes: tuple[str, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    unlabelled: pd.Series = field(default_factory=lambda: pd.Series(dtype=np.int16))
    dealt: pd.Series = field(default_factory=lambda: pd.Series(dtype=np.int16))

    def of_unlabelled(self, ids: pd.Index) -> pd.Series:
        """``unlabelled`` of those items that are in ``ids`` as well."""
        return self.unlabelled[self.unlabelled.index.isin(ids)]

    def unseen(self, learned_from: pd.Index) -> Folds:
        """With ``dealt`` in the place of ``unlabelled`` for items that were learned from, see there."""
        seen = self.unlabelled.index.isin(learned_from)
        return replace(self, unlabelled=self.dealt.where(seen, self.unlabelled))


class ModelMean:
    """Mean over the folds' models of what they say of items that none of them was trained on.

    Where one fold holds out what shares the group of an item, the others have seen it: that model alone is asked.

    Parameters
    ----------
    fold : int array (m,)
        As ``Folds.unlabelled``.
    models : sequence of int
        Folds that have a model.
    n_classes : int

    Examples
    --------
    >>> mean = ModelMean([-1, 1], [0, 1], n_classes=2)
    >>> mean.add(0, [[1.0, 0.0], [1.0, 0.0]])
    >>> mean.add(1, [[0.5, 0.5], [0.5, 0.5]])
    >>> mean.probs.tolist()
    [[0.75, 0.25], [0.5, 0.5]]
    >>> mean.agreement.tolist()
    [1.0, 1.0]
    """

    def __init__(self, fold: npt.ArrayLike, models: Sequence[int], *, n_classes: int) -> None:
        self._fold, self._n = np.asarray(fold), len(models)
        self._free = ~np.isin(self._fold, models)
        self.probs = np.zeros((len(self._fold), n_classes), dtype=np.float32)
        self._firsts: list[npt.NDArray[np.int32]] = []

    def add(self, model: int, found: npt.ArrayLike) -> None:
        """Take in the probabilities (m, k) by the model of a fold."""
        rows, mine = np.asarray(found, dtype=np.float32), self._fold == model
        self.probs[self._free] += rows[self._free] / self._n
        self.probs[mine] = rows[mine]
        self._firsts.append(rows.argmax(axis=1).astype(np.int32))

    @property
    def agreement(self) -> npt.NDArray[np.float32]:
        """Share of the models that were asked whose first class is that of the mean, float32 (m,), 0 to 1."""
        first = self.probs.argmax(axis=1)
        agree = sum(((own == first) for own in self._firsts), np.zeros(len(first), dtype=np.float32)) / self._n
        return np.where(self._free, agree, 1.0).astype(np.float32)


def stratified_group_folds(
    labels: pd.Series,
    *,
    groups: pd.Series | None = None,
    duplicate_keys: pd.Series | None = None,
    n_folds: int = 5,
    seed: int = 0,
) -> Folds:
    """Deal labelled items to folds so that each fold has about the same share of every class.

    Items of one group, and items with the same content, always share a fold: a model that has heard a
    speaker or the very file would be judged on what it remembers. Large units are dealt first, each to
    the fold that so far holds the smallest share of its classes; single items then fill the gaps.

    Parameters
    ----------
    labels : Series of str, index ``item_id``
        Missing means unlabelled: such items get no fold, but they bind what shares a group or copies with them.
    groups : Series of str, index ``item_id``, optional
        Missing means a group of its own.
    duplicate_keys : Series of str, index ``item_id``, optional
        Equal keys mean equal content, such as a hash of the samples; missing means unique.
    n_folds : int
        Wanted number of folds, at least 2; fewer are made where no class has as many separate units.
    seed : int
        The same seed gives the same folds, whatever the order of the rows.

    Raises
    ------
    InconclusiveError
        Fewer than two classes have enough items in at least two separate groups.
    """
    everything = labels.sort_index()
    labelled = everything.notna().to_numpy()
    labels, all_units = everything[labelled].astype(str), units_of(everything.index, groups, duplicate_keys)
    units, kept = pd.factorize(all_units[labelled])  # counted as they come: items without a label move no other's fold
    classes, codes = np.unique(labels.to_numpy(dtype=str), return_inverse=True)
    n_items = np.bincount(codes, minlength=len(classes))
    pairs = np.unique(np.stack([codes, units]), axis=1) if len(labels) else np.empty((2, 0), dtype=np.int64)
    n_units = np.bincount(pairs[0], minlength=len(classes))

    left_out = {}
    for name, items, parts in zip(classes.tolist(), n_items.tolist(), n_units.tolist(), strict=True):
        if items < MIN_ITEMS:
            left_out[name] = f"{items} item{'s' * (items != 1)}, at least {MIN_ITEMS} are needed"
        elif parts < 2:
            left_out[name] = f"all {items} items belong to one group, so none can be held out fairly"
    learned = np.array([name not in left_out for name in classes.tolist()], dtype=bool)
    if learned.sum() < 2:
        raise InconclusiveError(
            f"{int(learned.sum())} of {len(classes)} classes can be learned: {_first_reason(left_out)}",
            hint="A baseline needs two classes with several items each, from at least two groups.",
        )
    k = int(min(n_folds, n_units[learned].max()))
    notes = [f"class {name!r} is not learned: {reason}" for name, reason in left_out.items()]
    if k < n_folds:
        notes.append(f"{k} folds instead of {n_folds}: no class has more separate groups")

    fold = _deal(codes, units, n_classes=len(classes), n_folds=k, seed=seed)
    for index in np.flatnonzero(learned):
        if len(np.unique(fold[codes == index])) < 2:
            notes.append(f"class {classes[index]!r} lies in one fold: no held-out item of it was ever predicted as it")
    of_unit = np.full(len(everything), -1, dtype=np.int16)
    of_unit[kept[units]] = fold
    drawn = np.random.default_rng([seed, k]).permutation(len(everything)) % k
    others, beside = all_units[~labelled], everything.index[~labelled]
    return Folds(
        fold=pd.Series(fold, index=labels.index, name="fold", dtype=np.int16),
        unlabelled=pd.Series(of_unit[others], index=beside, name="fold"),
        dealt=pd.Series(np.where(of_unit < 0, drawn, of_unit)[others].astype(np.int16), index=beside, name="fold"),
        n_folds=k,
        classes=tuple(str(name) for name in classes[learned]),
        left_out=left_out,
        notes=tuple(notes),
    )


def _first_reason(left_out: Mapping[str, str]) -> str:
    return next((f"{name!r}: {reason}" for name, reason in left_out.items()), "two are needed")


def units_of(index: pd.Index, *keys: pd.Series | None) -> npt.NDArray[np.int64]:
    """Number of the inseparable unit of each item: items linked by any shared key are one; a missing key links none."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(index)
    rows, columns, offset = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)], n
    for key in keys:
        if key is None:
            continue
        code, names = pd.factorize(key.reindex(index))
        known = np.flatnonzero(code >= 0)
        rows.append(known)
        columns.append(code[known].astype(np.int64) + offset)
        offset += len(names)
    row, column = np.concatenate(rows), np.concatenate(columns)
    graph = coo_array((np.ones(len(row), dtype=np.int8), (row, column)), shape=(offset, offset))
    _, component = connected_components(graph, directed=False)
    return np.unique(component[:n], return_inverse=True)[1].astype(np.int64)


def _deal(
    codes: npt.NDArray[np.int64], units: npt.NDArray[np.int64], *, n_classes: int, n_folds: int, seed: int
) -> npt.NDArray[np.int16]:
    """Fold of each item; see ``stratified_group_folds``."""
    rng = np.random.default_rng(seed)
    n_units = int(units.max()) + 1
    size = np.bincount(units, minlength=n_units)
    share = 1.0 / np.bincount(codes, minlength=n_classes)
    held = np.zeros((n_folds, n_classes))
    load = np.zeros(n_folds)
    unit_fold = np.full(n_units, -1, dtype=np.int16)

    order = np.argsort(units, kind="stable")
    starts = np.searchsorted(units[order], np.arange(n_units + 1))
    shuffled = rng.permutation(n_units)
    for unit in shuffled[np.argsort(-size[shuffled], kind="stable")]:
        if size[unit] == 1:
            break
        own, counts = np.unique(codes[order[starts[unit] : starts[unit + 1]]], return_counts=True)
        cost = held[:, own] @ (counts * share[own])
        best = np.lexsort((rng.random(n_folds), load, cost.round(12)))[0]
        held[best, own] += counts
        load[best] += size[unit]
        unit_fold[unit] = best

    singles = shuffled[size[shuffled] == 1]
    single_class = codes[order[starts[singles]]]
    for index in np.unique(single_class):
        mine = singles[single_class == index]
        filled = _level(held[:, index], load, len(mine))
        unit_fold[mine] = rng.permutation(np.repeat(np.arange(n_folds, dtype=np.int16), filled))
        held[:, index] += filled
        load += filled
    return unit_fold[units]


def _level(held: npt.NDArray[np.float64], load: npt.NDArray[np.float64], n: int) -> npt.NDArray[np.int64]:
    """How many of ``n`` single items each fold takes so that a class ends as level as it can."""
    order = np.lexsort((load, held))
    height = held[order]
    for m in range(len(order), 0, -1):
        level = (height[:m].sum() + n) / m
        if level >= height[m - 1]:
            break
    take = np.floor(np.maximum(level - height[:m], 0)).astype(np.int64)
    rest = n - int(take.sum())
    by_height = np.lexsort((load[order[:m]], height[:m] + take))
    take[by_height[:rest]] += 1
    filled = np.zeros(len(order), dtype=np.int64)
    filled[order[:m]] = take
    return filled
