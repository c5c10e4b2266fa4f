from __future__ import annotations

import re

import pytest

from dsaudit.dataset.label_pattern import proposed
from dsaudit.errors import UsageError

DIGITS = [f"{d}_{who}_{k}.wav" for d in "07" for who in ("ann", "bob") for k in range(4)]
BREEDS = [f"{b}_{k}.jpg" for b in ("Maine_Coon", "pug", "great_dane") for k in (1, 22, 103)]


@pytest.mark.parametrize(
    ("names", "classes"),
    [
        (DIGITS, [{"0", "7"}, {"ann", "bob"}]),
        ([f"recordings/{name}" for name in DIGITS], [{"0", "7"}, {"ann", "bob"}]),
        (BREEDS, [{"Maine_Coon", "pug", "great_dane"}]),
        ([f"dog{k}.png" for k in range(5)] + [f"cat{k}.png" for k in range(5)], [{"dog", "cat"}]),
        ([f"{who}-{w}-{k}.wav" for who in "abc" for w in ("on", "off") for k in "123"], [set("abc"), {"on", "off"}]),
        ([f"clip{k}_{w}.wav" for w in ("on", "off") for k in range(5)], [{"on", "off"}]),
        ([f"{k:05d}.wav" for k in range(20)], []),
        ([f"IMG_{k}.jpg" for k in range(20)], []),
        ([f"a{k}_b{k}.wav" for k in range(20)], []),
        ([f"{split}_{k}.jpg" for split in ("train", "val") for k in range(9)], []),
        (["one.wav"], []),
        ([], []),
    ],
)
def test_what_names_hold_is_proposed_by_patterns_that_work(names, classes):
    patterns = re.findall(r"--label-pattern '(.+?)' ", proposed(names))
    assert [{re.search(pattern, name)[1] for name in names} for pattern in patterns] == classes


def test_a_flat_folder_proposes_and_takes_a_pattern(tree, opened):
    root = tree(*(f"recordings/{name}" for name in DIGITS))
    plain = opened(root)
    assert plain.notes[0].startswith("the file names may hold the label: --label-pattern '([^/_]+)_[^/]*$' makes 2")
    dataset = opened(root, label_pattern="([^/_]+)_[^/]*$", group_pattern="_([^/_]+)_")
    assert dataset.classes == ("0", "7")
    assert set(dataset.items["group"]) == {"ann", "bob"}
    assert not any("unlabelled" in note or "may hold" in note for note in dataset.notes)


def test_a_pattern_in_a_manifest(tmp_path, opened):
    path = tmp_path / "m.csv"
    path.write_text("path\n0_ann_1.wav\nx.wav\n")
    dataset = opened(path, label_pattern=r"(\d)_")
    assert dataset.items["label"].tolist() == ["0", None]
    assert "label pattern '(\\\\d)_' matches all but 1 of 2 items" in dataset.notes
    assert not any("unlabelled" in note for note in dataset.notes)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"label_pattern": "("}, "label pattern '\\(' is not a regular expression"),
        ({"label_pattern": "zzz"}, "label pattern 'zzz' matches none of the 1 items"),
        ({"label_pattern": "a", "label_column": "path"}, "both a label column and a label pattern"),
    ],
)
def test_patterns_that_cannot_be_followed(tmp_path, opened, options, says):
    path = tmp_path / "m.csv"
    path.write_text("path\na.wav\n")
    with pytest.raises(UsageError, match=says):
        opened(path, **options)
