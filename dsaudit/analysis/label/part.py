"""Parts of a dataset that may have been labelled, or damaged, apart from the rest."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.analysis.label.class_mapping import Part
from dsaudit.analysis.row_batches import batches

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]

MIN_PART = 8
"""Items of the smallest part that is looked at."""
MIN_RUN = 40
"""Rows of the shortest run that is looked at."""
LARGE = 0.12
"""Share of all items from which on a part teaches whoever is trained with it: then it is left out of the training."""
_MAX_TAUGHT = 8_000
_CELLS_AT_ONCE = 4_000_000
_MAX_DEPTH = 6


def parts_of(columns: pd.DataFrame, ids: pd.Index) -> list[Part]:
    """Parts by column, by folder, and as runs of rows; the same items under two names are one part.

    Parameters
    ----------
    columns : DataFrame (n, m)
        What items are told apart by, such as ``split`` and ``group``, the most telling first. Rows in the order of the
        source.
    ids : Index (n,)
        Their item ids.

    Examples
    --------
    >>> import pandas as pd
    >>> ids = pd.Index([f"{box}/{i:02d}.wav" for box in ("old", "new") for i in range(20)])
    >>> [(part.kind, part.name) for part in parts_of(pd.DataFrame({"split": ["train"] * 10 + ["test"] * 30}), ids)]
    [('split', 'test'), ('split', 'train'), ('folder', 'new'), ('folder', 'old')]
    """
    n = len(ids)
    found: dict[bytes, Part] = {}
    for name in columns:
        for value, rows in _values(columns[name]):
            _add(found, Part(str(name), value, rows), n)
    for folder, rows in _folders(ids):
        _add(found, Part("folder", folder, rows), n)
    size = n // 2
    while size >= MIN_RUN:
        for start in range(0, n - size + 1, max(size // 2, 1)):
            rows = np.arange(start, start + size)
            _add(found, Part("rows", f"{start + 1}-{start + size}", rows), n)
        size //= 2
    return list(found.values())


def _add(found: dict[bytes, Part], part: Part, n: int) -> None:
    if MIN_PART <= len(part.rows) < n:
        found.setdefault(part.rows.tobytes(), part)


def _values(column: pd.Series) -> Iterator[tuple[str, Ints]]:
    codes, names = pd.factorize(column, sort=True)
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(len(names) + 1))
    for k, name in enumerate(names):
        yield str(name), order[starts[k] : starts[k + 1]].astype(np.int64)


def _folders(ids: pd.Index) -> Iterator[tuple[str, Ints]]:
    inside: dict[str, list[int]] = defaultdict(list)
    for k, item_id in enumerate(ids):
        steps = str(item_id).split("/")[:-1][:_MAX_DEPTH]
        for depth in range(1, len(steps) + 1):
            inside["/".join(steps[:depth])].append(k)
    for folder in sorted(inside):
        yield folder, np.array(inside[folder], dtype=np.int64)


def with_own_witness(
    parts: list[Part], points: npt.NDArray[np.floating], given: Ints, groups: pd.Series, *, n_classes: int, seed: int
) -> list[Part]:
    """Large parts with what a model says of all items that learned from none of the part.

    Parameters
    ----------
    points : float array (n, d)
        The items in embedding space; rows of NaN are not judged.
    given : int64 array (n,)
        Classes, -1 for none.
    groups : Series (n,)
        What must not be torn apart.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> points = np.random.default_rng(0).normal(0, 0.1, (40, 2)) + np.tile([[0.0, 0.0], [1.0, 1.0]], (20, 1))
    >>> half = Part("split", "test", np.arange(20))
    >>> given = np.where(np.arange(40) < 20, [1, 0] * 20, [0, 1] * 20)  # exchanged in the test half
    >>> [told] = with_own_witness([half], points, given, pd.Series(range(40)), n_classes=2, seed=0)
    >>> told.seen[:4].tolist()
    [0, 1, 0, 1]
    """
    n = len(given)
    usable = (given >= 0) & np.isfinite(points).all(1)
    third = _thirds(groups, n, seed=seed)
    made = []
    for part in parts:
        if LARGE * n <= len(part.rows) <= (1 - LARGE) * n or (len(part.rows) > LARGE * n and part.kind == "split"):
            inside = np.zeros(n, dtype=bool)
            inside[part.rows] = True
            seen = np.full(n, -1, dtype=np.int64)
            outside = usable & ~inside
            _tell(seen, points, given, outside, usable & inside, n_classes=n_classes, seed=seed)
            for fold in range(3):
                _tell(
                    seen,
                    points,
                    given,
                    outside & (third != fold),
                    outside & (third == fold),
                    n_classes=n_classes,
                    seed=seed,
                )
            made.append(replace(part, seen=seen))
        else:
            made.append(part)
    return made


def _thirds(groups: pd.Series, n: int, *, seed: int) -> Ints:
    codes, names = pd.factorize(groups)
    rng = np.random.default_rng(seed)
    alone = rng.integers(0, 3, n)
    return np.where(codes >= 0, rng.permutation(max(len(names), 1))[np.maximum(codes, 0)] % 3, alone)


def _tell(
    seen: Ints,
    points: npt.NDArray[np.floating],
    given: Ints,
    taught: npt.NDArray[np.bool_],
    asked: npt.NDArray[np.bool_],
    *,
    n_classes: int,
    seed: int,
) -> None:
    """Put what linear discriminants of the taught items say of those asked into ``seen``."""
    rows = np.flatnonzero(taught)
    if len(rows) > _MAX_TAUGHT:
        rows = np.sort(np.random.default_rng(seed).choice(rows, _MAX_TAUGHT, replace=False))
    if len(rows) < 2 * n_classes or not asked.any():
        return
    x, y = points[rows].astype(np.float64), given[rows]
    size = np.bincount(y, minlength=n_classes).astype(np.float64)
    means = np.zeros((n_classes, x.shape[1]))
    np.add.at(means, y, x)
    means /= np.maximum(size, 1.0)[:, None]
    rest = x - means[y]
    spread = rest.T @ rest / len(x)
    spread = 0.9 * spread + 0.1 * np.trace(spread) / len(spread) * np.eye(len(spread)) + 1e-9 * np.eye(len(spread))
    weights = np.linalg.solve(spread, means.T)
    constant = np.log(np.maximum(size, 1e-9) / len(x)) - 0.5 * (means.T * weights).sum(0)
    constant[size < 2] = -np.inf
    at = np.flatnonzero(asked)
    for part in batches(len(at), points.shape[1], cells=_CELLS_AT_ONCE, of=points):
        seen[at[part]] = (points[at[part]].astype(np.float64) @ weights + constant).argmax(1)
