"""The map: two dimensions to look at, and clusters found in embedding space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from dsaudit.analysis.space.clusters import MAX_FIT as MAX_CLUSTERED
from dsaudit.analysis.space.projection import MAX_FIT as MAX_MAPPED
from dsaudit.engine.local import Ahead, Crashed
from dsaudit.evidence.context import versioned
from dsaudit.evidence.tables import MissingEvidenceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from dsaudit.evidence.context import Context
    from dsaudit.evidence.embeddings import Embedded

AHEAD, MOST_SENT = 5_000, 2**28
"""Items from which the map is made in a process of its own, while a model is trained; bytes up to which it is."""
_VERSION = "3"
"""Changes with what is kept."""


@dataclass(frozen=True, slots=True)
class Projection:
    """A map that may be under way.

    Attributes
    ----------
    key : tuple
        Everything that it depends on.
    ahead : Ahead, optional
        Its answer, where it is being made.
    """

    key: tuple[object, ...]
    ahead: Ahead[list[pd.DataFrame]] | None = None


def projection_begun(context: Context, embedded: Embedded, space: pd.DataFrame) -> Projection:
    """The map, begun where it takes a while and a model can be trained meanwhile."""
    seed = context.settings.seed
    key = (_VERSION, embedded.key, seed, MAX_MAPPED, MAX_CLUSTERED)
    points = space.to_numpy()
    many = len(points) >= AHEAD and points.nbytes <= MOST_SENT and context.settings.jobs != 1
    if not many or context.cache.has_stage("projection", versioned(*key)):
        return Projection(key)
    return Projection(key, Ahead(_Mapped(seed), [points]))


def projection(context: Context, embedded: Embedded, space: pd.DataFrame, projection_begun: Projection) -> pd.DataFrame:
    """Place and cluster of each item; ``attrs["method"]`` names how it was mapped."""

    def compute() -> pd.DataFrame:
        if projection_begun.ahead is None or projection_begun.ahead.taken:
            (table,) = _Mapped(context.settings.seed)([space.to_numpy()])
        else:
            told = projection_begun.ahead.take()
            if isinstance(told, Crashed):
                raise MissingEvidenceError("its process was killed: is there too little memory?")
            (table,) = told
        return table.set_axis(space.index)

    if len(space) > MAX_MAPPED:
        context.notes.append(
            f"the map is made from {MAX_MAPPED:,} {context.kind.nouns.many} and the clusters from {MAX_CLUSTERED:,}, "
            "drawn at random: the others lie with those most like them"
        )
    with context.stage("map and clusters", 0):
        return context.kept("projection", compute, *projection_begun.key)


@dataclass(frozen=True, slots=True)
class _Mapped:
    """Maps sets of points, on one thread: the same wherever it is done."""

    seed: int

    def __call__(self, batch: Sequence[npt.NDArray[Any]]) -> list[pd.DataFrame]:
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1):
            return [self._one(points) for points in batch]

    def _one(self, points: npt.NDArray[Any]) -> pd.DataFrame:
        from dsaudit.analysis.space.clusters import find_clusters
        from dsaudit.analysis.space.projection import project

        xy, method = project(points, seed=self.seed)
        table = pd.DataFrame({"x": xy[:, 0], "y": xy[:, 1], "cluster": find_clusters(points, seed=self.seed)})
        table.attrs["method"] = method
        return table
