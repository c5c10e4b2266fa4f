"""Items whose bytes lie inside another file: where they lie there stands in their address, before their own name.

``/shards/train-000.tar/bytes=1536+32044/yes/a.wav`` is 32,044 bytes from the 1,536th on, called ``yes/a.wav``;
``/parts/train.parquet/row=17+2/a.wav`` is the cell in row 17 and column 2, both counted from 0.
"""

from __future__ import annotations

import os
import posixpath
import re
from dataclasses import dataclass

_ADDRESS = re.compile(r"(.+?\.(?i:tar|parquet|arrow|lance))/(bytes|row|damaged)=(\d+)(?:\+(\d+))?/(.+)", re.DOTALL)
"""The first place counts: what follows is a name from inside the container, and may be anything. Folders may be called
``row=3``, too, where tools part a table by a column."""


@dataclass(frozen=True, slots=True)
class Member:
    """Something that lies inside a file.

    Attributes
    ----------
    container : str
        Address of the file.
    sort : str
        ``bytes``, ``row``, or ``damaged`` for what nobody can read: from there on the container is no use.
    at : int
        Offset in bytes, or number of the row.
    size : int
        In bytes, or number of the column.
    name : str
        What it is called inside, with ``/``; never one that leads out.
    """

    container: str
    sort: str
    at: int
    size: int
    name: str

    @property
    def address(self) -> str:
        """What ``member_of`` reads.

        >>> Member("/a.tar", "bytes", 512, 44, "x.wav").address
        '/a.tar/bytes=512+44/x.wav'
        """
        return f"{self.container}/{self.sort}={self.at}+{self.size}/{self.name}"


def member_of(address: str | os.PathLike[str]) -> Member | None:
    """What an address inside a file is about; None for that of a whole file.

    >>> member_of("/shards/0.tar/bytes=512+44/yes/a.wav")
    Member(container='/shards/0.tar', sort='bytes', at=512, size=44, name='yes/a.wav')
    >>> member_of("/shards/0.tar"), member_of("/yes/row=3/a.wav")
    (None, None)
    """
    text = os.fspath(address)
    if "=" not in text or (found := _ADDRESS.fullmatch(text)) is None:
        return None
    container, sort, at, size, name = found.groups()
    return Member(container, sort, int(at), int(size or 0), name)


def container_of(address: str | os.PathLike[str]) -> str:
    """The file that an address is of, or inside of.

    >>> container_of("/shards/0.tar/bytes=512+44/yes/a.wav"), container_of("/yes/a.wav")
    ('/shards/0.tar', '/yes/a.wav')
    """
    member = member_of(address)
    return os.fspath(address) if member is None else member.container


def changing_part(container: str) -> str:
    """What of a container changes whenever what is in it does: the versions of one that is a folder, else itself.

    >>> changing_part("/data/train.lance"), changing_part("/data/0.tar")
    ('/data/train.lance/_versions', '/data/0.tar')
    """
    return f"{container}/_versions" if container.lower().endswith(".lance") else container


def without_place(address: str) -> str:
    """An address as people write it: the name inside a file behind that of the file.

    >>> without_place("shards/0.tar/bytes=512+44/yes/a.wav"), without_place("shards/0.tar/damaged=512+0/0.tar")
    ('shards/0.tar/yes/a.wav', 'shards/0.tar')
    """
    member = member_of(address)
    if member is None:
        return address
    return member.container if member.sort == "damaged" else f"{member.container}/{member.name}"


def inside(name: str) -> str | None:
    """A name inside a container in its plain form; None for one that leads out of it.

    >>> inside("./yes//a.wav"), inside("../../a.wav"), inside("/etc/a.wav")
    ('yes/a.wav', None, None)
    """
    plain = posixpath.normpath(name.replace("\\", "/"))
    return None if "\0" in name or plain.startswith(("/", "..")) or plain == "." else plain
