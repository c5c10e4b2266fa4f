"""dsaudit relabel RUN."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dsaudit.cli import options as o
from dsaudit.cli.gallery import Folder

if TYPE_CHECKING:
    from dsaudit.relabel.screen.session import Session


def relabel(
    run: o.Run,
    actor: Annotated[str | None, typer.Option(metavar="NAME", help="Who decides; the page asks without it.")] = None,
    rule: Annotated[
        str | None, typer.Option(metavar="RULE", help="Only what this rule found: code, prefix or name.")
    ] = None,
    class_: Annotated[str | None, typer.Option("--class", metavar="LABEL", help="Only items with this label.")] = None,
    pair: Annotated[
        str | None, typer.Option(metavar="GIVEN:SUGGESTED", help="Only this confusion, as in left:right.")
    ] = None,
    split: Annotated[str | None, typer.Option(metavar="NAME", help="Only items of this split.")] = None,
    group: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only items of this group, as one speaker's.")
    ] = None,
    items: Annotated[
        str | None, typer.Option(metavar="FILE", help="Only the items of this CSV, in its order, as of dsaudit next.")
    ] = None,
    budget: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Only the N items that are most worth a review.")
    ] = None,
    order: Annotated[str, typer.Option(help="gain: the most worth first; random.")] = "gain",
    overlap: Annotated[int, typer.Option(metavar="K", min=1, max=100, help="How many people review each item.")] = 1,
    blind: Annotated[bool, typer.Option("--blind", help="Hide given labels and suggestions.")] = False,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Any but this machine's own demands the token that is printed.")
    ] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(metavar="N", min=0, max=65535, help="[8765 or the next that is free]")
    ] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")] = True,
    follow_links: Annotated[
        bool, typer.Option("--follow-links", help="Show files outside the dataset's folder that links in it lead to.")
    ] = False,
    gallery: Folder = "gallery",
    *,
    settings: dict[str, Any],
) -> None:
    """Review what is doubtful and decide, in the browser: confirm, relabel, exclude. The data stay as they are."""
    from dsaudit.api import open_run, review
    from dsaudit.relabel.queue.filters import Filters

    opened = open_run(run)
    listed: tuple[tuple[str, str], ...] = ()
    if items is not None:
        from dsaudit.relabel.exchange.spreadsheet import items_of_csv

        listed = items_of_csv(Path(items), known=frozenset(map(str, opened.items.index)))
    here: list[Session] = []

    def announce(session: Session, url: str) -> None:
        here.append(session)
        greet(session, url)

    n, found = review(
        opened,
        actor=actor or "",
        filters=Filters(rule, class_, pair, split, order=order, group=group, items=listed),  # type: ignore[arg-type]
        budget=budget,
        overlap=overlap,
        blind=blind,
        host=host,
        port=port,
        browser=browser,
        follow_links=follow_links,
        gallery=gallery,
        announce=announce,
        **settings,
        no_browser=lambda url: typer.echo("No browser could be opened: open that address yourself."),
    )
    words = ", ".join(f"{count:,} {word}" for word, count in found.items() if count)
    typer.echo(f"\n{n:,} decision{'' if n == 1 else 's'} in this review{': ' + words if words else ''}.")
    if line := "".join(map(_values_left, here)):
        typer.echo(line)
    if n:
        typer.echo(f"Next     dsaudit audit {shlex.quote(run)}     with the decisions in force")
        typer.echo(f"or       dsaudit apply {shlex.quote(run)} --dry-run     what a corrected copy would change")


def _values_left(session: Session) -> str:
    """How many values are in doubt, and how many are expected to be wrong; empty where items have no fields."""
    told = session.fields.figures()
    if not told or not told["n_left"]:
        return ""
    first = f"; {told['n_asked_left']} that teach most come first" if told["n_asked_left"] else ""
    return f"Values   {told['n_left']:,} in doubt, about {round(told['expected']):,} of them wrong{first}"


def greet(session: Session, url: str) -> None:
    """What is to be reviewed, and where."""
    run, n = session.run, len(session.base.ks)
    state = session.state(session.actor)
    one, many = state["noun"]
    left, total = state["queue"]["left"], len(session.items)
    if n == 0:
        typer.echo(f"Nothing to review among {total:,} {many}: good news. Any of them can be looked up.")
    else:
        done = f", {n - left:,} of {n:,} decided already" if left < n else ""
        typer.echo(f"{left:,} of {total:,} {one if left == 1 else many} to review{done}")
    if line := _values_left(session):
        typer.echo(line)
    typer.echo(f"Run      {run.path}")
    if wider := run.wider():
        looked = ", ".join(run.meta.settings["select"].value)
        typer.echo(f"         looked for {looked} only. Labels were judged before: dsaudit relabel {wider.path}")
    typer.echo(f"Ledger   {session.ledger.where}")
    typer.echo(f"Screen   {url}")
    typer.echo("Ctrl-C ends it; every decision is kept as it is made.")
