"""Connections to the screen: so many, and none that is held without asking for anything."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

MAX_CONNECTIONS = 200
"""At once; a browser opens six."""
HEADERS_S = 10.0
"""Within which a request's head must have come, however slowly it is sent."""
ACCEPTED_AT_ONCE = 128
"""So many more than ``MAX_CONNECTIONS`` are open for a moment."""
_OPEN_FILES = 1024
_TOLD_EVERY_S = 60.0

_log = logging.getLogger("dsaudit.relabel")


class Connection(H11Protocol):
    """One connection of uvicorn's, with a limit on its time and on how many there are.

    Where there are too many, the one that has waited longest for its first request makes room: whoever keeps many
    open keeps nobody out.
    """

    _refused = False
    _waits_since = 0.0
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take it, in the place of another where there are too many."""
        if len(self.connections) >= MAX_CONNECTIONS:
            others = [c for c in self.connections if isinstance(c, Connection) and c._idle]
            if not others:
                self._refused = True
                transport.abort()
                return
            oldest = min(others, key=lambda c: (c.cycle is not None, c._waits_since))
            oldest._drop()
            self.connections.discard(oldest)
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """A request, or a part of one."""
        if self._refused:
            return
        super().data_received(data)
        if not self._idle:
            self._stop_waiting()
        elif self._late is None and self.conn.their_state is h11.IDLE and self.conn.trailing_data[0]:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._stop_waiting()
        if not self._refused:
            super().connection_lost(exc)

    @property
    def _idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _await_head(self) -> None:
        self._waits_since = time.monotonic()
        self._late = self.loop.call_later(HEADERS_S, self._drop)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _drop(self) -> None:
        self._stop_waiting()
        self.transport.abort()


def allow_open_files() -> None:
    """Have room for all connections and the files that are served."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def tell_seldom(loop: asyncio.AbstractEventLoop) -> None:
    """What goes wrong outside of a request is one line, at most once a minute."""
    told_at = -_TOLD_EVERY_S

    def tell(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= _TOLD_EVERY_S:
            told_at = time.monotonic()
            _log.error("a connection failed: %s", context.get("exception") or context.get("message"))

    loop.set_exception_handler(tell)
