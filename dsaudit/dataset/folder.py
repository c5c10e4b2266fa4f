"""A folder with one sub-folder per class."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

from dsaudit.dataset.columns import Choice
from dsaudit.dataset.label_pattern import proposed
from dsaudit.dataset.listing import scanned
from dsaudit.dataset.names import counted, safe_text, shown
from dsaudit.dataset.rows import Rows
from dsaudit.dataset.segment import file_of, file_uri
from dsaudit.dataset.segment_columns import extent_of
from dsaudit.dataset.shape import tables_in
from dsaudit.dataset.splits import split_lists, splits_from_lists
from dsaudit.dataset.table import rows_of
from dsaudit.dataset.tree import read_tree
from dsaudit.errors import DatasetError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from dsaudit.dataset.shape import Reader
    from dsaudit.dataset.table import Table
    from dsaudit.kind import Kind

_MANIFEST_NAMES = frozenset({"labels", "metadata", "manifest", "annotations", "train", "dataset"})
_MANIFEST_SUFFIXES = frozenset({".csv", ".tsv", ".jsonl", ".ndjson", ".parquet"})


def read_folder(
    root: Path,
    kind: Kind,
    *,
    choice: Choice | None = None,
    reader: Callable[[Path], Reader | None] = lambda _: None,
    base: Path | None = None,
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
    scan = scanned(root, suffixes=kind.suffixes)
    lists = split_lists(scan.others)
    others = [path for path in scan.others if path not in lists]
    manifests = sorted(path for path in others if "/" not in path and _is_manifest(path))
    tree = read_tree(scan.items, containers=_containers(kind))
    choice = choice or Choice(inline=kind.inline, items=kind.manifest_columns)
    asked = bool(choice) or base is not None
    notes: list[str] = []
    if asked or not any(tree.labels) or tree.is_one_class:
        table, notes = tables_in(root, others, scan.items, choice=choice, suffixes=kind.suffixes, reader=reader)
        if table is not None:
            rows = _of_table(table, base or root, kind, [*notes, *scan.notes], scan.items)
            if not any(rows.labels) and (proposal := proposed(rows.ids)):
                rows.label_notes.insert(0, proposal)
            if not any(rows.splits) and rows.root == root:
                rows.splits, notes = splits_from_lists(root, rows.ids, lists)
                rows.notes += notes
            return rows
        if asked:
            raise UsageError(
                f"{shown(root)} is a folder: it has no columns, and no table in it names its files",
                hint="columns and --root belong to a manifest; groups of a folder come from --group-pattern",
            )
    if not scan.items:
        raise _nothing(root, others, manifests, suffixes=kind.suffixes, modality=kind.name)
    rows = Rows(root=root, source="folder", notes=[*scan.notes, *notes])
    start = str(root)
    rows.ids = [safe_text(path) for path in scan.items]
    rows.uris = [file_uri(os.path.join(start, path)) for path in scan.items]  # noqa: PTH118 - a Path per file costs
    rows.labels, rows.splits, rows.groups = tree.labels, tree.splits, tree.groups
    rows.layout, rows.group_source = tree.layout, tree.group_source
    rows.notes += tree.notes
    for guess in tree.guesses:
        rows.guess(guess.text, guess.option)
    rows.label_notes += tree.label_notes
    if not any(rows.labels) and not any(rows.groups) and (proposal := proposed(scan.items)):
        rows.label_notes.insert(0, proposal)
    if not any(rows.splits):
        rows.splits, notes = splits_from_lists(root, rows.ids, lists)
        rows.notes += notes
    if others:
        rows.notes.append(
            f"passed over {counted(len(others), 'file')} of other kinds than {kind.name}: {_kinds(others)}"
        )
    rows.notes += [f"found {name}; give its path as the dataset to use its columns" for name in map(shown, manifests)]
    return rows


def _of_table(table: Table, root: Path, kind: Kind, notes: Sequence[str], items: Sequence[str]) -> Rows:
    """The rows of a table in the folder, and what it says nothing of."""
    rows = rows_of(table, root, suffixes=kind.suffixes, extent=extent_of(kind))
    rows.source = "folder"
    rows.notes = [*notes, *rows.notes]
    named, start = {os.path.normpath(file_of(uri)) for uri in rows.uris}, str(root)
    if left := sum(1 for item in items if os.path.join(start, item) not in named):  # noqa: PTH118
        rows.notes.append(f"in no row of the table, so left out: {counted(left, f'{kind.name} file')}")
    return rows


def _containers(kind: Kind) -> frozenset[str]:
    """What folders are called after the kind of item in them: audio, clips, wavs."""
    words = {kind.name, kind.nouns.one, kind.nouns.many} | {suffix[1:] for suffix in kind.suffixes}
    words |= {name for name in kind.manifest_columns if "_" not in name}
    return frozenset(words | {f"{word}s" for word in words} | {f"{word}_files" for word in words})


def _is_manifest(name: str) -> bool:
    stem, suffix = os.path.splitext(name.lower())  # noqa: PTH122
    return stem in _MANIFEST_NAMES and suffix in _MANIFEST_SUFFIXES


def _kinds(paths: Sequence[str], *, most: int = 6) -> str:
    kinds = Counter(os.path.splitext(path)[1].lower() or "no suffix" for path in paths)  # noqa: PTH122
    ranked = sorted(kinds.items(), key=lambda kind: (-kind[1], kind[0]))
    text = ", ".join(f"{n} {shown(kind)}" for kind, n in ranked[:most])
    return text + (f" and {len(ranked) - most} other kinds" if len(ranked) > most else "")


def _nothing(
    root: Path, others: list[str], manifests: list[str], *, suffixes: frozenset[str], modality: str
) -> DatasetError:
    if not others:
        return DatasetError(
            f"{shown(root)} holds no files",
            hint=f"a dataset is a folder with one sub-folder per class, holding {modality} files",
        )
    hint = f"files with these suffixes are read: {' '.join(sorted(suffixes))}; --modality names another kind of item"
    if manifests:
        hint = f"for a manifest, give its own path: {shown(root / manifests[0])}"
    return DatasetError(f"no {modality} files in {shown(root)}, only {_kinds(others)}", hint=hint)
