"""Where items lie in a new tree, whatever their labels and names are."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from dsaudit.dataset import open_dataset
from dsaudit.media import kind_for
from dsaudit.relabel.apply.layout import file_name, folder_name, folder_names, layout
from dsaudit.relabel.apply.plan import Line

ODD = (
    *(
        "..",
        ".",
        "/",
        "a/b",
        "a\\b",
        "CON",
        "nul.txt",
        "com1",
        " x ",
        "x.",
        ".hidden",
        "_background_noise_",
        "__MACOSX",
    ),
    *(
        "Thumbs.db",
        "é",
        unicodedata.normalize("NFD", "é"),
        "UP",
        "up",
        "up~2",
        "\0",
        "ß" * 150,
        "train",
        "<b>",
        "_",
        "a_b",
    ),
)
LABELS = st.text(min_size=1, max_size=200) | st.sampled_from(ODD)


def line(item_id: str, label: str | None, given_label: str | None = None, split: str | None = None) -> Line:
    return Line(item_id, f"/data/{item_id}", given_label or label, label, split)


@settings(max_examples=300, deadline=None)
@given(st.sets(LABELS, max_size=12))
def test_every_label_is_one_safe_folder_of_its_own(labels):
    names = folder_names(labels)
    assert set(names) == labels
    assert len({unicodedata.normalize("NFC", n.casefold()) for n in names.values()}) == len(labels)
    for name in names.values():
        assert name
        assert not set(name) & set('<>:"/\\|?*\0')
        assert not name.startswith(".")
        assert not name.endswith((".", " "))
        assert len(name.encode()) <= 130
        name.encode()
        assert name.split(".")[0].lower() not in ("con", "nul", "com1", "aux", "prn")


def test_plain_labels_keep_their_names():
    assert folder_names(["up", "down", "_unknown_", "hey archie", "é"]) == {
        n: n for n in ("up", "down", "_unknown_", "hey archie", "é")
    }
    assert folder_name("a/b") == "a_b"
    assert folder_names(["a/b", "a_b"]) == {"a_b": "a_b", "a/b": "a_b~2"}


def test_what_was_not_moved_keeps_its_name():
    lines = [line("up/1.wav", "down", "up"), line("down/1.wav", "down"), line("go/1.wav", "down", "go")]
    assert layout(lines) == ["down/1~3.wav", "down/1.wav", "down/1~2.wav"]


def test_names_that_differ_in_case_only_are_kept_apart():
    assert layout([line("x/a.wav", "up"), line("x/A.WAV", "up")]) == ["up/a~2.wav", "up/A.WAV"]


def test_splits_are_folders_where_every_item_has_one_of_the_three():
    some = [line("a.wav", "up", split="train"), line("b.wav", None, split="test")]
    assert layout(some) == ["train/up/a.wav", "test/b.wav"]
    assert layout([*some, line("c.wav", "up")]) == ["up/a.wav", "b.wav", "up/c.wav"]
    assert layout([line("a.wav", "up", split="extra")]) == ["up/a.wav"]


def test_long_and_undecodable_names():
    name = "x" * 250 + "é.wav"
    assert len(file_name(f"/d/{name}").encode()) <= 245
    assert file_name(f"/d/{name}").endswith(".wav")
    assert file_name("/d/\udce9.wav") == "\\xe9.wav"


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(LABELS, st.sampled_from(["train", "test"])), min_size=1, max_size=6), st.booleans())
def test_a_tree_is_read_back_as_it_was_meant(tmp_path_factory, cells, with_splits):
    lines = [line(f"{k}.wav", label, split=split if with_splits else None) for k, (label, split) in enumerate(cells)]
    # labels all called like splits would be read as splits: then the tree's manifest is the one to read
    if not with_splits and all(x.corrected_label.casefold() in ("train", "test") for x in lines):
        return
    root: Path = tmp_path_factory.mktemp("tree")
    paths = layout(lines)
    names = folder_names([x.corrected_label for x in lines])
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch(exist_ok=False)
    items = open_dataset(root, kind_for("audio")).items
    assert len(items) == len(lines)
    for path, x in zip(paths, lines, strict=True):
        assert items["label"][path] == names[x.corrected_label]
        assert items["split"][path] == x.split
