"""The seam that a changed byte leaves in a JPEG: all that follows is lighter, darker or of another tint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

_FEWEST_ROWS, _FEWEST_COLUMNS = 5, 8
_LEAST_PART = 2
"""Units on either side of the corner: a straight edge of what is shown has none."""
_N_TRIED = 12
_MOST_STEP = 60.0
"""Levels: what the mean of a row's steps is not to hang on."""
_LEAST_STEP = 4.0
_LEAST_SHARE = 0.7
"""Of the units, and of the pixels at the seam."""


def has_seam(
    eighth: npt.NDArray[np.uint8], halved: Callable[[], npt.NDArray[np.uint8] | None], unit: tuple[int, int]
) -> bool:
    """Whether from some unit on all differ by one step from what stands above, in the order in which they are coded.

    The mean of a block is coded as its difference from the one before. Where a byte was changed the decoder finds back
    to whole codes after a few blocks, but adds a wrong difference to all that follow: as many units as a row has differ
    from those above by one step, from the damaged one to the end of its row and from the start of the next to below
    it, and those before and behind do not. The step lies between two rows of pixels, as no lens draws it; where
    nothing else changes there it was drawn so.

    Parameters
    ----------
    eighth : uint8 array (height, width) or (height, width, n_channels)
        A pixel for each block; luminance and colour apart.
    halved : callable
        Gives the same at half the full size, or None where it cannot be decoded, which is a seam; called
        where one is likely.
    unit : tuple of int
        Blocks, across and down, that are coded together.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> blocks = rng.integers(110, 130, (20, 30), dtype=np.uint8)
    >>> grain = rng.integers(0, 4, (80, 120), dtype=np.uint8)
    >>> damaged = blocks.copy()
    >>> damaged.reshape(-1)[310:] += 25
    >>> [has_seam(one, lambda: one.repeat(4, 0).repeat(4, 1) + grain, (1, 1)) for one in (blocks, damaged)]
    [False, True]
    """
    units = _means(eighth, unit)
    n_rows, width, n_channels = units.shape
    if n_rows < _FEWEST_ROWS or width < _FEWEST_COLUMNS:
        return False
    flat = units.reshape(-1, n_channels)
    pixels = None
    for channel, steps in enumerate((flat[width:] - flat[:-width]).T):
        for start, step in _steps(steps, width):
            pixels = halved() if pixels is None else pixels
            if pixels is None or _is_sharp(
                pixels.reshape(*pixels.shape[:2], -1)[..., channel], start + width, width, unit, step
            ):
                return True
    return False


def _means(pixels: npt.NDArray[np.uint8], unit: tuple[int, int]) -> npt.NDArray[np.float64]:
    across, down = unit
    height, width = pixels.shape[0] // down, pixels.shape[1] // across
    held = pixels.reshape(*pixels.shape[:2], -1)[: height * down, : width * across]
    return np.asarray(held.reshape(height, down, width, across, -1).mean(axis=(1, 3), dtype=np.float64))


def _steps(steps: npt.NDArray[np.float64], width: int) -> Iterator[tuple[int, float]]:
    """Where ``width`` differences from the unit above, one after the other, stand out as one step, and that step."""
    total = np.concatenate([[0.0], np.cumsum(np.clip(steps, -_MOST_STEP, _MOST_STEP))])
    means = (total[width:] - total[:-width]) / width
    beside = np.stack([np.roll(means, width), np.roll(means, -width)])
    beside[0, :width] = beside[1, :width]
    beside[1, -width:] = beside[0, -width:]
    stands_out = np.abs(means - beside.mean(axis=0))
    column = np.arange(len(means)) % width
    stands_out[(column < _LEAST_PART) | (column > width - _LEAST_PART)] = 0.0
    for start in np.argsort(-stands_out, kind="stable")[:_N_TRIED].tolist():
        if stands_out[start] > 0.5 * _LEAST_STEP and (step := _step(steps, start, width)):
            yield start, step


def _step(steps: npt.NDArray[np.float64], start: int, width: int) -> float:
    """The step of a likely seam, 0 where it is none."""
    corner = start + width - start % width
    within = steps[start:corner], steps[corner : start + width]
    cuts = max(0, start - width), corner - width, start, start + width, corner + width, start + 2 * width
    around = [steps[a:b] for a, b in (cuts[:2], cuts[1:3], cuts[3:5], cuts[4:]) if a < min(b, len(steps))]
    usual = float(np.median(np.concatenate(around)))
    step = float(np.median(np.concatenate(within))) - usual
    if abs(step) < _LEAST_STEP:
        return 0.0
    beyond = [np.mean((part - usual) / step > 0.5) for part in within]
    short_of = [np.mean((part - usual) / step < 0.5) for part in around]
    return step if min(*beyond, *short_of) >= _LEAST_SHARE else 0.0


def _is_sharp(pixels: npt.NDArray[np.uint8], first: int, width: int, unit: tuple[int, int], step: float) -> bool:
    """Whether the step from unit ``first`` on lies between two rows of pixels (height, width) at half the size."""
    row, column = divmod(first, width)
    across, down = 4 * unit[0], 4 * unit[1]
    for at, part in ((row, slice(column * across, None)), (row + 1, slice(column * across))):
        rows = pixels[at * down - 2 : at * down + 2, part].astype(np.float64)
        above, here, below = np.diff(rows, axis=0) / step
        if np.mean(here - (above + below) / 2 > 0.5) < _LEAST_SHARE or not np.any(above, where=below != 0.0):
            return False
    return True
