from __future__ import annotations

import re
from itertools import product

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
        (below("x/speakers"), "", {None}, "the folders no, yes are groups and no classes"),
        (
            ["train/speakers/aa/1.wav", "test/speakers/on/1.wav"],
            "",
            {"train", "test"},
            "the folders aa, on are groups and no classes",
        ),
        # numbered parts of one set
        (
            ["HAM_images_part_1/a.wav", "HAM_images_part_2/b.wav"],
            "",
            {None},
            "no classes; --label-pattern '^([^/]+)/' says otherwise",
        ),
        (
            [*below("Disc1"), *below("Disc2")],
            "no yes",
            {None},
            "no classes; --group-pattern '^([^/]+)/' says otherwise",
        ),
        ([*below("w/chunk-1/train"), *below("w/chunk-2/test")], "no yes", {"train", "test"}, "the folders chunk-1, "),
        (["users/part1/a.wav", "users/part2/a.wav"], "", {None}, "the folders part1, part2 are read as parts of one"),
        (["x_part_1/a.wav", "y_part_1/a.wav"], "x_part_1 y_part_1", {None}, ""),
        (["part_1/a.wav", "yes/a.wav"], "part_1 yes", {None}, ""),
        # splits of other names, and below the classes
        ([*below("dev-clean"), *below("train-clean-100")], "no yes", {"train", "validation"}, "read as splits"),
        (
            [*below("evaluation"), *below("train")],
            "no yes",
            {"train", "test"},
            "read as splits: evaluation as test, train",
        ),
        ([*below("holdout"), *below("validated")], "no yes", {"train", "test"}, "read as splits"),
        (["yes/train/a.wav", "yes/test/a.wav", "no/train/a.wav"], "no yes", {"train", "test"}, "second level"),
        (["fold1/a.wav", "fold2/b.wav"], "", {"fold1", "fold2"}, "all items are unlabelled: the splits hold files"),
        # splits by what stands beside them
        ([*below("yes_no_train"), *below("yes_no_test")], "no yes", {"train", "test"}, "yes_no_test as test"),
        ([*below("train"), *below("extra"), "hum/x.wav"], "no yes", {"train", "extra", "hum"}, "splits: extra, hum"),
        ([*below("tr"), *below("va"), *below("te")], "no yes", {"train", "validation", "test"}, "te as test, tr as"),
        ([*below("tr"), *below("cv"), *below("tt")], "no yes", {"train", "validation", "test"}, "cv as validation"),
        ([*below("dev"), *below("eval")], "no yes", {"train", "test"}, "dev as train, for there is no other"),
        (
            [*below("train/anna"), *below("test/ben")],
            "no yes",
            {"train", "test"},
            "the folders anna, ben are read as groups",
        ),
        ([*below("train"), "unlabeled/x.wav"], "no yes", {"train", "unlabeled"}, "in a split: 1 item"),
        (["train/steam/a.wav", "train/tram/a.wav", "bus/b.wav"], "bus train", {None}, "read as classes"),
        (["tr/a.wav", "te/a.wav", "en/a.wav"], "en te tr", {None}, ""),
        (["tr/a.wav", "te/a.wav"], "te tr", {None}, ""),
        (
            ["train_station/a.wav", "bus_station/a.wav", "train_horn/a.wav"],
            "bus_station train_horn train_station",
            {None},
            "",
        ),
        (
            [f"{c}_{s}/a.wav" for c in ("cats", "dogs") for s in ("train", "test")],
            "cats dogs",
            {"train", "test"},
            "a class and a split each",
        ),
        (
            [f"{c}/{s}/a.wav" for c in ("cats", "dogs") for s in ("train", "test")],
            "cats dogs",
            {"train", "test"},
            "second level of folders is read as splits: test, train",
        ),
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
    assert any("read as groups" in guess.said for guess in tree.guesses)


WHO, SAID = ("anna", "ben", "carla"), ("yes", "no")
UNKNOWN = ("xolani", "thabo", "zz")


def crossed(*levels, ends=("1.wav", "2.wav")):
    return ["/".join(parts) for parts in product(*levels, ends)]


@pytest.mark.parametrize(
    ("files", "classes", "groups"),
    [
        (crossed(WHO, SAID), SAID, WHO),
        (crossed(SAID, WHO), SAID, WHO),
        (crossed(UNKNOWN, ("kettle", "lamp")), ("kettle", "lamp"), UNKNOWN),  # the level that comes again
        (crossed(SAID, UNKNOWN), SAID, ()),  # proposed
        (crossed(("kettle", "lamp"), ("f01", "f02", "m03")), ("kettle", "lamp"), ()),
        (crossed(("f01", "f02", "m03"), ("kettle", "lamp")), ("kettle", "lamp"), ("f01", "f02", "m03")),
        (crossed(("jackson", "theo"), "0123456789"), tuple("0123456789"), ("jackson", "theo")),
        (crossed(WHO, ("session1", "session2"), SAID), SAID, WHO),
        (crossed(("session1", "session2"), WHO, SAID), SAID, WHO),
        (crossed(("2019", "2020"), ("01", "02"), ("benign", "malignant")), ("benign", "malignant"), ("2019", "2020")),
        (crossed(("users",), ("aa", "on"), SAID), SAID, ("aa", "on")),
        (crossed(("w",), WHO, ("wavs",), SAID), SAID, WHO),
        (crossed(("Jürgen", "Zoé Martin"), SAID), SAID, ("Jürgen", "Zoé Martin")),
        ([f for f in crossed(WHO, ("yes", "no", "up")) if "ben/up" not in f], ("yes", "no", "up"), WHO),
        (crossed(("male", "female"), ("happy", "sad", "bored")), ("happy", "sad", "bored"), ()),
        (crossed(("happy", "sad", "bored"), ("male", "female")), ("happy", "sad", "bored"), ()),
        (crossed(("ouvre", "ferme"), ("AB", "CK", "MJ")), ("ouvre", "ferme"), ()),
        (crossed(("AB", "CK", "MJ"), ("ouvre", "ferme")), ("ouvre", "ferme"), ("AB", "CK", "MJ")),
        (crossed(("alarm", "knock"), ("kitchen", "office")), ("alarm", "knock"), ()),
        (crossed(("kettle", "lamp"), ("clean", "noisy")), ("kettle", "lamp"), ()),
    ],
)
def test_of_levels_that_repeat_one_is_the_class_and_the_other_the_group(files, classes, groups):
    read = read_tree(files, containers={"wavs"})
    assert set(read.labels) == set(classes)
    assert set(read.groups) - {None} == set(groups)
    assert all(label in file.split("/") for label, file in zip(read.labels, files, strict=True))
    assert bool(groups) <= bool(read.guesses)


