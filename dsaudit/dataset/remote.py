"""Items that lie behind an address: ``s3://``, ``gs://``, ``az://``, ``hf://``, read by fsspec.

A dataset is data, so what its manifest or run names is read only below an address that the person gave, as ``--root``
or ``DSAUDIT_ROOT``.
Credentials are those that the environment gives to fsspec; none is asked for, kept or told.
"""

from __future__ import annotations

import contextlib
import os
import posixpath
import re
import shutil
import tempfile
import time
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsaudit.dataset.segment import file_of
from dsaudit.errors import MissingExtraError, MissingItemError, UnreadableItemError, UsageError
from dsaudit.settings import in_environment, shown
from dsaudit.store.run import is_alive

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_REMOTE = re.compile(r"(s3|gs|az|hf):/+")
"""A ``Path`` of an address has one slash less."""
_OPTIONS: dict[str, dict[str, Any]] = {
    "s3": {"config_kwargs": {"retries": {"max_attempts": 1}, "connect_timeout": 10, "read_timeout": 60}}
}
"""What is tried again is decided here alone."""
_TRIES, _PAUSE_S = 5, 0.5
"""Pauses double: 7.5 s in all."""
_THREADS = 16
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
            f"--root {shown(address)}: credentials are taken from the environment", hint="leave what is before the @"
        )
    try:
        _system(found[1])
    except ImportError:
        raise MissingExtraError(
            f"what reads {found[1]}:// is not installed", hint=f"pip install 'dsaudit[{found[1]}]'"
        ) from None
    address = address.rstrip("/")
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
    return any(f"{scheme}://{key}".startswith(f"{root}/") for root in roots if is_remote(root))


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
    """A copy of what lies at an address, under its name, as long as the block is.

    Raises
    ------
    MissingItemError, UnreadableItemError
    OSError
        Its server, or the way there, failed again and again.
    """
    if (coming := _AHEAD.get(_parts(address))) is not None:
        yield coming.result()
        return
    with _folder() as folder:
        yield _copied(address, folder)


@contextlib.contextmanager
def ahead(uris: Iterable[str]) -> Iterator[None]:
    """Inside the block ``fetched`` takes what lies at these addresses from copies that come side by side."""
    far = [address for address in dict.fromkeys(map(file_of, uris)) if is_remote(address)]
    if not far:
        yield
        return
    with _folder() as folder, ThreadPoolExecutor(min(_THREADS, len(far))) as threads:
        for k, address in enumerate(far):
            (folder / str(k)).mkdir()
            _AHEAD[_parts(address)] = threads.submit(_copied, address, folder / str(k))
        try:
            yield
        finally:
            for address in far:
                _AHEAD.pop(_parts(address)).cancel()


_AHEAD: dict[tuple[str, str], Future[Path]] = {}


def _parts(address: str) -> tuple[str, str]:
    """Scheme and the rest of an address, whether it has been a ``Path`` or not."""
    found = _REMOTE.match(address)
    assert found is not None
    return found[1], address[found.end() :]


def _copied(address: str, folder: Path) -> Path:
    scheme, key = _parts(address)
    if not _is_allowed(scheme, key):
        said = f"{shown(f'{scheme}://{key}')} is below no address given as --root or DSAUDIT_ROOT"
        raise UnreadableItemError(f"{posixpath.basename(key)}: {said}")
    name, system = posixpath.basename(key), _system(scheme)
    path = folder / name[-_LONGEST:]
    for k in range(_TRIES):
        try:
            system.get_file(key, str(path))
        except FileNotFoundError as error:
            raise MissingItemError(f"{name}: no such object", hint="correct the path or remove the row") from error
        except PermissionError as error:
            raise UnreadableItemError(f"{name}: no permission to read it") from error
        except Exception as error:  # of a server or the way there; every library has its own
            if k + 1 == _TRIES:
                said = shown(str(error).partition("\n")[0])
                raise OSError(f"{_TRIES} tries failed, the last with {type(error).__name__}: {said}") from error
            time.sleep(_PAUSE_S * 2**k)
        else:
            break
    return path


@cache
def _system(scheme: str) -> Any:
    import fsspec

    return fsspec.filesystem(scheme, **_OPTIONS.get(scheme, {}))


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    _sweep()
    with tempfile.TemporaryDirectory(prefix=f"{_COPIES}{os.getpid()}-") as folder:
        yield Path(folder)


@cache
def _sweep() -> None:
    """Take away the copies of processes that were killed."""
    for path in Path(tempfile.gettempdir()).glob(f"{_COPIES}*"):
        process = path.name.removeprefix(_COPIES).partition("-")[0]
        if process.isdigit() and not is_alive(int(process)):
            shutil.rmtree(path, ignore_errors=True)
