"""Croissant's description of a dataset, as a table with a row for every record; what it would fetch is not fetched.

Format: https://docs.mlcommons.org/croissant/docs/croissant-spec-1.0.html
"""

from __future__ import annotations

import csv
import json
import os
import re
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any

from dsaudit.dataset.names import counted, shown
from dsaudit.dataset.text import file_text
from dsaudit.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = 1 << 14
_MARK = b"mlcommons.org/croissant"
_MEDIA = ("ImageObject", "AudioObject", "VideoObject")
_CONTENT = ("content", "fullpath", "filepath", "filename")
_STEP = re.compile(r"[\w-]+")
_FETCHED = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_LONGEST_PATTERN = 300
_MOST_FILES = 1_000_000


@dataclass(frozen=True, slots=True)
class _Field:
    """A field of a record set: what its cells are read from, and how."""

    id: str
    name: str
    types: tuple[str, ...]
    node: str
    extract: dict[str, Any]
    transforms: tuple[dict[str, Any], ...]
    source: str
    """Another field that it is read from; empty: its own node."""
    references: dict[str, Any]
    """As a source: what its cells are the same as."""

    @property
    def is_media(self) -> bool:
        """Whether its cells are files."""
        return any(t in _MEDIA for t in self.types) or self.extract.get("fileProperty") == "content"


def croissant_columns(path: Path, suffixes: frozenset[str]) -> tuple[dict[str, list[Any]], list[str]] | None:
    """The columns of the record set that is about the items: files, texts or rows, their labels, splits and the rest.

    Parameters
    ----------
    path : Path
    suffixes : frozenset of str
        Of items.

    Returns
    -------
    columns, notes
        None where the file describes no dataset in Croissant, or one whose files say everything themselves.

    Raises
    ------
    DatasetError
        It names what lies outside its folder or is not there, or cannot be followed.
    """
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    if _MARK not in head:
        return None
    try:
        told = _bare(json.loads(file_text(path)))
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict) or not isinstance(told.get("recordSet"), list):
        return None
    return _Description(path, told).columns(suffixes)


def _bare(value: Any) -> Any:
    """The same without prefixes of names: ``cr:recordSet`` is ``recordSet``."""
    if isinstance(value, dict):
        return {key.rpartition(":")[2] if ":" in key and "/" not in key else key: _bare(v) for key, v in value.items()}
    return [_bare(one) for one in value] if isinstance(value, list) else value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _id(value: Any) -> str:
    return str((value.get("@id") or value.get("name") or "") if isinstance(value, dict) else value or "")


