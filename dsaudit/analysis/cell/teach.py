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


def _alike(found: Suspicion) -> npt.NDArray[np.int64]:
    """Of each cell the group it is in (n, columns): those of a column whose values are written alike and against which
    the same speaks."""
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


def rows_to_ask(found: Suspicion, n_rows: int = 20, known: Sequence[int] = ()) -> list[int]:
    """The rows that teach most, one after the other: many doubtful cells of large groups not yet asked about.

    Parameters
    ----------
    found : Suspicion
    n_rows : int
    known : sequence of int
        Rows that were looked at.

    Examples
    --------
    >>> import pandas as pd
    >>> from dsaudit.analysis.cell.candidate import suspicion
    >>> frame = pd.DataFrame({"size": ["12 oz", "12 oz.", "16 oz", "9"] * 10})
    >>> len(set(rows_to_ask(suspicion(frame), 3)))
    3
    """
    n = len(found.p)
    if not n:
        return []
    alike = _alike(found)
    size = np.bincount(alike.ravel())
    mean = np.bincount(alike.ravel(), weights=found.p.ravel()) / np.maximum(size, 1)
    worth = np.sqrt(size) * (mean * (1 - mean) + 0.01)
    asked = np.zeros(len(size))
    np.add.at(asked, alike[np.asarray(known, np.int64)].ravel(), 1)
    left = np.ones(n, bool)
    left[np.asarray(known, np.int64)] = False
    chosen: list[int] = []
    for _ in range(min(n_rows, int(left.sum()))):
        gain = (worth / (1 + asked) ** 2)[alike].sum(1)
        row = int(np.where(left, gain, -1.0).argmax())
        chosen.append(row)
        left[row] = False
        np.add.at(asked, alike[row], 1)
    return chosen


def taught(found: Suspicion, rows: Sequence[int], wrong: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """The probability that each cell is wrong, after some rows were looked at.

    What was believed before is where it starts; verdicts move cells of one group together, those of one column, those
    that the same kind of hint speaks against (a ridge on how far each is moved).

    Parameters
    ----------
    found : Suspicion
    rows : sequence of int (m,)
    wrong : bool array (m, columns)

    Returns
    -------
    float32 array (n, columns)

    Examples
    --------
    >>> import pandas as pd
    >>> from dsaudit.analysis.cell.candidate import suspicion
    >>> frame = pd.DataFrame({"town": ["Boston", "Ulm", "Bern"] * 20 + ["Bostn", "Ullm"]})
    >>> found = suspicion(frame)
    >>> p = taught(found, [0, 60], [[False], [True]])
    >>> bool(p[61, 0] > found.p[61, 0])
    True
    """
    n, k = found.p.shape
    seen, y = np.asarray(rows, np.int64), np.asarray(wrong, float).ravel()
    alike = _alike(found)
    prior = np.clip(found.p, 0.003, 0.997).astype(float)
    start = np.log(prior / (1 - prior))
    groups, own = np.unique(alike[seen].ravel(), return_inverse=True)
    column = np.tile(np.arange(k), len(seen))
    doubt = (found.p > 0.2).astype(np.int64)
    level = column * 2 + doubt[seen].ravel()
    # damped gradient steps on the two sets of offsets
    of_group, of_level = np.zeros(len(groups)), np.zeros(2 * k)
    base = start[seen].ravel()
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-(base + of_group[own] + of_level[level])))
        for offset, at, ridge in ((of_group, own, _RIDGE), (of_level, level, 6 * _RIDGE)):
            slope = np.bincount(at, weights=y - p, minlength=len(offset)) - ridge * offset
            curve = np.bincount(at, weights=p * (1 - p), minlength=len(offset)) + ridge
            np.add(offset, np.clip(0.5 * slope / curve, -1, 1), out=offset)
    moved = np.zeros(int(alike.max()) + 1 if n else 0)
    moved[groups] = of_group
    logit = start + moved[alike] + of_level[np.arange(k) * 2 + doubt]
    made: npt.NDArray[np.float32] = (1 / (1 + np.exp(-logit))).astype(np.float32)
    made[seen] = np.asarray(wrong, np.float32)
    return made
