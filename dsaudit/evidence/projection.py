"""The map: two dimensions to look at, and clusters found in embedding space."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from dsaudit.analysis.space.clusters import MAX_FIT as MAX_CLUSTERED
from dsaudit.analysis.space.projection import MAX_FIT as MAX_MAPPED

if TYPE_CHECKING:
    from dsaudit.evidence.context import Context
    from dsaudit.evidence.embeddings import Embedded


def projection(context: Context, embedded: Embedded, space: pd.DataFrame) -> pd.DataFrame:
    """Place and cluster of each item; ``attrs["method"]`` names how it was mapped."""
    seed = context.settings.seed

    def compute() -> pd.DataFrame:
        from dsaudit.analysis.space.clusters import find_clusters
        from dsaudit.analysis.space.projection import project

        xy, method = project(space.to_numpy(), seed=seed)
        clusters = find_clusters(space.to_numpy(), seed=seed)
        table = pd.DataFrame({"x": xy[:, 0], "y": xy[:, 1], "cluster": clusters}, index=space.index)
        table.attrs["method"] = method
        return table

    if len(space) > MAX_MAPPED:
        context.notes.append(
            f"the map is made from {MAX_MAPPED:,} {context.kind.nouns.many} and the clusters from {MAX_CLUSTERED:,}, "
            "drawn at random: the others lie with those most like them"
        )
    with context.stage("map and clusters", 0):
        return context.kept("projection", compute, embedded.key, seed, MAX_MAPPED, MAX_CLUSTERED)
