"""From the table inside a manifest to rows: cells become text, paths become items."""

from __future__ import annotations

import math
import numbers
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsaudit.dataset.columns import CORRECTED, known_name, listed
from dsaudit.dataset.groups import cost, without_placeholders
from dsaudit.dataset.inline import inline_uri
from dsaudit.dataset.location import locate
from dsaudit.dataset.names import counted, safe_text
from dsaudit.dataset.rows import Rows
from dsaudit.dataset.splits import normalized_splits
from dsaudit.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from dsaudit.dataset.columns import Roles
    from dsaudit.types import Guess

_WHOLE_FLOAT = re.compile(r"[+-]?\d+\.0+")
_URL = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_ROW_DIGITS = 5
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_TRUE = frozenset({"true", "1", "yes", "t", "y"})


@dataclass(frozen=True, slots=True)
class Table:
    """What a manifest holds, whatever its format.

    Attributes
    ----------
    source : str
        ``csv``, ``tsv``, ``jsonl``, ``parquet`` or ``dataframe``.
    where : str
        Name of the manifest, for messages.
    roles : Roles
    columns : mapping of str to sequence
        The cells of every column in ``roles``, all of one length.
    numbers : sequence of int
        Place of every row in the manifest, counted as ``unit`` is.
    unit : str
        ``line`` or ``row``.
    layout : str
        What it was recognised as, in a phrase.
    """

    source: str
    where: str
    roles: Roles
    columns: Mapping[str, Sequence[object]]
    numbers: Sequence[int]
    unit: str
    layout: str = ""


def cell_text(value: object) -> str | None:
    """One cell as text: None for nothing (None, NaN, NaT, only spaces), ``"3"`` for 3 and 3.0.

    Text is kept exactly as it is, outer spaces included.

    Raises
    ------
    TypeError
        The cell holds a list, a mapping, bytes or another value that is not one word or number.

    Examples
    --------
    >>> cell_text(3.0), cell_text(" yes"), cell_text(float("nan")), cell_text("  ")
    ('3', ' yes', None, None)
    """
    if isinstance(value, str):
        return safe_text(value) if value.strip() else None
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, (bytes, bytearray, list, tuple, dict, set)) or getattr(value, "shape", ()) != ():
        raise TypeError(type(value).__name__)
    if isinstance(value, numbers.Real) and not isinstance(value, (bool, numbers.Rational)):
        number = float(value)
        if math.isnan(number):
            return None
        return str(int(number)) if number.is_integer() and abs(number) < 2**53 else str(value)
    return str(value)


def rows_of(
    table: Table,
    root: Path,
    *,
    suffixes: frozenset[str] = frozenset(),
    above: bool = False,
) -> Rows:
    """The items of a manifest.

    Parameters
    ----------
    table : Table
    root : Path
        Absolute folder that relative paths start from.
    suffixes, above
        As for ``dsaudit.dataset.location.locate``.

    Raises
    ------
    DatasetError
        No rows, a row without a path, a cell that is not text or a number, a repeated id.
    """
    if not len(table.numbers):
        raise DatasetError(f"{table.where} has no rows", hint="it needs one row per item below the column names")
    roles = table.roles
    rows = Rows(root=root, source=table.source, notes=list(roles.notes), columns=list(roles.uses), layout=table.layout)
    rows.layout = known_name([column.name for column in roles.uses]) or table.layout
    rows.labels = whole_numbers(_optional(table, roles.label))
    refused = _add_groups(rows, table)
    for guess in roles.guesses:
        if guess is not refused:
            rows.guess(guess.text, guess.option)
    named = _add_texts(rows, table) if roles.inline else _paths(table)
    if not roles.inline:
        found = locate(named, root, suffixes=suffixes, above=above, labels=frozenset(rows.labels))
        rows.root, rows.ids, rows.uris = found.root, found.ids, found.uris
        rows.notes += found.notes
    if roles.label is None:
        names = listed([column.name for column in roles.uses])
        rows.label_notes.append(
            f"no label column among {names}: all items are unlabelled; --label-column NAME says which it is"
        )
    elif not any(rows.labels):
        rows.label_notes.append(f"column {roles.label!r} is empty throughout: all items are unlabelled")
    rows.splits, notes = normalized_splits(_optional(table, roles.split))
    rows.notes += notes
    if roles.given is not None:
        rows.given_labels = whole_numbers(_texts(table, roles.given))
    if roles.label == CORRECTED and table.source in ("csv", "tsv"):
        rows.labels = _restored(rows.labels, frozenset(rows.given_labels or ()))
    _use_own_ids(rows, table)
    _note_paths(rows, named)
    if roles.excluded is not None:
        rows.excluded = [(text or "").strip().lower() in _TRUE for text in _texts(table, roles.excluded)]
        if all(rows.excluded):
            raise DatasetError(
                f"{table.where}: every row is marked in column {roles.excluded!r}", hint="no item is left to look at"
            )
    return rows


