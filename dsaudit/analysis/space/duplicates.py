"""Sets of items that are copies of each other."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.analysis.row_lists import places_of_lists
from dsaudit.analysis.space.hash_distance import MAX_DISTANCE, near_pairs, pairs_within, telling_distance

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

_MANY = 20
"""Items from which those of one scene are no more than half of all."""
MOST_COMPARED = 20_000
"""Pairs whose fingerprints agree that are looked at themselves, or half as many as there are items where that is more;
real sets have some hundreds."""
ONE_SCENE, SAME = 1, 2
"""What ``alike`` says of two items: taken in one go, and one and the same; 0 for neither."""

_EQUAL_LINKS = 64


def duplicate_table(
    sample_hashes: pd.Series,
    perceptual_hashes: pd.Series,
    *,
    neighbours: pd.DataFrame | None = None,
    proposed: npt.NDArray[np.int64] | None = None,
    known: npt.NDArray[np.int64] | None = None,
    apart: npt.NDArray[np.int64] | None = None,
    alike: Callable[[npt.NDArray[np.int64]], npt.NDArray[np.int8]] | None = None,
) -> pd.DataFrame:
    """Which set of copies each item is in.

    Parameters
    ----------
    sample_hashes, perceptual_hashes : Series of str, one index ``item_id``
        Perceptual hashes are empty where there is nothing to hear.
    neighbours : DataFrame, optional
        ``ids`` by item: near-duplicates are looked for among these only, where all pairs would be too many.
    proposed : int64 array (m, 2), optional
        Positions of what may be near-duplicates, the likeliest first, in place of those whose hashes agree.
    known, apart : int64 arrays (m, 2), optional
        Positions of near-duplicates that are known without looking, and of pairs that are none.
    alike : callable, optional
        From pairs of positions, int64 (m, 2), to int8 (m,): what the items themselves are to each other (``SAME``,
        ``ONE_SCENE`` or 0), where a fingerprint only says that they may be copies. Asked of as few pairs as join the
        sets, at most ``MOST_COMPARED``.

    Returns
    -------
    DataFrame by ``item_id``
        ``exact_set``, ``near_set`` and ``scene_set`` (first item id of the set, or None): every exact set lies inside
        one near set, and that inside one set of what was taken in one go. ``copy_of``: of every item of a near set but
        its first, the one it was found to be a copy of. ``attrs["n_not_compared"]``: pairs that ``alike`` was not asked
        of any more.

    Examples
    --------
    >>> import pandas as pd
    >>> samples = pd.Series({"x": "1f", "y": "1f", "z": "2e"})
    >>> hashes = pd.Series({"x": "f" * 16, "y": "f" * 16, "z": "f" * 15 + "e"})  # one bit of 64 apart
    >>> found = duplicate_table(samples, hashes)
    >>> found["near_set"].to_dict(), found["exact_set"].dropna().to_dict()
    ({'x': 'x', 'y': 'x', 'z': 'x'}, {'x': 'x', 'y': 'x'})
    """
    names = perceptual_hashes.index.to_numpy(dtype=object)
    n = len(names)
    position = {name: k for k, name in enumerate(names)}
    equal = [[position[i] for i in members] for members in duplicate_sets(sample_hashes)]
    told = set() if apart is None else set(np.asarray(apart).ravel().tolist())
    # a chain would lose more than the pair that is none
    chained = [
        link for members in equal for link in (combinations(members, 2) if told & set(members) else pairwise(members))
    ]
    exact = np.array(chained, dtype=np.int64).reshape(-1, 2)
    no_pairs = np.zeros((0, 2), np.int64)
    apart = no_pairs if apart is None else apart
    exact = _without(exact, apart, n)
    # exact copies are near ones too: a set of copies never falls apart for want of a neighbour
    certain = _without(exact if known is None else np.concatenate([exact, known]), apart, n)
    if proposed is None:
        # where nobody looks at the items themselves, fingerprints must tell items apart
        most = MAX_DISTANCE if alike is not None else telling_distance(perceptual_hashes.tolist())
        proposed = _near_links(perceptual_hashes, neighbours, most).reshape(-1, 2)
    near = _without(proposed, apart, n)
    held, scenes, n_left = (near, no_pairs, 0) if alike is None else _confirmed(n, certain, near, alike)
    links = {"exact_set": exact, "near_set": np.concatenate([certain, held])}
    links["scene_set"] = np.concatenate([links["near_set"], scenes])
    table = {name: np.full(n, None, dtype=object) for name in (*links, "copy_of")}
    for name, pairs in links.items():
        for members in connected_sets(n, pairs):
            if name != "scene_set" or len(members) <= max(_MANY, n // 2):
                table[name][members] = names[members[0]]
    # where most of a set is alike, that is its kind, as of X-rays, and no moment
    table["scene_set"] = np.where(pd.isna(table["scene_set"]), table["near_set"], table["scene_set"])
    reached = _reached_from(links["near_set"])
    table["copy_of"][list(reached)] = names[list(reached.values())]
    found = pd.DataFrame(table, index=perceptual_hashes.index)
    found.attrs["n_not_compared"] = n_left
    return found


def _without(pairs: npt.NDArray[np.int64], apart: npt.NDArray[np.int64], n: int) -> npt.NDArray[np.int64]:
    """Those pairs that are not among others, whichever way round."""
    pairs, apart = np.sort(pairs, axis=1), np.sort(apart, axis=1)
    return pairs[~np.isin(pairs[:, 0] * n + pairs[:, 1], apart[:, 0] * n + apart[:, 1])]


def _near_links(hashes: pd.Series, neighbours: pd.DataFrame | None, most: float) -> npt.NDArray[np.int64]:
    """Positions of near-duplicates: among all pairs, or among the neighbours in embedding space where given."""
    if neighbours is None:
        # of equal hashes each is linked to some: all their pairs could be billions
        different, first, which = np.unique(hashes.to_numpy(dtype=str), return_index=True, return_inverse=True)
        heard = np.flatnonzero(hashes.to_numpy(dtype=str) != "")
        order = heard[np.argsort(which[heard], kind="stable")]
        same = [np.stack([order[:-d], order[d:]], axis=1) for d in range(1, min(_EQUAL_LINKS, len(order) - 1) + 1)]
        same = [pairs[which[pairs[:, 0]] == which[pairs[:, 1]]] for pairs in same]
        return np.concatenate([first[near_pairs(different.tolist(), max_distance=most)[0]], *same])
    known = (hashes != "").to_numpy(dtype=bool)
    lengths, right = places_of_lists(neighbours["ids"].reindex(hashes.index[known]), hashes.index)
    if not len(right):
        return np.zeros((0, 2), np.int64)
    left = np.repeat(np.flatnonzero(known), lengths)
    return pairs_within(hashes.tolist(), np.stack([left, right], axis=1)[right >= 0], max_distance=most)


def _confirmed(
    n: int,
    certain: npt.NDArray[np.int64],
    likely: npt.NDArray[np.int64],
    alike: Callable[[npt.NDArray[np.int64]], npt.NDArray[np.int8]],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], int]:
    """Those of the likely links that hold, those between items of one scene, and how many are left open at
    ``MOST_COMPARED``.

    Few more than join the same sets are looked at: first a tree of the likeliest links, then of what is still open one
    link for every two sets at a time.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

    held, scenes, left = np.zeros((0, 2), np.int64), np.zeros((0, 2), np.int64), max(MOST_COMPARED, n // 2)
    asked_before = False
    while True:
        links = np.concatenate([certain, held, scenes])
        joined = coo_array((np.ones(len(links), np.int8), (links[:, 0], links[:, 1])), shape=(n, n))
        part = connected_components(joined, directed=False)[1]
        likely = likely[part[likely[:, 0]] != part[likely[:, 1]]]
        if not len(likely) or left == 0:
            return held, scenes, len(likely)
        # one link for every two parts, numbered by where it stands
        ends = np.sort(part[likely], axis=1)
        _, at = np.unique(ends, axis=0, return_index=True)
        if not asked_before:
            order = at.astype(np.float64) + 1.0
            tree = minimum_spanning_tree(coo_array((order, (ends[at, 0], ends[at, 1])), shape=(n, n)).tocsr())
            at, asked_before = tree.data.astype(np.int64) - 1, True
        asked = np.sort(at)[:left]
        left -= len(asked)
        told = alike(likely[asked])
        held = np.concatenate([held, likely[asked][told == SAME]])
        scenes = np.concatenate([scenes, likely[asked][told == ONE_SCENE]])
        likely = np.delete(likely, asked, axis=0)


def _reached_from(pairs: npt.NDArray[np.int64]) -> dict[int, int]:
    """Of what pairs connect, by which neighbour each is reached from the smallest number, which has none."""
    beside: dict[int, list[int]] = {}
    for a, b in pairs.tolist():
        beside.setdefault(a, []).append(b)
        beside.setdefault(b, []).append(a)
    seen: set[int] = set()
    found: dict[int, int] = {}
    for first in sorted(beside):
        if first in seen:
            continue
        seen.add(first)
        waiting = [first]
        for one in waiting:
            for other in sorted(set(beside[one]) - seen):
                seen.add(other)
                found[other] = one
                waiting.append(other)
    return found


def duplicate_sets(keys: pd.Series) -> list[list[str]]:
    """Items with equal keys.

    Parameters
    ----------
    keys : Series of str, index ``item_id``
        Such as a hash of the samples; missing means no copy of anything.

    Returns
    -------
    list of lists of item ids: only sets of two and more, ids sorted, sets by their first id.

    Examples
    --------
    >>> import pandas as pd
    >>> duplicate_sets(pd.Series({"a": "1f", "b": "2e", "c": "1f", "d": None}))
    [['a', 'c']]
    """
    known = keys.dropna()
    shared = known[known.duplicated(keep=False)]
    sets = [sorted(str(i) for i in members) for members in shared.groupby(shared.to_numpy()).groups.values()]
    return sorted(sets)


def connected_sets(n: int, pairs: npt.ArrayLike) -> list[list[int]]:
    """Connected components of a graph over 0 … n - 1.

    Parameters
    ----------
    n : int
    pairs : int array (m, 2)
        Linked numbers, in any order; a number may be linked to itself.

    Returns
    -------
    list of sorted lists of int: only components of two and more, by their smallest number.

    Examples
    --------
    >>> connected_sets(6, [(0, 2), (2, 4), (3, 3), (1, 5)])
    [[0, 2, 4], [1, 5]]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    edges = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
    if not len(edges):
        return []
    graph = coo_array((np.ones(len(edges), dtype=np.int8), (edges[:, 0], edges[:, 1])), shape=(n, n))
    _, component = connected_components(graph, directed=False)
    linked = np.flatnonzero(np.bincount(component)[component] > 1)
    order = linked[np.argsort(component[linked], kind="stable")]
    parts = np.split(order, np.flatnonzero(np.diff(component[order])) + 1)
    return sorted(part.tolist() for part in parts if len(part))
