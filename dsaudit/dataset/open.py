"""The one door: whatever names a dataset comes in, a ``Dataset`` comes out."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsaudit.dataset import pool as beside
from dsaudit.dataset.arrow import ARROW_SUFFIXES
from dsaudit.dataset.bucket import scanned_bucket, tables_here
from dsaudit.dataset.columns import NO_COLUMN, Choice
from dsaudit.dataset.csv import CSV_SUFFIXES, read_csv
from dsaudit.dataset.dataframe import read_dataframe
from dsaudit.dataset.excel import EXCEL_SUFFIXES, read_excel
from dsaudit.dataset.folder import read_folder, rows_in_shards
from dsaudit.dataset.groups import (
    SPEAKER_IN_NAME,
    cost,
    groups_from_names,
    groups_from_pattern,
    one_spelling,
    without_placeholders,
)
from dsaudit.dataset.jsonl import JSON_SUFFIXES, read_jsonl
from dsaudit.dataset.label_pattern import labels_from_pattern
from dsaudit.dataset.lance import LANCE
from dsaudit.dataset.lines import listed_texts
from dsaudit.dataset.listing import is_archive, scanned
from dsaudit.dataset.location import files_there
from dsaudit.dataset.names import absolute, counted, made_unique, safe_text, shown
from dsaudit.dataset.parquet import read_parquet
from dsaudit.dataset.remote import allow, fetched, full_address, is_remote, remote_root
from dsaudit.dataset.sample import sampled
from dsaudit.dataset.segment_columns import extent_of
from dsaudit.dataset.shape import SPREADSHEETS, read_shape
from dsaudit.dataset.shard import expanded, is_packed_shard
from dsaudit.dataset.splits import split_in
from dsaudit.dataset.stand_in import stand_in
from dsaudit.dataset.table import rows_of
from dsaudit.dataset.tar import TAR
from dsaudit.dataset.text import in_one_line, manifest_suffix, unreadable
from dsaudit.errors import DatasetError, DsauditError, ItemError, UsageError
from dsaudit.settings import APART
from dsaudit.types import Dataset

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from dsaudit.dataset.rows import Rows
    from dsaudit.dataset.shape import Reader
    from dsaudit.kind import Kind
    from dsaudit.store.cache import Cache

_READERS: dict[str, Reader] = {
    **dict.fromkeys(CSV_SUFFIXES, read_csv),
    **dict.fromkeys(JSON_SUFFIXES, read_jsonl),
    **dict.fromkeys(ARROW_SUFFIXES, read_parquet),
    **dict.fromkeys(EXCEL_SUFFIXES, read_excel),
}

_MOST_FILES = 1_000_000
_FEW, _MOST, _WORDS = 6, 0.9, 4

MANIFEST_SUFFIXES = tuple(_READERS)
"""Suffixes of the files that are read as manifests."""


def open_dataset(
    source: str | os.PathLike[str] | pd.DataFrame,
    kind: Kind,
    *,
    path_column: str | None = None,
    label_column: str | None = None,
    split_column: str | None = None,
    group_column: str | None = None,
    group_pattern: str | None = None,
    label_pattern: str | None = None,
    id_column: str | None = None,
    text_column: str | None = None,
    segment_columns: str | None = None,
    column_types: Mapping[str, str] | None = None,
    root: str | os.PathLike[str] | None = None,
    unlabelled: str | os.PathLike[str] | None = None,
    sample: int | None = None,
    seed: int = 0,
    indexes: Cache | None = None,
) -> Dataset:
    """Read what is in a dataset without decoding any of it.

    Parameters
    ----------
    source : path or DataFrame
        A folder with one sub-folder per class; a manifest (``.csv``, ``.tsv``, ``.jsonl``, ``.ndjson``,
        ``.parquet``); or a DataFrame with a manifest's columns.
    kind : Kind
        Of a folder's files those with its suffixes are items; a manifest's files are whatever they are called. Where
        it is ``inline``, items may be texts of a manifest: by default in a column called ``text`` or by a common other
        name. Such an item is called by its own id, or ``row-00017`` by the place of its row, from 1.
    path_column, label_column, split_column, group_column, id_column : str, optional
        Columns of a manifest; by default those called ``path``, ``label``, ``split``, ``group`` and
        ``id`` or by a common other name.
    text_column : str, optional
        Column that holds the items themselves, where they are texts; several, with commas between, where an item is
        several texts, as ``premise,hypothesis`` (found by itself under usual names).
    segment_columns : str, optional
        The two columns ``START,END`` that say which stretch of its file a row is, or ``none``; by default those with
        common names, such as ``start`` and ``end``, ``onset`` and ``offset`` or ``offset`` and ``duration``. Such an
        item is called ``talk.wav#1.5-3.25``, see ``dsaudit.dataset.segment``. Where the kind is ``boxed``, the four
        columns of the box of its picture that a row is, see ``dsaudit.dataset.crop_columns``.
    column_types : mapping of str to str, optional
        Of an item that is a row: what columns hold, where that is told wrong: ``{"zip": "category"}``.
    group_pattern, label_pattern : str, optional
        Regular expression searched in every item id; its first capturing group is the item's group, or label.
    root : path, optional
        Folder that a manifest's relative paths start from, or an address (``s3://``, ``gs://``, ``az://``, ``hf://``)
        below which items are read; by default the manifest's own folder, for a DataFrame the working folder.
    unlabelled : path, optional
        A folder or a manifest of more items of the kind, see ``read_pool``.
    sample : int, optional
        Keep this many items, drawn class by class.
    seed : int
        Of the sample.
    indexes : Cache, optional
        Where it is kept what shards behind an address hold: to know it, nearly all of them is read.

    Returns
    -------
    Dataset
        Labels exactly as given. Files that do not exist are items all the same: measuring finds them.
        ``items`` has object columns with None where there is no value. ``uri`` opens the file, so a name
        that is not UTF-8 keeps its bytes there as surrogates; ``item_id`` never holds any.

    Raises
    ------
    DatasetError
        The source cannot be read, holds no item or lacks a needed column.
    UsageError
        Options that do not fit each other or the source.

    Examples
    --------
    >>> import pandas as pd
    >>> from dsaudit.kind import Kind
    >>> table = pd.DataFrame({"path": ["yes/1.wav", "no/1.wav"], "label": ["yes", "no"], "split": ["training", "test"]})
    >>> dataset = open_dataset(table, Kind("audio"))
    >>> dataset.classes, dataset.items["split"].to_dict()
    (('no', 'yes'), {'no/1.wav': 'test', 'yes/1.wav': 'train'})
    """
    named = (path_column, label_column, split_column, group_column, id_column, text_column)
    choice = Choice(
        *named,
        inline=kind.inline,
        items=kind.manifest_columns,
        pairs=kind.manifest_pairs,
        segments=segment_columns,
        boxed=kind.boxed,
        rows=kind.rows,
        types=column_types or {},
        indexes=indexes,
    )
    if column_types and not kind.rows:
        raise UsageError(f"--column-type is not for {kind.name}", hint="--modality says what kind of item it holds")
    if text_column is not None and not kind.inline:
        raise UsageError(f"--text-column is not for {kind.name}", hint="--modality says what kind of item it holds")
    if group_column is not None and group_pattern is not None:
        raise UsageError("both a group column and a group pattern are given", hint="keep one of the two")
    if label_column is not None and label_pattern is not None:
        raise UsageError("both a label column and a label pattern are given", hint="keep one of the two")
    rows = read_rows(source, choice, kind, root=root, label_pattern=label_pattern)
    pool = None if unlabelled is None else read_pool(unlabelled, rows, choice, kind, group_pattern=group_pattern)
    listing = _listing(rows)
    _drop_excluded(rows)
    add_groups(rows, group_pattern)
    if pool is not None:
        beside.add(rows, pool)
    items = _frame(rows)
    kept = items if sample is None else sampled(items, sample, seed=seed)
    return Dataset(
        root=rows.root,
        modality=kind.name,
        items=kept,
        source=rows.source,
        group_source=rows.group_source,
        group_held=rows.group_held,
        notes=tuple(rows.notes),
        sampled_from=len(items) if len(kept) < len(items) else None,
        listing=listing,
        understood=rows.understood,
    )


def read_rows(
    source: str | os.PathLike[str] | pd.DataFrame,
    choice: Choice,
    kind: Kind,
    *,
    root: str | os.PathLike[str] | None = None,
    label_pattern: str | None = None,
) -> Rows:
    """The rows of a dataset as they stand there: in the source's order, excluded ones too, with unique ids.

    Parameters and errors as for ``open_dataset``.
    """
    if isinstance(source, (str, os.PathLike)):
        rows = _from_where(source, choice, kind, root=root)
    else:
        place = _place(absolute(".") / "x", root)
        told = choice if root is None else replace(choice, there=_files_below(place, kind))
        base = remote_root(root)
        rows = rows_of(read_dataframe(source, told), place, suffixes=kind.suffixes, extent=extent_of(kind), base=base)
    _make_ids_unique(rows)
    if label_pattern is not None:
        _label_by_pattern(rows, label_pattern)
    rows.notes = [*_told_by_classes(rows, label_pattern), *rows.label_notes, *rows.notes]
    return rows


def read_pool(
    place: str | os.PathLike[str],
    rows: Rows,
    choice: Choice,
    kind: Kind,
    *,
    group_pattern: str | None = None,
) -> Rows:
    """The rows of a pool of items without a label beside a dataset, in its own order.

    A folder is read as one without a word on its classes, a manifest by the columns that are named for the dataset.
    Labels and splits that it has are not read. An id begins with the name of the pool. Groups are those of the same
    name, pattern or speaker in the file name. Items that the dataset has are marked as excluded.

    Parameters
    ----------
    place : path
    rows : Rows
        Of the dataset, excluded ones too.

    Raises
    ------
    DatasetError
        It cannot be read, is empty, or holds something else.
    UsageError
        It lies in the dataset, or holds nothing that is not there.
    """
    path = Path(full_address(place)) if is_remote(os.fspath(place)) else absolute(place)
    beside.check_place(path, rows)
    by_columns = kind.rows or (_reader(path) is not None and path.is_file())
    named = choice if by_columns else Choice.of(kind)
    told = replace(named, label=NO_COLUMN if kind.rows else None, indexes=choice.indexes)
    try:
        pool = _from_where(place, told, kind, root=None)
    except DsauditError as error:
        raise DatasetError(f"--unlabelled: {error.message}", hint=error.hint) from error
    _make_ids_unique(pool)
    with suppress(UsageError):  # a pattern that finds nothing in the pool gives it no groups
        add_groups(pool, group_pattern)
    beside.prepare(pool, rows, path, kind)
    return pool


def _told_by_classes(rows: Rows, pattern: str | None) -> list[str]:
    """What nobody means: one class that holds everything, or a class for every item."""
    labels = [label for label in rows.labels if label is not None]
    sizes = Counter(labels)
    alone = sum(n == 1 for n in sizes.values())
    column = next((column.name for column in rows.columns if column.role == "label"), None)
    other = "--label-column NAME names another"
    if pattern is not None:
        told = "--label-pattern finds nothing else", "--label-pattern finds what tells items apart"
    elif column is not None:
        told = f"column {column!r} says nothing else; {other}", f"column {column!r} tells items apart; {other}"
    else:
        told = "classes are told by the folders that hold them", "the folders tell items apart; see --label-pattern"
    if len(sizes) == 1 < len(labels):
        return [f"everything is in one class, {shown(labels[0])!r}: {told[0]}"]
    n_words = sum(len(label.split()) for label in labels)
    if len(labels) >= _FEW and 2 * len(sizes) > len(labels) and n_words >= _WORDS * len(labels):
        where = f"column {column!r} holds" if column is not None else "they are"
        return [f"{len(sizes):,} different labels of {len(labels):,} items are no classes: {where} free text; {other}"]
    if len(labels) >= _FEW and alone >= _MOST * len(sizes):
        each = "every item is" if alone == len(labels) else f"{alone} of {len(labels)} items are"
        return [f"{each} in a class of its own: {told[1]}"]
    return []


def _label_by_pattern(rows: Rows, pattern: str) -> None:
    """Labels in the ids take the place of the source's own, and of what was guessed with those."""
    rows.labels, rows.label_notes = labels_from_pattern(pattern, rows.ids)
    for column in [column.name for column in rows.columns if column.role == "label"]:
        rows.ignore(column, "the labels are told by --label-pattern")
    void = [g for g in rows.guesses if "--label-column" in g.option or "--label-pattern" in g.option]
    rows.guesses = [guess for guess in rows.guesses if guess not in void]
    rows.notes = [note for note in rows.notes if note not in {guess.said for guess in void}]
    if rows.source == "folder" and not rows.columns and any(rows.groups) and cost(rows.groups, rows.labels):
        rows.groups, rows.group_source = [None] * len(rows.ids), ""


