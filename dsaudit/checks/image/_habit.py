"""What is usual in a set of pictures: a night's work is dark, a scanner's grey, and nobody wants that said of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame, Series

_FEWEST = 8
_OF_ITS_CLASS = 0.75


def habit(values: Series[float], *, at: float) -> float:
    """The value that a share ``at`` of the set lies below; NaN of a set too small to have habits."""
    known = values.dropna()
    return float(known.quantile(at)) if len(known) >= _FEWEST else float("nan")


def least(*bounds: float) -> float:
    """The smallest bound that is known.

    >>> least(0.4, float("nan"))
    0.4
    """
    return min(bound for bound in bounds if bound == bound)


def most(*bounds: float) -> float:
    """The largest bound that is known."""
    return max(bound for bound in bounds if bound == bound)


def unless_meant(table: DataFrame, items: DataFrame) -> DataFrame:
    """Without the flagged items of classes that are about it: three of four are flagged, but few of the others."""
    labels = items["label"].reindex(table.index)
    flagged = table["flagged"].astype(float)
    of_class = flagged.groupby(labels).transform("mean")
    n = flagged.groupby(labels).transform("count")
    labelled = labels.notna()
    others = (flagged[labelled].sum() - of_class * n) / (labelled.sum() - n).where(labelled.sum() > n)
    meant = (of_class >= _OF_ITS_CLASS) & (n >= _FEWEST) & (others < _OF_ITS_CLASS / 3)
    return table[~(meant & table["flagged"])]
