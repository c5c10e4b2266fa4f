"""Worker processes as their parent sees them: started, asked, kept for the next who asks, ended."""

from __future__ import annotations

import atexit
import contextlib
import os
import pickle
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from dsaudit.engine.worker import IDLE_S, receive, send
from dsaudit.errors import DsauditError

_FORKS = sys.platform == "linux"
"""Whether workers are forked from a nursery; the frameworks of other systems do not all survive a fork."""
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""Of a worker: threads of several workers' matrix products wait for each other more than they work."""
_KEPT_S = IDLE_S / 3


class DiedError(Exception):
    """A worker process ended while it was asked: what it was asked for killed it."""


class Worker:
    """A worker process that is there; see ``started``."""

    def __init__(self, reader: BinaryIO, writer: BinaryIO, owner: socket.socket | subprocess.Popen[bytes]) -> None:
        self._reader, self._writer, self._owner = reader, writer, owner
        self.surroundings: Any = None
        self.used = 0.0
        try:
            receive(reader)  # its first word: from now on, silence means that it has died
        except (OSError, EOFError):
            self.end()
            raise

    def ask(self, request: bytes) -> Any:
        """What comes of a pickled ``(pickled function, batch)``.

        Raises
        ------
        DiedError
            It is there no more. Anything else is what the function raised.
        """
        try:
            send(self._writer, request)
            del request  # what it asks for may be large, and take long
            answer = receive(self._reader)
        except (OSError, EOFError, ValueError):
            raise DiedError from None
        done, result = pickle.loads(answer)
        del answer
        if not done:
            raise result
        return result

    def end(self) -> None:
        """Let it end, whatever it is doing; whoever waits for its answer is told that it died."""
        if isinstance(self._owner, socket.socket):
            with contextlib.suppress(OSError):
                self._owner.shutdown(socket.SHUT_RDWR)
            self._owner.close()
        else:
            self._owner.kill()
            self._owner.wait()
        for stream in (self._reader, self._writer):
            with contextlib.suppress(OSError):
                stream.close()


class _Nursery(NamedTuple):
    """A process that forks workers, and what it was started with."""

    wanted: tuple[Any, ...]
    control: socket.socket
    process: subprocess.Popen[bytes]


_lock = threading.RLock()
_kept: list[Worker] = []
_nurseries: list[_Nursery] = []


def started(function: bytes) -> Worker:
    """A worker that is ready to apply a pickled function: one that was kept, or a new one.

    Raises
    ------
    DsauditError
        This system lets no process start.
    """
    now, wanted = time.monotonic(), _surroundings()
    with _lock:
        while _kept:
            worker = _kept.pop()
            if worker.surroundings == wanted and now - worker.used < _KEPT_S:
                return worker
            worker.end()
    for last in (False, True):
        try:
            with _lock:
                worker = _forked(function, wanted) if _FORKS else _spawned()
        except (OSError, EOFError) as error:
            _close_nursery()
            if last:
                raise DsauditError(f"no worker process can be started: {error or 'it ended at once'}") from error
        else:
            break
    worker.surroundings = wanted
    return worker


def keep(worker: Worker) -> None:
    """Have it ready for whoever is next, for a while."""
    worker.used = time.monotonic()
    with _lock:
        _kept.append(worker)


def _surroundings() -> tuple[list[str], str, dict[str, str]]:
    try:
        folder = str(Path.cwd())
    except OSError:
        folder = os.sep
    return list(sys.path), folder, {**os.environ, **_ONE_THREAD}


def _spawned() -> Worker:
    process = _python("run_spawned", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    return Worker(process.stdout, process.stdin, process)  # type: ignore[arg-type]


def _forked(function: bytes, surroundings: Any) -> Worker:
    wanted = (os.getpid(), *sys.path)
    if _nurseries and _nurseries[0].wanted != wanted:
        _close_nursery()
    if not _nurseries:
        ours, theirs = socket.socketpair()
        with theirs:
            _nurseries.append(_Nursery(wanted, ours, _python("run_nursery", stdin=theirs.fileno())))
    control = _nurseries[0].control
    ours, theirs = socket.socketpair()
    request = pickle.dumps((function, surroundings))
    with theirs:
        socket.send_fds(control, [struct.pack("<Q", len(request))], [theirs.fileno()])
        control.sendall(request)
    return Worker(ours.makefile("rb"), ours.makefile("wb"), ours)


def _python(main: str, **streams: Any) -> subprocess.Popen[bytes]:
    """A Python that finds its modules where this one does, and not beside the data."""
    code = f"import sys; sys.path[:] = {sys.path!a}; from dsaudit.engine.worker import {main}; {main}()"
    streams.setdefault("stdout", subprocess.DEVNULL)
    return subprocess.Popen(
        [sys.executable, "-P", "-c", code], stderr=subprocess.DEVNULL, env={**os.environ, **_ONE_THREAD}, **streams
    )


def _close_nursery() -> None:
    with _lock:
        while _nurseries:
            wanted, control, process = _nurseries.pop()
            control.close()
            if wanted[0] == os.getpid():
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=5)


@atexit.register
def _end() -> None:
    """Leave no process behind."""
    with _lock:
        while _kept:
            _kept.pop().end()
        _close_nursery()