def given_source(address: str) -> str:
    """The address of a dataset that a person gave, below which this process may read from now on.

    Raises
    ------
    MissingExtraError, UsageError
        As ``dsaudit.dataset.remote.remote_root``.
    """
    address = remote_root(address)
    parent, _, name = address.rpartition("/")
    if name.lower().endswith((TAR, LANCE)) or _reader(Path(name)) is not None:
        allow({parent})
    return address


def _from_where(
    source: str | os.PathLike[str], choice: Choice, kind: Kind, *, root: str | os.PathLike[str] | None
) -> Rows:
    """The rows of what lies here or behind an address."""
    if is_remote(os.fspath(source)):
        return _from_address(full_address(source), choice, kind, root=root)
    return _from_path(absolute(source), choice, kind, root=root)


def _from_address(address: str, choice: Choice, kind: Kind, *, root: str | os.PathLike[str] | None) -> Rows:
    """The rows of a folder, a manifest or shards behind an address; read only where a person gave it."""
    parent, _, name = address.rpartition("/")
    if name.lower().endswith(TAR):
        rows = rows_in_shards(Path(parent), expanded(name), kind, choice=choice, base=parent)
        if rows is None:
            raise DatasetError(f"no {kind.nouns.many} in {name}", hint="--modality names another kind of item")
        return rows
    if manifest_suffix(Path(name)) in (*ARROW_SUFFIXES, LANCE) and (root is None or remote_root(root)):
        return _of_table_at(Path(address), choice, kind, base=remote_root(root) or parent)
    if _reader(Path(name)) is not None:
        try:
            with fetched(address) as copy:
                rows = _from_file(copy, choice, kind, is_file=True, root=root or parent)
        except (ItemError, OSError) as error:
            raise DatasetError(f"{address} cannot be read: {error}", hint="check the address") from error
        rows.root = Path(parent) if root is None or remote_root(root) else rows.root
        return rows
    scan, sizes = scanned_bucket(address, kind.suffixes)
    with tables_here(address, scan.others, sizes) as folder:
        rows = read_folder(folder, kind, choice=choice, reader=_reader, scan=scan, far=address)
    rows.root = Path(address)
    return rows


