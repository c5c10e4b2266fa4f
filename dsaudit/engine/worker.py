"""What runs in a worker process: batches come, answers go, and when nobody is there any more it ends.

Where processes can be forked, workers come from a nursery: one process that has imported what they need and has no
threads. A worker then starts in milliseconds, and what it shares with the others is in memory once. Elsewhere each
is a Python of its own. Nothing is kept outside of the processes, so nothing is left behind when they are killed.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import socket
import struct
import sys
import threading
import time
from typing import Any, BinaryIO

IDLE_S = 30.0
"""After so long without work a worker ends."""
_GRACE_S = 2.0
"""How long a worker whose parent was killed may take to end by itself; a decoder may not let it."""
_LENGTH = struct.Struct("<Q")


def send(stream: BinaryIO, data: bytes) -> None:
    """Write one message."""
    stream.write(_LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def receive(stream: BinaryIO) -> bytes:
    """Read one message.

    Raises
    ------
    EOFError
        The other side is gone.
    """
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    return _exactly(stream, length)


def _exactly(stream: BinaryIO, length: int) -> bytes:
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return data


def serve(reader: BinaryIO, writer: BinaryIO) -> None:
    """Answer requests, ``(pickled function, batch)``, until whoever asks is gone or has nothing for ``IDLE_S``."""
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def listen() -> None:  # beside the work, so that a worker does not outlive its parent by an item
        try:
            while True:
                requests.put(receive(reader))
        except (EOFError, OSError):
            os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    send(writer, b"")  # here I am
    known, function = b"", list
    while True:
        try:
            request = requests.get(timeout=IDLE_S)
        except queue.Empty:
            return
        try:
            named, batch = pickle.loads(request)
            if named != known:
                known, function = named, pickle.loads(named)
            answer = pickle.dumps((True, function(batch)), protocol=5)
        except Exception as error:
            answer = _refusal(error)
        send(writer, answer)


def _refusal(error: Exception) -> bytes:
    from traceback import format_exception

    error.add_note("in a worker process:\n" + "".join(format_exception(error)))
    try:
        answer = pickle.dumps((False, error), protocol=5)
        pickle.loads(answer)
    except Exception:  # one that cannot travel is told of
        return pickle.dumps((False, RuntimeError(f"{type(error).__name__}: {error}")), protocol=5)
    return answer


def run_spawned() -> None:
    """Be a worker that is spoken to through stdin and stdout."""
    reader, writer = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    _quiet()
    serve(reader, writer)


def run_nursery() -> None:
    """Fork a worker for each connection that comes through the socket on stdin, until its other end is closed."""
    control = socket.socket(fileno=os.dup(0))
    _quiet()
    parent, children, known = os.getppid(), set[int](), b""
    while True:
        request, connection = _asked(control)
        _reap(children)
        if request is None:
            break
        function, surroundings = pickle.loads(request)
        if function != known:
            known = function
            with contextlib.suppress(Exception):  # told by the worker that is asked to apply it
                pickle.loads(function)([])  # imports what it needs, for all of them
        if (child := os.fork()) == 0:
            control.close()
            _become_worker(connection, *surroundings)
        children.add(child)
        connection.close()
    killed_at = None
    while children:
        time.sleep(0.02)
        _reap(children)
        if killed_at is None and os.getppid() != parent:
            killed_at = time.monotonic() + _GRACE_S
        if killed_at is not None and time.monotonic() > killed_at:
            for child in children:
                os.kill(child, signal.SIGKILL)
            killed_at += _GRACE_S


def _asked(control: socket.socket) -> tuple[bytes | None, Any]:
    head, fds, _, _ = socket.recv_fds(control, _LENGTH.size, 1)
    if len(head) < _LENGTH.size or not fds:
        return None, None
    with control.makefile("rb", buffering=0) as stream:
        (left,) = _LENGTH.unpack(head)
        data = b""
        while len(data) < left and (part := stream.read(left - len(data))):
            data += part
    return data, socket.socket(fileno=fds[0])


def _reap(children: set[int]) -> None:
    for child in list(children):
        if os.waitpid(child, os.WNOHANG)[0]:
            children.discard(child)


def _become_worker(connection: socket.socket, path: list[str], folder: str, environment: dict[str, str]) -> None:
    """Does not return."""
    try:
        sys.path[:] = path
        os.environ.clear()
        os.environ.update(environment)
        with contextlib.suppress(OSError):
            os.chdir(folder)
        with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:  # noqa: PTH123
            file.write("500")  # where memory runs out, an item is lost and not the run
        serve(connection.makefile("rb"), connection.makefile("wb"))
    finally:
        os._exit(0)


def _quiet() -> None:
    """Nothing that a library prints reaches the user; Ctrl-C is for the parent to hear, who ends us."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.close(null)
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
