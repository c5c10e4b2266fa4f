from __future__ import annotations

import pytest

from dsaudit.errors import DatasetError


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


def test_manifest_in_the_folder_is_mentioned_not_used(tree, opened):
    root = tree("yes/a.wav")
    (root / "labels.csv").write_text("path,label\nyes/a.wav,no\n")
    dataset = opened(root)
    assert labels(dataset) == {"yes/a.wav": "yes"}
    assert any(note.startswith("found labels.csv;") for note in dataset.notes)


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
