"""How far out of a heap of numbers a number lies, by the heap's own tails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

Floats = "npt.NDArray[np.float64]"

PRIOR = 1e-3
"""Share of cells that are wrong by more than chance explains."""


def p_beyond(x: npt.NDArray[np.float64], among: npt.NDArray[np.float64] | None = None) -> npt.NDArray[np.float64]:
    """Probability of lying so far out, of each number, on its side.

    Beyond the 90th percentile the heap is taken to fall off exponentially, as fast as it does up to the 98th: heavy
    tails are heavy by their own measure (N. Kumaran and others call it peaks over threshold).

    Parameters
    ----------
    x : float array (n,)
        NaN where there is none; its probability is 1.
    among : float array (m,), optional
        The heap, if another.

    Examples
    --------
    >>> import numpy as np
    >>> heap = np.random.default_rng(0).normal(size=2_000)
    >>> p = p_beyond(np.array([0.0, 3.0, 9.0]), heap)
    >>> bool(p[0] > 0.5), bool(1e-4 < p[1] < 1e-2), bool(p[2] < 1e-6)
    (True, True, True)
    """
    heap = x if among is None else among
    heap = np.sort(heap[np.isfinite(heap)])
    p = np.ones(len(x))
    if len(heap) < 10 or heap[0] == heap[-1]:
        return p
    low_2, low_10, mid, high_90, high_98 = np.percentile(heap, [2, 10, 50, 90, 98])
    spacing = float(np.median(np.diff(np.unique(heap))))
    for start, end, side in ((high_90, high_98, 1.0), (low_10, low_2, -1.0)):
        core = side * (start - mid)
        fall = max(side * (end - start) / np.log(5), 0.12 * core, spacing, 1e-12 * max(abs(mid), 1e-12))
        out = side * (x - start)
        with np.errstate(invalid="ignore"):
            own = np.where(out > 0, 0.1 * np.exp(-np.clip(out / fall, 0, 200)), 1.0)
        p = np.minimum(p, own)
    return np.where(np.isfinite(x), p, 1.0)


def p_wrong(p: npt.NDArray[np.float64], *, prior: float = PRIOR) -> npt.NDArray[np.float64]:
    """Probability of being wrong from that of lying so far out by chance.

    >>> p_wrong(np.array([1.0, 1e-3, 1e-6])).round(3).tolist()
    [0.0, 0.5, 0.999]
    """
    return np.where(p >= 0.1, 0.0, prior * (1 - p) / (prior * (1 - p) + p))


def scaled(x: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], bool]:
    """Numbers on the scale on which they make a heap: their logarithms where they are positive and their tail is long.

    >>> scaled(np.exp(np.random.default_rng(0).normal(size=200)))[1], scaled(np.arange(100.0))[1]
    (True, False)
    """
    some = x[np.isfinite(x)]
    if len(some) < 10 or (some <= 0).mean() > 0.002:
        return x, False
    low, mid, high = np.percentile(some[some > 0], [5, 50, 95])
    if high - mid > 2.0 * (mid - low) or high > 50 * max(low, 1e-300):
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(x > 0, np.log(np.where(x > 0, x, 1.0)), np.nan), True
    return x, False