def _of_table_at(path: Path, choice: Choice, kind: Kind, *, base: str = "") -> Rows:
    """The rows of a table of which only parts are read: behind an address, or a Lance dataset."""
    try:
        table = read_parquet(path, choice)
    except (ItemError, OSError) as error:
        raise DatasetError(f"{shown(path)} cannot be read: {error}", hint="check the address") from error
    return rows_of(table, path.parent, suffixes=kind.suffixes, extent=extent_of(kind), base=base)


def _from_path(path: Path, choice: Choice, kind: Kind, *, root: str | os.PathLike[str] | None) -> Rows:
    try:
        is_folder = path.is_dir()
        exists = is_folder or path.exists()
        is_file = not is_folder and path.is_file()
    except (OSError, ValueError) as error:
        raise DatasetError(f"cannot read {shown(path)}: {error}", hint="check the path and its permissions") from error
    if is_folder and path.suffix.lower() == LANCE:
        if not (path / "_versions").is_dir():
            raise DatasetError(f"{shown(path)} is no Lance dataset", hint="such a folder holds _versions and data")
        return _of_table_at(path, choice, kind)
    if is_folder:
        return read_folder(path, kind, choice=choice, reader=_reader, base=None if root is None else _root_folder(root))
    shards = [path] if is_file and path.suffix.lower() == TAR else [] if exists else _expanded(path)
    if shards:
        root_of = path.parent
        names = [str(shard.relative_to(root_of)) for shard in shards]
        if (rows := rows_in_shards(root_of, names, kind, choice=choice)) is None:
            raise DatasetError(
                f"no {kind.nouns.many} in {shown(path.name)}", hint="--modality names another kind of item"
            )
        return rows
    if not exists:
        raise DatasetError(f"{shown(path)} does not exist", hint=_nearest(path))
    return _from_file(path, choice, kind, is_file=is_file, root=root)