class _Description:
    """One file of Croissant's, and what it finds beside it."""

    def __init__(self, path: Path, told: dict[str, Any]) -> None:
        self.where, self.root = path.name, path.parent
        self.nodes = {_id(one): one for one in _listed(told.get("distribution")) if isinstance(one, dict)}
        self.sets = {_id(one): one for one in told["recordSet"] if isinstance(one, dict)}
        told_fields = {name: [*map(_field, _listed(one.get("field")))] for name, one in self.sets.items()}
        self._by_id = {one.id: one for fields in told_fields.values() for one in fields}
        self.fields = {name: [self._followed(one) for one in fields] for name, fields in told_fields.items()}
        self.notes: list[str] = []
        self._tables: dict[str, list[dict[str, Any]]] = {}

    def columns(self, suffixes: frozenset[str]) -> tuple[dict[str, list[Any]], list[str]] | None:
        sets = [s for s in self.fields if self.fields[s] and "data" not in self.sets[s]]
        if not sets:
            return None
        chosen = max(sets, key=lambda s: (any(f.is_media for f in self.fields[s]), len(self.fields[s])))
        fields = self.fields[chosen]
        if any(str(name).endswith(".parquet") for f in fields for name in self._names(f.node)):
            return None  # whose own columns say what they are
        first = next((f for f in fields if f.is_media), fields[0])
        rows = self._rows(first.node)
        if not rows:
            raise DatasetError(
                f"{self.where} describes {shown(chosen)}, and no file of it lies beside",
                hint="nothing is fetched: download the files, unpacked, into its folder",
            )
        columns: dict[str, list[Any]] = {}
        for one in fields:
            cells = self._cells(one, first.node, rows, fields)
            if cells is not None:
                columns[self._called(one, first, columns)] = cells
        if first.is_media:
            self._refuse_outside(columns["path"])
        return columns, self.notes

    def _called(self, one: _Field, first: _Field, taken: dict[str, list[Any]]) -> str:
        if one is first and one.is_media:
            return "path"
        wanted = "label" if "Label" in one.types else "split" if "Split" in one.types else one.name
        return wanted if wanted not in taken else one.name

    def _cells(self, one: _Field, node: str, rows: list[dict[str, Any]], fields: list[_Field]) -> list[Any] | None:
        """A field's cell of every row, of a table that names the same records where it is read from one."""
        if one.node == node:
            cells = [self._value(one, row) for row in rows]
            return self._names_of(one, cells)
        for key in fields:
            target = self._target(key)
            if target is not None and {key.node, target.node} == {node, one.node}:
                here, there = (key, target) if key.node == node else (target, key)
                of = {str(self._value(there, row)): self._value(one, row) for row in self._rows(one.node)}
                cells = [of.get(str(self._value(here, row))) for row in rows]
                if lost := sum(cell is None for cell in cells):
                    self.notes.append(f"{self.where} tells no {shown(one.name)} of {counted(lost, 'record')}")
                return self._names_of(one, cells)
        self.notes.append(f"{self.where} does not say which {shown(one.name)} belongs to which record: not used")
        return None

    def _followed(self, one: _Field) -> _Field:
        """A field that is read from another, as that other is read."""
        seen = {one.id}
        while one.source and (other := self._by_id.get(one.source)) is not None and other.id not in seen:
            seen.add(other.id)
            steps = (*other.transforms, *one.transforms)
            one = replace(one, node=other.node, extract=other.extract, transforms=steps, source=other.source)
        return one

    def _target(self, one: _Field) -> _Field | None:
        """What the cells of a field are the same as."""
        target = _field({"source": one.references})
        known = self._by_id.get(target.source)
        return self._followed(known) if known is not None else target if target.node else None

    def _names_of(self, one: _Field, cells: list[Any]) -> list[Any]:
        """The names of classes, where cells are their numbers in a record set that is written down."""
        target = self._target(one)
        of = next((name for name, fields in self.fields.items() if target in fields), "")
        data = [row for row in _listed(self.sets.get(of, {}).get("data")) if isinstance(row, dict)]
        if target is None or not data:
            return cells
        plain = [{key.rpartition("/")[2]: value for key, value in row.items()} for row in data]
        word = next((key for key in ("name", "label") if key != target.name and key in plain[0]), None)
        named = {str(row.get(target.name)): row.get(word) for row in plain} if word else {}
        return [named.get(str(cell), cell) for cell in cells]

    def _value(self, one: _Field, row: dict[str, Any]) -> Any:
        if "fileProperty" in one.extract:
            file = str(row.get("file") or "")
            value: Any = PurePosixPath(file).name if one.extract["fileProperty"] == "filename" else file
        else:
            value = _found(row, str(one.extract.get("column") or one.extract.get("jsonPath") or one.name))
        for step in one.transforms:
            value = self._changed(value, step)
        return value

    def _changed(self, value: Any, step: dict[str, Any]) -> Any:
        if "regex" in step and isinstance(value, str):
            found = self._pattern(str(step["regex"])).search(value)
            return next((group for group in found.groups() if group is not None), found[0]) if found else None
        if "jsonPath" in step and isinstance(value, dict):
            return _found(value, str(step["jsonPath"]))
        return value

    def _pattern(self, text: str) -> re.Pattern[str]:
        try:
            if len(text) <= _LONGEST_PATTERN and not _may_hang(text):
                return re.compile(text)
            why = "could take for ever"
        except (re.error, RecursionError, OverflowError) as error:
            why = f"is none: {error}"
        raise DatasetError(f"{self.where} has a regular expression that {why}", hint=f"it is {shown(text[:80])}")

    def _rows(self, node: str) -> list[dict[str, Any]]:
        """The records in a file, or the files of a set."""
        if node not in self._tables:
            of_set = _is_set(self.nodes.get(node, {}))
            tables = [name for name in self._names(node) if _is_table(name)]
            if of_set and not tables:
                self._tables[node] = [{"file": name} for name in self._names(node)]
            else:
                self._tables[node] = [row for name in tables for row in _records(self.root / name)]
        return self._tables[node]

    def _names(self, node: str) -> list[str]:
        """The files that a node stands for, as paths from the folder; none of what is not there."""
        told = self.nodes.get(node, {})
        if _is_set(told):
            return self._matching(told)
        url = str(told.get("contentUrl") or "")
        name = PurePosixPath(url.partition("?")[0]).name if _FETCHED.match(url) else url
        if not name:
            return []
        self._refuse_outside([name])
        return [name] if (self.root / name).is_file() else []

    def _matching(self, told: dict[str, Any]) -> list[str]:
        includes = [str(one) for one in _listed(told.get("includes"))]
        excludes = [str(one) for one in _listed(told.get("excludes"))]
        self._refuse_outside(includes)
        within = [str(self.nodes.get(_id(one), {}).get("contentUrl") or "") for one in _listed(told.get("containedIn"))]
        unpacked = [PurePosixPath(url.partition("?")[0]).name.partition(".")[0] for url in within]
        for base in ("", *filter(None, unpacked)):
            start = f"{base}/" if base else ""
            below = [name[len(start) :] for name in _files(self.root) if name.startswith(start)]
            kept = [n for n in below if _fits(n, includes) and not _fits(n, excludes)]
            if kept:
                return [start + name for name in kept]
        return []

    def _refuse_outside(self, names: list[Any]) -> None:
        for name in names:
            parts = str(name).replace("\\", "/")
            if not _FETCHED.match(parts) and (parts.startswith("/") or ".." in parts.split("/")):
                raise DatasetError(
                    f"{self.where} names {shown(str(name))}, which is outside its folder",
                    hint="only files below it are read",
                )


