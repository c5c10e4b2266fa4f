"""How long a text is beside the others of its set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.scoring import score_usual

if TYPE_CHECKING:
    from pandas import DataFrame

_FEWEST = 20
_CHARACTERS_OF_A_WORD = 8.0
"""Generously: for scripts without blanks."""
"""Of scripts without blanks, generously."""
_MEANT, _FEWEST_OF_CLASS = 0.5, 4


def length(measurements: DataFrame, *, times: float, spread: float, long: bool) -> DataFrame:
    """``n_words``, ``usual_words``, ``score`` and ``flagged`` of each text, on one side of what is usual."""
    table = measurements.reindex(columns=["n_words", "n_characters", "placeholder"])
    table = table[table["placeholder"].isna()].drop(columns="placeholder").astype(float).dropna()
    words, characters = table["n_words"].to_numpy(dtype=float), table["n_characters"].to_numpy(dtype=float)
    n_words = np.maximum(np.maximum(words, characters / _CHARACTERS_OF_A_WORD), 1.0)
    log = np.log(n_words)
    usual = float(np.median(log)) if len(log) else 0.0
    score = score_usual(log, tolerance=float(np.log(max(times, 1.01))), spread=spread)
    score = np.where((log > usual) == long, score, 1.0)
    flagged = (score < 0.5) & (len(log) >= _FEWEST)
    score = np.where(flagged, score, np.maximum(score, 0.5))
    return table[["n_words"]].assign(n_words=n_words, usual_words=float(np.exp(usual)), score=score, flagged=flagged)


def unless_meant(table: DataFrame, items: DataFrame) -> DataFrame:
    """Without the flagged texts of classes that are about it: half of the class are flagged."""
    labels = items["label"].reindex(table.index)
    share = table["flagged"].astype(float).groupby(labels).transform("mean")
    n = table["flagged"].groupby(labels).transform("count")
    return table[~((share >= _MEANT) & (n >= _FEWEST_OF_CLASS) & table["flagged"])]
