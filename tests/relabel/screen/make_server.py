"""A review behind a real server on loopback, on a port of its own."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx

from dsaudit.relabel.ledger.ledger import Ledger
from dsaudit.relabel.screen.address import take_address
from dsaudit.relabel.screen.server import make_server
from dsaudit.relabel.screen.session import Session
from dsaudit.relabel.screen.web import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dsaudit.store.run import Run

HEADERS = {"X-Dsaudit": "1"}


class Served:
    """``url`` with the token where there is one; ``client()`` for one person."""

    def __init__(self, session: Session, url: str, token: str | None) -> None:
        self.session, self.url, self.token = session, url, token
        self.base = url.partition("?")[0].rstrip("/")

    def client(self, **options: Any) -> httpx.Client:
        return httpx.Client(base_url=self.base, headers=HEADERS, timeout=30, trust_env=False, **options)


@contextmanager
def served(run: Run, where: Path, *, host: str = "127.0.0.1", **options: Any) -> Iterator[Served]:
    ready = threading.Event()
    with Ledger.open(where) as ledger:
        session = Session(run, ledger, **options)
        place = take_address(host, 0)
        app = create_app(session, allowed_hosts=place.allowed_hosts, token=place.token)
        server = make_server(app, ready=ready.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [place.listener]})
        thread.start()
        try:
            assert ready.wait(30)
            yield Served(session, place.url, place.token)
        finally:
            server.should_exit = True
            thread.join(30)
            place.listener.close()
            session.close()
