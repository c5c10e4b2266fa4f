from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from dsaudit.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def lines(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def recording(name, **more):
    return {"id": name, "sources": [{"type": "file", "source": f"wavs/{name}.wav"}], "duration": 2.0, **more}


def supervision(name, start=0, duration=2.0, **more):
    return {"id": f"{name}-{start}", "recording_id": name, "start": start, "duration": duration, **more}


COMMON_VOICE = "client_id\tpath\tsentence\n{}\ta.mp3\tthe first of them\n{}\tb.mp3\tsomething else\n"
KALDI = {
    "data/train/wav.scp": "a wavs/a.wav\nb sox wavs/b.wav -t wav - |\n",
    "data/train/utt2spk": "a ann\nb bob\n",
    "data/train/text": "a hello there\nb so long\n",
}
LAYOUTS: dict[str, dict[str, Any]] = {
    "UrbanSound8K": {
        "files": ["audio/fold1/7-0-0.wav", "audio/fold2/8-1-0.wav"],
        "tables": {
            "metadata/UrbanSound8K.csv": "slice_file_name,fsID,fold,classID,class\n"
            "7-0-0.wav,7,1,0,dog\n8-1-0.wav,8,2,1,siren\n"
        },
        "items": {
            "audio/fold1/7-0-0.wav": ("dog", None, "7"),
            "audio/fold2/8-1-0.wav": ("siren", None, "8"),
        },
        "says": ["--split-column fold", "2 files found below", "read from metadata/UrbanSound8K.csv"],
    },
    "FSD50K": {
        "files": ["FSD50K.dev_audio/1.wav", "FSD50K.eval_audio/2.wav"],
        "tables": {
            "FSD50K.ground_truth/dev.csv": "fname,labels,mids,split\n1,Dog,/m/0,val\n",
            "FSD50K.metadata/collection/collection_dev.csv": "fname,labels,mids\n1,Bark,/m/0\n",
            "FSD50K.ground_truth/eval.csv": "fname,labels,mids\n2,Bark,/m/1\n",
        },
        "items": {
            "FSD50K.dev_audio/1.wav": ("Dog", "validation", None),
            "FSD50K.eval_audio/2.wav": ("Bark", "test", None),
        },
        "says": ["2 files found below"],
    },
    "Hugging Face metadata": {
        "files": ["data/train/a.wav", "data/test/a.wav", "data/test/extra.wav"],
        "tables": {
            "data/train/metadata.csv": "file_name,label\na.wav,dog\n",
            "data/test/metadata.csv": "file_name,label\na.wav,cat\n",
        },
        "items": {"data/train/a.wav": ("dog", "train", None), "data/test/a.wav": ("cat", "test", None)},
        "says": ["in no row of the table, so left out: 1 audio file"],
    },
    "Common Voice": {
        "files": ["clips/a.mp3", "clips/b.mp3", "clips/c.mp3"],
        "tables": {
            "test.tsv": COMMON_VOICE.format("p1", "p2"),
            "validated.tsv": COMMON_VOICE.format("p1", "p2") + "p3\tc.mp3\tyet another\n",
            "invalidated.tsv": COMMON_VOICE.format("p1", "p2"),
        },
        "items": {
            "clips/a.mp3": (None, "test", "p1"),
            "clips/b.mp3": (None, "test", "p2"),
            "clips/c.mp3": (None, "train", "p3"),
        },
        "says": [
            "read from test.tsv, validated.tsv",
            "column 'sentence' holds transcripts",
        ],
    },
    "Kaldi data folder": {
        "files": ["wavs/a.wav", "wavs/b.wav"],
        "tables": KALDI,
        "items": {"a": (None, None, "ann"), "b": (None, None, "bob")},
        "says": ["1 command, which are never run", "which are no classes: all items are unlabelled"],
    },
    "Lhotse manifests": {
        "files": ["wavs/a.wav", "wavs/b.wav"],
        "tables": {
            "recordings_train.jsonl": lines(recording("a"), recording("b")),
            "supervisions_train.jsonl": lines(supervision("a", speaker="ann"), supervision("b", speaker="bob")),
        },
        "items": {"a-0": (None, None, "ann"), "b-0": (None, None, "bob")},
        "says": [],
    },
    "LJSpeech": {
        "files": ["wavs/LJ001-0001.wav", "wavs/LJ001-0002.wav"],
        "tables": {"metadata.csv": 'LJ001-0001|Say "this.|Say this.\nLJ001-0002|And that, too.|And that too.\n'},
        "items": {"wavs/LJ001-0001.wav": (None, None, None), "wavs/LJ001-0002.wav": (None, None, None)},
        "says": ["2 files found below", "column 'text' holds transcripts that seldom come again, which are no classes"],
    },
    "DCASE": {
        "files": ["audio/a.wav", "audio/b.wav"],
        "tables": {
            "meta.csv": "filename\tscene_label\tidentifier\naudio/a.wav\tbus\tx-1\naudio/b.wav\tpark\ty-2\n",
            "evaluation_setup/fold1_train.csv": "filename\tscene_label\naudio/a.wav\tbus\n",
            "evaluation_setup/fold1_test.csv": "filename\naudio/b.wav\n",
            "evaluation_setup/fold1_evaluate.csv": "filename\tscene_label\naudio/b.wav\tpark\n",
        },
        "items": {"audio/a.wav": ("bus", "train", "x-1"), "audio/b.wav": ("park", "test", "y-2")},
        "says": ["evaluation_setup/fold1_train.csv puts 1 item in the train split"],
    },
}


def built(tree: Any, layout: dict[str, Any]) -> Path:
    root: Path = tree(*layout["files"], *layout["tables"])
    for name, text in layout["tables"].items():
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_folder_alone_is_enough(tree, opened, name):
    layout = LAYOUTS[name]
    root = built(tree, layout)
    dataset = opened(root)
    found = dataset.items[["label", "split", "group"]]
    assert {k: tuple(row) for k, row in zip(found.index, found.to_numpy(), strict=True)} == layout["items"]
    assert dataset.understood.layout == name
    assert (dataset.source, dataset.root) == ("folder", root)
    extra = any("left out" in said for said in layout["says"])
    assert any("left out" in note for note in dataset.notes) == extra
    for said in layout["says"]:
        assert any(said in note for note in dataset.notes), (said, dataset.notes)
    assert all(row.startswith(str(root)) for row in dataset.items["uri"])


@pytest.mark.parametrize(
    ("name", "manifest"),
    [
        ("UrbanSound8K", "metadata/UrbanSound8K.csv"),
        ("FSD50K", "FSD50K.ground_truth/dev.csv"),
        ("Kaldi data folder", "data/train/wav.scp"),
        ("Lhotse manifests", "recordings_train.jsonl"),
        ("Lhotse manifests", "supervisions_train.jsonl"),
        ("LJSpeech", "metadata.csv"),
        ("DCASE", "meta.csv"),
        ("Common Voice", "test.tsv"),
    ],
)
def test_and_so_is_the_file_that_says_it(tree, opened, name, manifest):
    layout = LAYOUTS[name]
    root = built(tree, layout)
    dataset = opened(root / manifest)
    expected = {k: (label, group) for k, (label, _, group) in layout["items"].items() if k in dataset.items.index}
    found = dataset.items[["label", "group"]]
    assert {k: tuple(row) for k, row in zip(found.index, found.to_numpy(), strict=True)} == expected
    assert dataset.understood.layout == name
    assert all((root / uri).is_file() for uri in dataset.items["uri"])


def test_no_command_is_run_and_none_is_taken_for_a_file(tree, opened):
    root = tree("data/x.wav", "wav.scp")
    (root / "wav.scp").write_text("a touch ran |\nb cat data/x.wav data/x.wav |\nc sph2pipe -f wav data/x.wav |\n")
    dataset = opened(root)
    assert dataset.items.loc["c", "uri"] == str(root / "data/x.wav")
    assert not (root / "ran").exists()
    assert any("3 commands, which are never run" in note for note in dataset.notes)
    cuts = [{"id": "k", "recording": {"id": "r", "sources": [{"type": "command", "source": "touch ran"}]}}]
    (root / "wav.scp").unlink()
    (root / "cuts.jsonl").write_text(lines(*cuts))
    assert any("1 command, which are never run" in note for note in opened(root).notes)
    assert not (root / "ran").exists()


HANDED_OUT: dict[str, tuple[dict[str, str], str, set[str | None]]] = {
    "names without suffix that the test has, too": ({"trainLabels.csv": "id,label"}, "{}", {None}),
    "names with suffix": ({"train_labels.csv": "image_id,label"}, "{}.wav", {None}),
    "grades, and a form for guesses": (
        {"train.csv": "name,level", "sample_submission.csv": "name,level"},
        "{}",
        {None},
    ),
    "a table per split": ({"train_labels.csv": "id,label", "test_labels.csv": "id,label"}, "{}", {"0", "1"}),
    "ids of those that are on it": ({"train.csv": "file,Id"}, "{}.wav", {None}),
}


@pytest.mark.parametrize("case", HANDED_OUT)
@pytest.mark.parametrize("folders", ["{}", "{}_audio", "{0}/{0}"])
def test_labels_of_a_training_split_lie_beside_it(tree, opened, case, folders):
    """The layout of competitions: the test has no labels, and its files may go by the same names."""
    tables, named, of_test = HANDED_OUT[case]
    splits = {"train": 12, "test": 4}
    paths = {split: [f"{folders.format(split)}/{k}.wav" for k in range(n)] for split, n in splits.items()}
    root = tree(*paths["train"], *paths["test"])
    for table, head in tables.items():
        n = splits["train" if "train" in table else "test"]
        (root / table).write_text("\n".join([head, *(f"{named.format(k)},{k % 2}" for k in range(n))]))
    items = opened(root).items
    assert set(items.index) == {path for held in paths.values() for path in held}
    train = items.loc[paths["train"]]
    assert train["label"].tolist() == ["0", "1"] * 6
    assert set(train["split"]) == {"train"}
    assert set(items.loc[paths["test"], "split"]) == {"test"}
    assert set(items.loc[paths["test"], "label"]) == of_test
    alone = opened(root / next(iter(tables))).items
    assert alone["label"].tolist() == train["label"].tolist()
    assert set(alone.index) == set(paths["train"])


def test_a_column_of_splits_tells_which_file_of_a_name_is_meant(tree, opened):
    root = tree(*(f"{split}/{k}.wav" for split in ("train", "test") for k in range(4)))
    rows = [f"{split},{k},{word}" for split, word in (("train", "a"), ("test", "b")) for k in range(4)]
    (root / "labels.csv").write_text("\n".join(["split,id,label", *rows]))
    items = opened(root).items
    assert set(zip(items["split"], items["label"], strict=True)) == {("train", "a"), ("test", "b")}
    assert all(path.startswith(split) for path, split in items["split"].items())


@pytest.mark.parametrize(("cells", "is_label"), [([0, 1, 2], True), ([0, 7, 90], False), ([*range(60)], False)])
def test_of_two_columns_codes_that_follow_each_other_are_classes(tree, opened, cells, is_label):
    names = [f"{k}.wav" for k in range(4 * len(cells))]
    root = tree(*names)
    rows = [f"{name},{cells[k % len(cells)]}" for k, name in enumerate(names)]
    (root / "m.csv").write_text("\n".join(["name,grade", *rows]))
    assert any(opened(root).items["label"]) == is_label


def test_stretches_of_recordings_are_given_on(tree, opened):
    """What reads the columns is not tested here."""
    root = tree("wavs/a.wav", "cuts.jsonl.gz", "wav.scp", "segments")
    said = [supervision("a", 0.5, 0.5, text="go"), supervision("a", 1.0, 0.5, text="stop")]
    cut = {"id": "cut", "start": 0.25, "duration": 1.5, "recording": recording("a"), "supervisions": said}
    (root / "cuts.jsonl.gz").write_bytes(gzip.compress(lines(cut).encode()))
    (root / "wav.scp").write_text("rec wavs/a.wav\n")
    (root / "segments").write_text("utt1 rec 0.0 1.0\nutt2 rec 1.0 2.0\nutt3 gone 0 1\n")
    dataset = opened(root / "wav.scp")
    assert list(dataset.items.index) == ["utt1", "utt2"]
    assert "segments names no file of wav.scp in 1 line" in dataset.notes
    assert {"start", "end"} <= {column.name for column in dataset.understood.columns}
    cuts = opened(root / "cuts.jsonl.gz")
    assert list(cuts.items.index) == ["a-0.5", "a-1.0"]
    assert {"start", "duration"} <= {column.name for column in cuts.understood.columns}


def test_folders_of_classes_win_over_a_table_unless_columns_are_named(tree, opened):
    root = tree("yes/a.wav", "no/b.wav")
    (root / "labels.csv").write_text("path,word\nyes/a.wav,x\nno/b.wav,y\n")
    assert opened(root).classes == ("no", "yes")
    assert any(note.startswith("found labels.csv;") for note in opened(root).notes)
    assert opened(root, label_column="word").classes == ("x", "y")
    with pytest.raises(UsageError, match="it has no columns"):
        opened(tree("yes/a.wav") / "yes", label_column="word")


def test_of_several_tables_that_say_as_much_none_is_chosen(tree, opened):
    root = tree("wavs/a.wav", "wavs/b.wav")
    for name in ("one.csv", "two.csv"):
        (root / name).write_text(f"path,label\nwavs/a.wav,{name}\nwavs/b.wav,x\n")
    dataset = opened(root)
    assert dataset.classes == ()
    assert any("several tables could say what the files are: one.csv, two.csv; give" in n for n in dataset.notes)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("path,label\nelsewhere/z.wav,x\n", None),
        ("when,what\n1,2\n", None),
        ("path,label\nwavs/a.wav,x,y\n", "labels.csv is passed over: labels.csv, line 2"),
    ],
)
def test_tables_of_something_else(tree, opened, table, says):
    root = tree("wavs/a.wav", "wavs/b.wav")
    (root / "labels.csv").write_text(table)
    dataset = opened(root)
    assert dataset.classes == ()
    assert says is None or any(note.startswith(says) for note in dataset.notes), dataset.notes


