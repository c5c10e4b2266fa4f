"""A folder with one sub-folder per class."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

from dsaudit.dataset.names import counted, safe_text, shown
from dsaudit.dataset.rows import Rows
from dsaudit.dataset.scan import scanned
from dsaudit.dataset.splits import LIST_FILES, has_split_level, split_name, splits_from_lists
from dsaudit.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_MANIFEST_NAMES = frozenset({"labels", "metadata", "manifest", "annotations", "train", "dataset"})
_MANIFEST_SUFFIXES = frozenset({".csv", ".tsv", ".jsonl", ".ndjson", ".parquet"})


def read_folder(root: Path, *, suffixes: frozenset[str], modality: str) -> Rows:
    """Read a folder: the label is the name of the first-level folder, below a level of splits if there is one.

    Files directly in the root are unlabelled. Speech Commands' list files give the splits of a folder
    that has none.

    Parameters
    ----------
    root : Path
        Absolute.
    suffixes : frozenset of str
        Suffixes taken as items, lower case with the dot.
    modality : str
        For messages.

    Raises
    ------
    DatasetError
        The folder cannot be read or holds no item.

    Examples
    --------
    >>> from pathlib import Path
    >>> for name in ("yes", "no"):
    ...     Path(name).mkdir()
    ...     (Path(name) / "1.wav").touch()
    >>> rows = read_folder(Path.cwd(), suffixes=frozenset({".wav"}), modality="audio")
    >>> sorted(zip(rows.ids, rows.labels))
    [('no/1.wav', 'no'), ('yes/1.wav', 'yes')]
    """
    scan = scanned(root, suffixes=suffixes)
    others = [path for path in scan.others if path not in LIST_FILES]
    manifests = sorted(path for path in others if "/" not in path and _is_manifest(path))
    if not scan.items:
        raise _nothing(root, others, manifests, suffixes=suffixes, modality=modality)
    parts = [path.split("/") for path in scan.items]
    folders = {p[0] for p in parts if len(p) > 1}
    by_split = has_split_level(folders, with_subfolders={p[0] for p in parts if len(p) > 2})
    rows = Rows(root=root, source="folder", notes=list(scan.notes))
    base = str(root)
    rows.ids = [safe_text(path) for path in scan.items]
    rows.uris = [os.path.join(base, path) for path in scan.items]  # noqa: PTH118 - a Path per file costs seconds
    rows.groups = [None] * len(rows.ids)
    level = 1 if by_split else 0
    rows.layout = "one folder per split, in it one per class" if by_split else "one folder per class"
    rows.labels = [safe_text(p[level]) if len(p) > level + 1 else None for p in parts]
    if by_split:
        rows.splits = [safe_text(split_name(p[0])) if len(p) > 1 else None for p in parts]
        rows.notes.append(f"the first level of folders is read as splits: {', '.join(sorted(map(shown, folders)))}")
    else:
        rows.splits, notes = splits_from_lists(root, rows.ids)
        rows.notes += notes
    if loose := rows.labels.count(None):
        place = "the root or in a split" if by_split else "the root"
        rows.notes.append(f"without a label, because directly in {place}: {counted(loose, 'item')}")
    if others:
        rows.notes.append(
            f"passed over {counted(len(others), 'file')} of other kinds than {modality}: {_kinds(others)}"
        )
    rows.notes += [f"found {name}; give its path as the dataset to use its columns" for name in map(shown, manifests)]
    return rows


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
