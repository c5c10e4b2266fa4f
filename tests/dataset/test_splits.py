from __future__ import annotations

import pandas as pd
import pytest

from dsaudit.dataset.splits import has_split_level, split_name


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("Train", "train"),
        (" valid ", "validation"),
        ("dev", "validation"),
        ("TESTING", "test"),
        ("holdout ", "test"),
        ("Evaluation", "test"),
        ("eval", "test"),
        ("dev-clean", "validation"),
        ("train-other-500", "train"),
        ("test_set", "test"),
        ("validated", "train"),
        ("test_tone", "test_tone"),
        ("training wheels", "training wheels"),
        ("extra ", "extra"),
    ],
)
def test_words(word, name):
    assert split_name(word) == name


@pytest.mark.parametrize(
    ("folders", "nested", "level"),
    [
        ({"train", "test"}, {"train", "test"}, True),
        ({"train"}, set(), True),
        ({"train", "test", "dog"}, set(), False),
        ({"train", "test", "dog"}, {"train", "test"}, True),
        ({"test", "dog"}, {"test"}, False),
        ({"val", "validation", "dog"}, {"val", "validation"}, False),
        ({"dev-clean", "train-clean-100", "evaluation"}, set(), True),
        ({"validated", "holdout"}, set(), True),
        (set(), set(), False),
    ],
)
def test_level(folders, nested, level):
    assert has_split_level({folder: {f"in {folder}"} if folder in nested else set() for folder in folders}) is level


def test_speech_commands_lists(tree, opened):
    root = tree("yes/a_nohash_0.wav", "yes/b_nohash_0.wav", "no/a_nohash_1.wav", "no/c_nohash_0.wav")
    (root / "validation_list.txt").write_text("yes/a_nohash_0.wav\r\n./no/a_nohash_1.wav\nno/gone.wav\n")
    (root / "testing_list.txt").write_bytes(b"no/c_nohash_0.wav\nyes/a_nohash_0.wav\n\xff\n")
    dataset = opened(root)
    assert dict(dataset.items["split"]) == {
        "no/a_nohash_1.wav": "validation",
        "no/c_nohash_0.wav": "test",
        "yes/a_nohash_0.wav": "test",
        "yes/b_nohash_0.wav": "train",
    }
    assert dataset.notes == (
        "validation_list.txt puts 2 items in the validation split; lines that name no item here: 1",
        "testing_list.txt puts 2 items in the test split; lines that name no item here: 1; also in another list: 1",
    )


def test_lists_that_name_nothing_give_no_split(tree, opened):
    root = tree("yes/a.wav")
    (root / "testing_list.txt").write_text("no/x.wav\n")
    assert opened(root).items["split"].tolist() == [None]


@pytest.mark.parametrize(
    ("lists", "splits"),
    [
        ({"train.txt": "a.wav\nb.wav\n", "test.txt": "c.wav\n"}, ["train", "train", "test"]),
        ({"train_list.txt": "a.wav\n", "test_files.txt": "c.wav\n"}, ["train", None, "test"]),
        ({"test.txt": "a.wav 0\nc.wav\t1\n"}, ["test", "train", "test"]),
        (
            {
                "evaluation_setup/fold1_train.csv": "filename\tscene_label\na.wav\tbus\nb.wav\tbus\n",
                "evaluation_setup/fold1_evaluate.csv": "filename\tscene_label\nc.wav\tpark\n",
                "evaluation_setup/fold2_train.csv": "filename\tscene_label\nc.wav\tpark\n",
            },
            ["train", "train", "test"],
        ),
        ({"test.txt": "Some words about the test.\n", "notes.txt": "a.wav"}, [None, None, None]),
    ],
)
def test_lists_called_like_splits(tree, opened, lists, splits):
    root = tree("a.wav", "b.wav", "c.wav", *lists)
    for name, text in lists.items():
        (root / name).write_text(text)
    assert opened(root).items["split"].tolist() == splits


@pytest.mark.parametrize("above", ["words", "train", "train/audio"])
def test_lists_below_a_wrapper(tree, opened, above):
    root = tree(*(f"{above}/{name}" for name in ("yes/a.wav", "yes/b.wav", "no/a.wav", "no/b.wav")))
    (root / above.partition("/")[0] / "testing_list.txt").write_text("no/a.wav\n")
    splits = dict(opened(root).items["split"])
    assert [name for name, split in splits.items() if split == "test"] == [f"{above}/no/a.wav"]
    assert {*splits.values()} == {"test", "train"}


@pytest.mark.parametrize(
    ("columns", "splits"),
    [
        ({"is_test": [0, 1, 0]}, ["train", "test", "train"]),
        ({"is_train": [True, False, True]}, ["train", "test", "train"]),
        ({"isValidation": ["no", "yes", "no"]}, ["train", "validation", "train"]),
        ({"is_train": [1, 0, 0], "is_test": [0, 1, 0]}, ["train", "test", "validation"]),
        ({"in_test": [0.0, 1.0, None]}, ["train", "test", None]),
        ({"is_test": ["a", "b", "a"]}, [None] * 3),
        ({"is_loud": [0, 1, 0]}, [None] * 3),
        ({"is_test": [0, 1, 0], "split": ["dev", "eval", "x"]}, ["train", "test", "x"]),
    ],
)
@pytest.mark.parametrize("how", ["frame", "csv"])
def test_columns_of_yes_and_no(tmp_path, opened, columns, splits, how):
    frame = pd.DataFrame({"path": ["a.wav", "b.wav", "c.wav"], "label": ["x", "y", "x"], **columns})
    frame.to_csv(tmp_path / "m.csv", index=False)
    dataset = opened(frame if how == "frame" else tmp_path / "m.csv")
    assert dataset.items["split"].tolist() == splits
    used = [column.name for column in dataset.understood.used if column.role == "split"]
    assert used == ([] if splits == [None] * 3 else ["split"] if "split" in columns else list(columns))
    assert "split" in columns or bool(used) == any("say" in guess.text for guess in dataset.understood.guesses)
    if len(used) == 1:
        assert opened(frame, split_column=used[0]).items["split"].tolist() == splits


def test_tables_of_development_and_evaluation(tree, opened):
    root = tree("audio/a.wav", "audio/b.wav", "audio/c.wav")
    (root / "dev.csv").write_text("fname,label\naudio/a.wav,x\naudio/b.wav,y\n")
    (root / "eval.csv").write_text("fname,label\naudio/c.wav,x\n")
    dataset = opened(root)
    assert dataset.items["split"].tolist() == ["train", "train", "test"]
    assert "dev.csv is read as the training split, for there is no other" in dataset.notes
    (root / "train.csv").write_text("fname,label\naudio/a.wav,x\n")
    (root / "dev.csv").write_text("fname,label\naudio/b.wav,y\n")
    assert opened(root).items["split"].tolist()[1:] == ["validation", "test"]


def test_fsd50k_with_the_splits_of_one_table(tree, opened):
    root = tree("FSD50K.dev_audio/1.wav", "FSD50K.dev_audio/2.wav", "FSD50K.eval_audio/3.wav")
    tables = root / "FSD50K.ground_truth"
    tables.mkdir()
    (tables / "dev.csv").write_text("fname,labels,mids,split\n1,Bark,/m/1,train\n2,Meow,/m/2,val\n")
    (tables / "eval.csv").write_text("fname,labels,mids\n3,Bark,/m/1\n")
    dataset = opened(root)
    assert dataset.items["split"].tolist() == ["train", "validation", "test"]
    assert dataset.items["label"].tolist() == ["Bark", "Meow", "Bark"]
