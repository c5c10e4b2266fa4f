"""What an hour of work on a dataset is expected to bring: reviewing, labelling, collecting or dropping."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.model.paired import paired_bootstrap
from dsaudit.types import Estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import pandas as pd

    Codes = npt.NDArray[np.int64]

_PAUSE_S, _LEAST_GAPS = 120.0, 30
_MOST_OFF = 3.0
"""How many times the wrong labels that are expected their interval is heeded up to."""


def after_review(
    given: npt.ArrayLike,
    p_wrong: npt.ArrayLike,
    p_suggested: npt.ArrayLike,
    suggested: npt.ArrayLike,
    *,
    n: int,
    seed: int | list[int] = 0,
) -> Codes:
    """Labels as the review of the ``n`` likeliest errors may leave them, drawn by what is believed of each.

    Parameters
    ----------
    given, suggested : int array (m,)
        Columns of the given label and of the best other one.
    p_wrong, p_suggested : float array (m,)
        Probability that the given label is wrong, and that the suggestion is right, 0 to 1; NaN: not to be reviewed.
    n : int

    Returns
    -------
    int64 array (m,): the label; -1 where another one than the suggestion would be right, which nobody can tell before.

    Examples
    --------
    >>> after_review([0, 0, 0], [1.0, 0.0, 1.0], [1.0, 0.0, 0.0], [1, 1, 1], n=3).tolist()
    [1, 0, -1]
    """
    wrong, right = np.asarray(p_wrong, dtype=np.float64), np.asarray(p_suggested, dtype=np.float64)
    order = np.argsort(-np.nan_to_num(wrong, nan=-1.0), kind="stable")[:n]
    drawn, label = np.random.default_rng(seed).random(len(wrong)), np.array(given, dtype=np.int64)
    for k in order[~np.isnan(wrong[order])]:
        if drawn[k] < min(right[k], wrong[k]):
            label[k] = np.asarray(suggested)[k]
        elif drawn[k] < wrong[k]:
            label[k] = -1
    return label


def gain_of_change(
    before: npt.ArrayLike, after: npt.ArrayLike, weight: npt.ArrayLike, units: npt.ArrayLike, *, seed: int = 0
) -> Estimate:
    """By how much the share that is right rises, with its interval by ``paired_bootstrap``.

    Parameters
    ----------
    before, after : float array (n,)
        How often each held-out item is predicted as given, 0 to 1.
    weight : float array (n,)
        Probability that the given label is right: what is predicted as a wrong label is no gain.
    units : int array (n,)
        Items of one unit are resampled together.

    Examples
    --------
    >>> found = gain_of_change([0, 0, 1, 1] * 25, [1, 0, 1, 1] * 25, [1.0] * 100, range(100))
    >>> found.value, found.low > 0
    (0.25, True)
    """
    share = np.asarray(weight, dtype=np.float64)
    share = share / share.mean()
    return paired_bootstrap(
        np.asarray(before, dtype=np.float64) * share,
        np.asarray(after, dtype=np.float64) * share,
        clusters=units,
        n=500,
        seed=seed,
    )


def widened(gain: Estimate, number: Estimate) -> Estimate:
    """A gain that comes from the items of a ``number`` that is only estimated, such as wrong labels.

    The gain goes along with the number: both deviations of either end are added as of two independent ones.

    Examples
    --------
    >>> widened(Estimate(0.1, 0.07, 0.13), Estimate(50, 30, 70)).low
    0.05
    """
    if not number.value > 0.0:
        return gain
    off = (max(number.low / number.value, 0.0), min(number.high / number.value, _MOST_OFF))
    below, above = (abs(gain.value) * abs(1.0 - share) for share in off)
    low = gain.value - float(np.hypot(gain.value - gain.low, below))
    return Estimate(gain.value, low, gain.value + float(np.hypot(gain.high - gain.value, above)))


def classes_to_collect(sizes: pd.Series, recall: pd.Series, *, n: int) -> tuple[tuple[str, ...], int]:
    """What is worth collecting, and how many of it.

    Classes that are found less than the others and have half as many labels as is usual or fewer, until they have as
    many as is usual; where there are none, those found least, as few as ``n`` more items can double, never more than
    half of them.

    Parameters
    ----------
    sizes : Series of int by class
        Labels.
    recall : Series by class
        Share of the class that is found, 0 to 1.

    Examples
    --------
    >>> import pandas as pd
    >>> sizes = pd.Series({"a": 40, "b": 40, "c": 40, "d": 40})
    >>> classes_to_collect(sizes, pd.Series({"a": 0.9, "b": 0.5, "c": 0.6, "d": 0.95}), n=60)
    (('b', 'c'), 60)
    >>> sizes["b"] = 8
    >>> classes_to_collect(sizes, pd.Series({"a": 0.9, "b": 0.5, "c": 0.6, "d": 0.95}), n=60)
    (('b',), 32)
    """
    found = recall.reindex(sizes.index).fillna(1.0).sort_values(kind="stable")
    usual, names = float(sizes.median()), list(found.index)
    scarce = [c for c in names if sizes[c] <= usual / 2 and found[c] < found.mean()]
    order = scarce or names[: max(1, len(names) // 2)]
    room = usual - sizes if scarce else sizes
    chosen: list[str] = []
    for name in order:
        chosen.append(str(name))
        if room[chosen].sum() >= n:
            break
    return tuple(chosen), min(n, int(room[chosen].sum()))


def items_per_hour(at: npt.ArrayLike, actors: Sequence[str], batches: Sequence[str]) -> int | None:
    """Items that people got through in an hour, by the times of their decisions; None where these are too few.

    The mean time from one decision of a person to the next, where it is no pause of two minutes and more; what was
    decided at once counts as one.

    Parameters
    ----------
    at : float array (n,)
        Seconds, in any order.
    actors, batches : sequence of str (n,)
        Who decided; and what was decided at once has the same name, which is empty for what was decided alone.

    Examples
    --------
    >>> items_per_hour(np.arange(40) * 12.0, ["ann"] * 40, [""] * 40)
    300
    """
    seconds, who = np.asarray(at, dtype=np.float64), np.asarray(actors, dtype=object)
    begun = {name: k for k, name in reversed([*enumerate(batches)])}
    first = np.array([not b or begun[b] == k for k, b in enumerate(batches)], dtype=bool)
    gaps = [np.diff(np.sort(seconds[first & (who == name)])) for name in sorted(set(actors))]
    own = np.concatenate(gaps) if gaps else np.empty(0)
    own = own[(own > 0.0) & (own < _PAUSE_S)]
    return max(1, round(3600.0 / float(own.mean()))) if len(own) >= _LEAST_GAPS else None
