"""Which items are trained on together, and mixed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

_POOL = 50
"""Batches' worth of shuffled items that are sorted by length among themselves."""


def shuffled_batches(
    lengths: npt.NDArray[np.int64], *, batch_size: int, most: int, rng: np.random.Generator
) -> list[npt.NDArray[np.int64]]:
    """Every position once, in batches of similar length, in random order.

    Shuffled items are sorted by length within pools of 50 batches: padding is small and neighbours differ
    from epoch to epoch. A batch of long items is divided until, padded to its longest, it stays within
    ``most`` steps in all. The items that would be alone in a batch join the one before, because a step on
    a single item is mostly noise.

    Parameters
    ----------
    lengths : int64 array (n,)
        Steps of each item.
    batch_size : int
    most : int
        Steps in one batch, padding included, unless a single item has more.
    """
    order = rng.permutation(len(lengths))
    batches: list[npt.NDArray[np.int64]] = []
    for begin in range(0, len(order), _POOL * batch_size):
        pool = order[begin : begin + _POOL * batch_size]
        batches.extend(ordered_batches(lengths, pool, batch_size=batch_size, most=most))
    if len(batches) > 1 and len(batches[-1]) == 1 and lengths[batches[-1][0]] <= most:
        alone = batches.pop()
        batches[-1] = np.concatenate([batches[-1], alone])
    return [batches[k] for k in rng.permutation(len(batches))]


def ordered_batches(
    lengths: npt.NDArray[np.int64], rows: npt.NDArray[np.int64], *, batch_size: int, most: int
) -> list[npt.NDArray[np.int64]]:
    """``rows`` from the shortest to the longest, in batches of at most ``batch_size`` items and ``most`` steps."""
    rows = rows[np.argsort(lengths[rows], kind="stable")]
    batches: list[npt.NDArray[np.int64]] = []
    begin = 0
    for end in range(1, len(rows) + 1):
        full = end - begin == batch_size
        if end == len(rows) or full or (end - begin + 1) * lengths[rows[end]] > most:
            batches.append(rows[begin:end])
            begin = end
    return batches


def partners(rng: np.random.Generator, n: int, *, strength: float) -> tuple[float, npt.NDArray[np.int64]]:
    """Share of itself that each of ``n`` items keeps, 0.5 to 1, and which item it is mixed with.

    Mixup (Zhang et al. 2018); ``strength`` is both parameters of the Beta distribution, 0 mixes nothing.
    """
    if not strength:
        return 1.0, np.arange(n)
    own = float(rng.beta(strength, strength))
    return max(own, 1.0 - own), rng.permutation(n)
