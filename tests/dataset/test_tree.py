from __future__ import annotations

import pytest

from dsaudit.dataset.tree import read_tree

WORDS = ("yes/a.wav", "yes/b.wav", "no/a.wav")
VOX = [f"id1000{s}/v{v}/0000{k}.wav" for s in "12" for v in "ab" for k in "12"]
LIBRI = ["1272/128104/1272-128104-0000.flac", "84/121123/84-121123-0001.flac"]


def below(folder, files=WORDS):
    return [f"{folder}/{file}" for file in files]


@pytest.mark.parametrize(
    ("files", "classes", "splits", "says"),
    [
        # a wrapper above the classes, one deep, several deep, with loose files beside the classes
        (below("speech_commands_v0.02"), "no yes", {None}, "the folder speech_commands_v0.02 holds all others"),
        (below("a/b/c"), "no yes", {None}, "the folder c holds all others"),
        ([*below("w"), "w/loose.wav"], "no yes", {None}, "without a label, because directly in the root: 1 item"),
        # containers between splits and classes, and without classes
        ([*below("train/audio"), "test/audio/x.wav"], "no yes", {"train", "test"}, "in a split: 1 item"),
        ([*below("audio/train"), *below("audio/val")], "no yes", {"train", "validation"}, "read as splits"),
        ([*below("data/train"), *below("data/test")], "no yes", {"train", "test"}, "the folder data holds all others"),
        (["wavs/a.wav", "wavs/b.wav"], "", {None}, "all items are unlabelled: no folders name classes"),
        (["clips/a.wav"], "", {None}, "no folders name classes"),
        # splits of other names, and below the classes
        ([*below("dev-clean"), *below("train-clean-100")], "no yes", {"train", "validation"}, "read as splits"),
        ([*below("evaluation"), *below("train")], "no yes", {"train", "test"}, "read as splits: evaluation, train"),
        ([*below("holdout"), *below("validated")], "no yes", {"train", "test"}, "read as splits"),
        (["yes/train/a.wav", "yes/test/a.wav", "no/train/a.wav"], "no yes", {"train", "test"}, "second level"),
        (["fold1/a.wav", "fold2/b.wav"], "", {"fold1", "fold2"}, "all items are unlabelled: the splits hold files"),
        # said loudly
        (["train/a.wav", "test/b.wav"], "", {"train", "test"}, "all items are unlabelled: the splits hold files"),
        (["test/a.wav", "train/b.wav", "bus/c.wav"], "bus test train", {None}, "test, train are read as classes"),
        (["all/a.wav", "all/b.wav"], "all", {None}, "everything is in one class, 'all'"),
        # classes below their first letters
        (["a/apple/1.wav", "b/bread/white/1.wav"], "apple bread/white", {None}, "folders of one letter"),
        (["a/apple/1.wav", "b/cat/1.wav"], "a b", {None}, ""),
        # a class may be called like a container where others stand beside it
        (["audio/a.wav", "yes/b.wav"], "audio yes", {None}, ""),
    ],
)
def test_where_the_classes_are(tree, opened, files, classes, splits, says):
    dataset = opened(tree(*files))
    assert dataset.classes == tuple(classes.split())
    assert set(dataset.items["split"]) == splits
    assert any(says in note for note in dataset.notes) or not says, dataset.notes


@pytest.mark.parametrize(
    ("files", "classes", "groups", "layout", "splits"),
    [
        (VOX, ("id10001", "id10002"), {"id10001/va", "id10001/vb", "id10002/va", "id10002/vb"}, "VoxCeleb", {None}),
        (below("vox/wav", VOX), ("id10001", "id10002"), 4, "VoxCeleb", {None}),
        (
            [*below("LibriSpeech/dev-clean", LIBRI[:1]), *below("LibriSpeech/test-clean", LIBRI[1:])],
            (),
            {"1272", "84"},
            "LibriSpeech",
            {"validation", "test"},
        ),
    ],
)
def test_shapes_known_by_their_paths(tree, opened, files, classes, groups, layout, splits):
    dataset = opened(tree(*files))
    assert dataset.classes == classes
    assert set(dataset.items["group"]) == groups or dataset.items["group"].nunique() == groups
    assert dataset.understood.layout == layout
    assert set(dataset.items["split"]) == splits
    assert any(note.startswith(f"read as {layout}: ") for note in dataset.notes)
    assert dataset.group_source == f"folders of {layout}"


@pytest.mark.parametrize("names", [("speaker_0", "speaker_1"), ("s01", "s02"), ("spk_anna", "spk_bob")])
def test_folders_of_speakers_above_the_same_classes_are_groups(names):
    paths = [f"{name}/{word}/{k}.wav" for name in names for word in ("yes", "no") for k in range(2)]
    tree = read_tree(paths)
    assert tree.labels == [path.split("/")[1] for path in paths]
    assert tree.groups == [path.split("/")[0] for path in paths]
    assert any("read as groups" in note for note in tree.notes)


@pytest.mark.parametrize("first", [("animal", "vehicle"), ("s01", "s02")])
def test_folders_whose_parts_differ_stay_classes(first):
    paths = [f"{name}/{name}{k}/a.wav" for name in first for k in range(3)]
    assert set(read_tree(paths).labels) == set(first)
