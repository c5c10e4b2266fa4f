"""Croissant's descriptions, held against mlcroissant's reading of the same files where it is installed."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from dsaudit.dataset.croissant import croissant_columns
from dsaudit.dataset.open import open_dataset
from dsaudit.errors import DatasetError
from dsaudit.media import kind_for

PICTURES = frozenset({".png"})
CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "recordSet": "cr:recordSet",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "includes": "cr:includes",
    "extract": "cr:extract",
    "source": "cr:source",
    "regex": "cr:regex",
    "transform": "cr:transform",
    "references": "cr:references",
    "key": "cr:key",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "md5": "cr:md5",
}


def field(name: str, kind: str | list[str], source: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"@type": "cr:Field", "@id": name, "name": name, "dataType": kind, "source": source, **more}


def of_set(what: str, **more: Any) -> dict[str, Any]:
    return {"fileSet": {"@id": "pictures"}, "extract": {"fileProperty": what}, **more}


def of_table(column: str) -> dict[str, Any]:
    return {"fileObject": {"@id": "labels.csv"}, "extract": {"column": column}}


def described(folder: Path, **changes: Any) -> Path:
    """Six pictures in folders of splits, their classes as numbers in a table, the names of these written down."""
    rows = []
    for k in range(6):
        place = folder / "pictures" / ("test" if k > 3 else "train")
        place.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (40 * k, 0, 0)).save(place / f"{k}.png")
        rows.append((f"{k}.png", k % 2, f"s{k % 3}"))
    with (folder / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("file", "class", "speaker"), *reversed(rows)])
    told: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": "pictures",
        "description": "Six pictures.",
        "license": "https://creativecommons.org/publicdomain/zero/1.0/",
        "url": "https://example.org/pictures",
        "distribution": [
            {
                "@type": "cr:FileSet",
                "@id": "pictures",
                "encodingFormat": "image/png",
                "includes": "pictures/*/*.png",
            },
            {
                "@type": "cr:FileObject",
                "@id": "labels.csv",
                "contentUrl": "labels.csv",
                "encodingFormat": "text/csv",
                "md5": "0" * 32,
            },
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "classes",
                "name": "classes",
                "key": {"@id": "classes/id"},
                "field": [
                    {"@type": "cr:Field", "@id": "classes/id", "name": "id", "dataType": "sc:Integer"},
                    {"@type": "cr:Field", "@id": "classes/name", "name": "name", "dataType": "sc:Text"},
                ],
                "data": [{"classes/id": 0, "classes/name": "cat"}, {"classes/id": 1, "classes/name": "dog"}],
            },
            {
                "@type": "cr:RecordSet",
                "@id": "rows",
                "name": "rows",
                "field": [
                    field("rows/file", "sc:Text", of_table("file")),
                    field("rows/class", "sc:Integer", of_table("class"), references={"field": {"@id": "classes/id"}}),
                ],
            },
            {
                "@type": "cr:RecordSet",
                "@id": "images",
                "name": "images",
                "field": [
                    field("images/picture", "sc:ImageObject", of_set("content")),
                    field("images/file", "sc:Text", of_set("filename"), references=of_table("file")),
                    field(
                        "images/split",
                        ["sc:Text", "cr:Split"],
                        of_set("fullpath", transform={"regex": ".*(train|test)/.*$"}),
                    ),
                    field(
                        "images/class",
                        ["sc:Integer", "cr:Label"],
                        of_table("class"),
                        references={"field": {"@id": "classes/id"}},
                    ),
                    field("images/speaker", "sc:Text", of_table("speaker")),
                ],
            },
        ],
    }
    path = folder / "croissant.json"
    path.write_text(json.dumps(told | changes))
    return path


def test_pictures_with_a_table_beside_them(tmp_path):
    columns, notes = croissant_columns(described(tmp_path), PICTURES)
    assert notes == []
    assert columns["path"] == [f"pictures/{'test' if k > 3 else 'train'}/{k}.png" for k in (4, 5, 0, 1, 2, 3)]
    assert columns["label"] == ["cat", "dog", "cat", "dog", "cat", "dog"]
    assert columns["speaker"] == ["s1", "s2", "s0", "s1", "s2", "s0"]
    for source in (tmp_path, tmp_path / "croissant.json"):
        items = open_dataset(source, kind_for("image")).items
        assert items["label"].tolist() == ["cat", "dog", "cat", "dog", "cat", "dog"]
        assert items["split"].tolist() == ["test"] * 2 + ["train"] * 4
        assert items["group"].tolist() == ["s1", "s2", "s0", "s1", "s2", "s0"]


@pytest.mark.filterwarnings("ignore")
def test_mlcroissant_reads_the_same(tmp_path):
    mlcroissant = pytest.importorskip("mlcroissant", reason="pip install mlcroissant")
    path = described(tmp_path)
    told = json.loads(path.read_text())
    told["distribution"][1]["md5"] = hashlib.md5((tmp_path / "labels.csv").read_bytes()).hexdigest()
    path.write_text(json.dumps(told))
    columns, _ = croissant_columns(path, PICTURES)
    names = ["cat", "dog"]
    theirs = {
        row["images/file"].decode(): (names[row["images/class"]], row["images/split"], row["images/speaker"])
        for row in mlcroissant.Dataset(str(path)).records("images")
    }
    ours = zip(columns["label"], columns["split"], columns["speaker"], strict=True)
    assert theirs == {
        Path(file).name: (label, split.encode(), speaker.encode())
        for file, (label, split, speaker) in zip(columns["path"], ours, strict=True)
    }


def test_a_field_may_be_read_from_another(tmp_path):
    path = described(tmp_path)
    told = json.loads(path.read_text())
    fields = told["recordSet"][2]["field"]
    fields[1]["references"] = {"field": {"@id": "rows/file"}}
    fields[3]["source"] = {"field": {"@id": "rows/class"}}
    path.write_text(json.dumps(told))
    assert croissant_columns(path, PICTURES)[0]["label"] == ["cat", "dog", "cat", "dog", "cat", "dog"]


@pytest.mark.parametrize(
    ("distribution", "said"),
    [
        ({"@type": "cr:FileSet", "@id": "pictures", "includes": "../*.png"}, "outside its folder"),
        ({"@type": "cr:FileSet", "@id": "pictures", "includes": "/etc/*.png"}, "outside its folder"),
        ({"@type": "cr:FileObject", "@id": "pictures", "contentUrl": "a/../../x.csv"}, "outside its folder"),
        (
            {"@type": "cr:FileObject", "@id": "pictures", "contentUrl": "https://example.org/x.zip"},
            "nothing is fetched",
        ),
    ],
)
def test_what_lies_elsewhere_is_refused(tmp_path, distribution, said):
    with pytest.raises(DatasetError) as error:
        croissant_columns(described(tmp_path, distribution=[distribution]), PICTURES)
    assert said in f"{error.value.message} {error.value.hint}"


@pytest.mark.parametrize(("pattern", "said"), [("(a+)+$", "for ever"), ("(", "is none"), ("a" * 999, "for ever")])
def test_patterns_that_could_hang_are_refused(tmp_path, pattern, said):
    one = field("images/split", "cr:Split", of_set("fullpath", transform={"regex": pattern}))
    sets = [{"@id": "images", "field": [field("images/picture", "sc:ImageObject", of_set("content")), one]}]
    with pytest.raises(DatasetError, match=said):
        croissant_columns(described(tmp_path, recordSet=sets), PICTURES)


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"recordSet": 1, "conformsTo": "http://mlcommons.org/croissant/1.0"}', '{"images": []}']
)
def test_what_is_no_description_is_left_to_others(tmp_path, text):
    (tmp_path / "x.json").write_text(text)
    assert croissant_columns(tmp_path / "x.json", PICTURES) is None
