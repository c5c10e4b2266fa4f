"""Which items seem to be of another kind altogether, for when no label says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.analysis.row_lists import as_rows, places_of_lists
from dsaudit.evidence.blank import blank

if TYPE_CHECKING:
    from dsaudit.analysis.label.label_errors import LabelErrors
    from dsaudit.evidence.context import Context
    from dsaudit.evidence.embeddings import Embedded


def belonging(
    context: Context,
    embedded: Embedded,
    space: pd.DataFrame,
    neighbours: pd.DataFrame | None = None,
    label_errors: LabelErrors | None = None,
) -> pd.DataFrame:
    """How foreign each labelled item is, see ``dsaudit.evidence.tables.DOCUMENTED``."""
    from dsaudit.analysis.space.belonging import foreignness

    labels = context.items["label"].reindex(space.index)
    empty = blank(context)["blank"].reindex(space.index, fill_value=False)
    kept = np.flatnonzero((labels.notna() & ~empty).to_numpy())
    ids = space.index[kept]
    vectors = embedded.table if embedded.table.index.equals(space.index) else embedded.table.reindex(space.index)
    told = [c.name for c in context.kind.columns if c.presence and c.name in context.measurements]
    deviation = foreignness(
        [space.to_numpy()],
        labels.loc[ids].to_numpy(dtype=object),
        directions=[vectors.to_numpy(dtype=np.float32)],
        rows=kept,
        neighbours=None if neighbours is None else _rows(neighbours, ids),
        presence=[context.measurements[name].reindex(ids).to_numpy(dtype=np.float64) for name in told],
    )
    reason = _why_labels_cannot_order(labels.loc[ids], label_errors)
    if reason and len(ids):
        many = context.kind.nouns.many
        context.notes.append(
            f"{reason}: the {many} to review are ordered by how far each lies from the core of its class,"
            " see foreign-item"
        )
    return pd.DataFrame({"deviation": deviation, "asked": bool(reason)}, index=ids)


def _why_labels_cannot_order(labels: pd.Series, found: LabelErrors | None) -> str:
    if labels.nunique() == 1:
        return "with one class, no label says what does not belong"
    weak = found is not None and found.summary["guess"] and not found.summary["known"]
    return "the model could not learn the labels" if weak else ""


def _rows(neighbours: pd.DataFrame, ids: pd.Index) -> np.ndarray:
    """Neighbours by row; an item stands for those of its neighbours that are left out."""
    lengths, places = places_of_lists(neighbours["ids"].reindex(ids), ids)
    width = int(lengths.min()) if len(lengths) else 0
    if not width:
        return np.empty((0, 0), dtype=np.int64)
    rows = as_rows(lengths, places, width=width, nothing=-1)
    return np.where(rows < 0, np.arange(len(rows))[:, None], rows)
