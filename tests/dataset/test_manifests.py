"""Manifests as people have them: what is in the file, and what is right."""

from __future__ import annotations

import gzip
import json

import pytest

from dsaudit.errors import DatasetError

ROWS = [("a.wav", "dog"), ("b.wav", "cat"), ("c.wav", "dog"), ("d.wav", "cat")]
LABELS = dict(ROWS)
CSV = "path,label\n" + "".join(f"{p},{w}\n" for p, w in ROWS)
OBJECTS = [{"path": p, "label": w} for p, w in ROWS]
LONG = [(f"{k:02d}.wav", f"say {k}") for k in range(20)]


def table(rows, *, head="path,label", d=",", end="\n"):
    return end.join([head, *(d.join(map(str, row)) for row in rows)]) + end


def texts(rows, *, d="\t"):
    return table(rows, head=d.join(("path", "label")), d=d)


def changed(**labels):
    return {**dict(LONG), **{f"{k[1:]}.wav": w for k, w in labels.items()}}


WRITTEN = {
    "line ends of an old Mac": ("m.csv", CSV.replace("\n", "\r"), LABELS, ""),
    "line ends of three systems": ("m.csv", CSV.replace("\n", "\r", 1).replace("\n", "\r\n", 1), LABELS, ""),
    "bare commas": ("m.csv", CSV + ",\n,\n", LABELS, "they hold no cell: 2 lines (6, 7)"),
    "bare commas and a comma at the end": (
        "m.csv",
        "path,label,\n" + "".join(f"{p},{w},\n" for p, w in ROWS) + ",,\n",
        LABELS,
        "they hold no cell: 1 line (6)",
    ),
    "sep=;": ("m.csv", "sep=;\n" + CSV.replace(",", ";"), LABELS, ""),
    "sep=; after a mark": ("m.csv", ("sep=;\n" + CSV.replace(",", ";")).encode("utf-8-sig"), LABELS, ""),
    "sep= in UTF-16": ("m.csv", ("sep=\t\r\n" + CSV.replace(",", "\t")).encode("utf-16"), LABELS, ""),
    "UTF-16 with tabs": ("m.csv", CSV.replace(",", "\t").encode("utf-16"), LABELS, ""),
    "blanks after commas": ("m.csv", CSV.replace(",", ", "), LABELS, "blanks beside the delimiters"),
    "blanks around bars": ("m.txt.csv", CSV.replace(",", " | ").replace("\n", " \n"), LABELS, "blanks beside"),
    "quotes after blanks": ("m.csv", table((p, f' "{w}"') for p, w in ROWS), LABELS, ""),
    "blanks after quotes": ("m.csv", table((f'"{p}" ', f' "{w}" ') for p, w in ROWS), LABELS, ""),
    "comment lines": (
        "m.csv",
        "# made by hand\n" + CSV.replace("c.wav", "# and so on\nc.wav"),
        LABELS,
        "they are comments: 1 line (5)",
    ),
    "the names in a comment": ("m.csv", "# made by hand\n# " + CSV, LABELS, ""),
    "a hash in a path": ("m.csv", CSV.replace("b.wav", "#b.wav"), {**LABELS, "#b.wav": "cat"} | {"b.wav": None}, ""),
    "a title": ("m.csv", "Animals 2021\n\n" + CSV, LABELS, "passed over 1 line above the column names"),
    "bars": ("m.csv", CSV.replace(",", "|"), LABELS, ""),
    "semicolons and decimal commas": (
        "m.csv",
        table(((p, "1,5", w) for p, w in ROWS), head="path;score;label", d=";"),
        LABELS,
        "",
    ),
    "the names again": ("m.csv", CSV.replace("c.wav", "path,label\nc.wav"), LABELS, "repeat the column names: 1 line"),
    "an index without a name": ("m.csv", table(((k, *r) for k, r in enumerate(ROWS)), head=",path,label"), LABELS, ""),
    "an index left out of the names": ("m.csv", table((k, *r) for k, r in enumerate(ROWS, 1)), LABELS, "has no name"),
    "one column twice": (
        "m.csv",
        table(((*r, r[1]) for r in ROWS), head="path,label,label"),
        LABELS,
        "2 columns 'label'",
    ),
    "no names": ("m.csv", CSV.split("\n", 1)[1], LABELS, "column 1 is read as the path"),
    "no names, other order": (
        "m.tsv",
        "".join(f"{w}\t{p}\n" for p, w in ROWS),
        LABELS,
        "column 1 is read as the label",
    ),
    "packed": ("m.csv.gz", gzip.compress(CSV.encode()), LABELS, ""),
    "packed lines": ("m.jsonl.gz", gzip.compress("\n".join(map(json.dumps, OBJECTS)).encode()), LABELS, ""),
    "lines called .json": ("m.json", "\n".join(map(json.dumps, OBJECTS)), LABELS, ""),
    "an array": ("m.json", json.dumps(OBJECTS), LABELS, ""),
    "an array over lines, called .jsonl": ("m.jsonl", json.dumps(OBJECTS, indent=2), LABELS, ""),
    "columns of a data frame": (
        "m.json",
        json.dumps({"path": dict(enumerate(LABELS)), "label": dict(enumerate(LABELS.values()))}),
        LABELS,
        "",
    ),
    "columns and data": ("m.json", json.dumps({"columns": ["path", "label"], "data": ROWS}), LABELS, ""),
    "lists by column": ("m.json", json.dumps({"path": list(LABELS), "label": list(LABELS.values())}), LABELS, ""),
    "an array inside": ("m.json", json.dumps({"version": 1, "items": OBJECTS}, indent=1), LABELS, ""),
    "labels by path": ("m.json", json.dumps(LABELS), LABELS, ""),
    "some lines in Windows-1252": (
        "m.csv",
        "path,label\na.wav,été\n".encode() + "b.wav,été\nc.wav,“so”\n".encode("cp1252") + "d.wav,“so”\n".encode(),
        {"a.wav": "été", "b.wav": "été", "c.wav": "“so”", "d.wav": "“so”"},
        "read as Windows-1252, for they are not UTF-8: 2 lines (3, 4) of m.csv",
    ),
    "all of it in Windows-1252": (
        "m.csv",
        CSV.replace("dog", "château").encode("cp1252"),
        {p: w.replace("dog", "château") for p, w in ROWS},
        "2 lines (2, 4)",
    ),
    "a lone quote that opens": (
        "m.tsv",
        texts([*LONG[:3], ("03.wav", '"so'), *LONG[4:]]),
        changed(_03='"so'),
        "without quoting",
    ),
    "two lone quotes that would join rows": (
        "m.tsv",
        texts([*LONG[:3], ("03.wav", '"so'), *LONG[4:9], ("09.wav", '12"'), *LONG[10:]]),
        changed(_03='"so', _09='12"'),
        "without quoting",
    ),
    "two that would join rows between commas": (
        "m.csv",
        texts([*LONG[:3], ("03.wav", '"so'), *LONG[4:9], ("09.wav", '12"'), *LONG[10:]], d=","),
        changed(_03='"so', _09='12"'),
        "without quoting",
    ),
    "a quoted word and more": (
        "m.tsv",
        texts([*LONG[:3], ("03.wav", '"so" he'), *LONG[4:]]),
        changed(_03='"so" he'),
        "",
    ),
    "a lone quote where others enclose": (
        "m.csv",
        texts([*LONG[:3], ("03.wav", '"so'), *((p, f'"{w}, {w}"') for p, w in LONG[4:])], d=","),
        {p: f"{w}, {w}" for p, w in LONG} | dict(LONG[:3]) | {"03.wav": '"so'},
        "is part of the cell: 1 line (5)",
    ),
    "cells over lines": (
        "m.csv",
        texts([*LONG[:3], ("03.wav", '"so\nmany, many\n\nlines"'), *LONG[4:]], d=","),
        changed(_03="so\nmany, many\n\nlines"),
        "run over several lines within double quotes: 1 line (5)",
    ),
    "one row too wide": ("m.tsv", texts([*LONG, ("20.wav", "a", "b")]), dict(LONG), "left out, because they have more"),
    "one row too short": ("m.csv", texts([*LONG, ("20.wav",)], d=","), dict(LONG), "fewer cells than 2: 1 line (22)"),
}


