"""Which items hold nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from dsaudit.evidence.context import Context

_MEANT = 0.5


def blank(context: Context) -> pd.DataFrame:
    """Items that hold nothing and so speak for no label, unless most of their label hold nothing: it is about that."""
    told = context.measurements.reindex(columns=list(context.kind.blank)).astype(float)
    empty = (told < told.columns.map(dict(context.kind.blank)).to_numpy(dtype=float)).any(axis=1)
    meant = empty.groupby(context.items["label"].reindex(empty.index)).transform("mean") > _MEANT
    return (empty & ~meant).to_frame("blank")
