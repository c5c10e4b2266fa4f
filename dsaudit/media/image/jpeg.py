"""Traces of JPEG: the lowest quality that a picture was ever saved at, read from its pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

_BLOCK = 8
_EVERY = 5
_LEAST_GRID = 0.06
"""How much more often a lone step stands between blocks than within them."""
_TABLE = {(0, 1): 11, (1, 0): 12, (1, 1): 12, (0, 2): 10, (2, 0): 14}
"""Steps of the standard's example table at quality 50, for the coarsest patterns that change across or down."""
_BASIS = (
    np.cos((2 * np.arange(_BLOCK) + 1) * np.arange(3)[:, None] * np.pi / (2 * _BLOCK))
    * np.array([[np.sqrt(0.125)], [0.5], [0.5]])
).astype(np.float32)
_LONGEST_STEP = 140
_BINS = np.arange(0.0, 512.0)
_STEPS = np.arange(3, _LONGEST_STEP + 1)
_COMB, _FEWEST, _FEWEST_PATTERNS = 0.5, 40, 3


def quality(levels: npt.NDArray[np.uint8]) -> float:
    """The lowest JPEG quality, 1 to 90, that left its mark on a picture; NaN where there is none.

    Saving as JPEG rounds patterns of 8 × 8 blocks to multiples of a step that grows as quality falls. Where steps
    between blocks tell where the blocks lie, the step that the patterns are still multiples of is looked for; saving
    at a higher quality, in another format or cut off does not hide it, resizing does.

    Parameters
    ----------
    levels : uint8 array (height, width)
        Grey, every pixel as stored.

    References
    ----------
    Z. Fan, R. L. de Queiroz, "Identification of Bitmap Compression History: JPEG Detection and Quantizer Estimation",
    IEEE Transactions on Image Processing 2003.
    """
    if min(levels.shape) < 4 * _BLOCK:
        return float("nan")
    starts = _grid(levels.T), _grid(levels)
    if None in starts:
        return float("nan")
    on_grid = levels[starts[0] :, starts[1] :]
    rows, columns = (side // _BLOCK for side in on_grid.shape)
    blocks = on_grid[: rows * _BLOCK, : columns * _BLOCK].reshape(rows, _BLOCK, columns, _BLOCK)
    down = np.tensordot(_BASIS, blocks.astype(np.float32), axes=(1, 1))
    sizes = np.stack([np.abs(down[i] @ _BASIS[j]).ravel() for i, j in _TABLE])
    steps = _steps(sizes)
    scales = [step / base for step, base in zip(steps, _TABLE.values(), strict=True) if step]
    if len(scales) < _FEWEST_PATTERNS:
        return float("nan")
    scale = float(np.median(scales))
    return float(np.clip(50.0 / scale if scale > 1.0 else 100.0 - 50.0 * scale, 1.0, 100.0))


def _grid(levels: npt.NDArray[np.uint8]) -> int | None:
    """The first column of the first whole block; None where no columns stand out as borders between blocks."""
    row = levels[::_EVERY].astype(np.int16)
    steps = np.abs(row[:, 1:] - row[:, :-1])
    lone = steps[:, 1:-1] > steps[:, :-2] + steps[:, 2:]
    n = lone.shape[1] // _BLOCK * _BLOCK
    often = lone[:, :n].mean(axis=0).reshape(-1, _BLOCK).mean(axis=0)
    border = int(often.argmax())
    return (border + 2) % _BLOCK if often[border] - np.median(often) >= _LEAST_GRID else None


def _steps(sizes: npt.NDArray[np.float32]) -> list[int]:
    """The longest step that the sizes of each pattern (n_patterns, n) are multiples of; 0 where there is none."""
    bins = np.minimum(np.rint(sizes), len(_BINS) - 1).astype(np.intp)
    n = np.stack([np.bincount(row, minlength=len(_BINS)) for row in bins]).astype(np.float32)
    n[:, -1] = 0
    counted = n @ _COUNTED
    fits = (n @ _FITTING) / np.maximum(counted, 1)
    found = (fits > _COMB) & (counted >= _FEWEST)
    return [int(_STEPS[np.flatnonzero(row)[-1]]) if row.any() else 0 for row in found]


_COUNTED = ((_BINS[:, None] > 0.5 * _STEPS) & (_BINS[:, None] < 6.5 * _STEPS)).astype(np.float32)
_FITTING = (_COUNTED * np.cos(2 * np.pi * _BINS[:, None] / _STEPS)).astype(np.float32)