def test_words_that_are_said_again_and_again_are_classes(tree, opened):
    root = tree("wav.scp", "text", *(f"{k}.wav" for k in range(8)))
    (root / "wav.scp").write_text("".join(f"u{k} {k}.wav\n" for k in range(8)))
    (root / "text").write_text("".join(f"u{k} {'turn on' if k % 2 else 'stop'}\n" for k in range(8)))
    dataset = opened(root)
    assert dataset.items["label"].tolist() == ["stop", "turn on"] * 4
    assert any(note.startswith("column 'text' is read as the label: 8 rows say 2 different") for note in dataset.notes)


def test_tables_of_splits_are_read_alike(tree, opened):
    names = {"train": [f"t{k}.mp3" for k in range(9)], "dev": ["d0.mp3", "d1.mp3"]}
    root = tree(*(f"clips/{name}" for held in names.values() for name in held))
    for split, held in names.items():
        rows = [f"p{k}\t{name}\t{('left', 'right')[k % 2]}\n" for k, name in enumerate(held)]
        (root / f"{split}.tsv").write_text("client_id\tpath\tsentence\n" + "".join(rows))
    dataset = opened(root)
    assert dataset.classes == ("left", "right")
    assert dataset.items.groupby("split")["label"].count().to_dict() == {"train": 9, "validation": 2}


def test_and_so_are_kaldi_folders(tree, opened):
    root = tree(*(f"{k}.wav" for k in range(9)))
    for split, held in (("train", range(8)), ("test", [8])):
        folder = root / "data" / split
        folder.mkdir(parents=True)
        (folder / "wav.scp").write_text("".join(f"u{k} {k}.wav\n" for k in held))
        (folder / "text").write_text("".join(f"u{k} {('go', 'stop')[k % 2]}\n" for k in held))
    dataset = opened(root)
    assert dataset.classes == ("go", "stop")
    assert dataset.items.loc["u8", ["label", "split"]].tolist() == ["go", "test"]
