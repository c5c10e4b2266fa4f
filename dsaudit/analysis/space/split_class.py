"""One label, two separate groups: the class "jaguar" that holds cats and cars."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import numpy.typing as npt

_COMPONENTS = 6
_MAX_ITEMS = 1_000
_N_NULL = 199
_MIN_ITEMS = 20
_MAX_P = 0.005
_FEW_GROUPS = 8
_N_HEART = 6
_MANY_CLASSES, _AS_CLASSES, _N_ASKED = 20, 1.2, 200
"""Classes from which on it is known how far two that lie beside each other are apart, and how many times as far the two
halves of one must be; classes that are asked."""

COLUMNS = ["score", "flagged", "n", "n_first", "n_second", "gap", "p_value", "by_group", "first", "second"]


def split_classes(
    space: npt.ArrayLike,
    labels: pd.Series,
    *,
    groups: pd.Series | None = None,
    min_share: float = 0.15,
    seed: int = 0,
) -> pd.DataFrame:
    """Test each class for falling into two separate groups.

    Each class is cut in two by 2-means in its own leading components, and its items are laid along the
    line between the two means. Two separate groups leave a valley: few items half way. How deep a
    valley chance digs into one group is found by doing the same with normal data of the same size and
    covariance, in the spirit of SigClust (Y. Liu et al., JASA 2008). In a set of 20 classes and more
    the halves must also lie farther apart than a class and the nearest other one do: two ways to say one
    thing are no two classes.

    Parameters
    ----------
    space : float array (n, c)
        Row for row the items of ``labels``; see ``embedding_space``.
    labels : Series of str, index ``item_id``
        Missing values are passed over; so are classes of fewer than 20 items.
    groups : Series of str, index ``item_id``, optional
        To say when the two halves are merely two speakers or recordings.
    min_share : float, 0 to .5
        Smallest share of the class that the smaller half must hold.

    Returns
    -------
    DataFrame, index label, worst first:
        ``score`` 0 (two groups, nothing between them) to 1 (one group), .5 at the threshold;
        ``flagged`` bool; ``n``, ``n_first``, ``n_second`` int (the larger half first);
        ``gap`` float, density half way between the means over that of the lower of the two peaks;
        ``p_value`` float, share of normal data sets with as deep a valley;
        ``by_group`` bool, each of a few groups lies wholly in one half;
        ``first``, ``second`` lists of item ids at the heart of each half.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> space = np.random.default_rng(0).normal(0, 1, (80, 4))
    >>> space[:20, 0] += 12  # half of the first class lies elsewhere
    >>> found = split_classes(space, pd.Series(["jaguar"] * 40 + ["lynx"] * 40))
    >>> found["flagged"].to_dict(), found.loc["jaguar", "n_first"].item()
    ({'jaguar': True, 'lynx': False}, 20)
    """
    points = np.asarray(space, dtype=np.float32)
    ids = np.array([str(i) for i in labels.index], dtype=object)
    own = groups.reindex(labels.index).to_numpy(dtype=object) if groups is not None else np.full(len(ids), None)
    rng = np.random.default_rng(seed)
    rows = []
    code, names = pd.factorize(labels.to_numpy(dtype=object), sort=True)
    least_apart = _AS_CLASSES * _nearest_class(points, code, len(names)) if len(names) >= _MANY_CLASSES else 0.0
    for number, label in enumerate(names.tolist()):
        members = np.flatnonzero(code == number)
        if len(members) < _MIN_ITEMS:
            continue
        kept = members[np.argsort(ids[members].astype(str), kind="stable")]
        if len(kept) > _MAX_ITEMS:
            kept = np.sort(rng.choice(kept, _MAX_ITEMS, replace=False))
        found = _split(points[kept], min_share, least_apart, np.random.default_rng(seed))
        share = len(members) / len(kept)
        rows.append(
            {
                "label": str(label),
                "score": found.score,
                "flagged": found.score < 0.5,
                "n": len(members),
                "n_first": round(share * int((found.half == 0).sum())),
                "n_second": round(share * int((found.half == 1).sum())),
                "gap": found.gap,
                "p_value": found.p_value,
                "by_group": _follows_groups(found.half, own[kept]),
                "first": ids[kept[found.hearts[0]]].tolist(),
                "second": ids[kept[found.hearts[1]]].tolist(),
            }
        )
    table = pd.DataFrame(rows, columns=["label", *COLUMNS]).set_index("label")
    return table.sort_values(["score", "gap"], kind="stable")


class _Split(NamedTuple):
    score: float
    gap: float
    p_value: float
    half: npt.NDArray[np.int64]
    hearts: list[npt.NDArray[np.int64]]


def _nearest_class(points: npt.NDArray[np.float32], code: npt.NDArray[np.int64], n_classes: int) -> float:
    """How far the mean of a class lies from the nearest other one, the median over at most 200 classes."""
    means = np.stack([points[code == k].mean(0, dtype=np.float64) for k in range(n_classes)])
    asked = np.unique(np.linspace(0, n_classes - 1, min(n_classes, _N_ASKED)).astype(int))
    apart = [np.linalg.norm(np.delete(means, k, axis=0) - means[k], axis=1).min() for k in asked]
    return float(np.median(apart))


def _split(points: npt.NDArray[np.float32], min_share: float, least_apart: float, rng: np.random.Generator) -> _Split:
    local = _principal(points)
    n, c = local.shape
    half, position = _two_means(local[None])
    half, position = half[0], position[0]
    if (half == 1).sum() > (half == 0).sum():
        half, position = 1 - half, -position
    gap = float(_valley(position[None])[0])
    null = rng.standard_normal((_N_NULL, n, c)) * local.std(0)
    p_value = float((1 + (_valley(_two_means(null)[1]) <= gap).sum()) / (1 + _N_NULL))
    smaller = min((half == 0).mean(), (half == 1).mean())
    apart = float(np.linalg.norm(points[half == 0].mean(0) - points[half == 1].mean(0))) if smaller else 0.0
    score = min(1.0, gap)
    if p_value > _MAX_P or smaller < min_share or apart < least_apart:
        near = 1.0 - apart / max(least_apart, apart, 1e-12)
        score = 0.5 + 0.5 * max(score, min(1.0, p_value), 1.0 - smaller / min_share, near)
    hearts = []
    for side in (0, 1):
        rows = np.flatnonzero(half == side)
        distance = np.linalg.norm(local[rows] - np.median(local[rows], axis=0), axis=1) if len(rows) else rows
        hearts.append(rows[np.lexsort((rows, distance))[:_N_HEART]])
    return _Split(float(min(1.0, score)), gap, p_value, half, hearts)


def _principal(points: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Leading components of centred points, unlike ``embedding_space`` without standardising again."""
    centred = points.astype(np.float64) - points.mean(0, dtype=np.float64)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    axes = axes[:_COMPONENTS]
    axes = axes * np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(1)])[:, None]
    return np.asarray(centred @ axes.T)


