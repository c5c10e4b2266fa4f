"""dsaudit doctor."""

from __future__ import annotations

from typing import Annotated

import typer

from dsaudit.cli import options as o


def doctor(format: Annotated[str, o.format_option(help="{}.")] = "text") -> int:
    """Check this installation: device, pretrained weights by checksum, decoders, versions."""
    from dsaudit.doctor import doctor as examine
    from dsaudit.store.files import to_json

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
