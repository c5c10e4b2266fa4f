"""Items that are no files here: behind an address, ``s3://``, ``gs://``, ``az://``, ``hf://``, or inside a file.

What is behind an address is read by fsspec, and of what lies inside a file (``dsaudit.dataset.member``) only its part.
A dataset is data, so what its manifest or run names is read only below an address that the person gave, as ``--root``
or ``DSAUDIT_ROOT``.
Credentials are those that the environment gives to fsspec; none is asked for, kept or told.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import posixpath
import re
import shutil
import stat
import tempfile
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from dsaudit.dataset.arrow import Cells, table_in
from dsaudit.dataset.lance import LANCE, LanceTable
from dsaudit.dataset.member import changing_part, member_of
from dsaudit.dataset.segment import file_of
from dsaudit.errors import ItemError, MissingExtraError, MissingItemError, UnreadableItemError, UsageError
from dsaudit.settings import in_environment, shown
from dsaudit.store.run import is_alive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from dsaudit.dataset.arrow import ArrowTable
    from dsaudit.dataset.member import Member

T = TypeVar("T")

_REMOTE = re.compile(r"(s3|gs|az|hf):/+")
"""A ``Path`` of an address has one slash less."""
_OPTIONS: dict[str, dict[str, Any]] = {
    "s3": {"config_kwargs": {"retries": {"max_attempts": 1}, "connect_timeout": 10, "read_timeout": 60}}
}
"""What is tried again is decided here alone."""
_TRIES, _PAUSE_S = 5, 0.5
"""Pauses double: 7.5 s in all."""
_THREADS = 16
_CHUNK, _AT_ONCE = 1 << 20, 1 << 28
_LONGEST = 100
_COPIES = "dsaudit-copy-"


def is_remote(address: str) -> bool:
    """Whether an address is not that of a file here.

    >>> is_remote("s3://bucket/a.wav"), is_remote("s3:/bucket/a.wav"), is_remote("/data/s3/a.wav")
    (True, True, False)
    """
    return _REMOTE.match(address) is not None


def remote_root(root: str | os.PathLike[str] | None) -> str:
    """The address that a root is, without a slash at its end; empty where it is a folder here or none.

    Raises
    ------
    MissingExtraError
        What reads such addresses is not installed.
    UsageError
        It holds a name and a password.

    Examples
    --------
    >>> remote_root("clips/"), remote_root(None)
    ('', '')
    """
    address = "" if root is None else os.fspath(root)
    if not (found := _REMOTE.match(address)):
        return ""
    if "@" in address.partition("://")[2].partition("/")[0]:
        raise UsageError(
            f"{shown(address)}: credentials are taken from the environment", hint="leave what is before the @"
        )
    try:
        _system(found[1])
    except ImportError:
        raise MissingExtraError(
            f"what reads {found[1]}:// is not installed", hint=f"pip install 'dsaudit[{found[1]}]'"
        ) from None
    address = full_address(address)
    allow({address})
    return address


def allowed() -> frozenset[str]:
    """The addresses below which this process may read: those that the person gave."""
    return frozenset(_ALLOWED)


def allow(roots: Iterable[str]) -> None:
    """Let this process read below these addresses, too."""
    _ALLOWED.update(roots)


_ALLOWED: set[str] = set()


def _is_allowed(scheme: str, key: str) -> bool:
    roots = {*_ALLOWED, in_environment("root").rstrip("/")}
    return any(f"{scheme}://{key}/".startswith(f"{root}/") for root in roots if is_remote(root))


def full_address(source: str | os.PathLike[str]) -> str:
    """An address as people write it, whether it has been a ``Path`` or not, without a slash at its end.

    >>> full_address("s3:/bucket/clips/")
    's3://bucket/clips'
    """
    scheme, key = _parts(os.fspath(source))
    return f"{scheme}://{key.rstrip('/')}"


def below(root: str, path: str) -> str | None:
    """The address of a path that starts from a remote root, or of an address below it; None for one that leads out.

    >>> below("s3://bucket/set", "a/1.wav"), below("s3://bucket/set", "s3://bucket/set/a/1.wav")
    ('s3://bucket/set/a/1.wav', 's3://bucket/set/a/1.wav')
    >>> below("s3://bucket/set", "../secret.wav"), below("s3://bucket/set", "s3://bucket/settle/1.wav")
    (None, None)
    """
    relative = path.removeprefix(f"{root}/").replace("\\", "/")
    normal = posixpath.normpath(relative)
    return None if "://" in relative or normal.startswith(("/", "..")) else f"{root}/{normal}"


def listed(address: str) -> dict[str, int]:
    """Size in bytes of everything below an address, by its path from there.

    Raises
    ------
    UnreadableItemError
        It is below no address that the person gave, or may not be read.
    MissingItemError, OSError
    """
    scheme, key = _allowed_parts(address)
    found = tried(address, lambda: _system(scheme).find(key, detail=True))
    start = f"{key}/"
    return {
        name.removeprefix(start): int(told.get("size") or 0)
        for name, told in found.items()
        if name.startswith(start) and not name.endswith("/") and told.get("type") != "directory"
    }


def names_below(address: str, *, most: int) -> list[str]:
    """Paths of some of what lies below an address, folder by folder; none where it cannot be listed."""
    scheme, key = _allowed_parts(address)
    found: list[str] = []
    for folder, _, names in _system(scheme).walk(key):
        found += [f"{folder}/{name}".removeprefix(f"{key}/") for name in names]
        if len(found) >= most:
            break
    return found


def copy_to(address: str, path: Path) -> None:
    """Copy what lies at an address to a place here; raises as ``fetched``."""
    scheme, key = _allowed_parts(address)
    tried(address, lambda: _system(scheme).get_file(key, str(path)))


def send(folder: Path, address: str, *, last: str, tick: Callable[[int], None]) -> None:
    """Copy the files of a folder below an address that the person gave.

    Parameters
    ----------
    last : str
        Name of the file that is sent when all others are there: where it lies the copy is whole.
    tick : callable
        Told the number of files just sent.

    Raises
    ------
    UnreadableItemError, MissingItemError, OSError
        That is not allowed, or failed again and again.
    """
    scheme, key = _allowed_parts(address)
    system = _system(scheme)

    def put(path: Path) -> None:
        target = f"{key}/{path.relative_to(folder).as_posix()}"
        tried(f"{address}/{path.name}", lambda: system.put_file(str(path), target))

    files = sorted(path for path in folder.rglob("*") if path.is_file())
    with ThreadPoolExecutor(_THREADS) as threads:
        for _ in threads.map(put, [path for path in files if path != folder / last]):
            tick(1)
    put(folder / last)
    tick(1)


def is_away(address: str) -> bool:
    """Whether what an address names is no file here, so that whoever reads it needs a copy.

    >>> is_away("s3://bucket/a.wav"), is_away("/shards/0.tar/bytes=512+44/a.wav"), is_away("/data/a.wav")
    (True, True, False)
    """
    return is_remote(address) or member_of(address) is not None


def remote_state(address: str) -> str | None:
    """What stays the same while what lies at an address does; None where that cannot be told."""
    scheme, key = _parts(address)
    if not _is_allowed(scheme, key):
        return None
    try:
        return str(_system(scheme).ukey(key))
    except Exception:  # gone, or its server fails: whoever reads it will tell
        return None


@contextlib.contextmanager
def fetched(address: str) -> Iterator[Path]:
    """A copy of what lies at an address, or inside a file, under its name, as long as the block is.

    Raises
    ------
    MissingItemError, UnreadableItemError
    OSError
        Its server, or the way there, failed again and again.
    """
    if (coming := _AHEAD.get(_key(address))) is not None:
        yield coming.result()
        return
    with _folder() as folder:
        yield _copied(address, folder)


@contextlib.contextmanager
def as_file(address: str) -> Iterator[Path]:
    """The file that an address names, or a copy of what is none, as long as the block is; raises as ``fetched``."""
    if is_away(address):
        with fetched(address) as copy:
            yield copy
    else:
        yield Path(address)


@contextlib.contextmanager
def ahead(uris: Iterable[str]) -> Iterator[None]:
    """Inside the block ``fetched`` takes what lies at these addresses from copies that come side by side."""
    away = [address for address in dict.fromkeys(map(file_of, uris)) if is_away(address)]
    if not away:
        yield
        return
    # what lies in a file here, and cells of tables, come in their order
    one, several = ThreadPoolExecutor(1), ThreadPoolExecutor(_THREADS)
    with contextlib.ExitStack() as stack, one, several:
        for address in away:
            member = member_of(address)
            in_order = member is not None and (member.sort == "row" or not is_remote(address))
            folder = stack.enter_context(_folder())
            _AHEAD[_key(address)] = (one if in_order else several).submit(_copied, address, folder)
        try:
            yield
        finally:
            for address in away:
                _AHEAD.pop(_key(address)).cancel()


_AHEAD: dict[str, Future[Path]] = {}


def _key(address: str) -> str:
    """An address as a ``Path`` has it, whether it has been one or not."""
    return os.fspath(Path(address))


def _parts(address: str) -> tuple[str, str]:
    """Scheme and the rest of an address, whether it has been a ``Path`` or not."""
    found = _REMOTE.match(address)
    assert found is not None
    return found[1], address[found.end() :]


def _copied(address: str, folder: Path) -> Path:
    member = member_of(address)
    name = posixpath.basename(address if member is None else member.name)
    path = folder / name[-_LONGEST:]
    if member is None:
        copy_to(address, path)
        return path
    if member.sort == "damaged":
        raise UnreadableItemError(f"{name}: damaged from byte {member.at:,} on, so what follows in it is lost")

    if member.sort == "row":
        path.write_bytes(_cell(member, name))
        return path

    def copy() -> int:
        if is_remote(member.container) and member.size <= _AT_ONCE:
            scheme, key = _allowed_parts(member.container)
            data = _system(scheme).cat_file(key, start=member.at, end=member.at + member.size) if member.size else b""
            return member.size - path.write_bytes(data)
        with opened(member.container) as source, path.open("wb") as target:
            source.seek(member.at)
            left = member.size
            while left and (part := source.read(min(left, _CHUNK))):
                target.write(part)
                left -= len(part)
        return left

    if left := tried(member.container, copy):
        cut = f"{posixpath.basename(member.container)} ends after {member.size - left:,} of its {member.size:,} bytes"
        raise UnreadableItemError(f"{name}: {cut}")
    return path


def _cell(member: Member, name: str) -> bytes:
    """The bytes in a cell; the table stays open for the next of them until another one is asked for."""
    import pyarrow as pa

    file, key = posixpath.basename(member.container), (member.container, member.size, _version(member.container))

    def read() -> bytes | None:
        if getattr(_LAST, "key", None) != key:
            _forget()
            _LAST.stack = contextlib.ExitStack()
            table = _LAST.stack.enter_context(table_at(member.container))
            _LAST.cells, _LAST.key = Cells(table, member.size), key
        try:
            found: bytes | None = _LAST.cells.bytes_of(member.at)
        except BaseException:  # its iterator is of no use any more
            _forget()
            raise
        return found

    try:
        data = tried(member.container, read)
    except IndexError as error:
        raise UnreadableItemError(f"{name}: {file} has no such row") from error
    except (pa.ArrowException, OSError) as error:
        if is_remote(member.container) and isinstance(error, OSError):
            raise
        raise UnreadableItemError(f"{name}: {file} is damaged there") from error
    if data is None:
        raise MissingItemError(f"{name}: its cell in {file} holds no bytes", hint="fill it or remove the row")
    return data


def _forget() -> None:
    _LAST.key = None
    if (stack := getattr(_LAST, "stack", None)) is not None:
        stack.close()


def _version(container: str) -> tuple[int, ...]:
    if is_remote(container):
        return ()
    try:
        status = os.stat(changing_part(container))  # noqa: PTH116
    except OSError:  # whoever opens it will tell
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns


_LAST = threading.local()


@contextlib.contextmanager
def table_at(address: str | os.PathLike[str]) -> Iterator[ArrowTable]:
    """The table in a Parquet or Arrow file, or in a Lance dataset, here or behind an address."""
    text = os.fspath(address)
    suffix = posixpath.splitext(text)[1].lower()
    if suffix == LANCE:
        if is_remote(text):
            _allowed_parts(text)
        yield LanceTable(full_address(text) if is_remote(text) else text)
        return
    with opened(text) as stream, table_in(stream, suffix) as table:
        yield table


@contextlib.contextmanager
def opened(address: str) -> Iterator[BinaryIO]:
    """What an address names as a stream that can be read from any place on; whoever opens it tries again."""
    if not is_remote(address):
        with Path(address).open("rb") as here:
            if not stat.S_ISREG(os.fstat(here.fileno()).st_mode):
                raise UnreadableItemError(f"{Path(address).name}: not a regular file")
            yield here
        return
    scheme, key = _allowed_parts(address)
    with _system(scheme).open(key, "rb", block_size=_CHUNK, cache_type="readahead") as there:
        yield there


def tried(address: str, work: Callable[[], T]) -> T:
    """Do what reads an address, again with growing pauses where a server or the way there fails.

    Raises
    ------
    MissingItemError, UnreadableItemError
    OSError
        It failed again and again.
    """
    name = posixpath.basename(address)
    for k in itertools.count():
        try:
            return work()
        except (FileNotFoundError, NotADirectoryError) as error:
            said = f"{name}: no such {'object' if is_remote(address) else 'file'}"
            raise MissingItemError(said, hint="correct the path or remove the row") from error
        except PermissionError as error:
            raise UnreadableItemError(f"{name}: no permission to read it") from error
        except (ItemError, IndexError):
            raise
        except Exception as error:  # of a server or the way there; every library has its own
            if not is_remote(address):
                raise
            if k + 1 == _TRIES:
                said = shown(str(error).partition("\n")[0])
                raise OSError(f"{_TRIES} tries failed, the last with {type(error).__name__}: {said}") from error
            time.sleep(_PAUSE_S * 2**k)
    raise AssertionError


def _allowed_parts(address: str) -> tuple[str, str]:
    scheme, key = _parts(address)
    if not _is_allowed(scheme, key):
        said = f"{shown(f'{scheme}://{key}')} is below no address given as --root or DSAUDIT_ROOT"
        raise UnreadableItemError(f"{posixpath.basename(key)}: {said}")
    return scheme, key


@cache
def _system(scheme: str) -> Any:
    import fsspec

    return fsspec.filesystem(scheme, **_OPTIONS.get(scheme, {}))


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """An empty folder, which is used again: on some disks making and removing one takes longer than what is in it."""
    free = _free(os.getpid(), tempfile.gettempdir())
    try:
        folder = free.pop()
    except IndexError:
        folder = Path(tempfile.mkdtemp(dir=free.base))
    try:
        yield folder
    finally:
        with os.scandir(folder) as entries:
            for entry in entries:
                os.unlink(entry.path)  # noqa: PTH108
        free.append(folder)


class _Free(list[Path]):
    """Empty folders of this process below one that goes when the process ends, or is swept by the next."""

    def __init__(self, place: str) -> None:
        _sweep()
        self.base = tempfile.mkdtemp(prefix=f"{_COPIES}{os.getpid()}-", dir=place)
        Finalize(None, shutil.rmtree, args=(self.base,), kwargs={"ignore_errors": True}, exitpriority=0)


@cache
def _free(process: int, place: str) -> _Free:
    """A process that was forked has its own."""
    return _Free(place)


@cache
def _sweep() -> None:
    """Take away the copies of processes that were killed."""
    for path in Path(tempfile.gettempdir()).glob(f"{_COPIES}*"):
        process = path.name.removeprefix(_COPIES).partition("-")[0]
        if process.isdigit() and not is_alive(int(process)):
            shutil.rmtree(path, ignore_errors=True)
