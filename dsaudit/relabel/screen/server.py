"""Running the application until somebody stops it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import uvicorn

from dsaudit.relabel.screen.connection import ACCEPTED_AT_ONCE, Connection, allow_open_files, tell_seldom

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from starlette.types import ASGIApp

_GRACE_S = 2
_KEEP_ALIVE_S = 60


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        tell_seldom(asyncio.get_running_loop())
        await super().startup(sockets=sockets)
        if self.started:
            self._ready()


def make_server(app: ASGIApp, *, ready: Callable[[], None] = lambda: None) -> uvicorn.Server:
    """A server that is quiet and finishes what it is answering when it is told to stop.

    Parameters
    ----------
    app : ASGI application
    ready : callable
        Called once it answers.

    Returns
    -------
    uvicorn.Server
        ``run(sockets=[…])`` serves until Ctrl-C or ``should_exit``.
    """
    allow_open_files()
    config = uvicorn.Config(
        app,
        http=Connection,
        backlog=ACCEPTED_AT_ONCE,
        log_config=None,
        log_level="critical",
        access_log=False,
        lifespan="off",
        ws="none",
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_GRACE_S,
        h11_max_incomplete_event_size=32 * 1024,
    )
    return _Server(config, ready)
