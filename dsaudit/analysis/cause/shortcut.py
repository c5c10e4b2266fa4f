"""Which classes can be told by how their items were recorded or stored, without looking at what they hold."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import numpy.typing as npt

N_FOLDS = 5
MAX_BINS = 16
MAX_VALUES = 24
MIN_ITEMS = 8
MIN_UNITS = 3
MIN_CLASSES = 4
"""With fewer classes nobody can tell how much a trace differs by nature."""
_N_PERMUTATIONS, _N_MORE = 99, 900
_AT_ONCE = 100_000
"""Labels dealt together: of few items, setting up takes longer than counting."""
_UNCLEAR = 5
"""Of the first permutations, as many that do as well leave a p-value of .01 open: more are made."""
_WORTH_A_TEST = 0.6
_PREFIX = re.compile(r"^([^\W\d_]{2,})[\W\d_]|^([^\W_]+)[\W_]")


@dataclass(frozen=True, slots=True)
class _Fact:
    """One column, cut into bins; -1 where the item has no value. ``x`` is None for text."""

    name: str
    bins: npt.NDArray[np.int64]
    n_bins: int
    x: npt.NDArray[np.float64] | None
    values: npt.NDArray[np.object_] | None
    natural: bool
    least: float = 0.0


def recording_facts(items: pd.DataFrame, measurements: pd.DataFrame, columns: pd.DataFrame) -> pd.DataFrame:
    """Facts of the recording, one column each, index as ``items``: numbers with NaN, text with None.

    Parameters
    ----------
    items : DataFrame, index ``item_id``
        ``source`` is made from ``group``: the part of its name before its number or first separator, where that
        leaves few of them.
    measurements : DataFrame, index ``item_id``
    columns : DataFrame, index name
        Those with a ``shortcut`` are facts: as they were measured, or ``over`` divided by ``under`` where these are
        named; missing where the column ``where`` is not above 0.

    Examples
    --------
    >>> import pandas as pd
    >>> items = pd.DataFrame({"group": ["studio1", "studio2", "phone1", "phone2"]}, index=list("wxyz"))
    >>> measured = pd.DataFrame({"rate_hz": [16000, 16000, 8000, 8000]}, index=list("wxyz"))
    >>> columns = pd.DataFrame({"rank": 0, "shortcut": "setting", "where": "", "over": "", "under": ""}, ["rate_hz"])
    >>> facts = recording_facts(items, measured, columns)
    >>> facts["source"].tolist(), facts["rate_hz"].tolist()
    (['studio', 'studio', 'phone', 'phone'], [16000, 16000, 8000, 8000])
    """
    table = measurements.reindex(items.index)
    facts: dict[str, pd.Series] = {}
    for name, column in columns[columns["shortcut"] != ""].sort_values("rank").iterrows():
        if {column["over"], column["under"]} <= set(table.columns):
            with np.errstate(divide="ignore", invalid="ignore"):
                rate = pd.to_numeric(table[column["over"]]) / pd.to_numeric(table[column["under"]]).replace(0, np.nan)
            # in steps of 2 %: the header of a file makes its rate depend on the length
            facts[str(name)] = rate.where(rate > 0).map(_in_steps, na_action="ignore")
        elif name in table.columns:
            facts[str(name)] = table[name]
        if name in facts and column["where"] in table.columns:
            facts[str(name)] = facts[str(name)].where(pd.to_numeric(table[column["where"]]) > 0)
    if "group" in items.columns:
        prefix = items["group"].map(_prefix, na_action="ignore")
        named = prefix.notna().sum() >= 0.9 * max(items["group"].notna().sum(), 1)
        if named and 2 <= prefix.nunique() <= min(50, items["group"].nunique() / 2):
            facts["source"] = prefix
    return pd.DataFrame(facts, index=items.index)


def _in_steps(rate: float) -> float:
    return math.exp(0.02 * round(math.log(rate) / 0.02))


def _prefix(group: Any) -> str | None:
    found = _PREFIX.match(str(group))
    return None if found is None else found[1] or found[2]


def shortcuts(
    labels: pd.Series,
    facts: pd.DataFrame,
    columns: pd.DataFrame,
    *,
    groups: pd.Series | None = None,
    min_outlying: float = 5.0,
    seed: int = 0,
) -> pd.DataFrame:
    """How well each fact alone tells each class from the rest, on items it has not seen.

    Each fact is cut into at most 16 bins (or its values); an item is taken for the class where its bin is
    more frequent in the class than in the rest, counted in the other folds (a naive Bayes classifier of one
    variable). Groups are never torn between folds. Chance is the best balanced accuracy over all facts and
    classes with labels dealt anew (99 permutations, 999 where a few of these do as well; the p-value is 1
    where nothing reaches 0.6). A group gets the labels of another group: what is alike within a group says as much as
    one item, not as many.

    A trace differs between classes by nature: it is counted only where the class stands apart
    from the other classes as these do not from each other. For that, the area under the curve of the plain
    value is compared with its median over the other classes, in robust standard deviations.

    Parameters
    ----------
    labels : Series of str, index ``item_id``
        Missing values are left out.
    facts : DataFrame, index ``item_id``
        ``recording_facts``.
    columns : DataFrame, index name
        ``rank`` (plain facts before those that follow from them), ``shortcut`` (``setting`` or ``trace``) and, where
        it is told, ``least``: a class whose median is nearer to that of the rest does not stand apart.
    groups : Series of str, optional
    min_outlying : float
        Robust standard deviations.
    seed : int
        Of folds and permutations.

    Returns
    -------
    DataFrame
        ``label``, ``fact``, ``balanced_accuracy`` and ``auc`` (0 to 1, .5 is chance), ``p_value``,
        ``outlying`` (infinite where it is not asked), ``stands_out`` (bool: outlying enough), ``own`` and
        ``others`` (what is usual in the class and in the rest), ``item_ids`` (items of the class that it
        gives away). One row per class and fact that could be judged.

    Examples
    --------
    >>> import pandas as pd
    >>> ids = [f"{i:03d}" for i in range(120)]
    >>> labels = pd.Series(["yes"] * 60 + ["no"] * 60, index=ids)
    >>> facts = pd.DataFrame({"rate_hz": [8000.0] * 60 + [16000.0] * 60}, index=ids)  # all of "yes" by telephone
    >>> found = shortcuts(labels, facts, pd.DataFrame({"rank": 0, "shortcut": "setting"}, ["rate_hz"]))
    >>> found[["label", "balanced_accuracy", "p_value"]].to_dict("list")
    {'label': ['no', 'yes'], 'balanced_accuracy': [1.0, 1.0], 'p_value': [0.01, 0.01]}
    """
    labels = labels.dropna().sort_index()
    head = ["label", "fact", "balanced_accuracy", "auc", "p_value", "outlying", "stands_out", "own", "others"]
    y, names = pd.factorize(labels, sort=True)
    if len(names) < 2:
        return pd.DataFrame(columns=[*head, "item_ids"])
    own = groups.reindex(labels.index) if groups is not None else None
    units = _units(labels.index, own)
    rng = np.random.default_rng(seed)
    fold = (rng.permutation(int(units.max()) + 1) % N_FOLDS)[units]
    n_units = np.array([len(np.unique(units[y == c])) for c in range(len(names))])
    able = n_units >= MIN_UNITS
    judged = [f for f in _facts(facts.reindex(labels.index), columns) if len(np.unique(f.bins[f.bins >= 0])) > 1]
    size = np.bincount(y, minlength=len(names))
    known = [np.bincount(y[f.bins >= 0], minlength=len(names)) for f in judged]
    # a fact that most of a class lacks says nothing of the class
    enough = [able & (n >= MIN_ITEMS) & (n >= size / 2) for n in known]
    told = [_ratios(f, y, fold, len(names)) for f in judged]
    best = max((_balanced_accuracy(*t)[e].max(initial=0.5) for t, e in zip(told, enough, strict=True)), default=0.5)
    # labels need not be dealt anew where nothing is worth a word
    chance = np.ones(1)
    if best >= _WORTH_A_TEST:
        chance = _chance(judged, enough, y, fold, units, len(names), rng, n=_N_PERMUTATIONS)
        if units.max() + 1 < len(y) and 0 < (chance >= best).sum() <= _UNCLEAR:
            more = _chance(judged, enough, y, fold, units, len(names), rng, n=_N_MORE)
            chance = np.concatenate([chance, more])
    rows: list[dict[str, Any]] = []
    for fact, usable, (ratio, counts) in zip(judged, enough, told, strict=True):
        accuracy = _balanced_accuracy(ratio, counts)
        outlying = _outlying(fact, y, usable) if fact.natural else np.where(_noticed(fact, y, len(names)), np.inf, 0.0)
        for c in np.flatnonzero(usable).tolist():
            given_away = (y == c) & (fact.bins >= 0)
            given_away &= ratio[fold, np.maximum(fact.bins, 0), c] > 0
            usual, rest = _usual(fact, y == c), _usual(fact, y != c)
            rows.append(
                dict(
                    zip(
                        head,
                        (
                            str(names[c]),
                            fact.name,
                            float(accuracy[c]),
                            _auc(ratio[:, :, c], counts[:, :, c], counts.sum(2)),
                            float((1 + (chance >= accuracy[c]).sum()) / (len(chance) + 1)),
                            float(outlying[c]),
                            bool(outlying[c] >= min_outlying),
                            usual,
                            rest,
                        ),
                        strict=True,
                    )
                )
                | {"item_ids": [str(i) for i in labels.index[given_away]]}
            )
    return pd.DataFrame(rows, columns=[*head, "item_ids"])


def single_sources(labels: pd.Series, groups: pd.Series, *, min_items: int = 20) -> pd.DataFrame:
    """Classes of which most comes from one group that holds little else.

    Parameters
    ----------
    labels, groups : Series of str, index ``item_id``
    min_items : int
        Smaller classes are passed over.

    Returns
    -------
    DataFrame
        As ``shortcuts``: ``fact`` is ``group``, ``balanced_accuracy`` that of taking all items of the class's
        largest group for the class, and no others. Nothing is permuted: ``p_value`` is 0 for a class that stands
        out, else 1.

    Examples
    --------
    >>> import pandas as pd
    >>> labels = pd.Series(["yes"] * 20 + ["no"] * 20)
    >>> found = single_sources(labels, pd.Series(["ann"] * 20 + ["bob", "cy"] * 10))
    >>> found[["label", "own", "balanced_accuracy", "stands_out"]].to_dict("records")[1]
    {'label': 'yes', 'own': 'ann', 'balanced_accuracy': 1.0, 'stands_out': True}
    """
    known = labels.dropna().sort_index()
    own = groups.reindex(known.index)
    rows: list[dict[str, Any]] = []
    for label in sorted(known.unique()):
        inside = (known == label).to_numpy()
        sizes = own[inside].value_counts().sort_index().sort_values(ascending=False, kind="stable")
        if inside.sum() < min_items or inside.all() or not len(sizes):
            continue
        source = (own == sizes.index[0]).to_numpy(dtype=bool)
        caught, false = float(source[inside].mean()), float(source[~inside].mean())
        pure = float(inside[source].mean())
        accuracy = (caught + 1.0 - false) / 2.0
        rows.append(
            {
                "label": str(label),
                "fact": "group",
                "balanced_accuracy": accuracy,
                "auc": accuracy,
                "p_value": 0.0 if pure >= 0.9 and caught >= 0.8 else 1.0,
                "outlying": np.inf,
                "stands_out": pure >= 0.9 and caught >= 0.8,
                "own": str(sizes.index[0]),
                "others": "other groups",
                "item_ids": [str(i) for i in known.index[inside & source]],
            }
        )
    return pd.DataFrame(rows)


def _units(index: pd.Index[Any], groups: pd.Series | None) -> npt.NDArray[np.int64]:
    codes = np.full(len(index), -1) if groups is None else pd.factorize(groups, sort=True)[0]
    alone = codes < 0
    codes = codes.astype(np.int64)
    codes[alone] = codes.max(initial=-1) + 1 + np.arange(int(alone.sum()))
    return codes


def _facts(table: pd.DataFrame, columns: pd.DataFrame) -> list[_Fact]:
    """Plain facts before those that follow from them, and what only leaves a trace last."""
    traces = set(columns.index[columns["shortcut"] == "trace"])
    rank = {str(name): (name in traces, int(k)) for name, k in columns["rank"].items()}
    least = dict(columns["least"]) if "least" in columns.columns else {}
    found = []
    for name in sorted(map(str, table.columns), key=lambda n: (*rank.get(n, (False, len(rank))), n)):
        column = table[name]
        numeric = pd.api.types.is_numeric_dtype(column)
        x = column.to_numpy(dtype=np.float64, na_value=np.nan) if numeric else None
        if x is not None:
            x = np.where(np.isfinite(x), x, np.nan)
        codes, values = pd.factorize(pd.Series(x) if x is not None else column, sort=True)
        natural = name in traces
        if len(values) > MAX_VALUES and x is None:
            continue
        if len(values) > MAX_VALUES and x is not None:
            known = x[np.isfinite(x)]
            edges = np.unique(np.quantile(known, np.linspace(0, 1, MAX_BINS + 1)[1:-1], method="lower"))
            codes = np.where(np.isfinite(x), np.searchsorted(edges, x, side="left"), -1)
            n_bins = len(edges) + 1
        else:
            n_bins = len(values)
        kept = np.asarray(values, dtype=object) if x is None else None
        found.append(_Fact(name, codes.astype(np.int64), n_bins, x, kept, natural, float(least.get(name, 0.0))))
    return found


def _ratios(
    fact: _Fact, y: npt.NDArray[np.int64], fold: npt.NDArray[np.int64], n_classes: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Logarithm of how much more frequent each bin is in the class than in the rest, seen from outside the fold,
    and the items counted: float64 (folds, bins, classes) both; one more axis before them where ``y`` has one."""
    known = fact.bins >= 0
    shape = (*y.shape[:-1], N_FOLDS, fact.n_bins, n_classes)
    place = np.arange(math.prod(shape[:-3])).reshape(*y.shape[:-1], 1) * N_FOLDS
    key = ((place + fold[known]) * fact.n_bins + fact.bins[known]) * n_classes + y[..., known]
    counts = np.bincount(key.ravel(), minlength=math.prod(shape)).astype(np.float64).reshape(shape)
    seen = counts.sum(-3, keepdims=True) - counts
    rest = seen.sum(-1, keepdims=True) - seen
    # the prior is the bin's frequency over all items, so that an unseen bin speaks for neither side
    prior = counts.sum((-3, -1), keepdims=True) / max(float(known.sum()), 1.0)
    own_rate = (seen + prior) / (seen.sum(-2, keepdims=True) + 1.0)
    rest_rate = (rest + prior) / (rest.sum(-2, keepdims=True) + 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(np.log(own_rate / rest_rate), nan=0.0), counts


def _balanced_accuracy(ratio: npt.NDArray[np.float64], counts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    taken = ratio > 0
    rest = counts.sum(-1, keepdims=True) - counts
    with np.errstate(divide="ignore", invalid="ignore"):
        hit = (counts * taken).sum((-3, -2)) / counts.sum((-3, -2))
        spared = (rest * ~taken).sum((-3, -2)) / rest.sum((-3, -2))
    return np.asarray(np.nan_to_num((hit + spared) / 2.0, nan=0.5))


def _auc(ratio: npt.NDArray[np.float64], own: npt.NDArray[np.float64], every: npt.NDArray[np.float64]) -> float:
    """Area under the curve of bins by ratio, ties counted half, within each fold: float64 (folds, bins) all three."""
    won, pairs = 0.0, 0.0
    for r, a, n in zip(ratio, own, every, strict=True):
        levels, at = np.unique(r, return_inverse=True)
        hits = np.bincount(at, weights=a, minlength=len(levels))
        rest = np.bincount(at, weights=n - a, minlength=len(levels))
        below = np.concatenate([[0.0], np.cumsum(rest)[:-1]])
        won += float((hits * (below + rest / 2.0)).sum())
        pairs += float(hits.sum() * rest.sum())
    return won / pairs if pairs else 0.5


def _outlying(fact: _Fact, y: npt.NDArray[np.int64], usable: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """How far each class's plain values stand apart, in robust deviations of the other classes."""
    apart = np.zeros(len(usable))
    classes = np.flatnonzero(usable)
    if fact.x is None or len(classes) < MIN_CLASSES:
        return apart
    known = np.isfinite(fact.x)
    _, place, counts = np.unique(fact.x[known], return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - (counts - 1) / 2.0)[place]
    n = np.bincount(y[known], minlength=len(usable)).astype(np.float64)
    total = np.bincount(y[known], weights=rank, minlength=len(usable))
    with np.errstate(divide="ignore", invalid="ignore"):
        auc = (total - n * (n + 1) / 2) / (n * (n.sum() - n))
    noticed = _noticed(fact, y, len(usable))
    for c in classes:
        others = auc[classes[classes != c]]
        middle = float(np.median(others))
        spread = max(1.4826 * float(np.median(np.abs(others - middle))), 0.03)
        apart[c] = abs(auc[c] - middle) / spread if noticed[c] else 0.0
    return apart


def _noticed(fact: _Fact, y: npt.NDArray[np.int64], n_classes: int) -> npt.NDArray[np.bool_]:
    """Whether the median of each class lies as far from that of the rest as it must to be noticed."""
    far = np.ones(n_classes, dtype=bool)
    if fact.x is None or not fact.least:
        return far
    known = np.isfinite(fact.x)
    for c in range(n_classes):
        own, rest = fact.x[known & (y == c)], fact.x[known & (y != c)]
        far[c] = len(own) and len(rest) and abs(float(np.median(own)) - float(np.median(rest))) >= fact.least
    return far


def _chance(
    facts: list[_Fact],
    enough: list[npt.NDArray[np.bool_]],
    y: npt.NDArray[np.int64],
    fold: npt.NDArray[np.int64],
    units: npt.NDArray[np.int64],
    n_classes: int,
    rng: np.random.Generator,
    *,
    n: int,
) -> npt.NDArray[np.float64]:
    """The best balanced accuracy over all facts and classes, for labels dealt anew."""
    best = np.full(n, 0.5)
    at_once = int(np.clip(_AT_ONCE // len(y), 1, n))
    for begin in range(0, n, at_once):
        some = slice(begin, min(begin + at_once, n))
        dealt = np.stack([_dealt(y, units, rng) for _ in range(some.start, some.stop)])
        for fact, usable in zip(facts, enough, strict=True):
            if usable.any():
                accuracy = _balanced_accuracy(*_ratios(fact, dealt, fold, n_classes))[:, usable]
                best[some] = np.maximum(best[some], accuracy.max(1))
    return best


def _dealt(y: npt.NDArray[np.int64], units: npt.NDArray[np.int64], rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Labels dealt anew: each group gets those of another one, in any order, repeated or cut off to its size."""
    size = np.bincount(units)
    if len(size) == len(units):
        return rng.permutation(y)
    start = np.cumsum(size) - size
    shuffled = np.argsort(units + rng.random(len(y)))
    place = np.arange(len(y)) - np.repeat(start, size)
    other = np.repeat(rng.permutation(len(size)), size)
    dealt = np.empty_like(y)
    dealt[np.argsort(units, kind="stable")] = y[shuffled[start[other] + place % size[other]]]
    return dealt


def _usual(fact: _Fact, which: npt.NDArray[np.bool_]) -> str:
    """The median, or the most common value of text."""
    if fact.x is not None:
        known = fact.x[which & np.isfinite(fact.x)]
        middle = float(np.median(known)) if len(known) else float("nan")
        return "–" if middle != middle else f"{middle:,.0f}" if abs(middle) >= 1000 else f"{middle:.3g}"
    codes = fact.bins[which & (fact.bins >= 0)]
    if not len(codes) or fact.values is None:
        return "–"
    return str(fact.values[int(np.bincount(codes).argmax())])