def _add_groups(rows: Rows, table: Table) -> Guess | None:
    """Read the groups; a column that was only guessed, and would make classes impossible to learn, is proposed."""
    column = table.roles.group
    rows.groups, notes = without_placeholders(_optional(table, column))
    if column is None or not any(rows.groups):
        rows.notes += notes
        return None
    guessed = next((g for g in table.roles.guesses if g.option.startswith("--group-column")), None)
    if guessed and (price := cost(rows.groups, rows.labels)):
        rows.groups = [None] * len(rows.groups)
        rows.ignore(column, f"could be the group, but {price}")
        rows.notes.append(
            f"column {column!r} could be the group, but {price}: not used; --group-column {column} uses it"
        )
        return guessed
    rows.notes += notes
    rows.group_source = f"column {column!r}"
    return None


def _add_texts(rows: Rows, table: Table) -> list[str]:
    """Texts are named by the place of their row, so that they sort as they stand; there are no paths to look at."""
    width = max(_ROW_DIGITS, len(str(len(table.numbers))))
    for place, text in enumerate(_texts(table, table.roles.path), start=1):
        rows.ids.append(f"row-{place:0{width}d}")
        rows.uris.append(inline_uri(text or ""))
    return []


def _paths(table: Table) -> list[str]:
    roles = table.roles
    paths = _texts(table, roles.path)
    for number, path in zip(table.numbers, paths, strict=True):
        if path is None:
            raise DatasetError(
                f"{table.where}, {table.unit} {number}: column {roles.path!r} is empty",
                hint="every row names the file of one item",
            )
        if "\0" in path:
            raise DatasetError(f"{table.where}, {table.unit} {number}: the path holds a null character")
    return [path for path in paths if path is not None]


def _texts(table: Table, column: str) -> list[str | None]:
    texts: list[str | None] = []
    for number, value in zip(table.numbers, table.columns[column], strict=True):
        try:
            texts.append(cell_text(value))
        except TypeError as error:
            raise DatasetError(
                f"{table.where}, {table.unit} {number}: column {column!r} holds a {error}, not one word or number",
                hint="one path and one label per item; write contents embedded in the table to files first",
            ) from None
    return texts


def _optional(table: Table, column: str | None) -> list[str | None]:
    return [None] * len(table.numbers) if column is None else _texts(table, column)


def whole_numbers(labels: Sequence[str | None]) -> list[str | None]:
    """Class numbers written as ``3.0`` throughout, as tables with gaps do, become ``3``.

    Examples
    --------
    >>> whole_numbers(["3.0", None, "12.0"])
    ['3', None, '12']
    """
    if all(_WHOLE_FLOAT.fullmatch(label) for label in labels if label is not None):
        return [None if label is None else label.partition(".")[0] for label in labels]
    return list(labels)


def _restored(labels: list[str | None], given: frozenset[str | None]) -> list[str | None]:
    """Corrected labels as people typed them: the manifest has a ``'`` before what a spreadsheet would compute."""
    return [
        label[1:] if label and label not in given and label[0] == "'" and label[1:].startswith(_FORMULA) else label
        for label in labels
    ]


def _use_own_ids(rows: Rows, table: Table) -> None:
    column = table.roles.id
    if column is None:
        return
    ids = _texts(table, column)
    repeats = _repeated([i for i in ids if i is not None])
    if not repeats and None not in ids:
        rows.ids = [i for i in ids if i is not None]
        if not table.roles.id_is_firm:
            rows.guess(f"column {column!r} is read as the id", "--id-column NAME")
        return
    if not table.roles.id_is_firm:
        rows.notes.append(f"column {column!r} repeats values or has gaps, so it is not used as the id")
        rows.ignore(column, "repeats values or has gaps, so it is no id")
        return
    if repeats:
        raise DatasetError(
            f"{table.where}: in column {column!r} {counted(len(repeats), 'id')} occurring more than once: "
            + ", ".join(repr(i) for i in repeats[:3]),
            hint="make the ids unique, or name another column with --id-column",
        )
    raise DatasetError(
        f"{table.where}, {table.unit} {table.numbers[ids.index(None)]}: column {column!r} is empty",
        hint="give every row an id, or name another column with --id-column",
    )


def _repeated(ids: list[str]) -> list[str]:
    return [name for name, n in Counter(ids).items() if n > 1]


def _note_paths(rows: Rows, paths: list[str]) -> None:
    if not paths:
        return
    if turned := sum("\\" in path and "\\" not in uri for path, uri in zip(paths, rows.uris, strict=True)):
        rows.notes.append(f"backslashes are read as '/' in {counted(turned, 'path')}")
    if urls := sum(1 for path in paths if _URL.match(path)):
        rows.notes.append(f"nothing is fetched from a network, as {counted(urls, 'path')} would need")
