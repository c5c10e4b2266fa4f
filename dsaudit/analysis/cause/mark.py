"""Which classes can be told by a mark that stands at one place of their items: a watermark, a letter, a frame.

Each item is a small picture. Through a window that slides over all of them, two plain models try to tell a class from
the rest, on items they have not seen: one knows means and spread of colour and detail, the other compares the fine
structure with what the class has there on average and the rest has not. A class whose items show what they are can be
told through many windows, none of them very well; a mark tells it through few, nearly always.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.ndimage import label as connected
from scipy.ndimage import uniform_filter
from scipy.special import ndtr, ndtri
from scipy.stats import rankdata

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]
    Ints = npt.NDArray[np.int64]

SIDE_PX = 96
"""Of the pictures."""
MIN_ITEMS, MIN_UNITS = 12, 8
"""Items and groups of a class, and of the rest, below which nothing is told."""
COLUMNS = (
    "auc",
    "auc_error",
    "elsewhere",
    "lead",
    "own_share",
    "others_share",
    "left",
    "top",
    "right",
    "bottom",
    "where",
    "rows",
)

_CELL_PX, _WINDOW_CELLS = 4, 3
_N_FOLDS = 5
_SHRINKAGE, _LEVELS = 0.05, 4.0
"""Of the spread towards one that is the same in all directions, and a spread of so many levels that is always there."""
_BLUR_PX, _FAINT = 9, 3.0
"""Fine structure is what is left of the mean over so many pixels, over its own spread; less than so many levels is
noise."""
_REGION = 0.6
"""A window belongs to the mark if it tells the class at least so far as the best one, in deviations."""
_MOST = 0.45
"""Of all windows: what stands in more of them is no mark, but what the items show."""
_OF_WINDOWS, _LEAST_ELSEWHERE = 0.75, 0.5
_SURE = 1.7
"""Of two models the one that is further ahead is believed, once it tells the class so far."""
_ANYWHERE = 1.5
"""A class that a quarter of the windows tell so far shows what it is."""
MIN_CLASSES = 4
"""With fewer nobody can tell which places tell any class, and a lead is worth less."""
_OF_FEW = 0.85


@dataclass(frozen=True, slots=True)
class _Views:
    """What is looked at through one window: coarse float32 (n, a), fine float32 (n, b)."""

    coarse: Floats
    fine: Floats


@dataclass(frozen=True, slots=True)
class _Seen:
    """The window through which one model tells a class best: how far, how far elsewhere, and where the mark lies."""

    row: int
    column: int
    told: float
    elsewhere: float
    lead: float
    box: tuple[float, float, float, float]

    @property
    def rank(self) -> tuple[float, float]:
        """What the best window is chosen by: how far it is ahead, and less where it tells the class unsurely."""
        return (min(self.told, _SURE) * self.lead, self.told)


def class_marks(
    pictures: npt.NDArray[np.uint8], labels: Sequence[str], units: Sequence[str], *, seed: int = 0
) -> pd.DataFrame:
    """How well each class is told from the rest through the best window, and how well elsewhere.

    Parameters
    ----------
    pictures : uint8 array (n, 96, 96, 3)
        Red, green, blue; each drawn to this size whatever its shape, so that a mark lies at one place.
    labels : sequence of n str
    units : sequence of n str
        Items of one unit are alike for other reasons, as copies are, and are never torn between folds.
    seed : int
        Of the folds.

    Returns
    -------
    DataFrame by class
        Of classes with 12 items of 8 units and more, and as many others. ``auc``: area under the curve, out of
        sample, through the best window (.5 is chance, 1 tells all), and ``auc_error``, its standard error.
        ``elsewhere``: the same, what three quarters of the windows away from it do not reach; 1 where what tells the
        class fills the picture. ``lead``: the one over the other and over what tells other classes there, as
        deviations between two normal distributions. ``own_share`` and ``others_share``: of the class and of the rest
        that show what stands there. ``left``, ``top``, ``right``, ``bottom``: where, as shares of width and height,
        and ``where`` in words. ``rows``: positions of the class's items that show it.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> pictures = rng.integers(60, 200, (60, 96, 96, 3)).astype(np.uint8)
    >>> labels = ["cat", "dog"] * 30
    >>> pictures[1::2, 80:92, 76:92] = 255  # a white plate on every dog
    >>> found = class_marks(pictures, labels, [str(k) for k in range(60)])
    >>> found[["own_share", "others_share", "where"]].to_dict("list")
    {'own_share': [1.0], 'others_share': [0.0], 'where': ['bottom right']}
    >>> "cat" in found.index  # what it lacks is no mark of it
    False
    """
    y, names = pd.factorize(pd.Series(labels, dtype=object), sort=True)
    unit = pd.factorize(pd.Series(units, dtype=object), sort=True)[0]
    n_units = np.array([len(np.unique(unit[y == c])) for c in range(len(names))])
    size = np.bincount(y, minlength=len(names))
    able = (size >= MIN_ITEMS) & (n_units >= MIN_UNITS) & (len(y) - size >= MIN_ITEMS)
    if not able.any():
        return pd.DataFrame(columns=list(COLUMNS))
    fold = (np.random.default_rng(seed).permutation(int(unit.max()) + 1) % _N_FOLDS)[unit]
    coarse, fine = _cells(pictures), _fine(pictures)
    places, classes = _places(), np.flatnonzero(able).tolist()
    auc = np.full((len(places), len(places), 2, len(names)), 0.5)
    for i, top in enumerate(places):
        for j, left in enumerate(places):
            said = _told(_view(coarse, fine, top, left), y, fold, len(names))
            for c in classes:
                auc[i, j, :, c] = _auc(said[..., c], y == c)
    deviations = np.sqrt(2.0) * ndtri(np.clip(auc, 0.5, 0.9995))
    rows = {}
    for c in classes:
        own = y == c
        others = [k for k in classes if k != c] if len(names) >= MIN_CLASSES else []
        # of few classes a mark must be ahead of what either model tells elsewhere
        maps = deviations if others else np.broadcast_to(deviations.max(2, keepdims=True), deviations.shape)
        best = max((_seen(maps[:, :, k, c], maps[:, :, k, others]) for k in (0, 1)), key=lambda one: one.rank)
        k = int(auc[best.row, best.column, :, c].argmax())
        view = _view(coarse, fine, places[best.row], places[best.column])
        if len(names) < MIN_CLASSES and not _has_more(view.fine, own):
            continue
        shows = _shown(_told(view, y, fold, len(names))[k, :, c], own)
        rows[str(names[c])] = {
            "auc": float(ndtr(best.told / np.sqrt(2.0))),
            "auc_error": _error(float(ndtr(best.told / np.sqrt(2.0))), int(own.sum()), int((~own).sum())),
            "elsewhere": float(ndtr(best.elsewhere / np.sqrt(2.0))),
            "lead": best.lead * (1.0 if len(names) >= MIN_CLASSES else _OF_FEW),
            "own_share": float(shows[own].mean()),
            "others_share": float(shows[~own].mean()),
            **dict(zip(("left", "top", "right", "bottom"), best.box, strict=True)),
            "where": _in_words(*best.box),
            "rows": np.flatnonzero(own & shows).tolist(),
        }
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(COLUMNS))


def _places() -> list[int]:
    """First cells of the windows, the last of which ends at the edge."""
    last = SIDE_PX // _CELL_PX - _WINDOW_CELLS
    return sorted({*range(0, last, 2), last})


def _cells(pictures: npt.NDArray[np.uint8]) -> Floats:
    """Brightness, two colours and detail of each cell: float32 (n, cells, cells, 4)."""
    n, k = len(pictures), SIDE_PX // _CELL_PX
    found = np.empty((n, k, k, 4), dtype=np.float32)
    for at, picture in enumerate(pictures):  # one by one: in float a set takes four times its bytes
        rgb = picture.astype(np.float32)
        red, green, blue = np.moveaxis(rgb.reshape(k, _CELL_PX, k, _CELL_PX, 3).mean((1, 3)), -1, 0)
        grey = rgb.mean(-1)
        steps = np.abs(np.diff(grey, axis=0, append=grey[-1:])) + np.abs(np.diff(grey, axis=1, append=grey[:, -1:]))
        detail = 16.0 * np.sqrt(steps.reshape(k, _CELL_PX, k, _CELL_PX).mean((1, 3)))
        found[at] = np.stack([(red + green + blue) / 3, (red - green) / 2, (red + green) / 4 - blue / 2, detail], -1)
    return found


def _fine(pictures: npt.NDArray[np.uint8]) -> Floats:
    """Fine structure of the brightness, over its own spread: float32 (n, 96, 96)."""
    found = np.empty(pictures.shape[:3], dtype=np.float32)
    for at, picture in enumerate(pictures):
        grey = picture.astype(np.float32).mean(-1)
        high = grey - uniform_filter(grey, _BLUR_PX)
        found[at] = high / np.sqrt(uniform_filter(high * high, _BLUR_PX) + _FAINT**2)
    return found


def _view(coarse: Floats, fine: Floats, top: int, left: int) -> _Views:
    n, w, p = len(coarse), _WINDOW_CELLS, _CELL_PX
    return _Views(
        coarse[:, top : top + w, left : left + w].reshape(n, -1),
        fine[:, p * top : p * (top + w), p * left : p * (left + w)].reshape(n, -1),
    )


def _told(view: _Views, y: Ints, fold: Ints, n_classes: int) -> Floats:
    """What each model says for each class, out of sample, above 0 for it: float32 (2, n, classes)."""
    said = np.zeros((2, len(y), n_classes), dtype=np.float32)
    for k in range(_N_FOLDS):
        held = fold == k
        if not held.any() or held.all():
            continue
        known = ~held
        for at, x in enumerate((view.coarse, view.fine)):
            own, rest = _means(x[known], y[known], n_classes)
            apart = own - rest
            if at == 0:
                spread = x[known] - own[y[known]]
                covariance = spread.T @ spread / max(len(spread), 1)
                covariance += np.eye(len(covariance), dtype=np.float32) * np.float32(
                    _SHRINKAGE * float(np.trace(covariance)) / len(covariance) + _LEVELS
                )
                weights = np.linalg.solve(covariance, apart.T)
            else:
                weights = (apart / (np.linalg.norm(apart, axis=1, keepdims=True) + 1e-6)).T
            said[at, held] = x[held] @ weights - ((own + rest) / 2 * weights.T).sum(1)
    return said


def _means(x: Floats, y: Ints, n_classes: int) -> tuple[Floats, Floats]:
    """Means of each class and of its rest, float32 (classes, features) both; of a class that is not there 0."""
    total = np.zeros((n_classes, x.shape[1]), dtype=np.float32)
    np.add.at(total, y, x)
    size = np.bincount(y, minlength=n_classes).astype(np.float32)[:, None]
    every = total.sum(0)
    rest = (every - total) / np.maximum(size.sum() - size, 1)
    return (total / np.maximum(size, 1)).astype(np.float32), rest.astype(np.float32)


def _seen(told: npt.NDArray[np.float64], of_others: npt.NDArray[np.float64]) -> _Seen:
    """The best window of one class as one model sees it: deviations by window, and those of other classes."""
    row, column = map(int, np.unravel_index(int(told.argmax()), told.shape))
    best = float(told[row, column])
    parts = connected(told >= _REGION * best, np.ones((3, 3)))[0]
    region = parts == parts[row, column]
    away = told[~region]
    elsewhere = float(np.quantile(away, _OF_WINDOWS)) if away.size and region.mean() <= _MOST else np.inf
    elsewhere = elsewhere if elsewhere < _ANYWHERE else np.inf
    rivals = float(np.quantile(of_others[row, column], _OF_WINDOWS)) if of_others.size else 0.0
    return _Seen(row, column, best, elsewhere, best / max(elsewhere, rivals, _LEAST_ELSEWHERE), _box(region))


def _box(region: npt.NDArray[np.bool_]) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the windows, as shares."""
    places = _places()
    down, across = np.flatnonzero(region.any(1)), np.flatnonzero(region.any(0))
    first, last = (places[across[0]], places[down[0]]), (places[across[-1]], places[down[-1]])
    left, top, right, bottom = (round(_CELL_PX * k / SIDE_PX, 3) for k in (*first, *(k + _WINDOW_CELLS for k in last)))
    return left, top, right, bottom


