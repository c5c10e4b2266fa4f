"""Sets of items that are copies of each other."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.analysis.space.hash_distance import near_pairs, pairs_within

if TYPE_CHECKING:
    import numpy.typing as npt


def duplicate_table(
    sample_hashes: pd.Series, perceptual_hashes: pd.Series, *, neighbours: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Which set of copies each item is in.

    Parameters
    ----------
    sample_hashes, perceptual_hashes : Series of str, one index ``item_id``
        Perceptual hashes are empty where there is nothing to hear.
    neighbours : DataFrame, optional
        ``ids`` by item: near-duplicates are looked for among these only, where all pairs would be too many.

    Returns
    -------
    DataFrame by ``item_id``: ``exact_set`` and ``near_set`` (first item id of the set, or None). Every exact
    set lies inside one near set.

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
    links = np.concatenate(
        [_near_links(perceptual_hashes, neighbours).reshape(-1, 2), np.array(chained, dtype=np.int64).reshape(-1, 2)]
    )
    columns = {"exact_set": exact, "near_set": connected_sets(len(names), links)}
    table = {name: np.full(len(names), None, dtype=object) for name in columns}
    for name, sets in columns.items():
        for members in sets:
            table[name][members] = names[members[0]]
    return pd.DataFrame(table, index=perceptual_hashes.index)


def _near_links(hashes: pd.Series, neighbours: pd.DataFrame | None) -> npt.NDArray[np.int64]:
    """Positions of near-duplicates: among all pairs, or among the neighbours in embedding space where given."""
    if neighbours is None:
        # equal hashes are linked to the first of their kind: all their pairs could be billions
        different, first, which = np.unique(hashes.to_numpy(dtype=str), return_index=True, return_inverse=True)
        heard = np.flatnonzero(hashes.to_numpy(dtype=str) != "")
        same = np.stack([first[which[heard]], heard], axis=1)
        return np.concatenate([first[near_pairs(different.tolist())[0]], same[same[:, 0] != same[:, 1]]])
    ids = neighbours["ids"].reindex(hashes.index)
    known = ids.notna().to_numpy(dtype=bool) & (hashes != "").to_numpy(dtype=bool)
    if not known.any():
        return np.zeros((0, 2), np.int64)
    rows = ids[known].tolist()
    left = np.repeat(np.flatnonzero(known), [len(row) for row in rows])
    right = hashes.index.get_indexer(pd.Index(np.concatenate(rows), dtype=object))
    return pairs_within(hashes.tolist(), np.stack([left, right], axis=1)[right >= 0])


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