@pytest.mark.parametrize(
    "files", [crossed(WHO, SAID), crossed(SAID, WHO), crossed(UNKNOWN, ("kettle", "lamp")), crossed(SAID, UNKNOWN)]
)
def test_the_other_way_round_is_what_the_guess_says(tree, opened, files):
    root = tree(*files)
    plain = opened(root)
    said = next(note for note in plain.notes if "--label-pattern" in note)
    label, group = re.findall(r"--(?:label|group)-pattern '([^']+)'", said)[-2:]
    turned = opened(root, label_pattern=label, group_pattern=group)
    inner, outer = ([file.split("/")[k] for file in turned.items.index] for k in (1, 0))
    assert sorted([list(turned.items["label"]), list(turned.items["group"])]) == sorted([inner, outer])
    assert list(turned.items["label"]) != list(plain.items["label"])


@pytest.mark.parametrize(
    ("files", "patterns"),
    [
        (
            crossed(("Actor_01", "Actor_02"), [f"03-01-0{k}-01-02-01-09.wav" for k in range(1, 6)], ends=("",)),
            [{f"0{k}" for k in range(1, 6)}],
        ),
        (crossed(WHO, ("yes_1.wav", "yes_2.wav", "no_1.wav"), ends=("",)), [set(SAID)]),
        (crossed(("speaker_1", "speaker_2"), ("happy7.wav", "happy8.wav", "sad7.wav"), ends=("",)), [{"happy", "sad"}]),
    ],
)
def test_files_in_folders_of_speakers_are_unlabelled_with_a_pattern_that_works(tree, opened, files, patterns):
    root = tree(*(file.rstrip("/") for file in files))
    dataset = opened(root)
    assert dataset.classes == ()
    assert set(dataset.items["group"]) == {file.split("/")[0] for file in files}
    assert dataset.understood.layout == "one folder per group, no classes"
    *found, folders = re.findall(r"--label-pattern '([^']+)'", dataset.notes[0])
    assert [set(opened(root, label_pattern=p).classes) for p in found] == patterns
    assert opened(root, label_pattern=found[0]).items["group"].equals(dataset.items["group"])
    speakers = opened(root, label_pattern=folders)
    assert set(speakers.classes) == set(dataset.items["group"])
    assert speakers.group_source == ""


def test_a_level_below_that_is_not_used_is_said():
    files = crossed(("fan", "pump"), ("id_00", "id_02", "id_04"), ("normal", "abnormal"))
    read = read_tree(files)
    assert set(read.labels) == {"fan", "pump"}
    (note,) = read.label_notes
    assert note.startswith(
        "the folders abnormal, normal are not used: where they name the classes, --label-pattern '^("
    )


@pytest.mark.parametrize(
    ("files", "classes", "says"),
    [
        (crossed(("speaker_1", "speaker_2")), {"speaker_1", "speaker_2"}, "--group-pattern '^([^/]+)/'"),
        (["anna/yes/1.wav", "ben/no/1.wav"], {"anna", "ben"}, "--label-pattern '^[^/]+/([^/]+)/' --group-pattern"),
        (crossed(SAID, ("anna_1.wav", "ben_1.wav"), ends=("",)), set(SAID), "makes 2 groups (anna, ben)"),
        (crossed(("01", "02"), ("3_01_0.wav", "4_01_1.wav"), ends=("",)), {"01", "02"}, "--label-pattern '([^/_]+)_"),
        (["animal/dog/1.wav", "animal/cat/1.wav", "vehicle/car/1.wav"], {"animal", "vehicle"}, "read as parts of them"),
        (crossed(("n1440764", "n1443537"), ("n1440764_11.wav", "n1440764_22.wav"), ends=("",)), None, ""),
    ],
)
def test_classes_that_may_be_none_are_said(files, classes, says):
    read = read_tree([file.rstrip("/") for file in files])
    assert set(read.labels) == (classes or {"n1440764", "n1443537"})
    assert set(read.groups) == {None}
    assert any(says in note for note in read.label_notes) if says else not read.label_notes


@pytest.mark.parametrize("first", [("animal", "vehicle"), ("s01", "s02")])
def test_folders_whose_parts_differ_stay_classes(first):
    paths = [f"{name}/{name}{k}/a.wav" for name in first for k in range(3)]
    assert set(read_tree(paths).labels) == set(first)
