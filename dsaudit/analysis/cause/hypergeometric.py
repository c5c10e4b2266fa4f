"""Chances of draws without replacement."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def hypergeometric(n_drawn: int, n_marked: int, n_items: int) -> npt.NDArray[np.float64]:
    """Probability of each number of marked items among those drawn, float64 array (min(n_drawn, n_marked) + 1,).

    ``scipy.stats`` has it too, and takes most of a second to load.

    Examples
    --------
    >>> hypergeometric(2, 2, 4).round(3).tolist()
    [0.167, 0.667, 0.167]
    """
    most, least = min(n_drawn, n_marked), max(0, n_drawn + n_marked - n_items)
    k = np.arange(least, most, dtype=np.float64)
    ratios = (n_marked - k) * (n_drawn - k) / ((k + 1.0) * (n_items - n_marked - n_drawn + k + 1.0))
    logs = np.concatenate(([0.0], np.cumsum(np.log(ratios))))
    chances = np.zeros(most + 1)
    chances[least:] = np.exp(logs - logs.max())
    return np.asarray(chances / chances.sum())