def _field(told: Any) -> _Field:
    told = told if isinstance(told, dict) else {}
    source = told.get("source") if isinstance(told.get("source"), dict) else {}
    node = next((_id(source[k]) for k in ("fileObject", "fileSet", "distribution") if k in source), "")
    types = tuple(re.split(r"[:/#]", str(t))[-1] for t in _listed(told.get("dataType")))
    extract = source.get("extract")
    steps = tuple(step for step in _listed(source.get("transform")) if isinstance(step, dict))
    pointed = told.get("references") or source.get("references") or {}
    return _Field(
        _id(told),
        str(told.get("name") or _id(told)).rpartition("/")[2],
        types,
        node,
        extract if isinstance(extract, dict) else {},
        steps,
        _id(source.get("field") or source.get("@id")),
        pointed if isinstance(pointed, dict) else {},
    )


def _is_set(node: dict[str, Any]) -> bool:
    return any(str(one).endswith("FileSet") for one in _listed(node.get("@type")))


def _is_table(name: str) -> bool:
    return name.lower().endswith((".csv", ".tsv", ".json", ".jsonl"))


def _records(path: Path) -> list[dict[str, Any]]:
    text = file_text(path)
    if path.suffix.lower() in (".csv", ".tsv"):
        try:
            return list(csv.DictReader(text.splitlines(), delimiter="\t" if path.suffix.lower() == ".tsv" else ","))
        except csv.Error as error:
            raise DatasetError(f"{path.name} cannot be read as a table: {error}") from error
    try:
        if path.suffix.lower() == ".jsonl":
            rows = [json.loads(line) for line in text.split("\n") if line.strip()]
        else:
            held = json.loads(text)
            lists = [v for v in held.values() if isinstance(v, list)] if isinstance(held, dict) else [held]
            rows = lists[0] if len(lists) == 1 else []
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{path.name} is not JSON: {error}", hint="the description says that it is") from error
    return [row for row in rows if isinstance(row, dict)]


def _found(row: dict[str, Any], where: str) -> Any:
    """A cell by the name of its column, or by a path of names such as ``$[*].image.id``."""
    if where in row:
        return row[where]
    value: Any = row
    for step in _STEP.findall(where.removeprefix("$")):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _files(root: Path) -> list[str]:
    found: list[str] = []
    for place, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        start = os.path.relpath(place, root).replace(os.sep, "/")
        found += [name if start == "." else f"{start}/{name}" for name in sorted(names)]
        if len(found) > _MOST_FILES:
            break
    return found


def _fits(name: str, patterns: list[str]) -> bool:
    return any(fnmatch(name, pattern) or fnmatch(name, pattern.replace("**/", "")) for pattern in patterns)


def _may_hang(pattern: str) -> bool:
    """Whether a part that repeats holds one that does: such patterns may try ever more ways on a few letters."""
    repeats = (_constants.MAX_REPEAT, _constants.MIN_REPEAT)

    def within(tree: Any, inside: bool) -> bool:
        for operation, argument in tree:
            again = operation in repeats and argument[1] > 1
            if again and inside:
                return True
            if any(within(part, inside or again) for part in _trees(argument)):
                return True
        return False

    return within(_parser.parse(pattern), False)


def _trees(argument: Any) -> Iterator[Any]:
    if isinstance(argument, _parser.SubPattern):
        yield argument
    elif isinstance(argument, tuple | list):
        for part in argument:
            yield from _trees(part)