def _expanded(path: Path) -> list[Path]:
    """The shards that ``train-{000..099}.tar`` stands for; none where it names no shards."""
    found = expanded(path.name) if path.name.lower().endswith(TAR) else []
    return [path.with_name(name) for name in found] if len(found) > 1 else []


@in_one_line
def _from_file(path: Path, choice: Choice, kind: Kind, *, is_file: bool, root: str | os.PathLike[str] | None) -> Rows:
    reader = _reader(path)
    _refuse_stand_in(path, readable=is_file and os.access(path, os.R_OK))
    choice = replace(choice, there=_files_below(_place(path, root), kind, split_in(path.name)))
    shaped = read_shape(path, choice, kind.suffixes) if is_file and os.access(path, os.R_OK) else None
    if shaped is not None:
        extent, base = extent_of(kind), remote_root(root)
        return rows_of(shaped, _place(path, root), suffixes=kind.suffixes, above=root is None, extent=extent, base=base)
    if reader is None or not is_file:
        said = f"{shown(path)} is neither a folder nor a manifest"
        if is_file and is_archive(path.name):
            packed = "; or gunzip it: a .tar is read as it is" * is_packed_shard(path.name)
            raise DatasetError(said, hint=f"unpack it, and give the folder that it makes{packed}")
        raise DatasetError(
            said,
            hint=("save the sheet as CSV: " if path.suffix.lower() in SPREADSHEETS else "")
            + "give a folder with one sub-folder per class, or a file, packed with gzip or not, ending in "
            + " ".join(MANIFEST_SUFFIXES),
        )
    if not os.access(path, os.R_OK):
        raise unreadable(path, PermissionError(13, "Permission denied"))
    lines = listed_texts(path.parent, [path.name]) if kind.inline and not choice else None
    return rows_of(
        lines or reader(path, choice),
        _place(path, root),
        suffixes=kind.suffixes,
        above=root is None,
        base=remote_root(root),
        extent=extent_of(kind),
    )


