"""Texts that stand one per line in files: what is read as such a list, and what is not."""

from __future__ import annotations

import pytest

from dsaudit.dataset import open_dataset
from dsaudit.dataset.inline import inline_text
from dsaudit.media import kind_for
from dsaudit.media.recognise import recognised_modality

SAID = [f"turn the light {'on' if k % 2 else 'off'}, please, {k}" for k in range(30)]
LABELS = ["on" if k % 2 else "off" for k in range(30)]


def written(root, files):
    for name, lines in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return root


def opened(source):
    assert recognised_modality(source) == "text"
    return open_dataset(source, kind_for("text"))


@pytest.mark.parametrize(
    "line",
    [
        "{label}\t{text}",
        "{text}\t{label}",
        "__label__{label} {text}",
        "{label}|{text}",
        "{text}",
    ],
)
@pytest.mark.parametrize("alone", [True, False])
def test_one_file_of_all_texts(tmp_path, line, alone):
    lines = [line.format(text=text, label=label) for text, label in zip(SAID, LABELS, strict=True)]
    source = written(tmp_path, {"set/all.txt": lines}) / "set"
    dataset = opened(source / "all.txt" if alone else source)
    assert [inline_text(uri) for uri in dataset.items["uri"]] == SAID
    assert dataset.items["label"].tolist() == (LABELS if "{label}" in line else [None] * 30)
    assert dataset.items.index[0] == "row-00001"
    assert any("each line of all.txt is read as a text" in note for note in dataset.notes)


@pytest.mark.parametrize(
    ("files", "splits"),
    [
        ({"on.txt": SAID[1::2], "off.txt": SAID[::2]}, {None}),
        ({"on/texts.txt": SAID[1::2], "off/texts.txt": SAID[::2]}, {None}),
        (
            {
                **{f"train/{label}.txt": SAID[at:20:2] for label, at in (("on", 1), ("off", 0))},
                **{f"test/{label}.txt": SAID[20 + at :: 2] for label, at in (("on", 1), ("off", 0))},
            },
            None,
        ),
    ],
    ids=["file", "folder", "split"],
)
def test_a_file_per_class(tmp_path, files, splits):
    if splits is None:  # a folder of several lists is no list of each
        files = {name.replace("/", "_"): lines for name, lines in files.items()}
    dataset = opened(written(tmp_path, files))
    assert sorted(map(inline_text, dataset.items["uri"])) == sorted(SAID)
    assert set(dataset.items["label"]) == {"on", "off"}
    assert all(
        (f" {label}," in inline_text(uri))
        for uri, label in zip(dataset.items["uri"], dataset.items["label"], strict=True)
    )
    assert set(dataset.items["split"]) == ({"train", "test"} if splits is None else splits)
    name, _, number = dataset.items.index[3].rpartition(":")
    assert files[name][int(number) - 1] == inline_text(dataset.items["uri"].iloc[3])


def test_splits_of_parted_lines(tmp_path):
    lines = [f"{label}\t{text}" for text, label in zip(SAID, LABELS, strict=True)]
    dataset = opened(written(tmp_path, {"train.txt": lines[:20], "test.txt": lines[20:]}))
    assert dataset.items["split"].value_counts().to_dict() == {"train": 20, "test": 10}
    assert dataset.classes == ("off", "on")


def test_documents_are_no_lists(tmp_path):
    paragraphs = ["It was a quiet day and nobody came.", "", "Then it rained, for hours.", ""] * 6
    flat = opened(written(tmp_path / "flat", {f"{name}.txt": paragraphs for name in ("a", "b", "c")}))
    assert len(flat.items) == 3
    classes = {f"{label}/{k}.txt": SAID[:10] for label in ("a", "b") for k in range(3)}
    assert len(opened(written(tmp_path / "classes", classes)).items) == 6
    wrapped = ["the river ran along the road and under the old bridge which nobody had crossed in"] * 12
    assert len(opened(written(tmp_path / "wrapped", {"a/x.txt": wrapped, "b/y.txt": wrapped})).items) == 2


def test_tables_stay_tables(tmp_path):
    lines = [f"{k}\t{text}\t{label}" for k, (text, label) in enumerate(zip(SAID, LABELS, strict=True))]
    written(tmp_path, {"named.txt": ["id\ttext\tlabel", *lines], "bare.txt": lines})
    for name in ("named.txt", "bare.txt"):
        dataset = open_dataset(tmp_path / name, kind_for("text"))
        told = zip(map(inline_text, dataset.items["uri"]), dataset.items["label"], strict=True)
        assert dict(told) == dict(zip(SAID, LABELS, strict=True))
    written(tmp_path, {"files.txt": [f"{k}.wav some words of it" for k in range(9)]})
    assert recognised_modality(tmp_path / "files.txt") != "text"
