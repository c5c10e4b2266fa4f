"""Datasets in tar shards, as WebDataset has them: files of one name up to its first dot are a sample.

Nothing is unpacked: an item's address says where in its shard it lies, see ``dsaudit.dataset.member``. Links, devices
and names that lead out of a shard are passed over.
Format: https://github.com/webdataset/webdataset, and https://arxiv.org/abs/2001.01858
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from dsaudit.dataset.dataframe import read_dataframe
from dsaudit.dataset.listing import is_item, passed_over
from dsaudit.dataset.names import counted, shown
from dsaudit.dataset.remote import is_remote
from dsaudit.dataset.tar import TAR, Tar, far_tar, told_tar
from dsaudit.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dsaudit.dataset.columns import Choice
    from dsaudit.dataset.table import Table
    from dsaudit.store.cache import Cache

_PACKED = re.compile(r"\.(?:tgz|tar\.(?:gz|bz2|xz|zst))$", re.IGNORECASE)
_BRACES = re.compile(r"\{(\d+)\.\.(\d+)\}")
_NUMBER = re.compile(r"[-_.]?\d+(?:-of-\d+)?$")
_MOST_TARS = 1_000_000
_THREADS = 16


def is_packed_shard(path: str) -> bool:
    """Whether a file is a tar that is compressed as a whole, of which nothing can be read without all before it.

    >>> is_packed_shard("a.tar.gz"), is_packed_shard("a.tar")
    (True, False)
    """
    return _PACKED.search(path) is not None


def expanded(pattern: str) -> list[str]:
    """The addresses that ``{000..099}`` in one stands for; it alone where it has none.

    Raises
    ------
    DatasetError
        They are too many.

    Examples
    --------
    >>> expanded("train-{08..10}.tar")
    ['train-08.tar', 'train-09.tar', 'train-10.tar']
    """
    if (found := _BRACES.search(pattern)) is None:
        return [pattern]
    first, last = int(found[1]), int(found[2])
    if not 0 <= last - first < _MOST_TARS:
        raise DatasetError(f"{shown(pattern)} names no shards", hint="as in: train-{000..099}.tar")
    numbers = (f"{k:0{len(found[1])}d}" for k in range(first, last + 1))
    head, tail = pattern[: found.start()], pattern[found.end() :]
    return [head + number + rest for number in numbers for rest in expanded(tail)]


def sample_of(name: str) -> str:
    """The sample that a file is of: its path up to the first dot in its name.

    >>> sample_of("yes/a_0.seg.png"), sample_of("yes/a_0.wav")
    ('yes/a_0', 'yes/a_0')
    """
    folder, slash, file = name.rpartition("/")
    return folder + slash + file.partition(".")[0]


def shard_table(
    root: str, shards: Sequence[str], choice: Choice, suffixes: frozenset[str], *, where: str
) -> tuple[Table | None, list[str], list[str]]:
    """The samples in shards as a table: their items, and what ``.cls``, ``.json`` and ``.txt`` beside them say.

    Parameters
    ----------
    root : str
        Where the paths of ``shards`` start from.
    shards : sequence of str
        In the order in which they are read.
    choice : Choice
    suffixes : frozenset of str
        Of items.
    where : str
        What they are together, for messages.

    Returns
    -------
    table : Table or None
        None where there is no item.
    folders : list of str
        For each row its path as it would be had the shards been unpacked, each into a folder of its name.
    notes : list of str
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    folders: list[str] = []
    counts = Counter[str]()
    for path, shard in zip(shards, _all(root, shards, choice.indexes), strict=True):
        stem = _NUMBER.sub("", path.removesuffix(TAR)) or path.removesuffix(TAR)
        for name, row in _rows(path, shard, suffixes, counts):
            rows.append(row)
            folders.append(f"{stem}/{name}")
        counts["led out"] += shard.n_led_out
        counts["others"] += shard.n_others
        counts["damaged"] += bool(shard.members) and shard.members[-1].sort == "damaged"
        counts["unopened"] += shard.unopened
    notes = _notes(counts)
    if not rows:
        return None, folders, notes
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: [row.get(name) for row in rows] for name in names}
    frame = pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in columns.items()})
    frame.attrs["called"] = where
    table = read_dataframe(frame, choice)
    layout = f"{counted(len(shards), 'tar shard')}, as of WebDataset"
    return replace(table, source="folder", where=where, layout=layout), folders, notes


def _all(root: str, shards: Sequence[str], indexes: Cache | None) -> Iterator[Tar]:
    addresses = [f"{root.rstrip('/')}/{path}" for path in shards]
    if addresses and is_remote(addresses[0]):
        with ThreadPoolExecutor(_THREADS) as threads:
            yield from threads.map(partial(far_tar, indexes=indexes), addresses)
    else:
        yield from map(told_tar, addresses)


def _rows(
    path: str, shard: Tar, suffixes: frozenset[str], counts: Counter[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Names of the items in a shard, and what is said of their samples."""
    said: dict[str, dict[str, Any]] = {}
    for name, data in shard.told.items():
        if not is_item(name, suffixes):
            _say(said.setdefault(sample_of(name), {}), name, data, counts)
    if shard.unopened:
        yield path.rpartition("/")[2], {"path": path}
    seen = set[str]()
    for member in shard.members:
        name = member.name
        if member.sort != "damaged" and (not is_item(name, suffixes) or any(map(passed_over, name.split("/")))):
            continue
        counts["again"] += name in seen
        seen.add(name)
        own = said.get(sample_of(name), {}) if member.sort != "damaged" else {}
        yield name, {"path": replace(member, container=path).address} | own


def _say(sample: dict[str, Any], name: str, data: bytes, counts: Counter[str]) -> None:
    """Take what a file beside an item says of it: ``.json`` its columns, ``.cls`` its label, ``.txt`` its text."""
    suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122
    text = data.decode("utf-8", "replace").strip()
    if suffix != ".json":
        sample.setdefault("label" if suffix == ".cls" else "text", text or None)
        return
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        counts["no JSON"] += 1
        return
    if isinstance(found, dict):
        plain = {k: v for k, v in found.items() if isinstance(v, str | int | float | bool) and k not in _NO_COLUMNS}
        sample |= plain
    elif isinstance(found, str | int):
        sample.setdefault("label", found)


_NO_COLUMNS = frozenset({"path", "__key__", "__url__"})
"""Where a sample lies, which is told better by the shard that it lies in."""


def _notes(counts: Counter[str]) -> list[str]:
    notes = []
    if counts["damaged"]:
        notes.append(
            f"{counted(counts['damaged'], 'shard')} damaged or cut short: what follows there is lost, and each is an "
            "item that cannot be read"
        )
    if counts["unopened"]:
        notes.append(
            f"{counted(counts['unopened'], 'shard')} that cannot be opened: each is an item that cannot be read"
        )
    if counts["again"]:
        notes.append(f"{counted(counts['again'], 'name')} that a shard holds already: each is an item of its own")
    if counts["led out"]:
        notes.append(f"passed over {counted(counts['led out'], 'name')} leading out of a shard")
    if counts["others"]:
        n = counts["others"]
        notes.append(
            f"passed over {'1 link or device' if n == 1 else f'{n} links or devices'} in shards: none is followed"
        )
    if counts["no JSON"]:
        notes.append(f"{counted(counts['no JSON'], '.json file')} beside items cannot be read")
    return notes
