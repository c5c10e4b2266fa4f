"""dsaudit accept RUN CODE…"""

from __future__ import annotations

from typing import Annotated

import typer

from dsaudit.cli import options as o
from dsaudit.cli.gate import Accepted


def accept(
    run: o.Run,
    codes: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="CODE…", help="Rule codes, prefixes or names, or the beginning of a finding's fingerprint."
        ),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why they may stay as they are.")] = "",
    expires: Annotated[
        str, typer.Option("--expires", metavar="DATE", help="The last day, as 2027-01-31; then they count again.")
    ] = "",
    actor: Annotated[
        str | None, typer.Option("--actor", metavar="NAME", help="Who accepts; default: your login.")
    ] = None,
    prune: Annotated[
        bool, typer.Option("--prune", help="Drop those whose finding is gone, and those that have expired.")
    ] = False,
    accepted: Accepted = None,
) -> None:
    """Accept findings as they are: dsaudit gate does not count them. Writes one text file, meant for git."""
    from dsaudit.api import accept as add
    from dsaudit.errors import UsageError
    from dsaudit.report.say.words import count

    if not codes and not prune:
        raise UsageError("no finding is named", hint=f"as in: dsaudit accept {run} AUD002 --reason 'a quiet room'")
    found, place = add(run, codes or (), reason=reason, expires=expires, actor=actor, accepted=accepted, prune=prune)
    n = len(found)
    typer.echo(f"{count(n)} finding{'' if n == 1 else 's'} accepted{f' until {expires}' if expires else ''}")
    typer.echo(f"File     {place}")
