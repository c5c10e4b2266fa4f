"""Items that are whole rows of a table: their cells by name, as a JSON object in their address."""

from __future__ import annotations

import json
import math
import numbers
from collections import Counter
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from dsaudit.dataset.inline import inline_uri
from dsaudit.dataset.names import safe_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TYPE = "\x1f"
"""Stands between the name of a column and its type where the user said it: ASCII's unit separator."""
_WRITER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def record_uris(columns: Mapping[str, Sequence[object]], types: Mapping[str, str] | None = None) -> list[str]:
    """Addresses of the rows of a table, see ``dsaudit.dataset.inline``: each holds its cells by name of column.

    Texts, whole numbers of any size, numbers, yes and no stay what they are; nothing is null; dates are ISO 8601. What
    the user says that a column holds stands behind its name, see ``told_type``.

    Examples
    --------
    >>> from dsaudit.dataset.inline import inline_text
    >>> [inline_text(uri) for uri in record_uris({"age": [31, float("nan")], "town": ["Bern", None]})]
    ['{"age":31,"town":"Bern"}', '{"age":null,"town":null}']
    """
    names = [name + _TYPE + types[name] if types and name in types else name for name in columns]
    plain = [[plain_cell(cell) for cell in cells] for cells in columns.values()]
    return [inline_uri(_WRITER.encode(dict(zip(names, row, strict=True)))) for row in zip(*plain, strict=True)]


def plain_cell(value: object) -> str | int | float | bool | None:
    """A cell as JSON has it.

    Examples
    --------
    >>> from datetime import date
    >>> plain_cell(2**70), plain_cell(float("-inf")), plain_cell(date(1850, 1, 31)), plain_cell([1, {"a": None}])
    (1180591620717411303424, '-inf', '1850-01-31', '[1,{"a":null}]')
    """
    if isinstance(value, str):
        return safe_text(value) if value.strip() else None
    if value is None or isinstance(value, bool) or type(value) is int:
        return value
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, datetime):
        midnight = (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0)
        return value.date().isoformat() if midnight and value.tzinfo is None else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        number = float(value)
        return None if math.isnan(number) else number if math.isfinite(number) else str(number)
    if type(value).__name__ == "bool_":
        return bool(value)
    if hasattr(value, "tolist"):
        value = value.tolist()
    return safe_text(
        json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
        if isinstance(value, (list, tuple, dict))
        else str(value)
    )


def told_names(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """A name for each column, each another, and what is to be said of those that had none or one that comes again.

    Examples
    --------
    >>> told_names(["income", "", "income"])[0]
    ['income', 'column 2', 'income (2)']
    """
    made: list[str] = []
    taken, seen, notes = set(names), Counter[str](), []
    for place, name in enumerate(names, start=1):
        seen[name] += 1
        new = name if name.strip() else f"column {place}"
        if name.strip() and seen[name] > 1:
            new = f"{name} ({seen[name]})"
        while new != name and new in taken:
            new += "'"
        taken.add(new)
        made.append(new)
    if void := [new for name, new in zip(names, made, strict=True) if not name.strip()]:
        told = ", ".join(map(repr, void[:4])) + (" …" if len(void) > 4 else "")
        notes.append(f"without a name, so called {told}: {len(void)} column{'s' * (len(void) > 1)}")
    for name, n in seen.items():
        if n > 1 and name.strip():
            notes.append(f"{n} columns are called {name!r}: the later ones are told apart as '{name} (2)' and so on")
    return made, notes


def told_type(name: str) -> tuple[str, str]:
    """The name of a column, and the type that the user gave it; empty: none.

    Examples
    --------
    >>> told_type("zip\x1fcategory"), told_type("age")
    (('zip', 'category'), ('age', ''))
    """
    bare, _, of_type = name.partition(_TYPE)
    return bare, of_type


def record_of(text: str) -> dict[str, Any]:
    """The cells of a row by name.

    Examples
    --------
    >>> record_of('{"age":31,"town":null}')
    {'age': 31, 'town': None}
    """
    found: dict[str, Any] = json.loads(text)
    return found
