from __future__ import annotations

import json

import pytest

from dsaudit.dataset import open_dataset
from dsaudit.errors import DatasetError
from dsaudit.media import kind_for
from dsaudit.media.recognise import recognised_modality


def labels(dataset):
    return dict(dataset.items["label"])


def test_label_is_the_first_level_folder(tree, opened):
    root = tree("yes/b.wav", "yes/a.WAV", "no/kitchen/late/c.flac")
    dataset = opened(root)
    assert labels(dataset) == {"no/kitchen/late/c.flac": "no", "yes/a.WAV": "yes", "yes/b.wav": "yes"}
    assert list(dataset.items.index) == sorted(dataset.items.index)
    assert dataset.items.index.name == "item_id"
    assert list(dataset.items["uri"]) == [str(root / item_id) for item_id in dataset.items.index]
    assert dataset.items["split"].tolist() == [None] * 3
    assert dataset.items["group"].tolist() == [None] * 3
    assert (dataset.source, dataset.root, dataset.sampled_from) == ("folder", root, None)


def test_splits_above_classes(tree, opened):
    dataset = opened(tree("train/yes/a.wav", "Val/yes/b.wav", "testing/no/c.wav", "train/loose.wav"))
    assert dict(dataset.items["split"]) == {
        "Val/yes/b.wav": "validation",
        "testing/no/c.wav": "test",
        "train/loose.wav": "train",
        "train/yes/a.wav": "train",
    }
    assert labels(dataset)["testing/no/c.wav"] == "no"
    assert labels(dataset)["train/loose.wav"] is None
    assert any("read as splits: Val as validation, testing as test, train" in note for note in dataset.notes)


def test_classes_called_like_splits_stay_classes(tree, opened):
    dataset = opened(tree("test/a.wav", "train/b.wav", "bus/c.wav"))
    assert dataset.classes == ("bus", "test", "train")
    assert dataset.items["split"].tolist() == [None] * 3


def test_folder_beside_real_splits_is_a_split_of_its_own(tree, opened):
    dataset = opened(tree("test/yes/a.wav", "train/yes/b.wav", "extra/yes/c.wav"))
    assert dict(dataset.items["split"])["extra/yes/c.wav"] == "extra"
    assert dataset.classes == ("yes",)


def test_files_in_the_root_are_unlabelled(tree, opened):
    dataset = opened(tree("a.wav", "yes/b.wav"))
    assert labels(dataset) == {"a.wav": None, "yes/b.wav": "yes"}
    assert "without a label, because directly in the root: 1 item" in dataset.notes


def test_other_files_are_counted_not_read(tree, opened):
    dataset = opened(tree("yes/a.wav", "yes/a.txt", "yes/b.json", "no/x.png", "LICENSE", "no/b.m4a"))
    assert list(dataset.items.index) == ["no/b.m4a", "yes/a.wav"]
    assert "passed over 4 files of other kinds than audio: 1 .json, 1 .png, 1 .txt, 1 no suffix" in dataset.notes


def test_a_file_beside_each_item_is_said_to_be_read_as_a_table_only(tree, opened):
    names = [f"{k}.wav" for k in range(4)]
    folder = tree(*(f"wav/{name}" for name in names), *(f"marks/{k}.lab" for k in range(3)))
    said = " ".join(opened(folder).notes)
    assert "3 .lab files called like the items are not read" in said
    folder = tree(*(f"wav/{word}/{k}.wav" for word in ("yes", "no") for k in range(4)))
    assert "called like the items" not in " ".join(opened(folder / "wav").notes)


def test_manifest_in_the_folder_is_mentioned_not_used(tree, opened):
    root = tree("yes/a.wav")
    (root / "labels.csv").write_text("path,label\nyes/a.wav,no\n")
    dataset = opened(root)
    assert labels(dataset) == {"yes/a.wav": "yes"}
    assert any(note.startswith("found labels.csv;") for note in dataset.notes)


CLIPS = [f"clips/c{k}.wav" for k in range(8)]
WORDS = [("dog", "cat")[k % 2] for k in range(8)]
UPLOADS = [f"/data/upload/1/1a2b3c0{k}-c{k}.wav" for k in range(8)]


def sheet(head, *columns, d=","):
    return "".join(f"{d.join(map(str, row))}\n" for row in (head.split(","), *zip(*columns, strict=True)))


def said_by_tool(upload, word):
    return {"data": {"audio": upload}, "annotations": [{"result": [{"value": {"choices": [word]}}]}]}


