"""The items nearest to each in embedding space."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.analysis.space.neighbours import EXACT_UP_TO, recall_of

if TYPE_CHECKING:
    from dsaudit.evidence.context import Context
    from dsaudit.evidence.embeddings import Embedded

N_NEIGHBOURS = 10


def neighbours(context: Context, embedded: Embedded, space: pd.DataFrame) -> pd.DataFrame:
    """The nearest of each item, see ``dsaudit.evidence.tables.DOCUMENTED``."""
    seed = context.settings.seed

    def compute() -> pd.DataFrame:
        from dsaudit.analysis.space.neighbours import distances_to, nearest_neighbours

        points = space.to_numpy()
        ids, similarity = nearest_neighbours(points, k=N_NEIGHBOURS, seed=seed)
        columns = {
            "ids": space.index.to_numpy(dtype=object)[ids],
            "similarity": similarity.astype(np.float64),
            "distance": distances_to(points, ids),
        }
        # a cell is a row of an array: a list would hold every number as an object of its own
        return pd.DataFrame({name: list(values) for name, values in columns.items()}, index=space.index)

    with context.stage("nearest neighbours", 0):
        table = context.kept("neighbours", compute, embedded.key, seed, N_NEIGHBOURS)
        if len(space) > EXACT_UP_TO:
            ids = space.index.get_indexer(pd.Index(np.concatenate(table["ids"].to_list()))).reshape(len(space), -1)
            found = recall_of(space.to_numpy(), ids, seed=seed)
            context.notes.append(
                f"nearest neighbours of more than {EXACT_UP_TO:,} {context.kind.nouns.many} are looked for in the "
                f"nearest parts of embedding space: {found:.1%} of them are found, by a sample looked for everywhere"
            )
    return table
