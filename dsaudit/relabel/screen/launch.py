"""A review from start to end: open the ledger, serve the screen, come back when it is over."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from dsaudit.relabel.ledger.ledger import Ledger
from dsaudit.relabel.queue.filters import ALL, Filters
from dsaudit.relabel.screen.address import open_browser, take_address
from dsaudit.relabel.screen.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dsaudit.store.run import Run


def serve_review(
    run: Run,
    where: str,
    *,
    filters: Filters = ALL,
    actor: str = "",
    blind: bool = False,
    overlap: int = 1,
    budget: int | None = None,
    seed: int = 0,
    opening: tuple[str, str] | None = None,
    follow_links: bool = False,
    question: str = "",
    answers: Sequence[str] = (),
    remember: Callable[[str, str, str, str], object] | None = None,
    host: str = "127.0.0.1",
    port: int | None = None,
    browser: bool = True,
    announce: Callable[[Session, str], None] | None = None,
    no_browser: Callable[[str], None] | None = None,
) -> tuple[int, dict[str, int]]:
    """Serve the screen until Ctrl-C.

    Parameters
    ----------
    run : Run
    where : str
        The ledger, see ``relabel.ledger.place.ledger_of``.
    filters, actor, blind, overlap, budget, seed, opening, follow_links, question, answers, remember
        See ``session.Session``.
    host, port, browser
        Where it is served, see ``screen.address.take_address``; and whether a browser is opened there.
    announce : callable, optional
        Told the session and the address when the page can be opened.
    no_browser : callable, optional
        Told the address where no browser could be opened.

    Returns
    -------
    (int, dict of str to int)
        Decisions made meanwhile, in all and by action.

    Raises
    ------
    UsageError
        The filters name what the run does not have, or the port is taken.
    LedgerError
        The ledger cannot be written.
    """
    from dsaudit.relabel.screen.server import make_server
    from dsaudit.relabel.screen.web import create_app

    with Ledger.open(where) as ledger:
        session = Session(
            run,
            ledger,
            actor=actor,
            blind=blind,
            overlap=overlap,
            budget=budget,
            filters=filters,
            seed=seed,
            opening=opening,
            follow_links=follow_links,
            question=question,
            answers=answers,
            remember=remember,
        )
        address = take_address(host, port)
        if announce:
            announce(session, address.url)
        session.make_ready()

        def ready() -> None:
            if browser and not open_browser(address.url) and no_browser:
                no_browser(address.url)

        try:
            app = create_app(session, allowed_hosts=address.allowed_hosts, token=address.token)
            with contextlib.suppress(KeyboardInterrupt):  # the way to end it
                make_server(app, ready=ready).run(sockets=[address.listener])
        finally:
            address.listener.close()
            session.close()
        return session.decided_here()
