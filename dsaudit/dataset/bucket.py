"""A folder behind an address as a dataset: listed there page by page, and read as a folder here is."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from dsaudit.dataset.listing import Scan, is_item, passed_over
from dsaudit.dataset.member import inside
from dsaudit.dataset.names import counted, shown
from dsaudit.dataset.remote import copy_to, listed
from dsaudit.dataset.shape import is_manifest
from dsaudit.dataset.splits import split_lists
from dsaudit.errors import DatasetError, ItemError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_MOST_TABLES, _MOST_BYTES = 60, 1 << 26


def scanned_bucket(address: str, suffixes: frozenset[str]) -> tuple[Scan, dict[str, int]]:
    """What lies below an address, as ``dsaudit.dataset.listing.scanned`` has it, and the size of each file.

    Raises
    ------
    DatasetError
        It cannot be listed, or there is nothing.
    """
    try:
        sizes = listed(address)
    except (ItemError, OSError) as error:
        raise DatasetError(
            f"{shown(address)} cannot be listed: {error}",
            hint="check the address; where a run names it, DSAUDIT_ROOT says that it may be read",
        ) from error
    scan = Scan()
    n_hidden = 0
    for path in sorted(sizes):
        *folders, name = path.split("/")
        if any(map(passed_over, folders)) or name.startswith("."):
            n_hidden += folders[:1] != [".dsaudit"]
        else:
            (scan.items if is_item(name, suffixes) else scan.others).append(path)
    if not scan.items and not scan.others:
        raise DatasetError(f"{shown(address)} holds no files", hint="as in: dsaudit audit s3://bucket/clips/")
    if n_hidden:
        scan.notes.append(f"passed over {counted(n_hidden, 'hidden or system file')}")
    if large := [path for path in scan.others if is_manifest(path) and sizes[path] > _MOST_BYTES]:
        one = f"{shown(address)}/{shown(large[0])}"
        some = f"{counted(len(large), 'table')} of more than {_MOST_BYTES >> 20} MiB"
        scan.notes.append(f"passed over {some}: one is read whatever its size where it is named itself, as {one}")
    return scan, sizes


@contextmanager
def tables_here(address: str, others: Sequence[str], sizes: Mapping[str, int]) -> Iterator[Path]:
    """A folder with copies of the tables and lists among files, under their paths, as long as the block is."""
    lists = split_lists(others)
    wanted = [path for path in others if (is_manifest(path) or path in lists) and sizes[path] <= _MOST_BYTES]
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted(wanted, key=lambda path: (path.count("/"), path))[:_MOST_TABLES]:
            if inside(path) == path:
                place = Path(folder, path)
                place.parent.mkdir(parents=True, exist_ok=True)
                with suppress(ItemError, OSError):  # then it is as if it were not there
                    copy_to(f"{address}/{path}", place)
        yield Path(folder)
