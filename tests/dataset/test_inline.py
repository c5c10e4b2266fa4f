"""Texts as items: an address that holds a text, and manifests whose rows are texts."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsaudit.dataset import open_dataset
from dsaudit.dataset.inline import addresses, inline_text, inline_uri, is_inline, joined, parts, with_texts
from dsaudit.errors import DatasetError, UsageError
from dsaudit.media import kind_for, media_for
from dsaudit.media.recognise import recognised_modality

MEDIA = media_for("text")


@given(st.text())
def test_an_address_holds_its_text_and_survives_being_a_path(text):
    uri = inline_uri(text)
    assert inline_text(uri) == text
    assert inline_text(Path(uri)) == text
    assert is_inline(uri)
    assert is_inline(Path(uri))
    assert str(Path(uri)) == uri
    assert not Path(uri).suffix


def test_a_path_holds_none():
    assert inline_text("/data/a.txt") is None
    assert inline_text(Path("data/:,a")) is None
    assert not is_inline("/data/a.txt")
    assert not is_inline(Path("data/:,a"))


def opened(source, **options):
    return open_dataset(source, kind_for("text"), **options)


@pytest.mark.parametrize("name", ["text", "Utterance", "query"])
def test_rows_are_items_called_by_their_place(tmp_path, name):
    path = tmp_path / "m.csv"
    path.write_text(f'{name},category\n"a, b/c..",x\nsecond,y\n"",x\n')
    dataset = opened(path)
    assert dataset.items.index.tolist() == ["row-00001", "row-00002", "row-00003"]
    assert [inline_text(u) for u in dataset.items["uri"]] == ["a, b/c..", "second", ""]
    assert dataset.items["label"].tolist() == ["x", "y", "x"]
    assert not any("exists below the root" in note for note in dataset.notes)


def test_rows_keep_their_order_however_many_there_are():
    n = 100_001
    dataset = opened(pd.DataFrame({"text": [str(k) for k in range(n)], "label": "a"}))
    assert [inline_text(u) for u in dataset.items["uri"].iloc[[0, 9, 99_999, 100_000]]] == ["0", "9", "99999", "100000"]


def test_an_id_column_names_them(tmp_path):
    dataset = opened(pd.DataFrame({"id": ["b", "a"], "text": ["one", "two"], "label": ["x", "y"]}))
    assert dataset.items["uri"].map(inline_text).to_dict() == {"a": "two", "b": "one"}


def test_the_column_can_be_named_and_a_path_column_asked_for(tmp_path):
    frame = pd.DataFrame({"body": ["one"], "text": ["two"], "path": ["a.txt"], "label": ["x"]})
    assert inline_text(opened(frame, text_column="body").items["uri"].iloc[0]) == "one"
    assert inline_text(opened(frame).items["uri"].iloc[0]) == "two"
    assert opened(frame, path_column="path", root=tmp_path).items["uri"].iloc[0] == str(tmp_path / "a.txt")


@pytest.mark.parametrize(
    ("columns", "asked"),
    [
        (("Premise", "hypothesis"), None),
        (("sentence1", "sentence2"), None),
        (("text_a", "text_b"), None),
        (("question", "answer"), None),
        (("one", "other"), "one,other"),
        (("text", "other"), "text, other"),
    ],
)
def test_two_columns_of_a_pair_are_one_item(columns, asked):
    rows = {columns[0]: ["it rains", "it rains", ""], columns[1]: ["it is wet", "it is dry", None]}
    dataset = opened(pd.DataFrame(rows | {"label": ["yes", "no", "no"]}), text_column=asked)
    assert [parts(inline_text(uri)) for uri in dataset.items["uri"]] == [
        *(("it rains", "it is wet"), ("it rains", "it is dry"), ("",))
    ]
    assert dataset.items["label"].tolist() == ["yes", "no", "no"]
    assert [c.role for c in dataset.understood.columns] == ["text", "text", "label"]
    assert (asked is None) == any("one item of two texts" in note for note in dataset.notes)
    measured = pd.DataFrame([MEDIA.measure(uri) for uri in dataset.items["uri"][:2]])
    assert measured["sample_hash"].nunique() == 2
    assert parts(MEDIA.preview(dataset.items["uri"].iloc[0]).data.decode()) == ("it rains", "it is wet")


def test_where_the_text_ends_counts():
    ends = [MEDIA.measure(inline_uri(joined(pair))) for pair in (("a b", "c"), ("a", "b c"))]
    assert ends[0]["sample_hash"] != ends[1]["sample_hash"]


def test_an_answer_of_few_words_labels_its_question():
    frame = pd.DataFrame({"question": [f"is it {k}?" for k in range(12)], "answer": ["yes", "no"] * 6})
    dataset = opened(frame)
    assert dataset.classes == ("no", "yes")
    assert inline_text(dataset.items["uri"].iloc[1]) == "is it 1?"


def test_columns_that_could_hold_the_texts_are_named():
    said = [f"this is text number {k}" for k in range(6)]
    with pytest.raises(DatasetError, match="no column 'text'") as caught:
        opened(pd.DataFrame({"first": said, "second": said[::-1], "label": ["a", "b"] * 3}))
    assert "--text-column first,second" in caught.value.hint


def test_what_cannot_be_followed_is_said():
    frame = pd.DataFrame({"words": ["one"], "label": ["x"]})
    with pytest.raises(DatasetError, match="no column 'text'") as caught:
        opened(frame)
    assert "--text-column" in caught.value.hint
    with pytest.raises(UsageError, match="not for audio"):
        open_dataset(frame, kind_for("audio"), text_column="words")
    with pytest.raises(DatasetError, match="no column 'other'"):
        opened(frame, text_column="words,other")
    with pytest.raises(DatasetError, match="could be any of"):
        opened(pd.DataFrame({"query": ["a"], "utterance": ["b"]}))


def test_people_are_given_texts_and_machines_addresses():
    frame = pd.DataFrame({"text": ["a, b/c..", "", None], "label": ["x", "y", "z"]})
    items = open_dataset(frame, kind_for("text")).items
    told = with_texts(items)
    assert told["uri"].tolist() == [None] * 3
    assert told["text"].tolist() == ["a, b/c..", "", ""]
    assert addresses(told).tolist() == addresses(items).tolist() == items["uri"].tolist()
    files = pd.DataFrame({"uri": ["/data/a.txt"]})
    assert with_texts(files) is files


NESTED = [{"meta": {"by": "ann"}, "input": {"text": f"text {k}"}, "output": {"label": "ab"[k % 2]}} for k in range(4)]
DEEP = [{"content": {"body": [{"value": f"text {k}"}]}, "said": {"of": {"it": "ab"[k % 2]}}} for k in range(4)]


@pytest.mark.parametrize(
    ("objects", "options"),
    [(NESTED, {}), (DEEP, {"text_column": "content.body.value", "label_column": "said.of.it"})],
    ids=["usual", "named"],
)
def test_texts_within_objects(tmp_path, objects, options):
    path = tmp_path / "m.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in objects))
    assert recognised_modality(path, text_column=options.get("text_column")) == "text"
    dataset = opened(path, **options)
    assert [inline_text(uri) for uri in dataset.items["uri"]] == [f"text {k}" for k in range(4)]
    assert dataset.items["label"].tolist() == ["a", "b", "a", "b"]


def test_ways_to_texts_within_objects_are_named(tmp_path):
    path = tmp_path / "m.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in DEEP))
    with pytest.raises(DatasetError, match=r"'content.body.value', 'said.of.it'"):
        opened(path)


PER_SPLIT = {
    "train": [["it rains", "rain"], ["it is dry", "sun"]],
    "oos_train": [["what", "oos"]],
    "test": [["wet", "rain"]],
}
WRAPPED = {"nlu": {"examples": [{"text": "it rains", "intent": "rain"}, {"text": "it is dry", "intent": "sun"}]}}


@pytest.mark.parametrize(("held", "n"), [(PER_SPLIT, 4), (WRAPPED, 2)], ids=["per split", "wrapped"])
def test_one_object_that_holds_all_texts(tmp_path, held, n):
    path = tmp_path / "m.json"
    path.write_text(json.dumps(held, indent=1))
    assert recognised_modality(path) == "text"
    dataset = opened(path)
    assert len(dataset.items) == n
    assert inline_text(dataset.items["uri"].iloc[1]) == "it is dry"
    assert dataset.items["label"].tolist()[:2] == ["rain", "sun"]
    assert set(dataset.items["split"]) == ({None} if n == 2 else {"train", "test"})