@pytest.mark.parametrize(("name", "content", "labels", "note"), WRITTEN.values(), ids=WRITTEN)
def test_how_it_is_written(tmp_path, opened, name, content, labels, note):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    dataset = opened(path)
    expected = {p: w for p, w in labels.items() if w is not None}
    assert {p: dataset.items["label"].to_dict()[p] for p in expected} == expected
    assert len(dataset.items) == len(expected)
    assert any(note in told for told in dataset.notes)


def column(*cells, others=(), name="label"):
    rows = [{"path": f"{k}.wav", name: cell, **dict(others)} for k, cell in enumerate(cells)]
    return json.dumps(rows)


SAID = {
    "lists of one": (["dog"], ["dog"], "in a list of one in 1 row"),
    "a list of one as text": ('["dog"]', "dog", ""),
    "a list of one as Python writes it": ("['dog']", "dog", ""),
    "the same twice": (["dog", "dog"], "dog", ""),
    "none": ([], None, ""),
    "two": (["dog", "cat"], None, "holds several labels in 1 of 4 rows: they are no classes"),
    "two as text": ("['dog', 'cat']", None, "holds several labels"),
    "choices": ({"choices": ["dog"]}, "dog", ""),
    "choices as text": ('{"choices": ["dog", "cat"]}', None, "holds several labels"),
    "a name in brackets": ("[unk]", "[unk]", ""),
    "a tool's annotations": ([{"result": [{"value": {"choices": ["dog"]}}]}], "dog", ""),
}
SAID["lists of one"] = (["dog"], "dog", "in a list of one in 1 row")


