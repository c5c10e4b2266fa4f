"""Manifests of JSON objects: one per line, in one array, or in what a data frame or a tool puts around them."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dsaudit.dataset.columns import Choice, columns_for, known_columns, pair_in, resolved
from dsaudit.dataset.conversation import plain_cells
from dsaudit.dataset.location import named_file
from dsaudit.dataset.segment_columns import segment_columns
from dsaudit.dataset.splits import split_name, splits_among
from dsaudit.dataset.table import Table
from dsaudit.dataset.text import manifest_text
from dsaudit.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

JSON_SUFFIXES = (".jsonl", ".ndjson", ".json")

_HINT = 'each line is one object: {"path": …, "label": …}'
_SPLITS = frozenset({"train", "validation", "test"})
_DEEPEST = 3
_LOOKED_AT = 100
_FILE = re.compile(r"\S\.[A-Za-z][A-Za-z0-9]{1,4}$")
_PATHS = frozenset({"path", "file", "filename", "file_name", "filepath", "file_path", "uri", "url", "src"})


@dataclass(slots=True)
class JsonText:
    """The objects of a text.

    Attributes
    ----------
    objects : list of dict
    raw : list of str
        The text of every object; empty where they do not stand there as such.
    numbers : list of int
        Line of every object, or its place from 1.
    unit : str
        ``line`` or ``row``.
    layout : str
    """

    objects: list[dict[str, Any]] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    unit: str = "line"
    layout: str = "a JSON object per line"

    @property
    def n(self) -> int:
        """Number of objects."""
        return len(self.objects)

    @property
    def names(self) -> list[str]:
        """Distinct keys, in their order."""
        return list(dict.fromkeys(name for value in self.objects for name in value))

    @property
    def inner_names(self) -> list[str]:
        """Ways to what the first objects hold within others, ``content.body``, by which it is asked for."""
        names = dict.fromkeys(name for value in self.objects[:_LOOKED_AT] for name in _inner_names(value))
        return [name for name in names if name not in self.objects[0]]

    def column(self, name: str) -> list[Any]:
        """The values of a key, or of one within others, ``content.body``; None where an object lacks it."""
        keys = name.split(".")
        return [value[name] if name in value else _inner(value, keys) for value in self.objects]

    def cells(self, name: str) -> list[Any]:
        """The same, where an object that says where a file is stands for its path: ``{"path": …, "rate": …}``."""
        return [_path_in(value) if isinstance(value, dict) else value for value in self.column(name)]


def read_jsonl(path: Path, choice: Choice) -> Table:
    """Read a JSON manifest, see ``json_text``. A key that an object lacks is an empty cell.

    Raises
    ------
    DatasetError
        No text, no known column, or not JSON objects.
    """
    read = manifest_text(path)
    found = json_text(read.text, path.name, choice)
    held = [name for name in found.names if name in choice.named or not _wraps_texts(found, name, choice)]
    if choice.rows:  # of an object within a row each field is a cell
        held = [name for name in held if name in choice.named or not _are_objects(found.column(name))]
    names = [*held, *found.inner_names]
    roles = resolved(names, choice, where=path.name, cells=found.cells)
    columns = {name: found.cells(name) for name in roles.columns}
    return Table("jsonl", path.name, roles, columns, found.numbers, found.unit, found.layout, read.notes)


def json_text(text: str, where: str, choice: Choice | None = None, *, head: bool = False) -> JsonText:
    """The objects of a text, whatever its suffix promises: one per line, an array, or a table by columns.

    Parameters
    ----------
    text : str
    where : str
        Name of the manifest, for messages.
    choice : Choice, optional
        Where it names a field within another, as ``content.body``, that is a column. Texts that stand only within an
        object are brought up where it knows their names.
    head : bool
        The text may be cut off: what is whole is returned.

    Raises
    ------
    DatasetError
        Nothing in it, or something that is not one JSON object, with its place.

    Examples
    --------
    >>> json_text('[{"path": "1.wav"}, {"path": "2.wav"}]', "m.json").objects
    [{'path': '1.wav'}, {'path': '2.wav'}]
    >>> json_text('{"path": {"0": "1.wav"}, "label": {"0": "yes"}}', "m.json").objects
    [{'path': '1.wav', 'label': 'yes'}]
    """
    start = len(text) - len(text.lstrip())
    found = _array(text, start, where, head=head) if text.startswith("[", start) else _lines(text, where, head=head)
    if not found.objects:
        raise DatasetError(f"{where} is empty", hint="it needs one JSON object per item")
    choice = Choice() if choice is None else choice
    _add_inner(found, [name.strip() for named in choice.named for name in (named, *named.split(","))])
    if any(isinstance(value.get("data"), dict) for value in found.objects):
        # an object's own fields stand beside what tools say of it
        found.objects = [_hoisted(value) for value in found.objects]
        found.raw = []
    names, found.objects = found.names, [plain_cells(value) for value in found.objects]
    if found.names != names:  # else whoever writes them again writes them as they stand there
        found.raw = []
    for _ in range(_DEEPEST):
        if not _lift(found, choice):
            break
    _part_regions(found)
    return found


def _lines(text: str, where: str, *, head: bool) -> JsonText:
    found = JsonText()
    # Not splitlines(): a JSON string may hold U+2028 and its like unescaped.
    lines = text.split("\n") if "\n" in text else text.split("\r")
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith(("#", "//")):  # neither begins JSON: a comment
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            if head and found.objects:
                break
            if not found.objects and (whole := _whole(text)) is not None:
                return whole
            reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
            raise DatasetError(f"{where}, line {number}: not JSON ({reason})", hint=_HINT) from error
        if not isinstance(value, dict):
            raise DatasetError(f"{where}, line {number}: a {type(value).__name__}, not an object", hint=_HINT)
        found.objects.append(value)
        found.raw.append(line)
        found.numbers.append(number)
    if len(found.objects) == 1 and (unpacked := _unpacked(found.objects[0])) is not None:
        return unpacked
    return found


def _array(text: str, start: int, where: str, *, head: bool) -> JsonText:
    found = JsonText(unit="row", layout="an array of JSON objects")
    decode, at = json.JSONDecoder().raw_decode, start + 1
    while True:
        at = _next(text, at)
        if text.startswith("]", at):
            return found
        number = len(found.objects) + 1
        try:
            value, stop = decode(text, at)
        except (ValueError, RecursionError) as error:
            if head and found.objects:
                return found
            reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
            place = text.count("\n", 0, min(at, len(text))) + 1
            raise DatasetError(
                f"{where}, line {place}: not JSON ({reason})", hint="it was cut off or damaged"
            ) from error
        if not isinstance(value, dict):
            raise DatasetError(
                f"{where}, row {number}: a {type(value).__name__}, not an object",
                hint='the array holds objects: [{"path": …, "label": …}, …]',
            )
        found.objects.append(value)
        found.raw.append(text[at:stop])
        found.numbers.append(number)
        at = _next(text, stop)
        if text.startswith(",", at):
            at += 1
        elif not text.startswith("]", at):
            if head:
                return found
            place = text.count("\n", 0, at) + 1
            raise DatasetError(f"{where}, line {place}: the array does not go on or end", hint="it was cut off")


def _next(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _whole(text: str) -> JsonText | None:
    """Objects over several lines, one after the other, or one that holds all rows."""
    found = JsonText(unit="row", layout="JSON objects one after the other")
    decode, at = json.JSONDecoder().raw_decode, _next(text, 0)
    while at < len(text):
        try:
            value, stop = decode(text, at)
        except (ValueError, RecursionError):
            return None
        if not isinstance(value, dict):
            return None
        found.objects.append(value)
        found.raw.append(text[at:stop])
        found.numbers.append(len(found.objects))
        at = _next(text, stop)
    return (_unpacked(found.objects[0]) if len(found.objects) == 1 else None) or found


def _unpacked(value: Mapping[str, Any]) -> JsonText | None:
    """The rows in one object that holds all of them; None where it is a row itself."""
    held = list(value.values())
    tables = {key: rows for key, rows in value.items() if _is_rows(rows)}
    objects: list[dict[str, Any]] = []
    layout = "JSON, an object of columns"
    if isinstance(value.get("columns"), list) and isinstance(value.get("data"), list):
        columns = [str(name) for name in value["columns"]]
        objects = [dict(zip(columns, row, strict=False)) for row in value["data"] if isinstance(row, list)]
    elif len(held) > 1 and _are_rows_by_name(value):
        layout = "JSON, one object of names and rows"
        objects = [_named_row(name, row) for name, row in value.items()]
    elif len(held) > 1 and all(isinstance(v, dict) and v.keys() == held[0].keys() for v in held):
        objects = [{name: value[name][key] for name in value} for key in held[0]]
    elif not known_columns(list(value), Choice()) and all(isinstance(v, list) and _are_paths(v) for v in held):
        layout = "JSON, lists of paths by label"
        objects = [{"path": path, "label": key} for key, paths in value.items() for path in paths]
    elif len(held) > 1 and all(isinstance(v, list) and len(v) == len(held[0]) and not _is_rows(v) for v in held):
        objects = [dict(zip(value, row, strict=True)) for row in zip(*held, strict=True)]
    elif tables and _are_paths(list(value)) and all(_is_rows(v) or v == [] for v in held):
        layout = "JSON, lists of what is in each file"
        objects = [{"path": key, **row} for key, rows in value.items() for row in rows or [{}]]
    elif all(map(_are_text_and_label, held)):
        layout = "JSON, lists of text and label per split"
        splits = splits_among(value)
        objects = [
            {"text": text, "label": label, "split": splits.get(key, key)}
            for key, rows in value.items()
            for text, label in rows
        ]
    elif known_columns(list(value), Choice()):
        return None
    elif len(held) == 1 and isinstance(held[0], dict):
        return _unpacked(held[0])
    elif len(tables) == 1:
        layout = f"JSON, an array of objects called {next(iter(tables))!r}"
        objects = next(iter(tables.values()))
    elif tables and all(split_name(key) in _SPLITS for key in tables):
        layout = "JSON, an array of objects per split"
        objects = [{"split": key, **row} for key, rows in tables.items() for row in rows]
    elif len(held) > 1 and _are_paths(list(value)) and all(isinstance(v, str | int) for v in held):
        layout = "JSON, one object of paths and labels"
        objects = [{"path": key, "label": label} for key, label in value.items()]
    if not objects:
        return None
    return JsonText(objects, [], list(range(1, len(objects) + 1)), "row", layout)


def _are_text_and_label(value: object) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(one, list) and len(one) == 2 and all(isinstance(cell, str) for cell in one) for one in value)
    )


def _are_rows_by_name(value: Mapping[str, Any]) -> bool:
    """Whether each key names a file or an item and holds what is said of it; columns hold values by row instead."""
    held = list(value.values())
    if not all(isinstance(row, dict) and row for row in held) or known_columns(list(value), Choice()):
        return False
    if _are_paths(list(value)):
        return True
    fields = set.intersection(*(set(row) for row in held))
    return bool(fields) and not all(field.isdecimal() for field in fields) and len(held) > len(_SPLITS & set(value))


def _named_row(name: str, row: dict[str, Any]) -> dict[str, Any]:
    """The row with its name: the id where the row itself says what the item is, else the path."""
    says = any(columns_for(role, list(row), Choice(inline=True)) for role in ("path", "text"))
    says = says or (not _are_paths([name]) and any(_tell_paths([cell]) for cell in row.values()))
    return {"id" if says else "path": name, **row}


def _is_rows(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _are_paths(cells: Sequence[object]) -> bool:
    return all(isinstance(cell, str) and os.path.splitext(cell)[1] for cell in cells)  # noqa: PTH122


def _path_in(value: dict[str, Any]) -> Any:
    """The path in an object that says where one file is; else the object."""
    paths = [path for key, path in value.items() if key.casefold() in _PATHS and isinstance(path, str)]
    return paths[0] if len(paths) == 1 else value


def _add_inner(found: JsonText, names: Sequence[str]) -> None:
    """Make columns of the fields within others that are asked for, ``content.body``; none of those that are nowhere."""
    for name in dict.fromkeys(name for name in names if "." in name):
        cells = [value[name] if name in value else _inner(value, name.split(".")) for value in found.objects]
        if any(cell is not None for cell in cells):
            found.objects = [value | {name: cell} for value, cell in zip(found.objects, cells, strict=True)]
            found.raw = []


def _inner(value: object, keys: Sequence[str]) -> Any:
    """What stands at the end of a way into an object; of lists on the way the only entry is meant."""
    for key in keys:
        while isinstance(value, list) and len(value) == 1:
            value = value[0]
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def _inner_names(value: object, before: str = "") -> Iterator[str]:
    """Ways to what is within an object, ``content.body``."""
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict) and before.count(".") < _DEEPEST:
        for key, inner in value.items():
            yield from _inner_names(inner, f"{before}.{key}" if before else key)
    elif "." in before:
        yield before


def _lift(found: JsonText, choice: Choice) -> bool:
    """Bring up the fields of objects within objects, where a path, text or label is told only there; whether it was."""
    names = found.names
    inner = [name for name in names if not known_columns([name], Choice()) and _are_objects(found.column(name))]
    own = [name for name in names if name not in inner]
    up: dict[str, list[Any]] = {}
    for name in inner:
        for value in found.column(name):
            for key, held in (value or {}).items():
                up.setdefault(key, []).append(held)
    new = {name: cells for name, cells in up.items() if name not in own}
    path = columns_for("path", list(new), Choice()) or any(map(_tell_paths, new.values()))
    path = path and not columns_for("path", own, Choice()) and not any(_tell_paths(found.column(name)) for name in own)
    label = columns_for("label", list(new), Choice()) and not columns_for("label", own, Choice())
    words = [name for name, cells in new.items() if all(isinstance(cell, str | None) for cell in cells)]
    text = choice.inline and not path and _tells_texts(words, choice) and not _tells_texts(own, choice)
    if not path and not label and not text:
        return False
    found.objects = [
        {name: v for key in inner for name, v in (value.get(key) or {}).items()}
        | {name: v for name, v in value.items() if name not in inner}
        for value in found.objects
    ]
    found.raw = []
    return True


def _wraps_texts(found: JsonText, name: str, choice: Choice) -> bool:
    """Whether a field goes by the name of texts, and holds objects: what is in them is asked for by its way."""
    return choice.inline and _tells_texts([name], choice) and _are_objects(found.column(name))


def _tells_texts(names: Sequence[str], choice: Choice) -> bool:
    return bool(columns_for("text", names, choice)) or pair_in(names, choice) is not None


def _tell_paths(cells: Sequence[Any]) -> bool:
    """Whether each says where a file is, as a text or an object."""
    held = [_path_in(cell) if isinstance(cell, dict) else cell for cell in cells if cell is not None]
    return bool(held) and all(isinstance(cell, str) and _FILE.search(named_file(cell)) for cell in held)


def _are_objects(cells: Sequence[Any]) -> bool:
    """Whether there are objects and nothing else, and none that only says where one file is."""
    held = [cell for cell in cells if cell is not None]
    return bool(held) and all(isinstance(cell, dict) and _path_in(cell) is cell for cell in held)


def _part_regions(found: JsonText) -> None:
    """Make a row of every stretch of a file that an object lists: each has a start and an end, or a length."""
    parts = [_regions(value) for value in found.objects]
    if not any(rows for _, rows in parts):
        return
    objects, numbers = [], []
    for value, number, (key, rows) in zip(found.objects, found.numbers, parts, strict=True):
        own = {name: v for name, v in value.items() if name != key and not (rows and name == "id")}
        objects += [{**own, **row} for row in rows or [{}]]
        numbers += [number] * max(1, len(rows))
    found.objects, found.numbers, found.raw = objects, numbers, []
    found.layout += ", with stretches of each file"


def _regions(value: Mapping[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    """The field that lists stretches, and these; none where no field does, or several do."""
    listed = []
    for key, inner in value.items():
        rows = inner
        if key == "annotations" and _is_rows(inner):  # as Label Studio keeps what each person said
            results = [row for one in inner[:1] for row in one.get("result") or ()]
            rows = [row["value"] for row in results if isinstance(row, dict) and isinstance(row.get("value"), dict)]
        if _is_rows(rows) and all(segment_columns(list(row)) is not None for row in rows):
            listed.append((key, rows))
    return listed[0] if len(listed) == 1 else ("", [])


def _hoisted(value: dict[str, Any]) -> dict[str, Any]:
    data = value.get("data")
    if not isinstance(data, dict):
        return value
    own = {key: inner for key, inner in value.items() if key != "data"}
    return {**own, **{key: inner for key, inner in data.items() if key not in own}}
