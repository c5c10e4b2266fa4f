from __future__ import annotations

import json
import os
import unicodedata
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsaudit.dataset.names import absolute, located, made_unique, safe_text
from dsaudit.media import kind_for

file_names = st.binary(min_size=1, max_size=60).filter(
    lambda b: b"/" not in b and b"\0" not in b and b not in (b".", b"..")
)


@given(file_names)
def test_any_bytes_become_text_that_can_be_written(raw):
    text = safe_text(os.fsdecode(raw))
    assert json.loads(json.dumps(text).encode()) == text
    assert text.encode()


@given(st.text())
def test_valid_text_stays(text):
    assert safe_text(text) == text


def test_escapes():
    assert safe_text(os.fsdecode(b"caf\xe9.wav")) == r"caf\xe9.wav"
    assert safe_text("\ud83d!") == r"\ud83d!"


@settings(max_examples=60, deadline=None)
@given(names=st.sets(st.binary(min_size=1, max_size=20).filter(lambda b: not set(b) & {0, 47}), min_size=1, max_size=4))
def test_names_open_again_and_ids_can_be_stored(names, tmp_path_factory):
    from dsaudit.dataset import open_dataset

    folder = os.fsencode(tmp_path_factory.mktemp("names") / "yes")
    Path(os.fsdecode(folder)).mkdir()
    for name in names:
        Path(os.fsdecode(folder + b"/a" + name + b".wav")).write_bytes(name)
    dataset = open_dataset(Path(os.fsdecode(folder)).parent, kind_for("audio"), group_pattern="yes")
    assert {Path(uri).read_bytes() for uri in dataset.items["uri"]} == names
    assert dataset.items.index.is_unique
    "\n".join(dataset.items.index).encode()


def test_awkward_names_on_disk(tree, opened, tmp_path):
    names = ["new\nline.wav", "🎤.wav", "é" * 125 + ".wav", "-rf.wav", "a#b?c%20.wav", os.fsdecode(b"\xff\xfe.wav")]
    names += [unicodedata.normalize(form, "ü") + ".wav" for form in ("NFC", "NFD")]
    dataset = opened(tree(*(f"yes/{name}" for name in names)))
    assert len(dataset.items) == len(names)
    assert all(Path(uri).is_file() for uri in dataset.items["uri"])
    out = tmp_path / "items.parquet"
    dataset.items[["label", "split"]].to_parquet(out)
    assert list(pd.read_parquet(out).index) == list(dataset.items.index)


def test_class_folder_that_is_not_utf8(tree, opened):
    dataset = opened(tree(os.fsdecode(b"caf\xe9/a.wav")))
    assert dataset.classes == (r"caf\xe9",)
    assert Path(dataset.items["uri"].iloc[0]).is_file()


@pytest.mark.parametrize(
    ("path", "item_id", "uri"),
    [
        ("yes/a.wav", "yes/a.wav", "/data/yes/a.wav"),
        ("./yes//a.wav", "yes/a.wav", "/data/./yes//a.wav"),
        ("yes\\a.wav", "yes/a.wav", "/data/yes/a.wav"),
        ("/data/yes/a.wav", "yes/a.wav", "/data/yes/a.wav"),
        ("/else/a.wav", "/else/a.wav", "/else/a.wav"),
        ("../other/a.wav", "/other/a.wav", "/data/../other/a.wav"),
    ],
)
def test_located(path, item_id, uri):
    assert located(path, "/data") == (item_id, uri)


def test_backslash_that_is_part_of_the_name(tmp_path):
    (tmp_path / "a\\b.wav").touch()
    assert located("a\\b.wav", str(tmp_path)) == ("a\\b.wav", str(tmp_path / "a\\b.wav"))


@given(st.lists(st.sampled_from(["a", "b", "a#2", "a#3", "a#2#2"])))
def test_unique_ids(ids):
    unique, repeats = made_unique(ids)
    assert len(set(unique)) == len(ids)
    assert repeats == len(ids) - len(set(ids))
    assert all(new.startswith(old) for new, old in zip(unique, ids, strict=True))


def test_absolute_keeps_links(tmp_path, monkeypatch):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    monkeypatch.chdir(tmp_path)
    assert absolute("link/../link") == tmp_path / "link"
