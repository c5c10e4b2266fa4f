"""Groups whose items are faulty: one speaker's clips that start inside the word, one camera's dark photographs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from dsaudit.analysis.cause.facts import facts_of
from dsaudit.analysis.model.baseline_metrics import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from dsaudit.analysis.cause.facts import Fact, Facts

MIN_SHARE = {"finding": 0.2, "value": 0.5, "band": 0.5}
"""Share of a group's items for which a fault must hold."""
MIN_TIMES = 3.0
"""How many times as often it must hold for them as for comparable items."""
_TIMES_WRONG = 1.3
"""How many times as often the model must be wrong on it as on comparable items for that to count."""
MOST = 5
_ALPHA, _ALPHA_WRONG = 1e-3, 0.01
"""Chance of even one fault found by chance, and of even one group on which the model only seems to err."""
_OF_RULE = 1 / 3
"""Share of a rule's flags that one group must bring to be named though the model is right on it."""
_WEIGHT = {"finding": 1.0, "value": 0.7, "band": 0.5, "name": 0.2}
"""A rule says what is wrong; a measurement only how the group differs; a value that is a name, hardly that."""
_ODD = 0.5
"""The same of a rule that only says that an item is unlike the others."""
_MIN_ITEMS, _MIN_CLASS, _MAX_FAULTS = 5, 5, 2


