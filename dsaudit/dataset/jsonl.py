"""Manifests with one JSON object per line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dsaudit.dataset.columns import resolved
from dsaudit.dataset.table import Table
from dsaudit.dataset.text import file_text
from dsaudit.errors import DatasetError

if TYPE_CHECKING:
    from pathlib import Path

    from dsaudit.dataset.columns import Choice


def read_jsonl(path: Path, choice: Choice) -> Table:
    """Read a JSON Lines manifest. A key that a line lacks is an empty cell; empty lines are passed over.

    Raises
    ------
    DatasetError
        Not UTF-8, no known column, or a line that is not one JSON object, with its number.
    """
    objects: list[dict[str, object]] = []
    lines: list[int] = []
    names: dict[str, None] = {}
    # Not splitlines(): a JSON string may hold U+2028 and its like unescaped.
    for number, line in enumerate(file_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
            raise DatasetError(
                f"{path.name}, line {number}: not JSON ({reason})",
                hint='each line is one object: {"path": …, "label": …}',
            ) from error
        if not isinstance(value, dict):
            raise DatasetError(
                f"{path.name}, line {number}: a {type(value).__name__}, not an object",
                hint='each line is one object: {"path": …, "label": …}',
            )
        objects.append(value)
        lines.append(number)
        names.update(dict.fromkeys(value))
    if not objects:
        raise DatasetError(f"{path.name} is empty", hint="it needs one JSON object per item")
    roles = resolved(list(names), choice, where=path.name)
    columns = {name: [value.get(name) for value in objects] for name in roles.columns}
    return Table("jsonl", path.name, roles, columns, lines, "line", "a JSON object per line")
