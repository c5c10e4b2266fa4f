"""What two runs measured of their items, and the values of their items' fields, as columns of both together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from dsaudit.store.run import Run

_NUMERIC = 0.95
"""Share of the values of a field that read as numbers, from which on it is one."""
_HALF = 0.5
"""Share of the items of each set that must have a label for classes to be compared by these."""
_MOST_VALUES = 0.2
"""Distinct values over items from which on a category is a name of its items."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Columns of both sets, the reference's rows first.

    Attributes
    ----------
    numbers : mapping of str to float64 array (n,)
    categories : mapping of str to int64 array (n,)
        Codes of ``values``.
    values : mapping of str to tuple of str
        Of each category by code; empty for nothing.
    labels : object array (n,)
        Given labels, None where there is none.
    names : tuple of str
        Classes of the reference, sorted, then those that only the current set has.
    n_known : int
        Classes of the reference.
    classes : float64 array (n, k) or None
        1 for the label of each item, NaN where it has none; None where one of the sets has too few labels.
    fields : frozenset of str
        Columns that are fields of the items.
    """

    numbers: Mapping[str, npt.NDArray[np.float64]]
    categories: Mapping[str, npt.NDArray[np.int64]]
    values: Mapping[str, tuple[str, ...]]
    labels: npt.NDArray[np.object_]
    names: tuple[str, ...]
    n_known: int
    classes: npt.NDArray[np.float64] | None
    fields: frozenset[str]


def measured(reference: Run, current: Run, ids: list[str], ids_now: list[str]) -> Measured:
    """What both hold of these items."""
    kind = reference.kind
    tables = [run.measurements.reindex(own) for run, own in ((reference, ids), (current, ids_now))]
    both = pd.concat(tables, ignore_index=True)
    shared = [str(c) for c in both if c in tables[0] and c in tables[1] and kind.column(str(c)).cause]
    columns = {name: both[name] for name in shared}
    fields = pd.concat([_fields(reference, ids), _fields(current, ids_now)], ignore_index=True)
    columns |= {str(name): fields[name] for name in fields}
    numbers, categories, values = {}, {}, {}
    for name, column in columns.items():
        x = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)
        known = column.notna().to_numpy()
        if known.any() and np.isfinite(x[known]).mean() >= _NUMERIC:
            if len(np.unique(x[np.isfinite(x)])) > 1 or 0 < known.sum() < len(known):
                numbers[name] = np.where(np.isfinite(x), x, np.nan)
            continue
        codes, found = pd.factorize(column.astype(object).where(known, "").map(str), sort=True)
        if 1 < len(found) <= max(12.0, _MOST_VALUES * len(codes)):
            categories[name], values[name] = codes.astype(np.int64), tuple(map(str, found))
    own, names, n_known, classes = _labels(reference, current, ids, ids_now)
    return Measured(numbers, categories, values, own, names, n_known, classes, frozenset(map(str, fields)))


def _labels(
    reference: Run, current: Run, ids: list[str], ids_now: list[str]
) -> tuple[npt.NDArray[np.object_], tuple[str, ...], int, npt.NDArray[np.float64] | None]:
    """See ``Measured``: ``labels``, ``names``, ``n_known`` and ``classes``."""
    sides = [run.items["label"].reindex(own) for run, own in ((reference, ids), (current, ids_now))]
    known = sorted({str(c) for c in reference.items["label"].dropna()})
    names = (*known, *sorted({str(c) for c in current.items["label"].dropna()} - set(known)))
    labels = np.array([str(x) if isinstance(x, str) else None for side in sides for x in side], dtype=object)
    enough = all(len(side) and side.notna().mean() >= _HALF for side in sides)
    if not enough or len(names) < 2:
        return labels, names, len(known), None
    place = {name: k for k, name in enumerate(names)}
    classes = np.zeros((len(labels), len(names)))
    classes[[i for i, label in enumerate(labels) if label is None]] = np.nan
    held = [i for i, label in enumerate(labels) if label is not None]
    classes[held, [place[labels[i]] for i in held]] = 1.0
    return labels, names, len(known), classes


def _fields(run: Run, ids: list[str]) -> pd.DataFrame:
    """Values of the named fields of items that are made of such, a column each; none for other kinds of data."""
    from dsaudit.dataset.inline import addresses
    from dsaudit.media import media_for
    from dsaudit.media.base import Fielded
    from dsaudit.media.previews import text_shown

    media = media_for(run.kind.name)
    if not isinstance(media, Fielded):
        return pd.DataFrame(index=range(len(ids)))
    rows = []
    for uri in addresses(run.items).reindex(ids):
        text = text_shown(media, str(uri)) or ""
        spans = media.fields(Path(str(uri)))  # the name and its value, as they are shown
        rows.append({name: text[start:end].removeprefix(f"{name}:").strip() or None for name, start, end in spans})
    return pd.DataFrame(rows)
