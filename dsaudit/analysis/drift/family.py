"""Many statistics of the same two sets, judged so that chance raises any of them in one pair out of twenty."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

LEVEL = 0.05
"""Chance of raising anything at all between two sets that were dealt at random."""


def deviations(dealt: npt.ArrayLike, *, sided: int = 2) -> npt.NDArray[np.float64]:
    """Statistics (1 + p, m) by row of ``Units.dealt``, in standard deviations of their column from its mean.

    Parameters
    ----------
    dealt : float array (1 + p, m)
    sided : int
        2: departures to either side count, as for a difference; 1: only those above, as for a distance.

    Examples
    --------
    >>> deviations([[-3.0], [1.0], [1.0], [1.0]]).round(2).tolist()
    [[1.73], [0.58], [0.58], [0.58]]
    """
    table = np.asarray(dealt, dtype=np.float64)
    spread = np.nanstd(table, axis=0)
    away = (table - np.nanmean(table, axis=0)) / np.where(spread > 1e-12, spread, np.inf)
    # what cannot be told, as in a dealing without an item that counts, is no departure
    return np.asarray(np.nan_to_num(np.abs(away) if sided == 2 else away))


def adjusted(away: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Of each statistic the chance that any of them is as far out, float64 (m,), in (0, 1].

    The maximum over the family, dealt anew (P. Westfall & S. Young, Resampling-Based Multiple Testing, 1993): exact
    where units were dealt at random, whatever the statistics have to do with each other.

    Parameters
    ----------
    away : float array (1 + p, m)
        As from ``deviations``; the first row is what was found.

    Examples
    --------
    >>> import numpy as np
    >>> noise = np.random.default_rng(0).normal(size=(1000, 2))
    >>> noise[0] = [6.0, 0.5]
    >>> adjusted(noise).round(2).tolist()
    [0.0, 0.52]
    """
    table = np.asarray(away, dtype=np.float64)
    most = table.max(axis=1, initial=-np.inf)
    return np.asarray((most[:, None] >= table[0] - 1e-9).mean(axis=0))


def critical(away: npt.ArrayLike) -> float:
    """Standard deviations from which on a statistic is told from chance: as far out as any is in one of 20 dealings.

    Parameters
    ----------
    away : float array (1 + p, m)
        As for ``adjusted``.

    Examples
    --------
    >>> import numpy as np
    >>> round(critical(np.random.default_rng(0).normal(size=(1000, 1))), 1)
    1.5
    """
    most = np.asarray(away, dtype=np.float64)[1:].max(axis=1, initial=-np.inf)
    return float(np.quantile(most, 1 - LEVEL)) if len(most) else np.inf
