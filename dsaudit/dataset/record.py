"""Items that are whole rows of a table: their cells by name, as a JSON object in their address."""

from __future__ import annotations

import json
import math
import numbers
from collections import Counter
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from dsaudit.dataset.inline import inline_text, inline_uri
from dsaudit.dataset.names import safe_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KNOWN_AS, SETTLED = "known_hash", "settled_fields"
"""Columns of items where people decided on fields: the content hash under which their decisions speak of the item, and
the names of the fields that they decided, as a list, ``*`` for all."""
ALL_FIELDS = "*"
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


def fields_of(uri: str) -> dict[str, str | None]:
    """The cells of the row in an address by name, as people would write them; nothing for what is no row.

    Examples
    --------
    >>> fields_of(record_uris({"age": [31.0], "town": [None], "late": [True]})[0])
    {'age': '31', 'town': None, 'late': 'True'}
    """
    text = inline_text(uri)
    if text is None or not text.startswith("{"):
        return {}
    return {told_type(name)[0]: _written(cell) for name, cell in record_of(text).items()}


def with_fields(uri: str, values: Mapping[str, str | None], *, like: Mapping[str, type]) -> str:
    """The address of the row with other values in some of its cells, each of the type that its cell had.

    Parameters
    ----------
    uri : str
        Address of a row.
    values : mapping of name to str or None
        What people would write; what is no number stays a text, as in a cell that held a number.
    like : mapping of name to type
        Of cells that hold nothing: what others of their column hold.

    Examples
    --------
    >>> uri = record_uris({"age": [None], "size": [1.5], "town": ["Bostn"]})[0]
    >>> inline_text(with_fields(uri, {"age": "31", "size": "2", "town": "Boston"}, like={"age": int}))
    '{"age":31,"size":2.0,"town":"Boston"}'
    """
    cells = record_of(inline_text(uri) or "{}")
    for name, cell in cells.items():
        own = told_type(name)[0]
        if own in values:
            cells[name] = typed_cell(values[own], like.get(own, str) if cell is None else type(cell))
    return inline_uri(_WRITER.encode(cells))


def with_cells_of(uri: str, like: str) -> str:
    """The address of a row with the columns of another, in its order; null where it has none of that name.

    A text in place of a number or of yes and no is read as one where it is one.

    Examples
    --------
    >>> row, like = record_uris({"b": ["1"], "c": [2]})[0], record_uris({"a": ["x"], "b": [3]})[0]
    >>> inline_text(with_cells_of(row, like))
    '{"a":null,"b":1}'
    """
    own = {told_type(name)[0]: cell for name, cell in record_of(inline_text(uri) or "{}").items()}
    cells = record_of(inline_text(like) or "{}")
    for name, known in cells.items():
        cell = own.get(told_type(name)[0])
        cells[name] = typed_cell(cell, type(known)) if isinstance(cell, str) and known is not None else cell
    return inline_uri(_WRITER.encode(cells))


def typed_cell(text: str | None, of_type: type) -> str | int | float | bool | None:
    """What people wrote as a cell of a type; the text itself where it is nothing of that type.

    Examples
    --------
    >>> typed_cell("12", int), typed_cell("12.5", int), typed_cell("1e999", float), typed_cell("false", bool)
    (12, 12.5, '1e999', False)
    >>> typed_cell("012", int), typed_cell("12", str)
    ('012', '12')
    """
    if text is None or of_type is str:
        return text
    if of_type is bool:
        return {"true": True, "false": False}.get(text.strip().lower(), text)
    try:
        number = json.loads(text, parse_constant=str)
    except ValueError:
        return text
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        return text
    return float(number) if of_type is float and abs(number) < 2**53 else number


def _written(cell: Any) -> str | None:
    if cell is None or isinstance(cell, str):
        return cell
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53 else str(cell)
