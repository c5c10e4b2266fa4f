"""The items nearest to each in embedding space."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dsaudit.analysis.row_lists import column_of_lists
from dsaudit.analysis.space.neighbours import EXACT_UP_TO, NeighbourSearch, distances_to, recall_of
from dsaudit.evidence.context import versioned
from dsaudit.store.cache import KeptParts

if TYPE_CHECKING:
    import numpy.typing as npt

    from dsaudit.evidence.context import Context
    from dsaudit.evidence.embeddings import Embedded

N_NEIGHBOURS = 10
_VERSION = "4"
"""Changes with what is kept."""


def neighbours(context: Context, embedded: Embedded, space: pd.DataFrame) -> pd.DataFrame:
    """The nearest of each item, see ``dsaudit.evidence.tables.DOCUMENTED``."""
    seed = context.settings.seed

    def told(search: NeighbourSearch, part: slice) -> pd.DataFrame:
        points = space.to_numpy()
        rows, similarity = search.of(part)
        # of 32-bit numbers: nothing is lost
        distance = distances_to(points, rows, of=part).astype(np.float32)
        found: dict[str, npt.NDArray[Any]] = {"row": rows.astype(np.int32)}
        found |= {"similarity": similarity, "distance": distance}
        return pd.DataFrame(
            {f"{name}_{k}": values[:, k] for name, values in found.items() for k in range(rows.shape[1])}
        )

    def compute() -> pd.DataFrame:
        points = space.to_numpy()
        search = NeighbourSearch(points, k=N_NEIGHBOURS, seed=seed)
        table = pd.concat([parts(part.start, partial(told, search, part)) for part in search.parts()])
        rows = table.iloc[:, : table.shape[1] // 3].to_numpy()
        table.attrs["recall"] = recall_of(points, rows, seed=seed) if len(points) > EXACT_UP_TO else 1.0
        return table.set_axis(space.index)

    key = (_VERSION, embedded.key, seed, N_NEIGHBOURS)
    parts = KeptParts(context.cache, "neighbours", versioned(*key))
    with context.stage("nearest neighbours", 0):
        kept = context.kept("neighbours", compute, *key)
        parts.drop()
    if len(space) > EXACT_UP_TO:
        context.notes.append(
            f"nearest neighbours of more than {EXACT_UP_TO:,} {context.kind.nouns.many} are looked for in the nearest "
            f"parts of embedding space: {kept.attrs['recall']:.1%} of them are found, by a sample looked for everywhere"
        )
    k = kept.shape[1] // 3
    lists = {
        "ids": column_of_lists(kept.iloc[:, :k].to_numpy(), names=space.index),
        "similarity": column_of_lists(kept.iloc[:, k : 2 * k].to_numpy()),
        "distance": column_of_lists(kept.iloc[:, 2 * k :].to_numpy()),
    }
    return pd.DataFrame(lists, index=space.index)
