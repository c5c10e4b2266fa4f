"""The kind of item is recognised only where it is plain."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from dsaudit.media.recognise import recognised_modality


def folder(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (["a/1.jpg", "b/2.PNG", "README.txt"], "image"),
        (["a/1.jpg", "b/2.wav"], "audio"),
        (["a/1.wav"], "audio"),
        (["a/1.txt"], None),
        (["train/pos/1.txt", "train/neg/1.txt", "README"], "text"),
        (["a/1.txt", "b/1.txt", "b/weights.bin"], None),
        ([".hidden/1.jpg"], None),
    ],
)
def test_folders(tmp_path, names, kind):
    assert recognised_modality(folder(tmp_path, *names)) == kind


@pytest.mark.parametrize(
    ("columns", "kind"),
    [
        ({"path": ["a.jpg", "b.png"], "label": ["x", "y"]}, "image"),
        ({"path": ["a.jpg", "b.wav"], "label": ["x", "y"]}, None),
        ({"text": ["one", "two"], "label": ["x", "y"]}, "text"),
        ({"text": ["one", "two"], "path": ["a.wav", "b.wav"]}, "audio"),
        ({"query": ["one", "two"], "utterance": ["x", "y"]}, "text"),
        ({"words": ["one", "two"]}, None),
        ({"text": ["one"], "wav": ["a.wav"], "audio_path": ["b.wav"]}, None),
    ],
)
@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet", "frame"])
def test_manifests(tmp_path, columns, kind, form):
    frame = pd.DataFrame(columns)
    path = tmp_path / f"m.{form}"
    if form == "csv":
        frame.to_csv(path, index=False)
    elif form == "jsonl":
        frame.to_json(path, orient="records", lines=True)
    elif form == "parquet":
        frame.to_parquet(path)
    assert recognised_modality(frame if form == "frame" else path) == kind


def test_a_large_object_of_rows_is_about_the_files_beside_it(tmp_path):
    folder(tmp_path, "1.jpg")
    path = tmp_path / "m.json"
    path.write_text(json.dumps({f"{k}.jpg": {"label": "x"} for k in range(5_000)}))
    assert recognised_modality(path) == "image"


def test_what_cannot_be_read_is_left_to_whoever_reads_it(tmp_path):
    assert recognised_modality(tmp_path / "none.csv") is None
    (tmp_path / "bad.parquet").write_bytes(b"x")
    assert recognised_modality(tmp_path / "bad.parquet") is None
    assert recognised_modality(tmp_path / "bad.parquet", text_column="words") == "text"


@pytest.mark.parametrize(
    ("column", "cells", "kind"),
    [
        ("image", [{"bytes": b"x", "path": "a.png"}], "image"),
        ("image", [{"bytes": b"x", "path": None}], "image"),
        ("audio", [{"bytes": b"x", "path": None}], "audio"),
        ("picture", [{"bytes": b"x", "path": None}], None),
    ],
)
def test_tables_that_hold_files(tmp_path, column, cells, kind):
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "train-0.parquet"
    pd.DataFrame({column: cells, "label": [0]}).to_parquet(path)
    assert recognised_modality(path) == kind
    assert recognised_modality(tmp_path) == kind


def test_names_without_a_suffix_are_of_the_kind_that_lies_there(tmp_path):
    root = folder(tmp_path, "images/7.png")
    (root / "m.csv").write_text("path,label\n7,x\n")
    assert recognised_modality(root / "m.csv") == "image"


@pytest.mark.parametrize(
    ("names", "row", "kind"),
    [
        (("age", "income", "visits", "message"), lambda k: (k, k / 7, k % 5, 400 + k % 9), "table"),
        (("age", "income", "visits", "message"), lambda k: (k, k / 7, k % 5, f"E{k % 3}"), "table"),
        (("q1", "q2", "q3", "score"), lambda k: (k % 5, k % 3, k % 4, k / 3), "table"),
        (("age", "income", "visits", "paid", "file"), lambda k: (k, k / 7, k % 5, k % 2, f"F{k}"), "table"),
        (("age", "income", "visits", "paid", "file"), lambda k: (k, k / 7, k % 5, k % 2, f"F{k}.wav"), "audio"),
        (("year", "votes", "genre", "title"), lambda k: (k, k / 7, k % 5, f"The thing {k % 9}"), "table"),
        (("age", "picture", "paid"), lambda k: (k, f"F{k}.png", k % 2), None),
        (("age", "what_they_say"), lambda k: (k, f"it does not work {k}"), None),
        (("age", "income", "visits", "message"), lambda k: (k, k / 7, k % 5, f"it does not work {k}"), "text"),
        (("query", "comment", "label"), lambda k: (f"what is {k}", f"so I say {k}", k % 2), "text"),
        (("message", "label"), lambda k: (("yes", "no")[k % 2], k % 2), "text"),
    ],
)
def test_a_column_called_like_texts_is_looked_at(tmp_path, names, row, kind):
    frame = pd.DataFrame([row(k) for k in range(40)], columns=names)
    frame.to_csv(tmp_path / "m.csv", index=False)
    assert recognised_modality(frame) == recognised_modality(tmp_path / "m.csv") == kind


def test_columns_beside_texts_of_a_table_are_named(tmp_path):
    from dsaudit.dataset import open_dataset
    from dsaudit.errors import DatasetError
    from dsaudit.media import kind_for

    frame = pd.DataFrame(
        {"age": range(9), "visits": range(9), "paid": range(9), "message": [f"no {k}" for k in range(9)]}
    )
    assert "3 other columns are not read: 'age', 'visits', 'paid'" in open_dataset(frame, kind_for("text")).notes
    with pytest.raises(DatasetError, match="no column 'path'") as caught:
        open_dataset(frame.drop(columns="message"), kind_for("audio"))
    assert caught.value.hint.startswith("where its rows are the items, --modality table")


def test_labels_of_free_text_are_no_classes():
    from dsaudit.dataset import open_dataset
    from dsaudit.media import kind_for

    frame = pd.DataFrame(
        {"text": [f"t {k}" for k in range(99)], "label": [f"he said that {k // 2}" for k in range(99)]}
    )
    notes = open_dataset(frame, kind_for("text")).notes
    assert "50 different labels of 99 items are no classes: column 'label' holds free text" in notes[0]
