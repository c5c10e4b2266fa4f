"""dsaudit schema: what the files of a run hold, and what ``inspect`` prints."""

from __future__ import annotations

from typing import Annotated

import typer


def schema(
    file: Annotated[
        str, typer.Argument(metavar="[run|rules|metrics|tuning|timings|inspect]", help="Which; all of them where none.")
    ] = "",
) -> None:
    """Print what the JSON files of a run hold, and inspect --json, as JSON Schema: fields, types, units."""
    from dsaudit.dataset.inspection import Inspection
    from dsaudit.errors import UsageError
    from dsaudit.store.files import to_json
    from dsaudit.store.schema import FILES
    from dsaudit.store.schema.shape import json_schema

    described = FILES | {"inspect": Inspection}
    name = file.removesuffix(".json")
    if name and name not in described:
        raise UsageError(f"no file of a run is described by {file!r}", hint=f"choose from: {', '.join(described)}")
    found = {n: json_schema(kind, title=f"{n}.json") for n, kind in described.items() if name in ("", n)}
    typer.echo(to_json(found[name] if name else found))
