"""What a tar file holds and where, without unpacking it: links, devices and names that lead out are passed over."""

from __future__ import annotations

import os
import tarfile
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from dsaudit.dataset.member import Member, inside
from dsaudit.dataset.remote import opened, remote_state, tried
from dsaudit.errors import ItemError
from dsaudit.store.files import digest

if TYPE_CHECKING:
    from typing import BinaryIO

    import pyarrow as pa

    from dsaudit.store.cache import Cache

TAR = ".tar"
_TOLD = (".cls", ".json", ".txt")
_MOST_TOLD = 1 << 18
_BLOCK = 512
_LOOKED_AT = 200
_INDEX = "1"
"""Changes with what is told of a shard."""


@dataclass(slots=True)
class Tar:
    """What a tar file holds.

    Attributes
    ----------
    address : str
    members : list of Member
        Its plain files in its order; ``damaged`` is the last, where what follows cannot be read.
    told : dict of str to bytes
        Contents of small files that may say something of a sample, by name.
    n_led_out, n_others : int
        Members passed over: names that lead out of it; links, devices and other things that are no files.
    unopened : bool
        Whether it could not be opened at all: whoever reads it as an item will tell why.
    """

    address: str
    members: list[Member] = field(default_factory=list)
    told: dict[str, bytes] = field(default_factory=dict)
    n_led_out: int = 0
    n_others: int = 0
    unopened: bool = False


def read_tar(address: str, *, most: int | None = None) -> Tar:
    """What a tar holds, header by header: contents are passed over, but for those of small files beside items.

    Parameters
    ----------
    address : str
        Of a file here or behind a server.
    most : int, optional
        Members to stop at.

    Raises
    ------
    MissingItemError, UnreadableItemError, OSError
        It cannot be opened at all. What is damaged is told by the last member.
    """
    return tried(address, lambda: _read(address, most))


def _read(address: str, most: int | None) -> Tar:
    tar = Tar(address)
    with opened(address) as stream:
        end = 0
        try:
            with tarfile.open(fileobj=stream, mode="r:") as reader:
                for info in islice(reader, most):
                    _take(tar, info, stream)
                    reader.members = []  # type: ignore[attr-defined] # it would keep them all
                end = reader.offset
            is_whole = most is not None or _is_end(stream, end)
        except (tarfile.TarError, EOFError, ValueError):
            is_whole = False
        if not is_whole:
            last = tar.members[-1] if tar.members else None
            at = max(end, 0 if last is None else last.at + -(-last.size // _BLOCK) * _BLOCK)
            at = min(at, stream.seek(0, os.SEEK_END))
            tar.members.append(Member(address, "damaged", at, 0, address.rpartition("/")[2]))
    return tar


def _is_end(stream: BinaryIO, at: int) -> bool:
    """Whether a tar ends where its reader stopped: with a block of nulls, or with the file."""
    stream.seek(at)
    return not any(stream.read(_BLOCK))


def _take(tar: Tar, info: tarfile.TarInfo, stream: BinaryIO) -> None:
    if info.isdir():
        return
    if not info.isreg() or info.issparse():
        tar.n_others += 1
    elif (name := inside(info.name)) is None:
        tar.n_led_out += 1
    else:
        tar.members.append(Member(tar.address, "bytes", info.offset_data, info.size, name))
        if info.size <= _MOST_TOLD and name.lower().endswith(_TOLD):
            stream.seek(info.offset_data)
            tar.told[name] = stream.read(info.size)


def told_tar(address: str) -> Tar:
    """A tar; one that cannot be opened has no members, and ``unopened``."""
    try:
        return read_tar(address)
    except (ItemError, OSError):
        return Tar(address, unopened=True)


def far_tar(address: str, *, indexes: Cache | None) -> Tar:
    """As ``told_tar``, of one behind a server: nearly all of it has to come to say what it holds, so that is kept."""
    state = None if indexes is None else remote_state(address)
    if indexes is None or state is None:
        return told_tar(address)
    key = digest(_INDEX, address, state)
    if (kept := indexes.part("shard", key)) is not None:
        return _from_index(address, kept)
    tar = told_tar(address)
    if not tar.unopened and not (tar.members and tar.members[-1].sort == "damaged"):  # a server may be to blame
        indexes.keep_part("shard", key, _index_of(tar))
    return tar


def _index_of(tar: Tar) -> pa.Table:
    """Files and then what small ones say, whose place is -1; a name may be no UTF-8."""
    import pyarrow as pa

    rows: list[tuple[str, int, int, bytes | None]] = [(one.name, one.at, one.size, None) for one in tar.members]
    rows += [(name, -1, 0, data) for name, data in tar.told.items()]
    names, at, size, told = zip(*rows, strict=True) if rows else ((), (), (), ())
    columns = {
        "name": pa.array([name.encode("utf-8", "surrogateescape") for name in names], pa.binary()),
        "at": pa.array(at, pa.int64()),
        "size": pa.array(size, pa.int64()),
        "told": pa.array(told, pa.binary()),
    }
    return pa.table(columns).replace_schema_metadata({"led out": str(tar.n_led_out), "others": str(tar.n_others)})


def _from_index(address: str, kept: pa.Table) -> Tar:
    said = kept.schema.metadata
    tar = Tar(address, n_led_out=int(said[b"led out"]), n_others=int(said[b"others"]))
    for row in kept.to_pylist():
        name = row["name"].decode("utf-8", "surrogateescape")
        if row["at"] < 0:
            tar.told[name] = row["told"]
        else:
            tar.members.append(Member(address, "bytes", row["at"], row["size"], name))
    return tar


def suffixes_in(address: str) -> set[str]:
    """Suffixes of the first files in a tar, in lower case with the dot."""
    members = read_tar(address, most=_LOOKED_AT).members
    return {os.path.splitext(member.name)[1].lower() for member in members if member.sort == "bytes"}  # noqa: PTH122


def members_by_name(address: str) -> dict[str, Member]:
    """What a tar holds, by name; of several of one name the last, as whoever unpacks it has it. Empty for no tar."""
    return {member.name: member for member in told_tar(address).members if member.sort == "bytes"}