def _auc(scores: Floats, own: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Area under the curve along the last axis but none other."""
    rank = rankdata(scores, axis=-1)
    n, m = int(own.sum()), int((~own).sum())
    return np.asarray((rank[..., own].sum(-1) - n * (n + 1) / 2) / (n * m))


def _error(auc: float, n: int, m: int) -> float:
    """Standard error of an area under the curve (Hanley & McNeil, Radiology 1982), of ``n`` and ``m`` items."""
    first, second = auc / (2.0 - auc), 2.0 * auc * auc / (1.0 + auc)
    spread = auc * (1.0 - auc) + (n - 1) * (first - auc * auc) + (m - 1) * (second - auc * auc)
    return float(np.sqrt(max(spread, 0.0) / (n * m)))


def _shown(says: Floats, own: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Items above the cut that has most of the class and least of the rest above it."""
    order = np.argsort(says, kind="stable")
    below_own = np.cumsum(own[order]) / own.sum()
    below_rest = np.cumsum(~own[order]) / (~own).sum()
    return np.asarray(says > says[order[int((below_rest - below_own).argmax())]])


def _has_more(fine: Floats, own: npt.NDArray[np.bool_]) -> bool:
    """Whether all items of the class, rather than the rest, share something in this window."""
    of_class, of_rest = (
        float((fine[side].mean(0) ** 2).mean() - fine[side].var(0).mean() / side.sum()) for side in (own, ~own)
    )
    return of_class >= of_rest


def _in_words(left: float, top: float, right: float, bottom: float) -> str:
    """Where a box lies.

    >>> _in_words(0.8, 0.85, 1.0, 1.0), _in_words(0.0, 0.0, 1.0, 1.0), _in_words(0.1, 0.9, 0.9, 1.0)
    ('bottom right', 'around the edge', 'along the bottom')
    """
    wide, high = right - left > 0.6, bottom - top > 0.6
    if wide and high:
        return "around the edge"
    x, y = (left + right) / 2, (top + bottom) / 2
    row = "top" if y < 1 / 3 else "bottom" if y > 2 / 3 else ""
    column = "left" if x < 1 / 3 else "right" if x > 2 / 3 else ""
    if wide:
        return f"along the {row}" if row else "across the middle"
    if high:
        return f"along the {column} side" if column else "down the middle"
    return f"{row} {column}".strip() or "in the middle"
