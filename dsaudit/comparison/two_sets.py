"""Two sets as arrays, and all that is found out by holding the one against the other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.drift.family import LEVEL
from dsaudit.analysis.drift.novelty import within_classes
from dsaudit.analysis.drift.statistic import N_DEALT, Compared, statistics
from dsaudit.analysis.space.embedding_space import principal_axes
from dsaudit.comparison.drift_model import learned, with_unlike

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt
    import pandas as pd

    from dsaudit.analysis.drift.statistic import Statistics
    from dsaudit.analysis.drift.unit import Units
    from dsaudit.comparison.drift_model import Learned
    from dsaudit.comparison.measured import Measured
    from dsaudit.model.head import Head

_N_AXES = 64


@dataclass(frozen=True, slots=True)
class TwoSets:
    """Items of two sets, the reference's first.

    Attributes
    ----------
    own : Measured
    items : DataFrame of n rows by ``item_id``
        ``label``, ``group`` and ``content_hash``; both sets may hold an id.
    vectors : float32 array (n, d) or None
        Rows of NaN where an item has none.
    found : Units
    """

    own: Measured
    items: pd.DataFrame
    vectors: npt.NDArray[np.float32] | None
    found: Units


@dataclass(frozen=True, slots=True)
class Differences:
    """One set held against another: all statistics, the model of the reference or None, and why there is none."""

    made: Statistics
    model: Learned | None
    why: str = ""


def differences_of(
    two: TwoSets,
    *,
    prior: Mapping[str, float] | None = None,
    head: Head | None = None,
    n_dealt: int = N_DEALT,
    seed: int = 0,
) -> Differences:
    """Everything that is found out of two sets.

    Parameters and errors as of ``comparison.drift.compare_sets``; ``head`` is what learns, the linear probe by default.
    """
    model, why = learned(two.items, two.vectors, two.found, prior=prior, head=head, seed=seed)
    made = statistics(_compared(two, model, seed=seed), two.found, n_dealt=n_dealt, seed=seed)
    for one in made.of("classifier"):
        if model:
            model = replace(model, model=with_unlike(model.model, one.effect.value, sure=one.p <= LEVEL))
    return Differences(made, model, why)


def _compared(two: TwoSets, model: Learned | None, *, seed: int) -> Compared:
    own, vectors = two.own, two.vectors
    space = kinds = None
    if vectors is not None:
        known = np.asarray(np.isfinite(vectors).all(axis=1))
        filled = np.where(known[:, None], vectors, vectors[known].mean(axis=0))  # in the middle it is like everything
        space = principal_axes(vectors[known], n_components=_N_AXES, seed=seed).apply(filled).astype(np.float64)
        kinds = None if model is None else within_classes(space, model.predicted)
    return Compared(
        own.numbers,
        own.categories,
        classes=own.classes if own.classes is not None else None if model is None else model.calibrated,
        space=space,
        kinds=kinds,
        confidence=None if model is None else model.confidence,
    )