def _refuse_stand_in(path: Path, *, readable: bool) -> None:
    if readable:
        with path.open("rb") as stream:
            words = stand_in(stream.read(1024).decode("utf-8", "replace"))
        if words and not words.startswith("an answer"):  # a manifest may begin like one
            what, _, todo = words.partition(": ")
            raise DatasetError(f"{shown(path)} is {what}", hint=todo)


def _files_below(root: Path, kind: Kind, split: str | None = None) -> Callable[[], Mapping[str, int]]:
    """The names of the files that a table may be about: looked for once, where only they tell what its columns are."""

    @cache
    def there() -> Mapping[str, int]:
        for folder in (root, root.parent) if APART.fullmatch(root.name) else (root,):
            if items := scanned(folder, suffixes=kind.suffixes, most=_MOST_FILES).items:
                return files_there(items, split)
        return {}

    return there


def _place(path: Path, root: str | os.PathLike[str] | None) -> Path:
    return path.parent if root is None or remote_root(root) else _root_folder(root)


def _reader(path: Path) -> Reader | None:
    return _READERS.get(manifest_suffix(path))


def _root_folder(root: str | os.PathLike[str]) -> Path:
    folder = absolute(root)
    if not folder.is_dir():
        raise UsageError(
            f"root {shown(folder)} is no folder", hint="--root is the folder that relative paths start from"
        )
    return folder


