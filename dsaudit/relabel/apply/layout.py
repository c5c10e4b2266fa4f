"""Where every item lies in a new folder tree: ``<split>/<label>/<name>``, safe on every platform."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from dsaudit.dataset.listing import passed_over
from dsaudit.dataset.names import counted, safe_text, same_place
from dsaudit.dataset.segment import file_and_segment
from dsaudit.dataset.splits import has_split_level, is_split
from dsaudit.store.files import digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dsaudit.relabel.apply.plan import Line

_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_LONGEST = 120
_LONGEST_NAME = 240


def layout(lines: Sequence[Line]) -> list[str]:
    """Path of every item, relative to the tree, with ``/``.

    The file's own name is kept. Where two items of a folder have the same name, also in another case or
    Unicode form, the one whose label did not change keeps it, then the first by item id; the others get
    ``~2``, ``~3`` … before the suffix. Unlabelled items lie directly in the tree or its split, where a folder
    dataset has them. Folders of splits are made where every item is in a split of a usual name.
    """
    by_split = _by_split(lines)
    folders = folder_names(line.corrected_label for line in lines if line.corrected_label is not None)
    taken: set[str] = set()
    bases = []
    for line in lines:
        split = f"{line.split}/" if by_split else ""
        folder = "" if line.corrected_label is None else folders[line.corrected_label] + "/"
        taken.add(same_place(split + folder).rstrip("/"))
        bases.append(split + folder)
    paths = [""] * len(lines)
    order = sorted(
        range(len(lines)), key=lambda k: (lines[k].given_label != lines[k].corrected_label, lines[k].item_id)
    )
    for k in order:
        paths[k] = unused(bases[k] + file_name(lines[k].uri), taken)
    return paths


def _by_split(lines: Sequence[Line]) -> bool:
    splits = {line.split for line in lines}
    return None not in splits and has_split_level({s or "": () for s in splits})


def splits_left_out(lines: Sequence[Line]) -> list[str]:
    """A note where items have splits that are no folders of the tree; none where they are, or there are none.

    Examples
    --------
    >>> from dsaudit.relabel.apply.plan import Line
    >>> splits_left_out([Line("a", "/a", "x", "x", split="north"), Line("b", "/b", "x", "x", split="south")])
    ['the splits are no folders of the tree, for a folder called so is no split (north, south): its manifest has them']
    """
    splits = sorted({line.split for line in lines if line.split is not None})
    if not splits or _by_split(lines):
        return []
    odd = [split for split in splits if not is_split(split)]
    names = ", ".join(odd[:4]) + (", …" if len(odd) > 4 else "")
    n_without = sum(line.split is None for line in lines)
    why = f"a folder called so is no split ({names})" if odd else f"{counted(n_without, 'item')} have none"
    return [f"the splits are no folders of the tree, for {why}: its manifest has them"]


def unused(path: str, taken: set[str]) -> str:
    """``path``, or the first of ``stem~2.ext``, ``stem~3.ext`` … that is not ``taken``; it is, from then on."""
    stem, suffix = os.path.splitext(path)  # noqa: PTH122 - a Path per item costs seconds
    found, n = path, 1
    while same_place(found) in taken:
        n += 1
        found = f"{stem}~{n}{suffix}"
    taken.add(same_place(found))
    return found


def file_name(uri: str) -> str:
    """Name of an item's file, valid Unicode and not longer than file systems take.

    A stretch of a file gets one of its own.

    >>> file_name("/talks/a.wav#t=1.5,3.25")
    'a_1.5-3.25.wav'
    """
    path, segment = file_and_segment(uri)
    name = safe_text(os.path.basename(path))  # noqa: PTH119
    if segment is not None:
        stem, suffix = os.path.splitext(name)  # noqa: PTH122
        name = f"{stem}_{segment}{suffix}"
    if len(name.encode()) <= _LONGEST_NAME:
        return name
    stem, suffix = os.path.splitext(name)  # noqa: PTH122
    return _cut(stem, _LONGEST_NAME - len(suffix.encode()) - 9) + "~" + digest(name)[:8] + suffix


def folder_names(labels: Iterable[str]) -> dict[str, str]:
    """A folder name for every label, different for different labels on every file system."""
    taken: set[str] = set()
    distinct = sorted(set(labels))
    # labels that are safe as they are come first: none of them loses its name to one that is not
    names = {}
    for label in sorted(distinct, key=lambda label: (folder_name(label) != label, label)):
        base = name = folder_name(label)
        n = 1
        while same_place(name) in taken:
            n += 1
            name = f"{base}~{n}"
        taken.add(same_place(name))
        names[label] = name
    return names


def folder_name(label: str) -> str:
    """A label as the name of one folder that every platform can make and a folder dataset is read from."""
    name = _UNSAFE.sub("_", safe_text(label)).rstrip(". ").lstrip(" ")
    if not name.strip("_") and name != label:
        name = f"label_{digest(label)[:8]}"  # nothing of it is left to be recognised by
    if _RESERVED.fullmatch(name) or passed_over(name):
        name = f"label_{name.lstrip('.')}"
    if len(name.encode()) > _LONGEST:
        name = _cut(name, _LONGEST - 9) + "~" + digest(label)[:8]
    return name


def _cut(text: str, n_bytes: int) -> str:
    return text.encode()[:n_bytes].decode(errors="ignore").rstrip(". ")
