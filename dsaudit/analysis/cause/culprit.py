"""Groups whose items are faulty: one speaker's clips that start inside the word, one camera's dark photographs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

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


@dataclass(frozen=True, slots=True)
class _Wrong:
    """Errors of the model: which items it judged, and on which of them it is wrong; bool arrays (n,)."""

    judged: npt.NDArray[np.bool_]
    wrong: npt.NDArray[np.bool_]


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
    errors = None
    if wrong is not None:
        own = wrong.reindex(index)
        errors = _Wrong(own.notna().to_numpy(), own.eq(True).to_numpy())
    sizes = np.bincount(owner[owner >= 0], minlength=len(names))
    told = []
    for k in np.flatnonzero((sizes >= _MIN_ITEMS) & (2 * sizes <= len(index))).tolist():
        found = _judged(owner == k, classes, facts, errors, n_groups=len(names))
        if found is not None:
            weight, described = found
            told.append((weight, {"group": str(names[k]), "n": int(sizes[k])} | described))
    told.sort(key=lambda t: (-t[0], t[1]["group"]))
    return [plain(described) for _, described in told[:MOST]]


def _judged(
    inside: npt.NDArray[np.bool_],
    classes: npt.NDArray[np.int64],
    facts: Facts,
    errors: _Wrong | None,
    *,
    n_groups: int,
) -> tuple[float, dict[str, Any]] | None:
    """What is wrong with a group, and how many items that spoils; None where nothing is."""
    n_wrong = n_judged = 0
    rest_wrong, more = None, 0.0
    if errors is not None and (errors.judged & inside).any():
        own = inside & errors.judged
        n_judged, n_wrong = int(own.sum()), int((own & errors.wrong).sum())
        rest_wrong = _expected(errors.wrong, own, errors.judged & ~inside, classes)
        if (
            _beyond(n_wrong, n_judged, rest_wrong, n_groups, alpha=_ALPHA_WRONG)
            and n_wrong >= _TIMES_WRONG * rest_wrong * n_judged
        ):
            more = n_wrong - rest_wrong * n_judged
    faults, n, n_tests = [], int(inside.sum()), n_groups * len(facts.about)
    for j, fact in enumerate(facts.about):
        rows = facts.rows(j)
        hits = int(inside[rows].sum())
        if hits < MIN_SHARE[fact.kind] * n or not (more or (fact.kind == "finding" and hits >= _OF_RULE * len(rows))):
            continue
        holds = np.zeros(len(inside), dtype=bool)
        holds[rows] = True
        rest = _expected(holds, inside, ~inside, classes)
        if hits >= MIN_TIMES * rest * n and _beyond(hits, n, rest, n_tests):
            faults.append((_weight(fact) * (hits / n - rest), hits - rest * n, fact, hits, rest))
    if not faults:
        return None
    faults.sort(key=lambda f: (-f[0], f[2].name))
    described = [{"cause": asdict(f), "n": hits, "rest": rest} for _, _, f, hits, rest in _apart(faults)]
    return (
        max(more, faults[0][1]),
        {"faults": described, "n_wrong": n_wrong, "n_judged": n_judged, "rest_wrong": rest_wrong},
    )


def _weight(fact: Fact) -> float:
    if fact.kind == "value":
        return _WEIGHT["value" if (fact.value or "").replace(".", "").isdigit() else "name"]
    return _WEIGHT[fact.kind] * (_ODD if fact.name.startswith("odd-") else 1.0)


def _apart(faults: list[tuple[float, float, Fact, int, float]]) -> list[tuple[float, float, Fact, int, float]]:
    """The clearest fault, and a second one that holds for half as many items or more."""
    first = faults[0]
    also = [f for f in faults[1:] if f[2].name != first[2].name and f[1] >= 0.5 * first[1]]
    return [first, *also][:_MAX_FAULTS]


def _expected(
    holds: npt.NDArray[np.bool_],
    own: npt.NDArray[np.bool_],
    rest: npt.NDArray[np.bool_],
    classes: npt.NDArray[np.int64],
) -> float:
    """Share of the other items for which a fact holds, weighted by class as the group is."""
    k = int(classes.max(initial=-1)) + 2
    weight = np.bincount(classes[own] + 1, minlength=k).astype(np.float64)
    size = np.bincount(classes[rest] + 1, minlength=k)
    hits = np.bincount(classes[rest] + 1, weights=holds[rest].astype(np.float64), minlength=k)
    overall = hits.sum() / max(size.sum(), 1)
    rate = np.where(size >= _MIN_CLASS, hits / np.maximum(size, 1), overall)
    return float((weight * rate).sum() / max(weight.sum(), 1.0))


def _beyond(hits: int, n: int, rate: float, n_tests: int, *, alpha: float = _ALPHA) -> bool:
    """Whether so many hits of ``n`` are beyond chance at this rate, for as many tests as are made."""
    from scipy.special import betainc

    if hits < 4:
        return False
    floor = max(rate, 0.5 / max(n, 1) / 10)
    return bool(betainc(hits, n - hits + 1, min(floor, 1.0)) * n_tests <= alpha)
