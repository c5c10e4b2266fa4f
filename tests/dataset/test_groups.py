from __future__ import annotations

import pytest

from dsaudit.errors import UsageError


def test_speaker_in_the_name(tree, opened):
    dataset = opened(tree("yes/0a7c2a8d_nohash_0.wav", "_unknown_/bird_0a7c2a8d_nohash_1.wav", "no/tone.wav"))
    assert dict(dataset.items["group"]) == {
        "_unknown_/bird_0a7c2a8d_nohash_1.wav": "0a7c2a8d",
        "no/tone.wav": None,
        "yes/0a7c2a8d_nohash_0.wav": "0a7c2a8d",
    }
    assert dataset.group_source == "speaker in the file name"
    assert "without a group, because no speaker is in the file name: 1 item" in dataset.notes


def test_a_few_such_names_are_no_convention(tree, opened):
    dataset = opened(tree("yes/0a7c2a8d_nohash_0.wav", "yes/a.wav", "yes/b.wav"))
    assert dataset.items["group"].tolist() == [None] * 3
    assert dataset.group_source == ""


@pytest.mark.parametrize(
    ("pattern", "groups"),
    [("/(.)", ["a", "b"]), ("anna|ben", ["anna", "ben"]), ("/(?:(x)|(a|b))", ["a", "b"]), ("/(a*)", ["a", None])],
)
def test_pattern(tree, opened, pattern, groups):
    dataset = opened(tree("yes/anna1.wav", "yes/ben1.wav"), group_pattern=pattern)
    assert dataset.items["group"].tolist() == groups
    assert dataset.group_source == f"pattern {pattern!r}"


def test_pattern_that_leaves_some_out_says_so(tree, opened):
    dataset = opened(tree("yes/anna.wav", "yes/1.wav"), group_pattern="[a-z]{4}")
    assert any("matches all but 1 of 2 items" in note for note in dataset.notes)


@pytest.mark.parametrize(
    ("pattern", "says"), [("(", "not a regular expression"), ("zzz", "matches none of the 1 items")]
)
def test_bad_patterns(tree, opened, pattern, says):
    with pytest.raises(UsageError, match=says) as caught:
        opened(tree("yes/a.wav"), group_pattern=pattern)
    assert caught.value.hint


def test_pattern_wins_over_a_guessed_column_but_not_over_a_named_one(tmp_path, opened):
    path = tmp_path / "m.csv"
    path.write_text("path,speaker\nyes/anna.wav,1\n")
    assert opened(path, group_pattern="anna").items["group"].tolist() == ["anna"]
    with pytest.raises(UsageError, match="both a group column and a group pattern"):
        opened(path, group_pattern="anna", group_column="speaker")
