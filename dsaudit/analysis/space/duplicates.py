"""Sets of items that are copies of each other."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.analysis.space.hash_distance import MAX_DISTANCE, near_pairs, pairs_within, telling_distance

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

MOST_COMPARED = 20_000
"""Pairs whose fingerprints agree that are looked at themselves; real sets have some hundreds."""

_EQUAL_LINKS = 64


def duplicate_table(
    sample_hashes: pd.Series,
    perceptual_hashes: pd.Series,
    *,
    neighbours: pd.DataFrame | None = None,
    known: npt.NDArray[np.int64] | None = None,
    alike: Callable[[npt.NDArray[np.int64]], npt.NDArray[np.bool_]] | None = None,
) -> pd.DataFrame:
    """Which set of copies each item is in.

    Parameters
    ----------
    sample_hashes, perceptual_hashes : Series of str, one index ``item_id``
        Perceptual hashes are empty where there is nothing to hear.
    neighbours : DataFrame, optional
        ``ids`` by item: near-duplicates are looked for among these only, where all pairs would be too many.
    known : int64 array (m, 2), optional
        Positions of near-duplicates that are known without looking.
    alike : callable, optional
        From pairs of positions, int64 (m, 2), to bool (m,): whether the items themselves are the same, where a
        fingerprint only says that they may be. Asked of as few pairs as join the sets, at most ``MOST_COMPARED``.

    Returns
    -------
    DataFrame by ``item_id``: ``exact_set`` and ``near_set`` (first item id of the set, or None). Every exact
    set lies inside one near set. ``attrs["n_not_compared"]``: pairs that ``alike`` was not asked of any more.

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
    position = {name: k for k, name in enumerate(names)}
    exact = [[position[i] for i in members] for members in duplicate_sets(sample_hashes)]
    chained = [(a, b) for members in exact for a, b in pairwise(members)]
    # exact copies are near ones too: a set of copies never falls apart for want of a neighbour
    certain = np.array(chained, dtype=np.int64).reshape(-1, 2)
    certain = certain if known is None else np.concatenate([certain, known])
    # where nobody looks at the items themselves, fingerprints must tell items apart
    most = MAX_DISTANCE if alike is not None else telling_distance(perceptual_hashes.tolist())
    near = _near_links(perceptual_hashes, neighbours, most).reshape(-1, 2)
    held, n_left = (near, 0) if alike is None else _confirmed(len(names), certain, near, alike)
    links = np.concatenate([certain, held])
    columns = {"exact_set": exact, "near_set": connected_sets(len(names), links)}
    table = {name: np.full(len(names), None, dtype=object) for name in columns}
    for name, sets in columns.items():
        for members in sets:
            table[name][members] = names[members[0]]
    found = pd.DataFrame(table, index=perceptual_hashes.index)
    found.attrs["n_not_compared"] = n_left
    return found


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
    ids = neighbours["ids"].reindex(hashes.index)
    known = ids.notna().to_numpy(dtype=bool) & (hashes != "").to_numpy(dtype=bool)
    if not known.any():
        return np.zeros((0, 2), np.int64)
    rows = ids[known].tolist()
    left = np.repeat(np.flatnonzero(known), [len(row) for row in rows])
    right = hashes.index.get_indexer(pd.Index(np.concatenate(rows), dtype=object))
    return pairs_within(hashes.tolist(), np.stack([left, right], axis=1)[right >= 0], max_distance=most)


def _confirmed(
    n: int,
    certain: npt.NDArray[np.int64],
    likely: npt.NDArray[np.int64],
    alike: Callable[[npt.NDArray[np.int64]], npt.NDArray[np.bool_]],
) -> tuple[npt.NDArray[np.int64], int]:
    """Those of the likely links that hold, and how many are left open at ``MOST_COMPARED``.

    As few as join the same sets are looked at: round by round a tree of what is open.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

    held, left = certain, MOST_COMPARED
    while True:
        joined = coo_array((np.ones(len(held), np.int8), (held[:, 0], held[:, 1])), shape=(n, n))
        part = connected_components(joined, directed=False)[1]
        likely = likely[part[likely[:, 0]] != part[likely[:, 1]]]
        if not len(likely) or left == 0:
            return held, len(likely)
        # one link for every two parts, numbered by where it stands
        ends = np.sort(part[likely], axis=1)
        _, at = np.unique(ends, axis=0, return_index=True)
        order = np.arange(1, len(at) + 1, dtype=np.float64)
        tree = minimum_spanning_tree(coo_array((order, (ends[at, 0], ends[at, 1])), shape=(n, n)).tocsr())
        asked = np.sort(at[tree.data.astype(np.int64) - 1])[:left]
        left -= len(asked)
        held = np.concatenate([held, likely[asked][alike(likely[asked])]])
        likely = np.delete(likely, asked, axis=0)


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
    order = np.argsort(component, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(component[order])) + 1)
    return sorted(part.tolist() for part in parts if len(part) > 1)
