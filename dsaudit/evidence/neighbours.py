"""The items nearest to each in embedding space."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dsaudit.analysis.row_lists import column_of_lists
from dsaudit.analysis.space.neighbours import EXACT_UP_TO

if TYPE_CHECKING:
    import numpy.typing as npt

    from dsaudit.evidence.context import Context
    from dsaudit.evidence.embeddings import Embedded

N_NEIGHBOURS = 10
_VERSION = "3"
"""Changes with what is kept."""


def neighbours(context: Context, embedded: Embedded, space: pd.DataFrame) -> pd.DataFrame:
    """The nearest of each item, see ``dsaudit.evidence.tables.DOCUMENTED``."""
    seed = context.settings.seed

    def compute() -> pd.DataFrame:
        from dsaudit.analysis.space.neighbours import distances_to, nearest_neighbours, recall_of

        points = space.to_numpy()
        rows, similarity = nearest_neighbours(points, k=N_NEIGHBOURS, seed=seed)
        distance = distances_to(points, rows).astype(np.float32)  # of 32-bit numbers: nothing is lost
        found: dict[str, npt.NDArray[Any]] = {"row": rows.astype(np.int32)}
        found |= {"similarity": similarity, "distance": distance}
        columns = {f"{name}_{k}": values[:, k] for name, values in found.items() for k in range(rows.shape[1])}
        table = pd.DataFrame(columns, index=space.index)
        table.attrs["recall"] = recall_of(points, rows, seed=seed) if len(points) > EXACT_UP_TO else 1.0
        return table

    with context.stage("nearest neighbours", 0):
        kept = context.kept("neighbours", compute, _VERSION, embedded.key, seed, N_NEIGHBOURS)
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