@pytest.mark.parametrize(("cell", "label", "note"), SAID.values(), ids=SAID)
def test_what_a_cell_says(tmp_path, opened, cell, label, note):
    path = tmp_path / "m.json"
    path.write_text(column(cell, "dog", "cat", None))
    dataset = opened(path)
    assert dataset.items["label"].tolist() == [label, "dog", "cat", None]
    assert any(note in told for told in dataset.notes)


@pytest.mark.parametrize(
    ("cells", "labels", "note"),
    [
        (["a,b", "b", "a,c", "c,b"], [None, "b", None, None], "several labels in 3 of 4 rows"),
        (["man, old", "woman, young", "child, small", "x"], ["man, old", "woman, young", "child, small", "x"], ""),
        (["0", "0.0", "1", "2"], ["0", "0", "1", "2"], "read without it"),
        (["0", "1", "2", "-1"], ["0", "1", "2", None], "label '-1' is read as none (1 item)"),
        (["1", "0", "-1", "1"], ["1", "0", "-1", "1"], "often means that there is none"),
        (["1", "-1", "-1", "1"], ["1", "-1", "-1", "1"], ""),
        (["-2", "-1", "0", "1"], ["-2", "-1", "0", "1"], ""),
        ([0.0, 1, 2.0, None], ["0", "1", "2", None], ""),
    ],
)
def test_what_a_column_says(tmp_path, opened, cells, labels, note):
    path = tmp_path / "m.json"
    path.write_text(column(*cells))
    dataset = opened(path)
    assert dataset.items["label"].tolist() == labels
    assert any(note in told for told in dataset.notes)


BESIDE = {
    "codes and names": ("path,target,category", [(0, "dog"), (1, "cat"), (0, "dog"), (1, "cat")], "category"),
    "label and its text": ("path,label,label_text", [(0, "dog"), (1, "cat"), (0, "dog"), (1, "cat")], "label_text"),
    "names and codes": ("path,class,label_id", [("dog", 0), ("cat", 1), ("dog", 0), ("cat", 1)], "class"),
    "the same twice": (
        "path,class,category",
        [("dog", "Dog"), ("cat", "Cat"), ("dog", "Dog"), ("cat", "Cat")],
        "class",
    ),
    "one left empty": ("path,class,category", [("", "dog"), ("", "cat"), ("", "dog"), ("", "cat")], "category"),
    "of a tool": ("path,annotator,choice", [(1, "dog"), (1, "cat"), (1, "dog"), (1, "cat")], "choice"),
}


@pytest.mark.parametrize(("head", "rows", "used"), BESIDE.values(), ids=BESIDE)
def test_columns_beside_each_other(tmp_path, opened, head, rows, used):
    path = tmp_path / "m.csv"
    path.write_text(table(((f"{k}.wav", *row) for k, row in enumerate(rows)), head=head))
    dataset = opened(path)
    assert dataset.items["label"].tolist() == ["dog", "cat", "dog", "cat"]
    assert {c.role: c.name for c in dataset.understood.used}["label"] == used
    assert all(c.why for c in dataset.understood.ignored)


def test_codes_that_disagree_with_their_names_are_counted(tmp_path, opened):
    path = tmp_path / "m.csv"
    rows = [(f"{k}.wav", k % 2 if k != 3 else 0, ("dog", "cat")[k % 2]) for k in range(10)]
    path.write_text(table(rows, head="path,label,label_name"))
    dataset = opened(path)
    assert dataset.classes == ("cat", "dog")
    assert any("in 1 of 10 rows 'label' holds another code than is usual" in note for note in dataset.notes)


def test_columns_that_say_different_things_are_for_the_user_to_choose(tmp_path, opened):
    path = tmp_path / "m.csv"
    path.write_text(table([("a.wav", "x", "p"), ("b.wav", "x", "q"), ("c.wav", "y", "q")], head="path,class,category"))
    with pytest.raises(DatasetError, match="could be any of 'class', 'category'"):
        opened(path)


def test_rows_without_a_path_are_items_whose_file_is_missing(tmp_path, opened):
    path = tmp_path / "m.csv"
    path.write_text(table([*LONG, ("", "dog")]))
    assert list(opened(path).items.index)[-1] == "row-00022"


def test_answers_that_refuse_a_label(tmp_path, opened):
    path = tmp_path / "m.jsonl"
    answers = ("accept", "reject", "ignore", "accept")
    rows = [{**row, "answer": answer} for row, answer in zip(OBJECTS, answers, strict=True)]
    path.write_text("\n".join(map(json.dumps, rows)))
    dataset = opened(path)
    assert dataset.items["label"].tolist() == ["dog", None, None, "cat"]
    assert any("'answer' does not accept it: 2 items" in note for note in dataset.notes)
