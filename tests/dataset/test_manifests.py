"""Manifests as people have them: what is in the file, and what is right."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dataset.make_manifests import LONG, OBJECTS, ROWS, WRITTEN, table
from dsaudit.dataset import open_dataset
from dsaudit.dataset.columns import Choice
from dsaudit.dataset.csv import csv_text
from dsaudit.dataset.inline import inline_text
from dsaudit.errors import DatasetError
from dsaudit.media import kind_for
from dsaudit.media.recognise import recognised_modality


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
    "two as numpy prints them": ("['dog' 'cat']", None, "holds several labels"),
    "a tuple of one": ("('dog',)", "dog", ""),
    "a number in a list": ([{"label": 3, "user": 1}], "3", ""),
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
        (["dog#cat", "dog", "cat", "dog"], [None, "dog", "cat", "dog"], "several labels in 1 of 4 rows"),
        (["dog/cat", "dog", "cat", "on/off"], [None, "dog", "cat", "on/off"], "several labels in 1 of 4 rows"),
        (["yes, do", "no, do", "yes, now", "no, now"], ["yes, do", "no, do", "yes, now", "no, now"], ""),
        (["man, old", "woman, young", "child, small", "x"], ["man, old", "woman, young", "child, small", "x"], ""),
        (["dog,animal", "dog,animal", "cat,animal", "cat,animal"], [None] * 4, "several labels in 4 of 4 rows"),
        (["dog,animal", "dog,animal", "dog", "cat"], [None, None, "dog", "cat"], "several labels in 2 of 4 rows"),
        (["dog;bark", "dog;bark", "cat;meow", "cat;"], [None, None, None, "cat"], "several labels in 3 of 4 rows"),
        (["dog|animal", "cow", "dog|animal", "cow"], [None, "cow", None, "cow"], "several labels in 2 of 4 rows"),
        (["r&amp;b", "rock", ";-)", "|"], ["r&amp;b", "rock", ";-)", "|"], ""),
        (["pc, desktop", "pc, laptop", "tv", "tv"], ["pc, desktop", "pc, laptop", "tv", "tv"], "one class each"),
        (["pc,desktop", "pc,desktop", "tv", "tv"], ["pc,desktop", "pc,desktop", "tv", "tv"], "one class each"),
        (["1,5", "2,5", "1,5", "3,5"], ["1,5", "2,5", "1,5", "3,5"], ""),
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


@pytest.mark.parametrize(
    ("cells", "are_several"),
    [
        (["Dog, Animal", "Cat, Animal"], True),
        (["Dog,Animal", "Dog,Animal"], True),
        (["['Dog', 'Animal']", "['Cat', 'Animal']"], True),
        (["Computer, desktop", "Computer, laptop"], False),
        (["Inside, small room", "Male speech, man speaking"], False),
    ],
)
def test_a_plural_name_of_the_column_is_evidence_and_no_proof(tmp_path, opened, cells, are_several):
    path = tmp_path / "m.json"
    path.write_text(column(*cells * 4, name="labels"))
    assert opened(path).items["label"].tolist() == ([None] * 8 if are_several else cells * 4)


def uploaded(k, path):
    return f"/data/upload/3/{k:08x}-{path}"


TOOLS = {
    "Label Studio, JSON-MIN": (
        "m.json",
        [{"id": k, "audio": uploaded(k, p), "choice": w, "annotator": 1} for k, (p, w) in enumerate(ROWS)],
    ),
    "Label Studio, JSON": (
        "m.json",
        [
            {
                "data": {"audio": f"/data/local-files/?d={p}"},
                "annotations": [{"result": [{"value": {"choices": [w]}}]}],
            }
            for p, w in ROWS
        ],
    ),
    "doccano": ("m.jsonl", [{"id": k, "data": p, "label": [w], "Comments": []} for k, (p, w) in enumerate(ROWS)]),
    "Prodigy": (
        "m.jsonl",
        [{"text": p, "options": [{"id": w}], "accept": [w], "answer": "accept", "meta": {"n": 1}} for p, w in ROWS],
    ),
    "VIA": ("m.json", [{"filename": p, "file_attributes": json.dumps({"label": w})} for p, w in ROWS]),
}


@pytest.mark.parametrize(("name", "rows"), TOOLS.values(), ids=TOOLS)
def test_exports_of_labelling_tools(tree, name, rows):
    root = tree(*(p for p, _ in ROWS))
    path = root / name
    path.write_text(json.dumps(rows) if name.endswith(".json") else "\n".join(map(json.dumps, rows)))
    dataset = open_dataset(path, kind_for(recognised_modality(path)))
    assert dataset.items["label"].tolist() == ["dog", "cat", "dog", "cat"]
    held = [inline_text(uri) or Path(uri).relative_to(root).as_posix() for uri in dataset.items["uri"]]
    assert held == [p for p, _ in ROWS]


def test_a_row_for_every_persons_label(tmp_path, opened):
    path = tmp_path / "m.json"
    rows = [{"id": k // 2, "audio": p, "choice": w, "annotator": k} for k, (p, w) in enumerate(ROWS)]
    path.write_text(json.dumps(rows))
    with pytest.raises(DatasetError, match="2 ids occurring more than once") as caught:
        opened(path)
    assert "--annotations" in caught.value.hint


def test_texts_without_names_of_columns(tmp_path):
    path = tmp_path / "m.tsv"
    path.write_text("".join(f"so it is text {k}\t{'cat' if k % 2 else 'dog'}\n" for k in range(6)))
    assert recognised_modality(path) == "text"
    dataset = open_dataset(path, kind_for("text"))
    assert dataset.items["label"].tolist() == ["dog", "cat"] * 3
    assert [g.option for g in dataset.understood.guesses] == ["--text-column NUMBER", "--label-column NUMBER"]
    assert csv_text(path.read_text(), "m.tsv", ".tsv", Choice(inline=True)).guessed == {"text": "1", "label": "2"}


def test_columns_named_by_number(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text("a.wav,ann,3,dog\nb.wav,bob,3,cat\n")
    dataset = open_dataset(path, kind_for("audio"), path_column="1", label_column="4", group_column="2")
    assert dataset.items["label"].tolist() == ["dog", "cat"]
    assert dataset.items["group"].tolist() == ["ann", "bob"]


@pytest.mark.parametrize(
    ("head", "rows", "is_said"),
    [
        ("dog,cat,cow", ["1,0,0", "0,1,0", "0,0,1"], True),
        ("dog,cat,age,cow", ["1.0,0.0,7,0.0", "0.0,1.0,8,0.0", "0.0,0.0,9,1.0"], True),
        ("dog,cat,cow", ["True,False,False", "False,True,False", "False,False,True"], True),
        ("dog,cat,cow", ["1,0,0", "0,1,0", "0,1,1"], False),
        ("dog,cat,cow", ["1,0,0", "0,1,0", "0,0,0"], False),
        ("loud,soft", ["1,0", "0,1", "1,0"], False),
    ],
)
def test_a_column_per_class_is_said(tmp_path, opened, head, rows, is_said):
    path = tmp_path / "m.csv"
    path.write_text("\n".join([f"path,{head}", *(f"{k}.wav,{row}" for k, row in enumerate(rows))]))
    dataset = opened(path)
    assert dataset.classes == ()
    assert any("'dog', 'cat', 'cow' hold a class each" in note for note in dataset.notes) == is_said


def test_a_column_that_could_be_the_label_is_proposed(tmp_path, opened):
    path = tmp_path / "m.csv"
    path.write_text(table(((f"{k}.wav", "ab"[k % 2], k, 3) for k in range(8)), head="path,what,n,m"))
    assert any("it could be 'what' (2 values): --label-column what" in note for note in opened(path).notes)


def test_numbers_in_lists_have_no_names(tmp_path, opened):
    path = tmp_path / "m.json"
    path.write_text(column([{"label": 3, "user": 1}], [{"label": 1, "user": 2}], [], name="annotations"))
    assert any("their names are not told" in note for note in opened(path).notes)


BESIDE = {
    "codes and a column of some name": (
        "path,label,animal,place",
        [(0, "dog", "x"), (1, "cat", "x"), (0, "dog", "y"), (1, "cat", "x")],
        "animal",
    ),
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
    assert any(
        n.endswith("holds another code than is usual for the label in 'label_name': row 4") for n in dataset.notes
    )


def test_codes_from_one_and_none_beside_names_are_said(tmp_path, opened):
    names = ("anger", "fear", "joy")
    rows = [[f"{k}.wav", k % 3, names[k % 3]] for k in range(60)]
    for k in range(54, 60):
        rows[k][1] += 1
    rows[5][1], rows[6][1], rows[7][2] = -1, "0.0", "FEAR"
    path = tmp_path / "m.csv"
    for head in ("path,label,label_text", "path,label_id,label"):
        path.write_text(table(rows, head=head))
        dataset = opened(path)
        assert set(dataset.classes) == {"FEAR", *names}
        said = [note for note in dataset.notes if note.startswith(("in 6 of 60 rows", f"'{head.split(',')[1]}' is -1"))]
        assert [note.rpartition(": ")[2] for note in said] == ["rows 55, 56, 57, 58, 59, …", "row 6"]


def test_which_column_holds_the_files(tmp_path, opened):
    path = tmp_path / "m.csv"
    path.write_text(table(((p, f"/x/{p}", p[0], w) for p, w in ROWS), head="filename,filepath,file,label"))
    assert {c.role: c.name for c in opened(path).understood.used} == {"path": "filepath", "label": "label"}


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