TABLES = {
    "Label Studio, JSON": ("p.json", json.dumps([said_by_tool(u, w) for u, w in zip(UPLOADS, WORDS, strict=True)])),
    "Label Studio, JSON-MIN": (
        "p.json",
        json.dumps([{"id": k, "audio": u, "choice": WORDS[k], "annotator": 1} for k, u in enumerate(UPLOADS)]),
    ),
    "Label Studio, CSV": ("p.csv", sheet("audio,id,annotator,choice", UPLOADS, range(8), [1] * 8, WORDS)),
    "addresses of files": (
        "m.csv",
        sheet("path,label", [f"file:///C:/x/{c.replace('c', '%63')}" for c in CLIPS], WORDS),
    ),
    "addresses of a server": (
        "m.csv",
        sheet("url,label", [f"https://x.org/{k}/c{k}.wav?dl=1" for k in range(8)], WORDS),
    ),
    "names of another language": ("m.csv", sheet("Datei,Klasse", CLIPS, WORDS, d=";")),
    "names of two words": (
        "m.csv",
        sheet("File Name,Class Label,Data Split", CLIPS, WORDS, ["train"] * 6 + ["test"] * 2),
    ),
    "paths in objects": (
        "m.jsonl",
        "".join(
            json.dumps({"audio": {"path": c, "rate": 8}, "label": w}) + "\n" for c, w in zip(CLIPS, WORDS, strict=True)
        ),
    ),
    "fields in objects": (
        "m.jsonl",
        "".join(json.dumps({"in": {"path": c}, "out": {"label": w}}) + "\n" for c, w in zip(CLIPS, WORDS, strict=True)),
    ),
    "a field in objects in objects": (
        "m.jsonl",
        "".join(
            json.dumps({"sample": {"audio": {"path": c}, "n": 1}, "target": {"label": w}}) + "\n"
            for c, w in zip(CLIPS, WORDS, strict=True)
        ),
    ),
    "names without suffix called id": ("train.csv", sheet("id,label", [f"c{k}" for k in range(8)], WORDS)),
    "many more than are there": (
        "m.csv",
        sheet("path,label", [*CLIPS, *(f"x{k}.wav" for k in range(20))], WORDS + ["dog"] * 20),
    ),
    "a list of a split with labels": ("train.txt", "".join(f"{c} {w}\n" for c, w in zip(CLIPS, WORDS, strict=True))),
}


@pytest.mark.parametrize(("name", "text"), TABLES.values(), ids=TABLES)
def test_a_table_that_names_the_files_is_read_in_its_folder_as_by_itself(tree, opened, name, text):
    root = tree(*CLIPS)
    (root / name).write_text(text)
    dataset, by_table = opened(root), opened(root / name)
    assert any(note.startswith(f"items and labels are read from {name}") for note in dataset.notes)
    told = ["uri", "label", "group"]
    assert dataset.items[told].equals(by_table.items[told])
    found = {uri.rpartition("/")[2]: label for uri, label in dataset.items[["uri", "label"]].itertuples(index=False)}
    assert {c.rpartition("/")[2]: w for c, w in zip(CLIPS, WORDS, strict=True)}.items() <= found.items()
    if "Split" in text:
        assert dataset.items["split"].value_counts().to_dict() == {"train": 6, "test": 2}


UNUSED = {
    "half of another set": (
        "m.csv",
        sheet("path,label", [*CLIPS[:3], *"abcde"], WORDS),
        "m.csv is passed over: it names",
    ),
    "two columns could be the label": (
        "m.csv",
        sheet("path,target,category", CLIPS, [0, 1, 2, 3] * 2, WORDS),
        "could be any of 'target', 'category': say which with --label-column",
    ),
    "a spreadsheet": ("labels.xlsx", "PK", "found labels.xlsx: save the sheet as CSV, and it is read"),
    "no file is named": (
        "m.csv",
        "when,what\n1,2\n",
        "found m.csv, not used: none of the columns names the files here",
    ),
}


@pytest.mark.parametrize(("name", "text", "note"), UNUSED.values(), ids=UNUSED)
def test_a_table_that_is_not_used_is_named(tree, opened, name, text, note):
    root = tree(*CLIPS)
    (root / name).write_text(text)
    dataset = opened(root)
    assert dataset.items["label"].tolist() == [None] * 8
    assert any(note in told for told in dataset.notes), dataset.notes


def test_stretches_listed_by_file(tree, opened):
    root = tree("a.wav", "b.wav")
    regions = [{"start": 0, "end": 1, "label": "dog"}, {"start": 1, "end": 2.5, "label": "cat"}]
    for held in ({"a.wav": regions, "b.wav": []}, [{"file": "a.wav", "id": 1, "regions": regions}, {"file": "b.wav"}]):
        (root / "labels.json").write_text(json.dumps(held))
        assert labels(opened(root)) == {"a.wav#0-1": "dog", "a.wav#1-2.5": "cat", "b.wav": None}
    task = {"data": {"audio": "a.wav"}, "annotations": [{"result": [{"value": region} for region in regions]}]}
    (root / "labels.json").write_text(json.dumps([task]))
    assert labels(opened(root)) == {"a.wav#0-1": "dog", "a.wav#1-2.5": "cat"}


def test_a_table_beside_folders_of_classes_adds_what_it_is_asked_for(tree, opened):
    root = tree(*(f"{w}/c{k}.wav" for k, w in enumerate(WORDS)), "cat/more.wav")
    (root / "who.csv").write_text(
        sheet("file,speaker", [f"c{k}.wav" for k in range(8)], ["ann", "ann", "bob", "bob"] * 2)
    )
    note = "found who.csv, which tells the group of 8 files: --group-column speaker reads it"
    assert note in opened(root).notes
    dataset = opened(root, group_column="speaker")
    assert dataset.items["group"].value_counts().to_dict() == {"ann": 4, "bob": 4}
    assert dataset.items["label"].value_counts().to_dict() == {"cat": 5, "dog": 4}
    assert dataset.items.loc["cat/more.wav", "group"] is None


