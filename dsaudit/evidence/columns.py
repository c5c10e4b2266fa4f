"""What the kind of data declares of its measurements, and those that may explain something."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from dsaudit.media.base import FACT

if TYPE_CHECKING:
    from dsaudit.evidence.context import Context
    from dsaudit.evidence.tables import Evidence
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


def telling(context: Context, evidence: Evidence) -> pd.DataFrame:
    """What may explain errors, or what an axis means, by ``item_id``: measurements, and what the survey tells."""
    measured = context.measurements[[c for c in context.measurements if context.kind.column(str(c)).cause]]
    if (surveyed := evidence.find("survey")) is None:
        return measured
    own = surveyed[[c for c in surveyed if str(c).startswith(FACT)]].rename(columns=lambda c: c.removeprefix(FACT))
    return measured.join(own[own.columns.difference(measured.columns)])
