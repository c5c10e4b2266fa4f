"""dsaudit schema: what the files of a run hold."""

from __future__ import annotations

from typing import Annotated

import typer


def schema(
    file: Annotated[
        str, typer.Argument(metavar="[run|rules|metrics|tuning|timings]", help="Which file; all of them where none.")
    ] = "",
) -> None:
    """Print what the JSON files of a run hold, as JSON Schema: every field with its type, unit and range."""
    from dsaudit.errors import UsageError
    from dsaudit.store.files import to_json
    from dsaudit.store.schema import FILES
    from dsaudit.store.schema.shape import json_schema

    name = file.removesuffix(".json")
    if name and name not in FILES:
        raise UsageError(f"no file of a run is described by {file!r}", hint=f"choose from: {', '.join(FILES)}")
    found = {n: json_schema(kind, title=f"{n}.json") for n, kind in FILES.items() if name in ("", n)}
    typer.echo(to_json(found[name] if name else found))
