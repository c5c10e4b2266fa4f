"""dsaudit doctor."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="doctor")(doctor)


def doctor(format: Annotated[str, typer.Option(help="text or json.")] = "text") -> int:
    """Check this installation: device, pretrained weights by checksum, decoders, versions."""
    from dsaudit.cli.render import check_format
    from dsaudit.doctor import doctor as examine
    from dsaudit.store.files import to_json

    check_format(format)
    checks = examine()
    if format == "json":
        typer.echo(to_json([{"what": c.what, "ok": c.ok, "found": c.found, "hint": c.hint} for c in checks]))
    else:
        width = max(len(c.what) for c in checks)
        for c in checks:
            typer.echo(f"{'ok ' if c.ok else 'no '} {c.what:<{width}}  {c.found}")
            if c.hint and not c.ok:
                typer.echo(f"    {'':<{width}}  hint: {c.hint}")
    return 0 if all(c.ok or c.optional for c in checks) else 2
