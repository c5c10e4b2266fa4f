"""From annotations to JSON and back: reading checks every field, writing leaves out nothing that is not a default.

Fields are ``str``, ``int``, ``bool``, ``float`` (null in JSON is NaN), ``Literal``, ``Any``, dataclasses,
``tuple[X, ...]``, ``tuple[X, Y]``, ``Mapping[str, X]`` and any of these ``| None``. A field with a default may be
absent, and is where it holds the default. Its documentation is the string below it.
"""

from __future__ import annotations

import ast
import inspect
import json
import math
import textwrap
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from itertools import pairwise
from types import NoneType, UnionType
from typing import Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

from dsaudit.store.files import to_json

_NUMBERS = frozenset({int, float})
_PLAIN = {str: "string", int: "integer", bool: "boolean", float: "number"}


class ShapeError(ValueError):
    """A value is not of the shape that is declared."""


class _Field(NamedTuple):
    kind: Any
    default: Any
    """``MISSING`` where it must be there."""


def typed(kind: Any, value: object) -> Any:
    """A value of ``kind`` from whatever ``to_json`` takes: numbers of numpy, lists, dictionaries, typed values.

    Raises
    ------
    ShapeError
        A field is missing, unknown or of another type.
    """
    return read(kind, json.loads(to_json(plain(value), indent=None)))


def read(kind: Any, value: Any, where: str = "") -> Any:
    """A value of ``kind`` from what ``json.loads`` returns; ``where`` names it in the error.

    Raises
    ------
    ShapeError
        A field is missing, unknown or of another type.
    """
    if kind is float:
        return math.nan if value is None else _checked(value, type(value) in _NUMBERS, "a number", where)
    if kind in _PLAIN:
        return _checked(value, type(value) is kind, f"of type {_PLAIN[kind]}", where)
    if is_dataclass(kind):
        return _object(kind, _checked(value, type(value) is dict, "an object", where), where)
    origin, inner = get_origin(kind), get_args(kind)
    if origin is tuple:
        return _row(inner, _checked(value, type(value) is list, "an array", where), where)
    if origin is Mapping:
        _checked(value, type(value) is dict, "an object", where)
        return {k: read(inner[1], v, f"{where}.{k}") for k, v in value.items()}
    if origin is UnionType:
        return None if value is None else read(_of_union(inner), value, where)
    if origin is Literal:
        return _checked(value, value in inner, f"one of {', '.join(map(repr, inner))}", where)
    assert kind is Any, kind
    return value


def plain(value: object) -> Any:
    """The value with its dataclasses as dictionaries; a field that holds its default is left out."""
    if is_dataclass(value) and not isinstance(value, type):
        own = {name: (getattr(value, name), field.default) for name, field in _fields(type(value)).items()}
        return {name: plain(v) for name, (v, default) in own.items() if default is MISSING or v != default}
    if isinstance(value, Mapping):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    return value


def json_schema(kind: Any, *, title: str) -> dict[str, Any]:
    """``kind`` as JSON Schema, draft 2020-12, with the documentation of every field."""
    named: dict[str, Any] = {}
    top = _described(kind, named)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **top, "$defs": named}


def _checked(value: Any, right: bool, expected: str, where: str) -> Any:
    if not right:
        raise ShapeError(f"{where.lstrip('.') or 'it'} is {to_json(value, indent=None)[:40]}, not {expected}")
    return value


def _object(kind: Any, found: dict[str, Any], where: str) -> Any:
    known = _fields(kind)
    if unknown := found.keys() - known.keys():
        raise ShapeError(f"{where.lstrip('.') or 'it'} has a field {min(unknown)}, which is not known")
    values = {}
    for name, field in known.items():
        if name in found:
            values[name] = read(field.kind, found[name], f"{where}.{name}")
        elif field.default is MISSING:
            raise ShapeError(f"{where.lstrip('.') or 'it'} has no field {name}")
    return kind(**values)


def _row(inner: tuple[Any, ...], found: list[Any], where: str) -> tuple[Any, ...]:
    if inner[-1] is not Ellipsis:
        _checked(found, len(found) == len(inner), f"of length {len(inner)}", where)
        return tuple(read(one, v, f"{where}[{k}]") for k, (one, v) in enumerate(zip(inner, found, strict=True)))
    if inner[0] in _PLAIN and set(map(type, found)) <= ({inner[0]} if inner[0] is not float else _NUMBERS):
        return tuple(found)  # rows of counts are long
    return tuple(read(inner[0], v, f"{where}[{k}]") for k, v in enumerate(found))


def _of_union(inner: tuple[Any, ...]) -> Any:
    one, *others = (part for part in inner if part is not NoneType)
    assert not others, "only X | None is a union"
    return one


@cache
def _fields(kind: type) -> dict[str, _Field]:
    hints = get_type_hints(kind)
    return {
        f.name: _Field(hints[f.name], f.default if f.default_factory is MISSING else f.default_factory())
        for f in fields(kind)
    }


def documented(kind: type) -> dict[str, str]:
    """The string below each field of a dataclass, in one line."""
    (declared,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(declared, ast.ClassDef)
    found = {}
    for above, below in pairwise(declared.body):
        if isinstance(above, ast.AnnAssign) and isinstance(above.target, ast.Name) and isinstance(below, ast.Expr):
            found[above.target.id] = " ".join(str(ast.literal_eval(below.value)).split())
    return found


def _described(kind: Any, named: dict[str, Any]) -> dict[str, Any]:
    if kind is float:
        return {"type": ["number", "null"]}
    if kind in _PLAIN:
        return {"type": _PLAIN[kind]}
    if is_dataclass(kind):
        return _described_object(kind, named)
    origin, inner = get_origin(kind), get_args(kind)
    if origin is tuple and inner[-1] is Ellipsis:
        return {"type": "array", "items": _described(inner[0], named)}
    if origin is tuple:
        parts = [_described(one, named) for one in inner]
        return {"type": "array", "prefixItems": parts, "minItems": len(parts), "maxItems": len(parts)}
    if origin is Mapping:
        return {"type": "object", "additionalProperties": _described(inner[1], named)}
    if origin is UnionType:
        one = _of_union(inner)
        return _described(one, named) if one is float else {"anyOf": [_described(one, named), {"type": "null"}]}
    return {"enum": list(inner)} if origin is Literal else {}


def _described_object(kind: Any, named: dict[str, Any]) -> dict[str, Any]:
    name = kind.__name__
    if name not in named:
        named[name] = {}  # a place, should it hold itself
        words = documented(kind)
        named[name] = {
            "type": "object",
            "description": " ".join((kind.__doc__ or "").split()),
            "properties": {n: _described(f.kind, named) | {"description": words[n]} for n, f in _fields(kind).items()},
            "required": [n for n, f in _fields(kind).items() if f.default is MISSING],
            "additionalProperties": False,
        }
    return {"$ref": f"#/$defs/{name}"}
