"""dsaudit pilot RUN."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dsaudit.cli import options as o
from dsaudit.cli.relabel import greet

if TYPE_CHECKING:
    from dsaudit.relabel.screen.session import Session


def pilot(
    run: o.Run,
    question: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="Ask this on the screen, blind: another wording than the last begins a new round. Without it only"
            " what was answered is told.",
        ),
    ] = None,
    answers: Annotated[
        str | None, typer.Option(metavar="A,B", help="What people choose from. [the classes of the run]")
    ] = None,
    items: Annotated[
        int, typer.Option(metavar="N", min=1, help="How many are asked about: typical, at a border, odd.")
    ] = 48,
    people: Annotated[int, typer.Option(metavar="K", min=1, max=100, help="How many people answer each item.")] = 2,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Other items than in the first round; the same are compared one by one.")
    ] = False,
    guide: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write a labelling guide as HTML: examples by class, and what to decide."),
    ] = None,
    actor: Annotated[str | None, typer.Option(metavar="NAME", help="Who answers; the page asks without it.")] = None,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Any but this machine's own demands the token that is printed.")
    ] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(metavar="N", min=0, max=65535, help="[8765 or the next that is free]")
    ] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")] = True,
    format: Annotated[str, o.format_option()] = "text",
) -> None:
    """Try a question on a few people before anything is labelled, and see where it splits them."""
    from textwrap import fill

    from dsaudit.api import open_run
    from dsaudit.api import pilot as try_question
    from dsaudit.report.say.pilot import told_pilot
    from dsaudit.store.files import to_json
    from dsaudit.store.schema.shape import plain

    opened = open_run(run)
    text = format == "text"

    def announce(session: Session, url: str) -> None:
        if text:
            typer.echo(f"Question {session.question}")
            greet(session, url)

    found = try_question(
        opened,
        question,
        answers=tuple(answers.split(",")) if answers else (),
        items=items,
        people=people,
        fresh=fresh,
        guide=guide,
        actor=actor or "",
        host=host,
        port=port,
        browser=browser,
        announce=announce,
    )
    if not text:
        typer.echo(to_json(plain(found)))
        return
    for line in told_pilot(found, opened.kind.nouns):
        typer.echo(fill(line, 100, subsequent_indent=" " * 12, break_long_words=False))
    if guide is not None:
        typer.echo(f"guide       {guide}")
