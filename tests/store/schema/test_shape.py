"""What may be written and read, and what the documentation of it says."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal, get_args, get_type_hints

import pytest

from dsaudit.store.files import to_json
from dsaudit.store.schema import FILES
from dsaudit.store.schema.shape import ShapeError, documented, json_schema, plain, read, typed


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf."""

    size: float
    """Length in
    centimetres."""
    colour: Literal["green", "red"] = "green"
    """What it is called."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree."""

    leaves: tuple[Leaf, ...]
    """All of them."""
    age: int | None
    """Years; null where nobody knows."""
    spot: tuple[str, int]
    """Row and place."""
    notes: Mapping[str, Any]
    """Anything."""
    counts: tuple[tuple[int, ...], ...] = ()
    """A table."""


OAK = Tree((Leaf(2.5), Leaf(math.nan, "red")), None, ("a", 1), {"x": [1, {"y": None}]}, ((1, 2), ()))
OAK_JSON = {
    "leaves": [{"size": 2.5}, {"size": None, "colour": "red"}],
    "age": None,
    "spot": ["a", 1],
    "notes": {"x": [1, {"y": None}]},
    "counts": [[1, 2], []],
}


def test_what_is_written_is_read_again():
    assert json.loads(to_json(plain(OAK))) == OAK_JSON
    found = read(Tree, OAK_JSON)
    assert math.isnan(found.leaves[1].size)
    assert json.loads(to_json(plain(found))) == OAK_JSON
    assert typed(Tree, OAK).leaves[0] == OAK.leaves[0]


def test_whole_numbers_are_numbers():
    assert read(tuple[float, ...], [1, 2.5, None])[:2] == (1, 2.5)
    assert read(float, 3) == 3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"age": "old"}, 'tree.age is "old", not of type integer'),
        ({"age": True}, "tree.age is true"),
        ({"age": 1.0}, "tree.age is 1.0"),
        ({"leaves": None}, "tree.leaves is null, not an array"),
        ({"leaves": [{"size": "big"}]}, r"tree.leaves\[0\].size is .big., not a number"),
        ({"leaves": [{"size": 1, "colour": "blue"}]}, "not one of 'green', 'red'"),
        ({"leaves": [{}]}, r"tree.leaves\[0\] has no field size"),
        ({"spot": ["a"]}, "not of length 2"),
        ({"spot": ["a", "b"]}, r"tree.spot\[1\]"),
        ({"notes": []}, "tree.notes is .., not an object"),
        ({"counts": [[1, "2"]]}, r"tree.counts\[0\]\[1\]"),
        ({"roots": 3}, "tree has a field roots, which is not known"),
    ],
)
def test_anything_else_is_refused_by_name(change, said):
    with pytest.raises(ShapeError, match=said):
        read(Tree, OAK_JSON | change, "tree")


def test_a_field_without_default_must_be_there():
    with pytest.raises(ShapeError, match="tree has no field age"):
        read(Tree, {k: v for k, v in OAK_JSON.items() if k != "age"}, "tree")
    assert read(Tree, {k: v for k, v in OAK_JSON.items() if k != "counts"}).counts == ()


def test_the_schema_says_types_requirements_and_words():
    found = json_schema(Tree, title="tree.json")
    assert found["$ref"] == "#/$defs/Tree"
    tree, leaf = found["$defs"]["Tree"], found["$defs"]["Leaf"]
    assert tree["required"] == ["leaves", "age", "spot", "notes"]
    assert tree["additionalProperties"] is False
    assert tree["properties"]["leaves"] == {
        "type": "array",
        "items": {"$ref": "#/$defs/Leaf"},
        "description": "All of them.",
    }
    assert tree["properties"]["age"]["anyOf"] == [{"type": "integer"}, {"type": "null"}]
    assert leaf["properties"]["size"] == {"type": ["number", "null"], "description": "Length in centimetres."}
    assert leaf["properties"]["colour"]["enum"] == ["green", "red"]
    assert leaf["description"] == "A leaf."


def declared(kind: Any) -> set[type]:
    """Every dataclass that a value of this kind is made of."""
    if is_dataclass(kind):
        return {kind}.union(*(declared(hint) for hint in get_type_hints(kind).values()))
    return set().union(*map(declared, get_args(kind)))


@pytest.mark.parametrize("name", FILES)
def test_every_field_of_every_file_says_what_it_is(name):
    for kind in declared(FILES[name]):
        words = documented(kind)
        assert set(words) == {f.name for f in fields(kind)}, kind
        assert all(text.endswith(".") for text in words.values()), kind


@pytest.mark.parametrize("name", FILES)
def test_the_schema_of_every_file_resolves(name):
    found = json_schema(FILES[name], title=f"{name}.json")
    used = {part.partition('"')[0] for part in json.dumps(found).split("#/$defs/")[1:]}
    assert used == set(found["$defs"])
