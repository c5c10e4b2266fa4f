"""Class names in the paths of items: a witness that no label file can deceive."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.label.spelling import canonical_label

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]

_MOST_NAMED, _PURE = 0.8, 0.75
"""Share of the items whose path names a class at one place, and of these whose label is the usual one for that name,
from which on a place names classes and nothing else by chance."""
_MAX_PLACES = 8


def classes_in_paths(ids: Sequence[str], given: Ints, names: Sequence[str]) -> Iterator[Ints]:
    """What each place of the paths that names classes says of every item, -1 for nothing.

    A place is a level of folders, a word of the file name, or the name without its number. Places that say of every
    item just what its label says are passed over.

    Parameters
    ----------
    ids : sequence of n str
    given : int64 array (n,)
        Positions in ``names``; -1 for none.
    names : sequence of str

    Examples
    --------
    >>> import numpy as np
    >>> ids = ["ann/yes_1.wav", "ann/no_2.wav", "bob/yes_1.wav", "bob/no_2.wav"]
    >>> [seen.tolist() for seen in classes_in_paths(ids, np.array([0, 1, 0, 1]), ["no", "yes"])]
    [[1, 0, 1, 0], [1, 0, 1, 0]]
    """
    number = {canonical_label(name): k for k, name in enumerate(names)}
    places: dict[tuple[str, int], dict[int, int]] = defaultdict(dict)
    for row, item_id in enumerate(ids):
        for place, word in _words(str(item_id)):
            if (k := number.get(canonical_label(word))) is not None:
                places[place][row] = k
    labelled = given >= 0
    for _, named in sorted(places.items()):
        seen = np.full(len(ids), -1, dtype=np.int64)
        seen[list(named)] = list(named.values())
        known = labelled & (seen >= 0)
        if known.sum() < max(_MOST_NAMED * labelled.sum(), 1) or len(np.unique(seen[known])) < 2:
            continue
        table = np.zeros((len(names), len(names)), dtype=np.int64)
        np.add.at(table, (seen[known], given[known]), 1)
        if table.max(1).sum() >= _PURE * known.sum() and not np.array_equal(seen[known], given[known]):
            yield seen


def _words(item_id: str) -> Iterable[tuple[tuple[str, int], str]]:
    *folders, name = item_id.split("/")
    for depth, folder in enumerate(reversed(folders[-_MAX_PLACES:])):
        yield ("folder", depth), folder
    stem = name.rsplit(".", 1)[0]
    pieces = [piece for piece in re.split(r"[\s_\-.]+", stem) if piece]
    for k, piece in enumerate(pieces[:_MAX_PLACES]):
        yield ("word", k), piece
    if bare := re.sub(r"[\s_\-.]*\d+$", "", stem):
        yield ("name", 0), bare