def test_a_table_of_speakers_beside_one_of_labels(tree, opened):
    root = tree(*CLIPS)
    (root / "labels.csv").write_text(sheet("path,label", CLIPS, WORDS))
    people = ["ann", "ann", "bob", "bob"] * 2
    (root / "speakers.csv").write_text(sheet("file,speaker", [f"c{k}.wav" for k in range(8)], people))
    dataset = opened(root)
    assert dataset.items["label"].tolist() == WORDS
    assert dataset.items["group"].tolist() == people
    assert "groups are read from speakers.csv" in dataset.notes


def test_folders_that_a_column_calls_speakers_are_no_classes(tree, opened):
    root = tree(*(f"{who}/{k}.wav" for who in ("s1", "s2") for k in range(4)))
    rows = [(f"{k}.wav", who, WORDS[k]) for who in ("s1", "s2") for k in range(4)]
    (root / "m.csv").write_text(sheet("filename,speaker,label", *zip(*rows, strict=True)))
    dataset = opened(root)
    assert labels(dataset) == {f"{who}/{name}": word for name, who, word in rows}
    assert set(dataset.items["group"]) == {"s1", "s2"}


def test_a_fold_tells_which_of_several_files_is_meant(tree, opened):
    root = tree("fold1/0.wav", "fold2/0.wav", "fold2/1.wav", "fold10/0.wav")
    (root / "m.csv").write_text("filename,fold,label\n0.wav,1,dog\n0.wav,2,cat\n1.wav,2,dog\n0.wav,10,cow\n")
    expected = {"fold1/0.wav": "dog", "fold2/0.wav": "cat", "fold2/1.wav": "dog", "fold10/0.wav": "cow"}
    assert labels(opened(root / "m.csv")) == expected
    assert "column 'fold' tells the folder of 3 files" in opened(root).notes


def test_a_folder_of_one_table_of_texts(tree):
    root = tree("t.csv")
    (root / "t.csv").write_text(sheet("text,label", [f"this is text {k}" for k in range(8)], WORDS))
    assert recognised_modality(root) == "text"
    dataset = open_dataset(root, kind_for("text"))
    assert dataset.items["label"].tolist() == WORDS
    assert "items and labels are read from t.csv" in dataset.notes


def test_many_manifests_in_the_folder_are_one_line(tree, opened):
    root = tree("yes/a.wav", "no/b.wav")
    for k in range(6):
        (root / f"{k}.csv").write_text("path,label\nyes/a.wav,no\n")
    note = "found 0.csv, 1.csv, 2.csv, 3.csv and 2 more; give the path of one as the dataset to use its columns"
    assert note in opened(root).notes


def test_odd_class_names_are_classes(tree, opened):
    dataset = opened(tree("_silence_/a.wav", "_unknown_/b.wav", "<script>/c.wav", " go/d.wav", "go/e.wav"))
    assert dataset.classes == (" go", "<script>", "_silence_", "_unknown_", "go")


def test_empty_folder(tree, opened):
    with pytest.raises(DatasetError, match="holds no files") as caught:
        opened(tree())
    assert "one sub-folder per class" in caught.value.hint


def test_folder_of_text_files(tree, opened):
    with pytest.raises(DatasetError, match=r"no audio files in .*, only 2 \.txt, 1 \.png") as caught:
        opened(tree("a/1.txt", "a/2.txt", "b/3.png"))
    assert ".flac .m4a .m4b .mka .mp3" in caught.value.hint


def test_folder_with_only_a_manifest_points_to_it(tree, opened):
    root = tree("labels.csv")
    with pytest.raises(DatasetError) as caught:
        opened(root)
    assert str(root / "labels.csv") in caught.value.hint


@pytest.mark.real_data
def test_speech_commands_folder_is_its_own_manifest(real_data, opened):
    root = real_data("speech_commands")
    folder, manifest = opened(root), opened(root / "labels.csv")
    assert len(folder.items) == 1730
    assert len(folder.classes) == 12
    assert folder.items.equals(manifest.items)
    assert folder.group_source == "speaker in the file name"
    assert manifest.group_source == "column 'speaker'"


@pytest.mark.real_data
def test_images_are_no_audio(real_data, opened):
    with pytest.raises(DatasetError, match="no audio files"):
        opened(real_data("clothing"))


def test_one_folder_of_names_that_hold_labels_is_told_how(tree, opened):
    root = tree(*(f"AudioWAV/{1001 + k % 4}_DFA_{'AHS'[k // 4]}NG_XX.wav" for k in range(12)))
    notes = opened(root).notes
    assert any("the file names may hold the label: --label-pattern" in note for note in notes)
    assert any(note.startswith("everything is in one class, 'AudioWAV'") for note in notes)