def _two_means(
    sets: npt.NDArray[np.float64], *, n_rounds: int = 20
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Half (r, n) of each point and its place (r, n) on the line from mean 0 (-1) to mean 1 (+1), for r sets at once.

    Starts from the signs of each of the first components and keeps the start that ends tightest.
    """
    r, n, c = sets.shape
    best_half = np.zeros((r, n), dtype=np.int64)
    best_place = np.zeros((r, n))
    best_inertia = np.full(r, np.inf)
    for axis in range(min(4, c)):
        half = (sets[:, :, axis] > np.median(sets[:, :, axis], axis=1, keepdims=True)).astype(np.int64)
        moving = np.arange(r)  # a set in which no point changes sides stays as it is
        for _ in range(n_rounds):
            some = sets[moving]
            moved = (_place(some, _means(some, half[moving])) > 0).astype(np.int64)
            changed = (moved != half[moving]).any(axis=1)
            half[moving] = moved
            moving = moving[changed]
            if not len(moving):
                break
        means = _means(sets, half)
        inertia = ((sets - np.take_along_axis(means, half[:, :, None], axis=1)) ** 2).sum((1, 2))
        better = inertia < best_inertia
        best_half[better], best_place[better] = half[better], _place(sets, means)[better]
        best_inertia[better] = inertia[better]
    return best_half, best_place


def _means(sets: npt.NDArray[np.float64], half: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    weights = np.stack([half == 0, half == 1], axis=1).astype(np.float64)
    return np.asarray((weights @ sets) / np.maximum(weights.sum(2, keepdims=True), 1.0))


def _place(sets: npt.NDArray[np.float64], means: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    line = means[:, 1] - means[:, 0]
    length = np.maximum((line**2).sum(1), 1e-12)
    middle = (means.mean(1) * line).sum(1)
    return np.asarray(((sets @ line[:, :, None])[:, :, 0] - middle[:, None]) / length[:, None] * 2.0)


def _valley(places: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Lowest density between the means over the lower of the densities near each mean, (r,); 0 empty, ≥ 1 no valley."""
    width = 0.25
    grid = np.linspace(-1.4, 1.4, 57)
    density = np.stack([np.exp(-0.5 * ((places - x) / width) ** 2).mean(1) for x in grid], axis=1)
    left, right = density[:, grid < -0.4].max(1), density[:, grid > 0.4].max(1)
    middle = density[:, np.abs(grid) <= 0.5].min(1)
    return np.asarray(middle / np.maximum(np.minimum(left, right), 1e-12))


def _follows_groups(half: npt.NDArray[np.int64], groups: npt.NDArray[np.object_]) -> bool:
    """Whether few groups hold most items and each lies (nearly) wholly in one half."""
    table = pd.DataFrame({"group": groups, "half": half}).dropna()
    if len(table) < len(half) / 2 or not 2 <= table["group"].nunique() <= _FEW_GROUPS:
        return False
    counts = table.groupby(["group", "half"]).size().unstack(fill_value=0)
    return bool((counts.max(axis=1).sum() / len(table)) >= 0.95 and len(counts.columns) == 2)
