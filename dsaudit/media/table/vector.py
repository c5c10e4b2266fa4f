"""Rows as vectors without a network: each number by its rank, each category as a yes or no of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.media.table.feature import Features
from dsaudit.media.table.row import frame_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    Rows = npt.NDArray[np.float32]

_MOST_WIDE, _MOST_OWN = 512, 32
_QUANTILES = np.linspace(0.0, 1.0, 129)


@dataclass(frozen=True, slots=True)
class Spread:
    """Makes of a matrix of codes and numbers one that distances can be taken in.

    A number becomes its normal score, 0 where there is none, with a column that says so where that is seldom or often
    the case; a category a column for each of its commonest codes, worth as much together as one number.

    Attributes
    ----------
    n_codes : int64 array (d,)
        Codes of each column, 0 for a number.
    knots : list of float array
        Quantiles of each number.
    gaps : bool array (d,)
        Whether a number is missing now and then.
    """

    n_codes: npt.NDArray[np.int64]
    knots: tuple[npt.NDArray[np.float64], ...]
    gaps: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, X: Rows, n_codes: npt.NDArray[np.int64]) -> Spread:
        """Learn from rows (n, d)."""
        knots, gaps = [], np.zeros(X.shape[1], dtype=bool)
        for k, codes in enumerate(n_codes):
            known = X[~np.isnan(X[:, k]), k]
            knots.append(np.quantile(known, _QUANTILES) if len(known) and not codes else np.zeros(0))
            gaps[k] = not codes and 0 < len(known) < len(X)
        return cls(n_codes, tuple(knots), gaps)

    def apply(self, X: Rows) -> Rows:
        """Rows as float32 (n, e)."""
        parts: list[Rows] = []
        for k, codes in enumerate(self.n_codes):
            if codes:
                own = min(int(codes), _MOST_OWN)
                parts.append((np.minimum(X[:, k], own - 1)[:, None] == np.arange(own)).astype(np.float32))
                continue
            parts.append(_scores(X[:, k], self.knots[k])[:, None])
            if self.gaps[k]:
                parts.append(np.isnan(X[:, k])[:, None].astype(np.float32))
        return np.concatenate(parts, axis=1) if parts else np.zeros((len(X), 1), dtype=np.float32)


def _scores(values: Rows, knots: npt.NDArray[np.float64]) -> Rows:
    """Normal scores: what the rank of each value among others would be worth in a bell curve, within ±2.5."""
    from scipy.special import ndtri

    if not len(knots):
        return np.zeros(len(values), dtype=np.float32)
    known = np.where(np.isnan(values), knots[len(knots) // 2], values).astype(np.float64)
    # values that come often have many knots: the middle of these
    rank = 0.5 * (np.interp(known, knots, _QUANTILES) + 1.0 - np.interp(-known, -knots[::-1], _QUANTILES))
    return np.asarray(ndtri(np.clip(rank, 0.006, 0.994)), dtype=np.float32)


class ColumnsEncoder:
    """Vectors of rows: normal scores of numbers and one column per category, on fewer axes where these are many."""

    name = "columns"
    version = "2"

    def __init__(self, *, device: str = "auto") -> None:
        self.notes: tuple[str, ...] = ()
        self.dim = 0
        self._features = Features(())
        self._spread = Spread(np.zeros(0, dtype=np.int64), (), np.zeros(0, dtype=bool))
        self._turn: Rows | None = None

    def fit(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Learn which columns there are, and what is usual in each."""
        frame = frame_of(rows)
        self._features = Features.of(frame)
        X = self._features.apply(frame.iloc[:: -(-len(frame) // 50_000) or 1])
        self._spread = Spread.of(X, self._features.n_codes)
        width = self._spread.apply(X[:1]).shape[1]
        if width > _MOST_WIDE:
            turn = np.random.default_rng(0).normal(size=(width, _MOST_WIDE)) / _MOST_WIDE**0.5
            self._turn = turn.astype(np.float32)
        self.dim = min(width, _MOST_WIDE)

    def encode(self, rows: Sequence[Mapping[str, Any]]) -> Rows:
        """Vectors, float32 (n, dim)."""
        made = self._spread.apply(self._features.apply(rows))
        return made if self._turn is None else np.asarray(made @ self._turn, dtype=np.float32)

    def learned(self) -> None:
        """Nothing is kept: the baseline of tables is none of vectors."""

    def restore(self, learned: Mapping[str, Any]) -> None:
        """Takes up nothing."""
