"""Classes, not items: which pair to merge, which class to split, for which border to rewrite the labelling guide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dsaudit.analysis.label.doubt_kind import BOTH_FIT
from dsaudit.types import Estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

MERGE_BELOW = 0.75
"""Share of pairs of items, one of each class, in which the model that learned from the labels knows which is which:
half is a guess; three quarters is left where a quarter of the labels are swapped either way."""
MIN_CLASS = 20
"""Fewer items of a class say nothing about the class."""
MIN_ERRORS = 5.0
ONE_WAY = 2.0
"""How many times as frequent a confusion must be as its reverse, and as the other confusions of its class."""
_N_DRAWS = 2_000
_SURE = 0.95
_N_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Doubts:
    """What is known of each judged item, arrays of length n.

    Attributes
    ----------
    given, suggested : int64
        Class of the given label and of the best other one.
    p_wrong, p_suggested : float64
        Probability that the given label is wrong, and that the suggested one is right.
    pairwise : float64
        Probability of the given label over that of it and its strongest rival, out of sample.
    item_ids : sequence of str
    classes : sequence of str, length k
    """

    given: npt.NDArray[np.int64]
    suggested: npt.NDArray[np.int64]
    p_wrong: npt.NDArray[np.float64]
    p_suggested: npt.NDArray[np.float64]
    pairwise: npt.NDArray[np.float64]
    item_ids: Sequence[str]
    classes: Sequence[str]


def doubts_in(label_quality: pd.DataFrame, labels: pd.Series) -> Doubts:
    """What a table of label quality says of the labels, in order of the items' ids.

    Parameters
    ----------
    label_quality : DataFrame, index ``item_id``
        ``p_wrong``, ``suggestion``, ``p_suggested`` and ``pairwise_confidence``; items whose ``p_wrong`` is not known
        are left out.
    labels : Series of str, index ``item_id``
        Given labels, of these items and of others.

    Examples
    --------
    >>> import pandas as pd
    >>> quality = pd.DataFrame({"p_wrong": [0.9, 0.1], "suggestion": ["b", "a"]}, index=["x", "y"])
    >>> quality["p_suggested"], quality["pairwise_confidence"] = [0.8, 0.1], [0.1, 0.9]
    >>> doubts = doubts_in(quality, pd.Series({"x": "a", "y": "b", "z": "b"}))
    >>> doubts.item_ids, doubts.given.tolist(), doubts.suggested.tolist()
    (['x', 'y'], [0, 1], [1, 0])
    """
    given = labels.reindex(label_quality.index)
    known = given.notna().to_numpy() & label_quality["p_wrong"].notna().to_numpy()
    table, given = label_quality[known].sort_index(), given[known].sort_index()
    classes = sorted(set(given) | set(table["suggestion"].dropna()))
    column = pd.Index(classes, dtype=object)
    return Doubts(
        given=column.get_indexer(pd.Index(given, dtype=object)).astype(np.int64),
        suggested=column.get_indexer(pd.Index(table["suggestion"], dtype=object)).astype(np.int64),
        p_wrong=table["p_wrong"].to_numpy(dtype=np.float64),
        p_suggested=table["p_suggested"].to_numpy(dtype=np.float64),
        pairwise=table["pairwise_confidence"].to_numpy(dtype=np.float64),
        item_ids=[str(i) for i in table.index],
        classes=classes,
    )


def pair_advice(doubts: Doubts, *, subgroups: pd.DataFrame | None = None, seed: int = 0) -> pd.DataFrame:
    """Pairs of classes that exchange labels, with advice where the evidence carries it.

    *merge*: a model that learned from the labels cannot say of an item of either class which it is (probability of
    ordering one of each rightly, with its 95 % interval, below ``MERGE_BELOW``), and most items of both classes fit
    both. *guide*: labels go wrong one way only: at least ``MIN_ERRORS`` of them, and with 95 % probability at a
    rate ``ONE_WAY`` times that of the reverse and of the other wrong labels of the same right class (gamma
    posteriors of Poisson counts, Jeffreys' prior). Noise that spares no class gives neither. *split*: a class is two
    separate groups (see ``split_classes``) and the items at the heart of one of them look like another class.

    Parameters
    ----------
    doubts : Doubts
    subgroups : DataFrame, optional
        As from ``split_classes``.
    seed : int
        Of the draws.

    Returns
    -------
    DataFrame, what weighs most first
        ``given``, ``right`` (str); ``n``, ``n_low``, ``n_high``: items labelled ``given`` that are ``right``, with 95 %
        interval (the sum of the probabilities of their suggestions); ``n_back``: the other way;
        ``share_of_given`` 0 to 1; ``told_apart``, ``told_high``: probability (0 to 1, half is a guess) of telling the
        classes apart, and its upper limit; ``both_fit``: share of their items, 0 to 1; ``advice`` ("merge", "split",
        "guide" or ""), ``text`` (a sentence, empty without advice), ``item_ids``.

    Examples
    --------
    >>> import numpy as np
    >>> given, suggested = np.repeat([0, 1], 50), np.repeat([1, 0], 50)
    >>> p = np.where(np.arange(100) < 20, 0.9, 0.01)  # twenty labelled "left" are "right"; none the other way
    >>> doubts = Doubts(given, suggested, p, p, 1 - p, [str(i) for i in range(100)], ["left", "right"])
    >>> pair_advice(doubts)[["given", "right", "n", "advice"]].round(1).to_dict("split")["data"]
    [['left', 'right', 18.3, 'guide'], ['right', 'left', 0.5, '']]
    """
    k = len(doubts.classes)
    table, clear = _joint(doubts, k), _joint(doubts, k, only=doubts.p_wrong >= 0.5)
    n_given, n_right = np.bincount(doubts.given, minlength=k), np.maximum(table.sum(axis=0), 1.0)
    towards = np.zeros((k, k))
    np.add.at(towards, (doubts.given, doubts.suggested), 1.0)
    towards /= np.maximum(n_given, 1)[:, None]
    rng = np.random.default_rng(seed)
    halves = _halves(doubts, subgroups)
    rows = []
    for a, b in _notable(table, towards, halves):
        n = Estimate(float(table[a, b]), *_gamma(table[a, b]))
        told, both = _told_apart(doubts, a, b)
        alike = min(towards[a, b], towards[b, a]) >= 0.5 and min(n_given[a], n_given[b]) >= MIN_CLASS
        advice = ""
        if (a, b) in halves:
            advice = "split"
        elif alike and told.high < MERGE_BELOW and both > 0.5:
            advice = "merge"
        elif min(n_given[a], n_given[b]) >= MIN_CLASS and _one_way(clear, n_right, a, b, rng):
            advice = "guide"
        row = {
            "given": str(doubts.classes[a]),
            "right": str(doubts.classes[b]),
            "n": n.value,
            "n_low": n.low,
            "n_high": n.high,
            "n_back": float(table[b, a]),
            "share_of_given": float(min(table[a, b] / max(n_given[a], 1), 1.0)),
            "told_apart": told.value,
            "told_high": told.high,
            "both_fit": both,
            "advice": advice,
            "item_ids": _shown(doubts, a, b, both_ways=advice == "merge"),
        }
        rows.append(row | {"text": _sentence(row, halves.get((a, b), 0))})
    frame = pd.DataFrame(rows, columns=_COLUMNS)
    twice = (frame["advice"] == "merge") & (frame["given"] > frame["right"])  # said once for both directions
    frame.loc[twice, ["advice", "text"]] = ""
    return frame


_COLUMNS = ["given", "right", "n", "n_low", "n_high", "n_back", "share_of_given", "told_apart", "told_high", "both_fit"]
_COLUMNS += ["advice", "text", "item_ids"]


def pairs_json(pairs: pd.DataFrame, *, limit: int = 20) -> list[dict[str, Any]]:
    """The first pairs for metrics.json: those with advice before those without.

    Examples
    --------
    >>> import numpy as np
    >>> given, suggested, p = np.repeat([0, 1], 50), np.repeat([1, 0], 50), np.where(np.arange(100) < 20, 0.9, 0.01)
    >>> doubts = Doubts(given, suggested, p, p, 1 - p, [str(i) for i in range(100)], ["left", "right"])
    >>> [(pair["given"], pair["right"], pair["n"]["value"]) for pair in pairs_json(pair_advice(doubts))]
    [('left', 'right', 18.3), ('right', 'left', 0.5)]
    """
    order = np.argsort(pairs["advice"].eq("").to_numpy(), kind="stable")[:limit]
    return [
        {
            "given": r["given"],
            "right": r["right"],
            "n": {"value": round(r["n"], 1), "low": round(r["n_low"], 1), "high": round(r["n_high"], 1)},
            "share_of_given": round(r["share_of_given"], 4),
            "advice": r["advice"],
            "text": r["text"],
            "item_ids": list(r["item_ids"]),
        }
        for r in pairs.iloc[order].to_dict("records")
    ]


def _joint(doubts: Doubts, k: int, *, only: npt.NDArray[np.bool_] | None = None) -> npt.NDArray[np.float64]:
    """Expected items by given and right label; what is neither right nor as suggested is left out."""
    keep = np.ones(len(doubts.given), dtype=bool) if only is None else only
    cells = doubts.given * k + doubts.suggested
    found = np.bincount(cells[keep], weights=doubts.p_suggested[keep], minlength=k * k).reshape(k, k)
    found[np.arange(k), np.arange(k)] = np.bincount(doubts.given, weights=1.0 - doubts.p_wrong, minlength=k)
    return np.asarray(found)


def _notable(
    table: npt.NDArray[np.float64], towards: npt.NDArray[np.float64], halves: dict[tuple[int, int], int]
) -> list[tuple[int, int]]:
    """Pairs to look at, the most exchanged first."""
    off = table.copy()
    np.fill_diagonal(off, 0.0)
    keep = (off >= 1.0) | ((towards >= 0.5) & (towards.T >= 0.5))
    for pair in halves:
        keep[pair] = True
    np.fill_diagonal(keep, False)
    a, b = np.nonzero(keep)
    order = np.lexsort((b, a, -off[a, b]))[:400]
    return [(int(a[j]), int(b[j])) for j in order]


def _gamma(n: float) -> tuple[float, float]:
    from scipy.special import gammaincinv

    low, high = gammaincinv(float(n) + 0.5, [0.025, 0.975])
    return min(float(low), float(n)), max(float(high), float(n))


def _told_apart(doubts: Doubts, a: int, b: int) -> tuple[Estimate, float]:
    """Area under the ROC curve of "rather a than b" between the items labelled a and b, and the share that fits both.

    Interval by the method of J. Hanley and B. McNeil (Radiology 1982).
    """
    held = doubts.pairwise >= 0.5  # an item that rather is of a third class tells nothing of these two
    own = doubts.pairwise[(doubts.given == a) & (held | (doubts.suggested == b))]
    other = 1.0 - doubts.pairwise[(doubts.given == b) & (held | (doubts.suggested == a))]
    m, n = len(own), len(other)
    if not m or not n:
        return Estimate(1.0, 0.0, 1.0), 0.0
    ranks = pd.Series(np.concatenate([own, other])).rank().to_numpy()
    area = float((ranks[:m].sum() - m * (m + 1) / 2) / (m * n))
    q1, q2 = area / (2.0 - area), 2.0 * area**2 / (1.0 + area)
    variance = (area * (1 - area) + (m - 1) * (q1 - area**2) + (n - 1) * (q2 - area**2)) / (m * n)
    half = 1.96 * float(np.sqrt(max(variance, 0.0)))
    both = np.concatenate([own, other])
    least = BOTH_FIT / (1.0 + BOTH_FIT)
    fits = float(((both > least) & (both < 1.0 - least)).mean())
    return Estimate(area, max(0.0, area - half), min(1.0, area + half)), fits


def _one_way(
    clear: npt.NDArray[np.float64], n_right: npt.NDArray[np.float64], a: int, b: int, rng: np.random.Generator
) -> bool:
    """Whether items that are b are labelled a far more often than the reverse, and than as other classes."""
    if clear[a, b] < MIN_ERRORS:
        return False
    forth = rng.gamma(clear[a, b] + 0.5, size=_N_DRAWS) / n_right[b]
    back = rng.gamma(clear[b, a] + 0.5, size=_N_DRAWS) / n_right[a]
    sure = bool((forth > ONE_WAY * back).mean() >= _SURE)
    others = np.delete(clear[:, b], [a, b])
    if sure and len(others):
        typical = rng.gamma(others.sum() + 0.5, size=_N_DRAWS) / len(others) / n_right[b]
        sure = bool((forth > ONE_WAY * typical).mean() >= _SURE)
    return sure


def _halves(doubts: Doubts, subgroups: pd.DataFrame | None) -> dict[tuple[int, int], int]:
    """Classes of two groups one of which looks like another class: (class, other) to the size of that group."""
    found: dict[tuple[int, int], int] = {}
    if subgroups is None or not len(subgroups):
        return found
    row = {item: j for j, item in enumerate(doubts.item_ids)}
    number = {str(c): j for j, c in enumerate(doubts.classes)}
    chosen = subgroups[subgroups["flagged"].astype(bool) & ~subgroups["by_group"].astype(bool)]
    for label, of in chosen.iterrows():
        looks = [_looks_like(doubts, [row[i] for i in of[half] if i in row]) for half in ("first", "second")]
        like = [j for j in (0, 1) if looks[j] is not None]
        if len(like) == 1 and str(label) in number:
            other = looks[like[0]]
            if other is not None and other != number[str(label)]:
                found[number[str(label)], other] = int(of[("n_first", "n_second")[like[0]]])
    return found


def _looks_like(doubts: Doubts, rows: list[int]) -> int | None:
    """Class that most of some items of one label fit as well, if there is one."""
    if len(rows) < 3:
        return None
    most = np.bincount(doubts.suggested[rows])
    other = int(most.argmax())
    alike = np.array([j for j in rows if doubts.suggested[j] == other])
    least = BOTH_FIT / (1.0 + BOTH_FIT)
    fits = doubts.pairwise[alike] < 1.0 - least
    return other if fits.sum() >= 2 / 3 * len(rows) else None


def _shown(doubts: Doubts, a: int, b: int, *, both_ways: bool) -> list[str]:
    of_pair = (doubts.given == a) & (doubts.suggested == b)
    if both_ways:
        of_pair |= (doubts.given == b) & (doubts.suggested == a)
    rows = np.flatnonzero(of_pair)
    rows = rows[np.argsort(-doubts.p_wrong[rows], kind="stable")][:_N_SHOWN]
    return [str(doubts.item_ids[int(j)]) for j in rows]


def _sentence(row: dict[str, Any], n_half: int) -> str:
    a, b = row["given"], row["right"]
    if row["advice"] == "merge":
        return (
            f"{a} and {b} are labelled as if they were one class: which is which can be told in {row['told_apart']:.0%}"
            f" of pairs (at most {row['told_high']:.0%}; 50% is a guess), and {row['both_fit']:.0%} of their items fit"
            " both. Merge them, or write down what parts them"
        )
    if row["advice"] == "guide":
        return (
            f"about {row['n']:.0f} ({row['n_low']:.0f}–{row['n_high']:.0f}) items labelled {a} are rather {b},"
            f" {row['share_of_given']:.0%} of the class, and only {row['n_back']:.0f} the other way round. Rewrite the"
            " labelling guide for this border"
        )
    if row["advice"] == "split":
        return (
            f"{a} is two separate groups, and the one of about {n_half} items looks like {b}. Split {a}, or move that"
            f" group to {b}"
        )
    return ""
