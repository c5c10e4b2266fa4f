"""What the kind of data declares of its measurements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from dsaudit.evidence.context import Context
    from dsaudit.kind import Kind


def columns(context: Context) -> pd.DataFrame:
    """The declared columns by name, see ``column_table``."""
    return column_table(context.kind)


def column_table(kind: Kind) -> pd.DataFrame:
    """Declared columns by ``name``: ``rank`` (int64, from 0), ``least`` (float64), ``shortcut``, ``where``, ``over``
    and ``under`` (str)."""
    declared = kind.columns
    return pd.DataFrame(
        {
            "rank": range(len(declared)),
            "shortcut": [c.shortcut for c in declared],
            "where": [c.where for c in declared],
            "least": [c.least for c in declared],
            "over": [c.ratio[0] if c.ratio else "" for c in declared],
            "under": [c.ratio[1] if c.ratio else "" for c in declared],
        },
        index=pd.Index([c.name for c in declared], name="name", dtype=object),
    )