def _nearest(path: Path) -> str:
    existing = next(parent for parent in path.parents if parent.is_dir())
    return f"the path is right up to {shown(existing)}"


def _make_ids_unique(rows: Rows) -> None:
    rows.ids, repeats = made_unique(rows.ids)
    if repeats:
        rows.notes.append(f"{counted(repeats, 'row')} naming a file again, under an id that ends in #2, #3 …")


def _drop_excluded(rows: Rows) -> None:
    """Take out what people excluded; after ids were made unique, so that the others keep theirs."""
    if rows.excluded is None or not any(rows.excluded):
        return
    rows.notes.append(f"left out, because decisions exclude them: {counted(sum(rows.excluded), 'item')}")
    for name in ("ids", "uris", "labels", "splits", "groups", "given_labels"):
        values = getattr(rows, name)
        if values is not None:
            setattr(rows, name, [v for v, out in zip(values, rows.excluded, strict=True) if not out])


def add_groups(rows: Rows, pattern: str | None) -> None:
    """Fill in the groups by a pattern, or by the speakers in file names where the source has none."""
    if pattern is not None:
        groups, notes = groups_from_pattern(pattern, rows.ids)
        rows.groups = groups
        rows.notes += notes
        rows.group_source = f"pattern {pattern!r}"
    elif not rows.group_source and (speakers := groups_from_names(rows.ids)) is not None:
        rows.groups = speakers
        rows.group_source = SPEAKER_IN_NAME
        if missing := speakers.count(None):
            rows.notes.append(f"without a group, because no speaker is in the file name: {counted(missing, 'item')}")
    rows.groups, stand_ins = without_placeholders(rows.groups)
    rows.groups, spelt = one_spelling([None if group is None else safe_text(group) for group in rows.groups])
    rows.notes += stand_ins + spelt


def _listing(rows: Rows) -> pd.Series[Any]:
    import pandas as pd

    labels = rows.labels if rows.given_labels is None else rows.given_labels
    listing = pd.Series(_shared(labels), index=pd.Index(rows.ids, dtype=object, name="item_id"), dtype=object)
    return listing.sort_index() if rows.source == "folder" else listing


def _shared(values: Sequence[str | None]) -> list[str | None]:
    """The same words, each held once: a million cells of three words take no more than three and a million places."""
    held: dict[str | None, str | None] = {}
    return [held.setdefault(value, value) for value in values]


def _frame(rows: Rows) -> pd.DataFrame:
    import pandas as pd

    # Object columns: None stays None under every pandas version, and a uri may hold surrogates.
    told = {"label": rows.labels, "split": rows.splits, "group": rows.groups}
    if rows.given_labels is not None:
        told["given_label"] = rows.given_labels
    columns = {"uri": rows.uris} | {name: _shared(values) for name, values in told.items()}
    index = pd.Index(rows.ids, dtype=object, name="item_id")
    frame = pd.DataFrame({name: pd.Series(values, index=index, dtype=object) for name, values in columns.items()})
    return frame.iloc[sorted(range(len(rows.ids)), key=rows.ids.__getitem__)]
