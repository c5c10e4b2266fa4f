from __future__ import annotations

import os
import re

import pandas as pd
import pytest

from dsaudit.dataset import MANIFEST_SUFFIXES
from dsaudit.errors import DatasetError, UsageError


def test_relative_path_and_home(tree, opened, monkeypatch):
    root = tree("yes/a.wav")
    monkeypatch.chdir(root.parent)
    assert opened("data").root == root
    monkeypatch.setenv("HOME", str(root.parent))
    assert opened("~/data").root == root


def test_path_that_does_not_exist(tmp_path, opened):
    with pytest.raises(DatasetError, match="does not exist") as caught:
        opened(tmp_path / "no" / "such")
    assert caught.value.hint == f"the path is right up to {tmp_path}"


@pytest.mark.parametrize("name", ["a.wav", "labels.ods", "labels"])
def test_file_that_is_no_manifest(tree, opened, name):
    with pytest.raises(DatasetError, match="neither a folder nor a manifest") as caught:
        opened(tree(name) / name)
    assert all(suffix in caught.value.hint for suffix in MANIFEST_SUFFIXES)


@pytest.mark.parametrize(
    ("files", "given", "says"),
    [
        (["a.zip", "b.tar.gz", "labels.csv"], "", "unpack a.zip and 1 other archive there"),
        (["clips/a.7z.001"], "", "unpack clips/a.7z.001 there"),
        (["a.tgz"], "a.tgz", "unpack it, and give the folder that it makes"),
        (["labels.csv.gz", "yes/a.txt"], "", "for a manifest, give its own path"),
    ],
)
def test_what_is_packed_is_to_be_unpacked(tree, opened, files, given, says):
    with pytest.raises(DatasetError) as caught:
        opened(tree(*files) / given)
    assert caught.value.hint.startswith(says)


@pytest.mark.parametrize(("files", "is_said"), [(["a.wav", "b.zip"], True), (["a.wav", "c.wav", "b.zip"], False)])
def test_folders_mostly_of_archives_are_said(tree, opened, files, is_said):
    said = [note for note in opened(tree(*files)).notes if note == "what is in b.zip is read only where it is unpacked"]
    assert bool(said) == is_said


def test_pipe_called_like_a_manifest(tmp_path, opened):
    os.mkfifo(tmp_path / "m.csv")
    with pytest.raises(DatasetError, match="neither a folder nor a manifest"):
        opened(tmp_path / "m.csv")


def test_impossible_paths(opened):
    with pytest.raises(DatasetError):
        opened("a\0b")
    with pytest.raises(DatasetError):
        opened("x" * 5000)


def test_permission_denied(tmp_path, opened, monkeypatch):
    path = tmp_path / "m.csv"
    path.write_text("path\na.wav\n")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(DatasetError, match="Permission denied"):
        opened(path)


def test_columns_of_a_folder(tree, opened):
    root = tree("yes/a.wav")
    for options in ({"label_column": "x"}, {"root": root}):
        with pytest.raises(UsageError, match="it has no columns"):
            opened(root, **options)


def test_root_that_is_no_folder(tmp_path, opened):
    path = tmp_path / "m.csv"
    path.write_text("path\na.wav\n")
    with pytest.raises(UsageError, match="is no folder"):
        opened(path, root=tmp_path / "gone")


def test_sample(tree, opened):
    root = tree(*(f"{label}/{k}.wav" for label in "abc" for k in range(5)))
    dataset = opened(root, sample=6)
    assert dataset.items["label"].value_counts().to_dict() == {"a": 2, "b": 2, "c": 2}
    assert dataset.sampled_from == 15
    assert opened(root, sample=15).sampled_from is None


def test_how_it_was_understood(tmp_path, opened, tree):
    path = tmp_path / "m.csv"
    path.write_text(
        "uid,Class,take,path,excluded,corrected_label,speaker,source\n1,a,2,a.wav,no,b,x,y\n1,a,2,b.wav,no,b,x,y\n"
    )
    understood = opened(path, split_column="take").understood
    assert understood.layout == "a table of text, cells between commas"
    assert {c.name: (c.role, c.why) for c in understood.used} == {
        "path": ("path", "by its name"),
        "Class": ("given label", "people's decisions were applied"),
        "corrected_label": ("label", "people's decisions were applied"),
        "excluded": ("excluded", "people's decisions were applied"),
        "take": ("split", "named with --split-column"),
    }
    assert {c.name for c in understood.ignored} == {"uid", "speaker", "source"}
    assert {c.why for c in understood.ignored} == {
        "repeats values or has gaps, so it is no id",
        "could be the group, as others could: --group-column says which",
    }
    assert [(g.text, g.option) for g in understood.guesses] == [
        ("column 'Class' is read as the label", "--label-column NAME"),
    ]
    assert opened(tree("yes/a.wav", "no/a.wav")).understood.layout == "one folder per class"


@pytest.mark.parametrize("name", ["labels.csv", "train.parquet", "rows.jsonl", "rows.json"])
@pytest.mark.parametrize(
    ("content", "said", "todo"),
    [
        ("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "Git LFS pointer", "git lfs pull"),
        ("<!DOCTYPE html><html><title>404 Not Found</title></html>", "404 Not Found", "download it again"),
    ],
)
def test_a_manifest_that_was_never_fetched(tmp_path, opened, name, content, said, todo):
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(DatasetError, match=said) as caught:
        opened(path)
    assert todo in caught.value.hint


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        (["x"] * 8, "everything is in one class, 'x': column 'label' says nothing else"),
        ([f"c{k}" for k in range(8)], "every item is in a class of its own: column 'label' tells items apart"),
        ([f"c{k}" for k in range(38)] + ["d", "d"], "38 of 40 items are in a class of its own"),
        ([f"c{k % 4}" for k in range(8)], ""),
        (["x", *[None] * 7], ""),
        (["a", "b", "c"], ""),
    ],
)
@pytest.mark.parametrize("how", ["frame", "csv"])
def test_one_class_for_all_or_one_each_is_said_first(tmp_path, opened, labels, says, how):
    source = pd.DataFrame({"path": [f"{k}.wav" for k in range(len(labels))], "label": labels})
    if how == "csv":
        source.to_csv(tmp_path / "m.csv", index=False)
    first, *_ = (*opened(source if how == "frame" else tmp_path / "m.csv").notes, "")
    assert says in first
    assert bool(re.search("in (one class|a class of its own)", first)) == bool(says)


def test_so_it_is_of_folders_and_patterns(tree, opened):
    root = tree(*(f"c{k}/{k}_x_.wav" for k in range(8)))
    assert opened(root).notes[0].startswith("every item is in a class of its own: the folders tell items apart")
    assert opened(root, label_pattern="_(.)_").notes[0] == (
        "everything is in one class, 'x': --label-pattern finds nothing else"
    )


def test_a_pattern_takes_the_place_of_the_label_column(tmp_path, opened):
    frame = pd.DataFrame({"path": ["a_1.wav", "b_2.wav"], "class": ["x", "y"]})
    understood = opened(frame, root=tmp_path, label_pattern="(.)_").understood
    assert {column.name: (column.role, column.why) for column in understood.columns}["class"] == (
        "",
        "the labels are told by --label-pattern",
    )
    assert not any("label" in guess.text for guess in understood.guesses)