class _Parted:
    """Items of each group, and how common something is among the others, by class."""

    def __init__(self, owner: npt.NDArray[np.intp], classes: npt.NDArray[np.int64], n_groups: int) -> None:
        self.owner, self.n = owner, n_groups
        self._class, self._k = classes + 1, int(classes.max(initial=-1)) + 2
        self._rows = np.argsort(owner, kind="stable")
        self._ends = np.cumsum(np.bincount(owner + 1, minlength=n_groups + 1))  # those without a group come first
        self.sizes = self.count(np.arange(len(owner)))

    def count(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """How many of these are each group's."""
        return np.bincount(self.owner[rows] + 1, minlength=self.n + 1)[1:]

    def members(self, group: int) -> npt.NDArray[np.int64]:
        """Rows of a group."""
        return self._rows[self._ends[group] :][: self.sizes[group]]

    def by_class(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """How many of these are of each class."""
        return np.bincount(self._class[rows], minlength=self._k)

    def expected(
        self,
        own: npt.NDArray[np.int64],
        of_own: npt.NDArray[np.int64],
        *,
        among: npt.NDArray[np.int64],
        hits: npt.NDArray[np.int64],
    ) -> float:
        """Share of other items for which something holds, weighted by class as the group is: it holds for ``hits`` of
        ``among`` items of each class, and for ``of_own`` of the group's ``own``."""
        weight = self.by_class(own)
        size, hits = among - weight, hits - self.by_class(of_own)
        overall = hits.sum() / max(size.sum(), 1)
        rate = np.where(size >= _MIN_CLASS, hits / np.maximum(size, 1), overall)
        return float((weight * rate).sum() / max(weight.sum(), 1.0))


class _Erring(NamedTuple):
    """How often the model is wrong on the items of a group."""

    n_wrong: int
    n_judged: int
    rest: float | None
    more: float
    """Errors beyond what comparable items have; 0 where chance may have made them."""


def culprits(
    labels: pd.Series,
    groups: pd.Series | None,
    *,
    flagged: Mapping[tuple[str, str], Sequence[str]] | None = None,
    measurements: pd.DataFrame | None = None,
    wrong: pd.Series | None = None,
) -> list[dict[str, Any]]:
    """The ``culprits`` of ``metrics.json``: groups with a fault of their own, those that spoil most items first.

    A fault is a fact that holds for a fifth of the group's items or more and for three times as many as of other
    items of the same classes, beyond what chance explains. A group is named where the model is wrong on it more
    often than on the others, or where a third of all that a rule flags is the group's; in the latter case by rules
    alone: that speakers differ in level is no fault.

    Parameters
    ----------
    labels : Series of str, index ``item_id``
    groups : Series of str, same index, or None
        Missing values belong to none.
    flagged : mapping of (code, rule name) to item ids, optional
        Items flagged by rules about single items that do not look at predictions.
    measurements : DataFrame, index ``item_id``, optional
        Those that may explain something.
    wrong : Series of bool, index ``item_id``, optional
        Whether the out-of-sample prediction differs from the given label, of the items that have one.

    Returns
    -------
    list of dict of str, int, float, list and None only
        ``group``, ``n`` (its items), ``faults`` (each a ``cause``, ``n`` items of the group for which it holds and
        ``rest``, its share among comparable items), ``n_wrong`` of ``n_judged``, ``rest_wrong`` (0 to 1, of comparable
        items; None without predictions).

    Examples
    --------
    >>> ids = [f"{i:03d}" for i in range(200)]
    >>> labels, groups = pd.Series("yes", index=ids), pd.Series(["ann"] * 40 + [f"s{i % 8}" for i in range(160)], ids)
    >>> found = culprits(labels, groups, flagged={("AUD003", "truncated-start"): ids[:20] + ids[100:104]})
    >>> [(c["group"], c["faults"][0]["n"], c["n"], c["faults"][0]["rest"]) for c in found]
    [('ann', 20, 40, 0.025)]
    """
    if groups is None or not groups.notna().any():
        return []
    index = labels.index
    facts = facts_of(list(index), flagged=flagged, measurements=measurements)
    if wrong is None and not any(fact.kind == "finding" for fact in facts.about):
        return []  # without errors only what rules flag makes a group stand out
    classes = np.asarray(pd.factorize(labels)[0], dtype=np.int64)
    owner, names = pd.factorize(groups.reindex(index), sort=True)
    parted = _Parted(owner, classes, len(names))
    large = (parted.sizes >= _MIN_ITEMS) & (2 * parted.sizes <= len(index))
    erring = _erring(parted, large, None if wrong is None else wrong.reindex(index))
    told = []
    for k, faults in _faults(parted, facts, large, erring).items():
        faults.sort(key=lambda f: (-f[0], f[2].name))
        described = [{"cause": asdict(f), "n": hits, "rest": rest} for _, _, f, hits, rest in _apart(faults)]
        own = erring[k]
        figures = {"faults": described, "n_wrong": own.n_wrong, "n_judged": own.n_judged, "rest_wrong": own.rest}
        told.append((max(own.more, faults[0][1]), {"group": str(names[k]), "n": int(parted.sizes[k])} | figures))
    told.sort(key=lambda t: (-t[0], t[1]["group"]))
    return [plain(described) for _, described in told[:MOST]]


def _erring(parted: _Parted, large: npt.NDArray[np.bool_], wrong: pd.Series | None) -> dict[int, _Erring]:
    """Of each large group."""
    found = dict.fromkeys(np.flatnonzero(large).tolist(), _Erring(0, 0, None, 0.0))
    if wrong is None:
        return found
    is_judged, is_wrong = wrong.notna().to_numpy(), wrong.eq(True).to_numpy()
    judged, errors = np.flatnonzero(is_judged), np.flatnonzero(is_judged & is_wrong)
    among, hits = parted.by_class(judged), parted.by_class(errors)
    for k in found:
        own = parted.members(k)
        own = own[is_judged[own]]
        if n := len(own):
            of_own = own[is_wrong[own]]
            rest = parted.expected(own, of_own, among=among, hits=hits)
            many = (
                _beyond(len(of_own), n, rest, parted.n, alpha=_ALPHA_WRONG) and len(of_own) >= _TIMES_WRONG * rest * n
            )
            found[k] = _Erring(len(of_own), n, rest, len(of_own) - rest * n if many else 0.0)
    return found


def _faults(
    parted: _Parted, facts: Facts, large: npt.NDArray[np.bool_], erring: Mapping[int, _Erring]
) -> dict[int, list[tuple[float, float, Fact, int, float]]]:
    """Of each group that has one: what holds for it, its weight, how many items more than of others it holds for, how
    many, and the share of the others."""
    found: dict[int, list[tuple[float, float, Fact, int, float]]] = defaultdict(list)
    errs = np.array([k in erring and erring[k].more > 0 for k in range(parted.n)], dtype=bool)
    among = parted.by_class(np.arange(len(parted.owner)))
    for j, fact in enumerate(facts.about):
        rows = facts.rows(j)
        hits, holds = parted.count(rows), parted.by_class(rows)
        asked = large & (hits >= MIN_SHARE[fact.kind] * parted.sizes)
        asked &= errs | ((hits >= _OF_RULE * len(rows)) & (fact.kind == "finding"))
        for k in np.flatnonzero(asked).tolist():
            own, n = parted.members(k), int(hits[k])
            of_own = rows[parted.owner[rows] == k]
            rest = parted.expected(own, of_own, among=among, hits=holds)
            if n >= MIN_TIMES * rest * len(own) and _beyond(n, len(own), rest, parted.n * len(facts.about)):
                found[k].append((_weight(fact) * (n / len(own) - rest), n - rest * len(own), fact, n, rest))
    return found


def _weight(fact: Fact) -> float:
    if fact.kind == "value":
        return _WEIGHT["value" if (fact.value or "").replace(".", "").isdigit() else "name"]
    return _WEIGHT[fact.kind] * (_ODD if fact.name.startswith("odd-") else 1.0)


def _apart(faults: list[tuple[float, float, Fact, int, float]]) -> list[tuple[float, float, Fact, int, float]]:
    """The clearest fault, and a second one that holds for half as many items or more."""
    first = faults[0]
    also = [f for f in faults[1:] if f[2].name != first[2].name and f[1] >= 0.5 * first[1]]
    return [first, *also][:_MAX_FAULTS]


def _beyond(hits: int, n: int, rate: float, n_tests: int, *, alpha: float = _ALPHA) -> bool:
    """Whether so many hits of ``n`` are beyond chance at this rate, for as many tests as are made."""
    from scipy.special import betainc

    if hits < 4:
        return False
    floor = max(rate, 0.5 / max(n, 1) / 10)
    return bool(betainc(hits, n - hits + 1, min(floor, 1.0)) * n_tests <= alpha)
