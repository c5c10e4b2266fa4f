"""A pool of items without a label that lies beside a labelled dataset."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dsaudit.dataset.names import counted, made_unique, shown
from dsaudit.dataset.record import fields_of, with_cells_of
from dsaudit.dataset.segment import file_of
from dsaudit.errors import DatasetError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dsaudit.dataset.rows import Rows
    from dsaudit.kind import Kind

_LEAST_SHARED = 0.5
"""Of the columns of a table that a pool of its rows must have."""


def check_place(path: Path, rows: Rows) -> None:
    """Refuse a pool that is a part of the folder whose items have the labels.

    Raises
    ------
    UsageError
    """
    if rows.source != "folder":
        return
    real, root = os.path.realpath(path), os.path.realpath(rows.root)
    if real == root or real.startswith(root.rstrip(os.sep) + os.sep):
        raise UsageError(
            f"the pool {shown(path)} lies in the dataset {shown(rows.root)}",
            hint="move it beside the dataset, or leave --unlabelled out: items without a label are used anyway",
        )


def prepare(pool: Rows, rows: Rows, path: Path, kind: Kind) -> None:
    """Make what a pool holds items like those of ``rows``, without labels and splits; those that are among them are
    marked as excluded.

    Parameters
    ----------
    pool, rows : Rows
        The first is changed.
    path : Path
        Of the pool: its name stands before its ids.
    kind : Kind

    Raises
    ------
    UsageError
        Every item is one of the dataset.
    DatasetError
        It holds other things.
    """
    n, where = len(pool.ids), shown(path)
    pool.notes = [f"in the pool: {note}" for note in pool.notes if note not in {guess.said for guess in pool.guesses}]
    if labelled := sum(label is not None for label in pool.labels):
        pool.notes.append(f"labels that the pool has are not read: those of {counted(labelled, 'item')}")
    if kind.rows:
        _take_cells(pool, rows, where)
    elif not _alike(pool.uris, rows.uris, kind):
        raise DatasetError(
            f"no {kind.nouns.one} in the pool {where}: it names {shown(file_of(pool.uris[0]))}",
            hint=f"give a folder or a manifest of {kind.nouns.many} with --unlabelled",
        )
    known = {os.path.realpath(file_of(uri)) for uri in rows.uris} if not kind.inline and not kind.rows else set()
    there = [bool(known) and os.path.realpath(file_of(uri)) in known for uri in pool.uris]
    if all(there):
        raise UsageError(
            f"every {kind.nouns.one} of the pool {where} is in the dataset",
            hint="leave --unlabelled out: items without a label in a dataset are used anyway",
        )
    pool.labels, pool.splits, pool.given_labels = [None] * n, [None] * n, None
    pool.excluded = [a or b for a, b in zip(there, pool.excluded or [False] * n, strict=True)]
    pool.notes.append(f"{kind.nouns.some(n - sum(pool.excluded))} without a label from the pool {where}")
    if any(there):
        pool.notes.append(f"in the pool and in the dataset, so used once: {kind.nouns.some(sum(there))}")
    name = path.name or "pool"
    pool.ids = made_unique([*rows.ids, *(f"{name}/{item_id}" for item_id in pool.ids)])[0][len(rows.ids) :]


def _take_cells(pool: Rows, rows: Rows, where: str) -> None:
    """Give rows of the pool the columns of the table, in its order."""
    wanted, had = fields_of(rows.uris[0]), fields_of(pool.uris[0])
    missing = [name for name in wanted if name not in had]
    if len(wanted) - len(missing) < _LEAST_SHARED * len(wanted) or len(missing) == len(wanted):
        raise DatasetError(
            f"the pool {where} is another table: it has no column {', '.join(map(repr, missing[:4]))}",
            hint="its columns must go by the names of the dataset's",
        )
    pool.uris = [with_cells_of(uri, rows.uris[0]) for uri in pool.uris]
    if missing:
        pool.notes.append(f"without a value throughout, as the pool has no such column: {', '.join(missing[:4])}")


def _alike(uris: Sequence[str], others: Sequence[str], kind: Kind) -> bool:
    """Whether some are called like items of the kind, where those of the dataset are."""

    def named(of: Sequence[str]) -> bool:
        suffixes = {os.path.splitext(file_of(uri))[1].lower() for uri in of}  # noqa: PTH122 - a Path per item costs
        return bool(suffixes & kind.suffixes)

    return named(uris) or not named(others)


def add(rows: Rows, pool: Rows) -> None:
    """Put the items of a prepared pool behind those of a dataset; its groups count where the dataset has some."""
    kept = [k for k, out in enumerate(pool.excluded or ()) if not out]
    rows.ids += [pool.ids[k] for k in kept]
    rows.uris += [pool.uris[k] for k in kept]
    rows.labels += [None] * len(kept)
    rows.splits += [None] * len(kept)
    rows.groups += [pool.groups[k] if rows.group_source else None for k in kept]
    if rows.given_labels is not None:
        rows.given_labels += [None] * len(kept)
    if rows.excluded is not None:
        rows.excluded += [False] * len(kept)
    rows.notes += pool.notes
    if rows.group_source and not any(pool.groups):
        rows.notes.append("items of the pool have no group: nothing says whether they belong to one that is held out")
