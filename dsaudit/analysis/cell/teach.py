"""A few rows that people looked at, cell by cell: which to ask for, and what they teach of all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.cell.candidate import KINDS, Suspicion
from dsaudit.analysis.cell.form import shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

_STEPS = 60
_RIDGE = 0.15


def groups(found: Suspicion) -> npt.NDArray[np.int64]:
    """Of each cell the group it is in, int64 (n, columns): those of a column whose values are written alike and against
    which the same speaks.

    >>> import pandas as pd
    >>> from dsaudit.analysis.cell.candidate import suspicion
    >>> alike = groups(suspicion(pd.DataFrame({"size": ["12 oz", "16 oz", "9"] * 10})))
    >>> bool(alike[0, 0] == alike[1, 0] != alike[2, 0])
    True
    """
    n, k = found.p.shape
    strongest, said = np.zeros((n, k), np.float32), np.zeros((n, k), np.int64)
    for hint in found.hints:
        better = hint.p > strongest[hint.rows, hint.column]
        rows = hint.rows[better]
        strongest[rows, hint.column] = hint.p[better]
        said[rows, hint.column] = KINDS.index(hint.kind) + 1
    level = np.digitize(found.p, [0.05, 0.35, 0.75])
    made = np.empty((n, k), np.int64)
    begin = 0
    for j, column in enumerate(found.columns):
        forms = {f: i for i, f in enumerate(dict.fromkeys(shape(v[:40]) for v in column.values))}
        own = np.fromiter((forms[shape(v[:40])] for v in column.values), np.int64, len(column.values))[column.codes]
        common = np.bincount(own, minlength=len(forms)) >= max(3, 0.01 * n)
        own = np.where(common[own], own, -1) + 1
        _, group = np.unique((own * (len(KINDS) + 1) + said[:, j]) * 4 + level[:, j], return_inverse=True)
        made[:, j] = group + begin
        begin = int(made[:, j].max()) + 1 if n else begin
    return made


def rows_to_ask(
    p: npt.ArrayLike, alike: npt.ArrayLike, n_rows: int = 20, known: Sequence[int] = (), *, least: float = 0.0
) -> list[int]:
    """The rows that teach most, one after the other: many doubtful cells of large groups not yet asked about.

    Parameters
    ----------
    p : float array (n, columns)
        Probability that each cell is wrong, 0 to 1.
    alike : int array (n, columns)
        The group of each cell, see ``groups``: 0, 1, 2 …
    n_rows : int
    known : sequence of int
        Rows that were looked at.
    least : float
        Rows without a cell of this probability are not asked about.

    Examples
    --------
    >>> rows_to_ask([[0.5], [0.5], [0.0], [0.4]], [[0], [0], [1], [2]], 2)
    [0, 3]
    """
    p, alike = np.asarray(p, float), np.asarray(alike, np.int64)
    n = len(p)
    if not n:
        return []
    size = np.bincount(alike.ravel())
    mean = np.bincount(alike.ravel(), weights=p.ravel()) / np.maximum(size, 1)
    worth = np.sqrt(size) * (mean * (1 - mean) + 0.01)
    asked = np.zeros(len(size))
    np.add.at(asked, alike[np.asarray(known, np.int64)].ravel(), 1)
    left: npt.NDArray[np.bool_] = np.any(p >= least, axis=1)
    left[np.asarray(known, np.int64)] = False
    chosen: list[int] = []
    for _ in range(min(n_rows, int(left.sum()))):
        gain = (worth / (1 + asked) ** 2)[alike].sum(1)
        row = int(np.where(left, gain, -1.0).argmax())
        chosen.append(row)
        left[row] = False
        np.add.at(asked, alike[row], 1)
    return chosen


def taught(
    p: npt.ArrayLike, alike: npt.ArrayLike, rows: Sequence[int], wrong: npt.ArrayLike
) -> npt.NDArray[np.float32]:
    """The probability that each cell is wrong, after some rows were looked at.

    What was believed before is where it starts; verdicts move cells of one group together, those of one column, those
    that the same kind of hint speaks against (a ridge on how far each is moved).

    Parameters
    ----------
    p, alike
        As of ``rows_to_ask``.
    rows : sequence of int (m,)
    wrong : float array (m, columns)
        1 for wrong, 0 for right, NaN for a cell that nobody has said anything of.

    Returns
    -------
    float32 array (n, columns)

    Examples
    --------
    >>> taught([[0.5], [0.5], [0.0]], [[0], [0], [1]], [0], [[1]]).round(2).ravel().tolist()[:1]
    [1.0]
    >>> bool(taught([[0.5], [0.5], [0.0]], [[0], [0], [1]], [0], [[1]])[1, 0] > 0.5)
    True
    """
    p, alike = np.asarray(p, np.float32), np.asarray(alike, np.int64)
    n, k = p.shape
    said = np.asarray(wrong, float).reshape(-1, k)
    place, column = np.nonzero(~np.isnan(said))
    seen, y = np.asarray(rows, np.int64)[place], said[place, column]
    prior = np.clip(p, 0.003, 0.997).astype(float)
    start = np.log(prior / (1 - prior))
    some, own = np.unique(alike[seen, column], return_inverse=True)
    doubt = (p > 0.2).astype(np.int64)
    level = column * 2 + doubt[seen, column]
    # damped gradient steps on the two sets of offsets
    of_group, of_level = np.zeros(len(some)), np.zeros(2 * k)
    base = start[seen, column]
    for _ in range(_STEPS):
        fit = 1 / (1 + np.exp(-(base + of_group[own] + of_level[level])))
        for offset, at, ridge in ((of_group, own, _RIDGE), (of_level, level, 6 * _RIDGE)):
            slope = np.bincount(at, weights=y - fit, minlength=len(offset)) - ridge * offset
            curve = np.bincount(at, weights=fit * (1 - fit), minlength=len(offset)) + ridge
            np.add(offset, np.clip(0.5 * slope / curve, -1, 1), out=offset)
    moved = np.zeros(int(alike.max()) + 1 if n else 0)
    moved[some] = of_group
    logit = start + moved[alike] + of_level[np.arange(k) * 2 + doubt]
    made: npt.NDArray[np.float32] = (1 / (1 + np.exp(-logit))).astype(np.float32)
    made[seen, column] = y
    return made
