"""From the table inside a manifest to rows: cells become text, paths become items."""

from __future__ import annotations

import math
import numbers
import re
from collections import Counter
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

from dsaudit.dataset.columns import CORRECTED, ONE_HOT, TRANSCRIPTS, known_name, listed, proposed_label
from dsaudit.dataset.crop_columns import add_crops
from dsaudit.dataset.groups import cost, few_sources, without_placeholders
from dsaudit.dataset.inline import inline_uri, joined
from dsaudit.dataset.labels import labels_of, only_accepted
from dsaudit.dataset.location import locate
from dsaudit.dataset.names import counted, safe_text
from dsaudit.dataset.record import record_uris
from dsaudit.dataset.remote import is_remote
from dsaudit.dataset.rows import Rows
from dsaudit.dataset.segment import file_of, file_uri
from dsaudit.dataset.segment_columns import add_segments
from dsaudit.dataset.splits import normalized_splits, split_in, splits_of_flags
from dsaudit.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from dsaudit.dataset.columns import Roles
    from dsaudit.dataset.segment_columns import Extent
    from dsaudit.types import Guess

_REMOTE = re.compile(r"(?!file:)[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_ROW_DIGITS = 5
_FEW = 0.1
_PEOPLE = frozenset({"annotator", "annotation_id", "annotator_id", "completed_by"})
_SEVERAL_PEOPLE = (
    "it has a row for every person's label: keep one row per item here, and give all labels as a table of item_id, "
    "annotator and label with --annotations; or name another column with --id-column"
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_FIGURE = re.compile(r"[-+]?(?:\d[\d,' ]*)?[.,]?\d+(?:[eE][-+]?\d+)?\s?[%$€£]?")
_MOST_NUMBERED, _MOST_TOLD = 20, 3
"""Classes may be numbered, so many of them, or more where each has as many rows."""
_TRUE = frozenset({"true", "1", "yes", "t", "y"})


@dataclass(frozen=True, slots=True)
class Table:
    """What a manifest holds, whatever its format.

    Attributes
    ----------
    source : str
        ``csv``, ``tsv``, ``jsonl``, ``parquet`` or ``dataframe``; ``folder`` where there is no manifest.
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
    notes : tuple of str
        How it was read, where that was not a matter of course.
    files : tuple of (Path, sequence of int)
        The tables in a folder that it is made of, and the places of the rows that each gives; empty elsewhere.
    """

    source: str
    where: str
    roles: Roles
    columns: Mapping[str, Sequence[object]]
    numbers: Sequence[int]
    unit: str
    layout: str = ""
    notes: tuple[str, ...] = ()
    files: tuple[tuple[Path, Sequence[int]], ...] = ()


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


def no_rows(where: str) -> DatasetError:
    """That a table names columns and holds nothing."""
    return DatasetError(f"{where} has no rows", hint="it needs one row per item below the column names")


def rows_of(
    table: Table,
    root: Path,
    *,
    suffixes: frozenset[str] = frozenset(),
    above: bool = False,
    extent: Extent | None = None,
    base: str = "",
) -> Rows:
    """The items of a manifest.

    Parameters
    ----------
    table : Table
    root : Path
        Absolute folder that relative paths start from.
    suffixes, above, base
        As for ``dsaudit.dataset.location.locate``.
    extent : callable, optional
        As for ``dsaudit.dataset.segment_columns.add_segments``.

    Raises
    ------
    DatasetError
        No rows, a row without a path, a cell that is not text or a number, a repeated id.
    """
    if not len(table.numbers):
        raise no_rows(table.where)
    roles = table.roles
    notes = [*table.notes, *roles.notes]
    rows = Rows(root=root, source=table.source, notes=notes, columns=list(roles.uses), layout=table.layout)
    rows.table = table
    rows.layout = known_name([column.name for column in roles.uses]) or table.layout
    _add_labels(rows, table)
    refused = _add_groups(rows, table)
    for guess in roles.guesses:
        if guess is not refused:
            rows.guess(guess.text, guess.option)
    add = _add_records if roles.cells else _add_texts
    named = add(rows, table) if roles.inline else _paths(table)
    if not roles.inline:
        telling = dict.fromkeys((roles.fold, roles.split, roles.group, roles.label))
        told = {column: _as_told(table, column) for column in telling if column is not None}
        of = split_in(table.where) if roles.split is None else None
        labels = frozenset(rows.labels)
        found = locate(named, root, suffixes=suffixes, above=above, labels=labels, told=told, split=of, base=base)
        rows.root, rows.ids, rows.uris = found.root, found.ids, list(map(file_uri, found.uris))
        rows.notes += found.notes
        if roles.crop is not None:
            add_crops(rows, roles.crop, [table.columns[name] for name in roles.crop.names])
            if roles.group is None and 1 < len({file_of(uri) for uri in rows.uris}) < len(set(rows.uris)):
                rows.notes.append(
                    "boxes of one picture share its place and light: "
                    f"--group-column {quote(roles.path)} keeps them in one split and fold"
                )
        if (columns := roles.segment) is not None:
            add_segments(rows, columns, (_texts(table, columns.start), _texts(table, columns.end)), extent)
            if roles.group is None and 1 < len({file_of(uri) for uri in rows.uris}) < len(set(rows.uris)):
                rows.notes.append(
                    "stretches of one file may share a voice and a room: "
                    f"--group-column {quote(roles.path)} keeps them in one split and fold"
                )
    if roles.label is None:
        rows.label_notes.append(_no_label(roles))
    told_splits = _optional(table, roles.split)
    if roles.flags:
        told_splits = splits_of_flags({column: _texts(table, column) for column in roles.flags})
    splits, stand_ins = without_placeholders(told_splits, what="split")
    rows.splits, renamed = normalized_splits(splits)
    rows.notes += stand_ins + renamed
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


def _add_labels(rows: Rows, table: Table) -> None:
    """Read the labels in force and, where people's decisions were applied, those in the data."""
    roles = table.roles
    for column in dict.fromkeys((roles.given, roles.label)):
        if column is None:
            continue
        try:
            found = labels_of(table.columns[column], column, cell_text)
        except TypeError as error:
            kind, place = error.args
            raise DatasetError(
                f"{table.where}, {table.unit} {table.numbers[place]}: column {column!r} holds a {kind}, "
                "not one word or number",
                hint="one label per item; --label-column NAME names another column",
            ) from None
        if roles.cells and (n := _n_amounts(found.labels)):
            found.labels, found.guesses = [None] * len(found.labels), []
            found.notes = [
                f"column {column!r} holds {n:,} different numbers: a number that is to be told is no class, so no "
                "label is checked; all other checks run"
            ]
        rows.label_notes += [note for note in found.notes if note not in rows.label_notes]
        if not any(found.labels) and not found.notes and column == roles.label:
            rows.label_notes.append(f"column {column!r} is empty throughout: all items are unlabelled")
        if roles.answer is not None and column == (roles.given or roles.label):
            found.labels, n = only_accepted(found.labels, _texts(table, roles.answer))
            if n:
                rows.notes.append(f"without a label, because {roles.answer!r} does not accept it: {counted(n, 'item')}")
        for guess in found.guesses if column == roles.label else ():
            rows.guess(guess)
        if column == roles.given:
            rows.given_labels = list(found.labels)
        if column == roles.label:
            rows.labels = found.labels
    if roles.label is None:
        rows.labels = [None] * len(table.numbers)


def _n_amounts(labels: Sequence[str | None]) -> int:
    """How many different numbers labels are, where they are too many, or too fine, to be classes; else 0."""
    known = [label for label in labels if label is not None]
    distinct = set(known)
    each = len(known) >= 2 * _MOST_TOLD and len(distinct) > (1 - _FEW) * len(known)
    if not each and (len(distinct) <= _MOST_NUMBERED or len(distinct) < len(known) / _MOST_NUMBERED):
        return 0
    figures = sum(bool(_FIGURE.fullmatch(label.strip())) for label in distinct)
    return len(distinct) if figures >= (1 - _FEW) * len(distinct) else 0


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
            f"column {column!r} could be the group, but {price}: not used; --group-column {quote(column)} uses it"
        )
        return guessed
    rows.notes += notes
    rows.group_source = f"column {column!r}"
    if guessed and (n := few_sources(column, rows.groups)):
        rows.group_held = False
        rows.notes.append(
            f"column {column!r} tells {n} sources apart, too few to hold one out: the model learns from all of them; "
            f"--group-column {quote(column)} keeps each in one fold"
        )
        return guessed
    return None


def _no_label(roles: Roles) -> str:
    if roles.cells and not any(c.why.startswith(TRANSCRIPTS) for c in roles.uses):
        which = proposed_label(roles.uses).replace("--label-column", "--target") or "--target NAME says which it is"
        return f"no target: no label is checked, all cells are; {which}"
    if not roles.uses:
        return "nothing says what the labels are: all items are unlabelled"
    if spoken := next((c for c in roles.uses if c.why.startswith(TRANSCRIPTS)), None):
        why = f"{spoken.why}, which are no classes"
        return f"column {spoken.name!r} {why}: all items are unlabelled; --label-column NAME says otherwise"
    if marked := [column.name for column in roles.uses if column.why == ONE_HOT]:
        return (
            f"the {len(marked)} columns {listed(marked, most=4)} hold a class each, 1 in its rows and 0 in others: all "
            "items are unlabelled; a column of their names, as pandas' frame[columns].idxmax(axis=1) makes, "
            "is read with --label-column NAME"
        )
    names = listed([column.name for column in roles.uses])
    which = proposed_label(roles.uses) or "--label-column NAME says which it is"
    return f"no label column among {names}: all items are unlabelled; {which}"


def _add_texts(rows: Rows, table: Table) -> list[str]:
    """Texts are named by the place of their row, so that they sort as they stand; there are no paths to look at."""
    rows.ids = _places(table)
    columns = table.roles.texts or (table.roles.path,)
    for texts in zip(*(_texts(table, name) for name in columns), strict=True):
        rows.uris.append(inline_uri(joined([text or "" for text in texts]) if any(texts) else ""))
    return []


def _add_records(rows: Rows, table: Table) -> list[str]:
    """Whole rows are named as texts are."""
    rows.ids = _places(table)
    names = [*table.roles.cells]
    if refused := table.roles.label if table.roles.label is not None and not any(rows.labels) else None:
        names.append(refused)  # what holds no label may hold something else
    rows.uris = record_uris({name: table.columns[name] for name in names}, table.roles.types)
    return []


def _places(table: Table) -> list[str]:
    width = max(_ROW_DIGITS, len(str(len(table.numbers))))
    return [f"row-{place:0{width}d}" for place in range(1, len(table.numbers) + 1)]


def _paths(table: Table) -> list[str]:
    roles = table.roles
    paths = [None if path is None else path.strip() for path in _texts(table, roles.path)]
    empty = [number for number, path in zip(table.numbers, paths, strict=True) if path is None]
    if len(empty) > _FEW * len(paths):
        raise DatasetError(
            f"{table.where}, {table.unit} {empty[0]}: column {roles.path!r} is empty"
            + (f", as it is in {counted(len(empty) - 1, 'other row')}" if len(empty) > 1 else ""),
            hint="every row names the file of one item",
        )
    for number, path in zip(table.numbers, paths, strict=True):
        if path is not None and "\0" in path:
            raise DatasetError(f"{table.where}, {table.unit} {number}: the path holds a null character")
    # a row that names no file is an item all the same, whose file is missing
    return [path or f"row-{number:0{_ROW_DIGITS}d}" for number, path in zip(table.numbers, paths, strict=True)]


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


def _as_told(table: Table, column: str) -> list[str | None]:
    """The cells of a column, None for those that are no text."""
    texts: list[str | None] = []
    for value in table.columns[column]:
        try:
            texts.append(cell_text(value))
        except TypeError:
            texts.append(None)
    return texts


def _optional(table: Table, column: str | None) -> list[str | None]:
    return [None] * len(table.numbers) if column is None else _texts(table, column)


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
    is_asked = any(use.name == column and "--id-column" in use.why for use in table.roles.uses)
    of_people = any(use.name in _PEOPLE for use in table.roles.uses)
    by_path = column != "item_id" and not (is_asked or of_people or _repeated(rows.ids))
    if not table.roles.id_is_firm or by_path:
        rows.notes.append(f"column {column!r} repeats values or has gaps, so it is not used as the id")
        rows.ignore(column, "repeats values or has gaps, so it is no id")
        return
    if repeats:
        raise DatasetError(
            f"{table.where}: in column {column!r} {counted(len(repeats), 'id')} occurring more than once: "
            + ", ".join(repr(i) for i in repeats[:3]),
            hint=_SEVERAL_PEOPLE if of_people else "make the ids unique, or name another column with --id-column",
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
    written = zip(paths, rows.uris, strict=True)
    if urls := [path for path, uri in written if _REMOTE.match(path) and "://" in uri and not is_remote(uri)]:
        note = f"nothing is fetched from a network, as {counted(len(urls), 'path')} would need"
        if is_remote(urls[0]):
            note += f"; --root {'/'.join(urls[0].split('/')[:3])}/ reads what is below that address"
        rows.notes.append(note)
