"""A folder with one sub-folder per class."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import PurePosixPath
from shlex import quote
from typing import TYPE_CHECKING

from dsaudit.dataset.columns import Choice
from dsaudit.dataset.companion import without_companions
from dsaudit.dataset.label_pattern import proposed
from dsaudit.dataset.lines import listed_texts
from dsaudit.dataset.listing import is_archive, scanned
from dsaudit.dataset.location import files_there
from dsaudit.dataset.names import counted, safe_text, same_place, shown
from dsaudit.dataset.remote import is_remote
from dsaudit.dataset.rows import Rows
from dsaudit.dataset.segment import file_of, file_uri
from dsaudit.dataset.segment_columns import extent_of
from dsaudit.dataset.shape import held_in, is_manifest, tables_in
from dsaudit.dataset.shard import is_packed_shard, shard_table
from dsaudit.dataset.splits import split_lists, splits_from_lists
from dsaudit.dataset.table import rows_of
from dsaudit.dataset.tar import TAR
from dsaudit.dataset.tree import read_tree
from dsaudit.errors import DatasetError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from dsaudit.dataset.listing import Scan
    from dsaudit.dataset.shape import Held, Reader
    from dsaudit.dataset.table import Table
    from dsaudit.dataset.tree import Tree
    from dsaudit.kind import Kind

_ARRAYS = (".npy", ".npz", ".pt", ".pth", ".pkl", ".mat", ".h5", ".hdf5", ".tfrecord", ".zarr")
_MOST_BYTES = 1 << 26
"""Of a table that is looked into though the folders say what the items are."""


def read_folder(
    root: Path,
    kind: Kind,
    *,
    choice: Choice | None = None,
    reader: Callable[[Path], Reader | None] = lambda _: None,
    base: Path | None = None,
    scan: Scan | None = None,
    far: str = "",
) -> Rows:
    """Read a folder: the label is the name of a folder, see ``dsaudit.dataset.tree``.

    Where no folders name classes, or columns are named, a table in the folder that names its files is read, see
    ``dsaudit.dataset.shape``. Files directly in the root are unlabelled. Speech Commands' list files give the splits
    of a folder that has none.

    Parameters
    ----------
    root : Path
        Absolute.
    kind : Kind
        Files with its suffixes are items.
    choice : Choice, optional
        Columns of a table in the folder.
    reader : callable of Path to (Reader or None)
        What reads a file as a table; by default no file is one.
    base : Path, optional
        Folder that paths in a table start from; by default ``root``.
    scan : Scan, optional
        What lies at the address ``far``, where the items are: of what is there ``root`` holds copies of the tables.
    far : str

    Raises
    ------
    DatasetError
        The folder cannot be read or holds no item.
    UsageError
        Columns are named, and no table in the folder has them.

    Examples
    --------
    >>> from pathlib import Path
    >>> from dsaudit.kind import Kind
    >>> for name in ("yes", "no"):
    ...     Path(name).mkdir()
    ...     (Path(name) / "1.wav").touch()
    >>> rows = read_folder(Path.cwd(), Kind("audio", suffixes=frozenset({".wav"})))
    >>> sorted(zip(rows.ids, rows.labels))
    [('no/1.wav', 'no'), ('yes/1.wav', 'yes')]
    """
    scan = _scanned(root, kind, scan)
    place = far or str(root)
    lists = split_lists(scan.others)
    others = [path for path in scan.others if path not in lists]
    tree = read_tree(scan.items, containers=_containers(kind))
    if choice is None:
        choice = Choice.of(kind)
    choice = replace(choice, there=cache(lambda: files_there(scan.items)))
    asked = bool(choice) or base is not None
    by_table = asked or not any(tree.labels) or tree.is_one_class
    notes: list[str] = []
    if not by_table and scan.items:
        held, notes = held_in(
            root, _here(root, others, far), scan.items, choice=choice, reader=reader, deepest=0, most_bytes=_MOST_BYTES
        )
        by_table = any(_tells_folders(one, tree) for one in held)
        notes += _unused(held, tree) if not by_table else []
    if by_table:
        table, notes = tables_in(
            root,
            _here(root, scan.others, far),
            scan.items,
            choice=choice,
            suffixes=kind.suffixes,
            reader=reader,
            lists=lists,
        )
        if table is not None:
            rows = _of_table(table, base or root, kind, [*notes, *scan.notes], far)
            if table.roles.label is None and any(tree.labels) and not tree.is_one_class:
                _label_by_folders(rows, place, scan.items, tree)
            else:
                _add_splits(rows, place, scan.items, tree, kind)
            if not any(rows.labels) and (proposal := proposed(rows.ids)):
                rows.label_notes.insert(0, proposal)
            if not any(rows.splits) and rows.root == root:
                rows.splits, notes = splits_from_lists(root, rows.ids, lists)
                rows.notes += notes
            return rows
        if asked and (scan.items or not _shards(others)):
            raise UsageError(
                f"{shown(root)} is a folder: it has no columns, and no table in it names its files",
                hint="columns and --root belong to a manifest; groups of a folder come from --group-pattern",
            )
    if kind.inline and not asked and (lists_of_texts := listed_texts(root, scan.items)) is not None:
        return _of_table(lists_of_texts, root, kind, scan.notes)
    if not scan.items:
        return _without_files(root, scan, others, kind, choice, far)
    rows = _of_tree(root, place, scan, tree, notes)
    untold = tree.is_one_class or not any(rows.labels)
    if untold and not any(rows.groups) and (proposal := proposed(scan.items)):
        rows.label_notes.insert(0, proposal)
    if not any(rows.splits) or {*rows.splits} == {"train"}:  # what is left beside the files of a test may be in lists
        listed, notes = splits_from_lists(root, rows.ids, lists)
        rows.splits = [new or old for new, old in zip(listed, rows.splits, strict=True)]
        rows.notes += notes
    _tell_passed_over(rows, others, kind)
    return rows


def _of_tree(root: Path, place: str, scan: Scan, tree: Tree, notes: Sequence[str]) -> Rows:
    """The rows of a folder as its folders have them."""
    rows = Rows(root=root, source="folder", notes=[*scan.notes, *notes])
    rows.ids = [safe_text(path) for path in scan.items]
    rows.uris = [file_uri(os.path.join(place, path)) for path in scan.items]  # noqa: PTH118 - a Path per file costs
    rows.labels, rows.splits, rows.groups = tree.labels, tree.splits, tree.groups
    rows.layout, rows.group_source = tree.layout, tree.group_source
    rows.notes += tree.notes
    for guess in tree.guesses:
        rows.guess(guess.text, guess.option)
    rows.label_notes += tree.label_notes
    return rows


def rows_in_shards(
    root: Path, shards: Sequence[str], kind: Kind, *, choice: Choice, notes: Sequence[str] = (), base: str = ""
) -> Rows | None:
    """The rows of tar shards, see ``dsaudit.dataset.shard``; None where they hold no item.

    Where nothing beside the items tells labels, folders inside the shards do, or else the names of the shards.

    Parameters
    ----------
    root : Path
        Absolute.
    shards : sequence of str
        Relative to ``root``, or to the address ``base``.
    """
    where = shown(shards[0]) if len(shards) == 1 else f"{len(shards):,} shards"
    table, folders, told = shard_table(base or str(root), shards, choice, kind.suffixes, where=where)
    if table is None:
        return None
    rows = rows_of(table, root, suffixes=kind.suffixes, extent=extent_of(kind), base=base)
    rows.notes = [*notes, *told, *rows.notes]
    if table.roles.inline:
        return rows
    tree = read_tree(folders, containers=_containers(kind))
    if table.roles.label is None and any(tree.labels) and not tree.is_one_class:
        rows.labels, rows.label_notes = tree.labels, list(tree.label_notes)
        rows.layout = f"{rows.layout}, {tree.layout}"
        if not any(rows.groups):
            rows.groups, rows.group_source = tree.groups, tree.group_source
        rows.notes += tree.notes
        for guess in tree.guesses:
            rows.guess(guess.text, guess.option)
    if not any(rows.splits):
        rows.splits = tree.splits
    return rows


def _here(root: Path, others: list[str], far: str) -> list[str]:
    """Of files behind an address those of which there are copies."""
    return [path for path in others if (root / path).is_file()] if far else others


def _without_files(root: Path, scan: Scan, others: list[str], kind: Kind, choice: Choice, far: str) -> Rows:
    """The rows of the shards in a folder that holds no item itself."""
    shards = _shards(others)
    found = rows_in_shards(root, shards, kind, choice=choice, notes=scan.notes, base=far) if shards else None
    if found is not None:
        return found
    raise _nothing(far or root, others, suffixes=kind.suffixes, modality=kind.name)


def _shards(paths: Sequence[str]) -> list[str]:
    return sorted(path for path in paths if path.lower().endswith(TAR))


def _scanned(root: Path, kind: Kind, scan: Scan | None) -> Scan:
    scan = scan or scanned(root, suffixes=kind.suffixes)
    items, told = without_companions(scan.items, containers=_containers(kind))
    return replace(scan, items=items, notes=[*scan.notes, *told])


def _tell_passed_over(rows: Rows, others: Sequence[str], kind: Kind) -> None:
    packed = [path for path in others if is_archive(path)]
    if packed and len(packed) >= len(rows.ids):  # fewer may be those that the files came in
        rows.label_notes.append(f"what is in {_some_of(packed)} is read only where it is unpacked")
    if not any(rows.labels) or len(set(rows.labels)) == 1:
        rows.label_notes += _told_beside(rows.ids, others, kind)
    if others:
        rows.notes.append(
            f"passed over {counted(len(others), 'file')} of other kinds than {kind.name}: {_kinds(others)}"
        )


def _told_beside(ids: Sequence[str], others: Sequence[str], kind: Kind) -> Iterator[str]:
    """That most items have a file of another suffix for themselves: boxes of YOLO or VOC, transcripts."""
    stems = {PurePosixPath(name).stem for name in ids}
    beside = Counter(path.suffix for path in map(PurePosixPath, others) if path.stem in stems)
    suffix, n = next(iter(beside.most_common(1)), ("", 0))
    if 2 * n > len(ids):
        boxes = ", and x0, y0, x1, y1 in pixels where a row is a box" * kind.boxed
        yield (
            f"{n} {shown(suffix)} files called like the items are not read: labels are read from a table instead, with "
            f"the columns path and label{boxes}"
        )


def _of_table(table: Table, root: Path, kind: Kind, notes: Sequence[str], far: str = "") -> Rows:
    """The rows of a table in the folder."""
    rows = rows_of(table, root, suffixes=kind.suffixes, extent=extent_of(kind), base=far)
    rows.source = "folder"
    rows.notes = [*notes, *rows.notes]
    return rows


def _places(rows: Rows, start: str, items: Sequence[str]) -> list[int | None]:
    """The place among the items of the file that each row is about."""
    place = {os.path.join(start, item): k for k, item in enumerate(items)}  # noqa: PTH118
    files = (file_of(uri) for uri in rows.uris)
    return [place.get(file if is_remote(file) else os.path.normpath(file)) for file in files]


def _add_splits(rows: Rows, start: str, items: Sequence[str], tree: Tree, kind: Kind) -> None:
    """Give the rows of a table without splits those of the folders, and keep the files of splits that it says nothing
    of: a test without labels. Others that it does not name are left out."""
    at = _places(rows, start, items)
    if not any(rows.splits) and "train" in tree.splits:  # numbered folds are splits only where they are asked for
        rows.splits = [None if k is None else tree.splits[k] for k in at]
    told, named = {*rows.splits, None}, set(at)
    more = [k for k in range(len(items)) if k not in named and tree.splits[k] not in told] if told != {None} else []
    _keep(rows, start, items, more)
    rows.labels += [None] * len(more)
    rows.splits += [tree.splits[k] for k in more]
    if more:
        splits = ", ".join(sorted({str(tree.splits[k]) for k in more}))
        rows.notes.append(f"in no row of the table, so without a label: {counted(len(more), 'file')} of {splits}")
    if left := len(items) - len(named - {None}) - len(more):
        rows.notes.append(f"in no row of the table, so left out: {counted(left, f'{kind.name} file')}")


def _keep(rows: Rows, start: str, items: Sequence[str], more: Sequence[int]) -> None:
    """Add the items that no row names, but for their labels and splits."""
    rows.ids += [safe_text(items[k]) for k in more]
    rows.uris += [file_uri(os.path.join(start, items[k])) for k in more]  # noqa: PTH118
    rows.groups += [None] * len(more)
    if rows.given_labels is not None:
        rows.given_labels += [None] * len(more)
    if rows.excluded is not None:
        rows.excluded += [False] * len(more)


def _label_by_folders(rows: Rows, start: str, items: Sequence[str], tree: Tree) -> None:
    """Give the rows of a table without labels those of the folders, and keep the items that it does not name."""
    at = _places(rows, start, items)
    told = set(at)
    more = [k for k in range(len(items)) if k not in told]
    _keep(rows, start, items, more)
    rows.labels = [None if k is None else tree.labels[k] for k in [*at, *more]]
    splits = [None if k is None else tree.splits[k] for k in [*at, *more]]
    rows.splits = [*rows.splits, *splits[len(at) :]] if any(rows.splits) else splits
    rows.label_notes = list(tree.label_notes)
    rows.layout = f"{tree.layout}, and a table"
    rows.notes.append("labels are read from the folders, for the table has none")
    if more:
        rows.notes.append(f"in no row of the table: {counted(len(more), 'file')}")


def _tells_folders(one: Held, tree: Tree) -> bool:
    """Whether a table says labels of most files and what else their folders are called after: a speaker, a fold."""
    roles, columns = one.table.roles, one.table.columns
    folders = {same_place(label) for label in tree.labels if label is not None}
    if roles.label is None or 2 * one.n_named <= one.n_items:
        return False
    told = [column for column in (roles.group, roles.split, roles.fold) if column is not None]
    cells = ({same_place(str(cell)) for cell in columns[column]} for column in told)
    return any(folders <= words for words in cells)


def _unused(held: Sequence[Held], tree: Tree) -> list[str]:
    """What tables beside folders of classes could add, with the options that use them."""
    notes, plain = [], []
    for one in held:
        roles = one.table.roles
        parts = (("group", roles.group, tree.groups), ("split", roles.split, tree.splits))
        new = [(part, column) for part, column, known in parts if column is not None and not any(known)]
        if roles.label is not None or not new:
            plain.append(shown(one.path))
            continue
        options = " ".join(f"--{part}-column {quote(column)}" for part, column in new)
        told = f"which tells the {' and '.join(part for part, _ in new)} of {counted(one.n_named, 'file')}"
        notes.append(f"found {shown(one.path)}, {told}: {options} reads it")
    if plain:
        which = "its path" if len(plain) == 1 else "the path of one"
        more = f" and {len(plain) - 4} more" if len(plain) > 4 else ""
        notes.append(f"found {', '.join(plain[:4])}{more}; give {which} as the dataset to use its columns")
    return notes


def _containers(kind: Kind) -> frozenset[str]:
    """What folders are called after the kind of item in them: audio, clips, wavs."""
    words = {kind.name, kind.nouns.one, kind.nouns.many} | {suffix[1:] for suffix in kind.suffixes}
    words |= {name for name in (*kind.manifest_columns, *kind.also_called) if "_" not in name}
    return frozenset(words | {f"{word}s" for word in words} | {f"{word}_files" for word in words})


def _some_of(archives: Sequence[str]) -> str:
    first, *others = sorted(archives, key=lambda path: (path.count("/"), path))
    return shown(first) + (f" and {counted(len(others), 'other archive')}" if others else "")


def _kinds(paths: Sequence[str], *, most: int = 6) -> str:
    kinds = Counter(os.path.splitext(path)[1].lower() or "no suffix" for path in paths)  # noqa: PTH122
    ranked = sorted(kinds.items(), key=lambda kind: (-kind[1], kind[0]))
    text = ", ".join(f"{n} {shown(kind)}" for kind, n in ranked[:most])
    return text + (f" and {len(ranked) - most} other kinds" if len(ranked) > most else "")


def _nothing(root: str | Path, others: list[str], *, suffixes: frozenset[str], modality: str) -> DatasetError:
    if not others:
        return DatasetError(
            f"{shown(root)} holds no files",
            hint=f"a dataset is a folder with one sub-folder per class, holding {modality} files",
        )
    hint = f"files with these suffixes are read: {' '.join(sorted(suffixes))}; --modality names another kind of item"
    if manifests := sorted((path for path in others if is_manifest(path)), key=lambda path: (path.count("/"), path)):
        hint = f"for a manifest, give its own path: {shown(f'{root}/{manifests[0]}')}"
    if 2 * sum(path.lower().endswith(_ARRAYS) for path in others) > len(others):
        hint = "arrays are not read: write every item to a file of its own, in a folder for each class"
    if packed := [path for path in others if is_archive(path)]:
        hint = f"unpack {_some_of(packed)} there, and run this again"
        if all(map(is_packed_shard, packed)):
            hint = f"gunzip {_some_of(packed)}, or unpack it: of a packed tar nothing can be read without all before it"
    return DatasetError(f"no {modality} files in {shown(root)}, only {_kinds(others)}", hint=hint)
