from __future__ import annotations

import pandas as pd
import pytest

from dsaudit.dataset.groups import is_placeholder
from dsaudit.errors import UsageError
from dsaudit.evidence.context import Context


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


@pytest.mark.parametrize(
    "word",
    [
        *(
            "unknown",
            "-",
            "N/A",
            "-1",
            "nan",
            "None",
            "NULL",
            "?",
            " Unknown ",
            "<unk>",
            "[UNK]",
            "(unknown)",
            "not specified",
        ),
        *("speaker_unknown", "Unknown Speaker", "unspecified", "no speaker", "not given", "Not-Available", "…", "###"),
        *("unknown speaker id", "anon", "n.a.", "spk_-1", "unidentified"),
    ],
)
@pytest.mark.parametrize("column", ["speaker_id", "group"])
def test_what_stands_for_none_is_no_group(tmp_path, opened, word, column):
    path = tmp_path / "m.csv"
    rows = [f"{k}.wav,{'ab'[k % 2]},{word if k < 4 else f's{k}'}" for k in range(10)]
    path.write_text("\n".join([f"path,label,{column}", *rows]))
    dataset = opened(path)
    assert dataset.items["group"].tolist() == [None] * 4 + [f"s{k}" for k in range(4, 10)]
    assert f"no group is what stands for none: {word.strip().casefold()!r} (4 items)" in dataset.notes
    assert dataset.group_source == f"column {column!r}"


@pytest.mark.parametrize("word", ["Nadia", "unknown_7", "speaker-1", "note", "no1", "Nil Yılmaz", "nobody", "0", "id7"])
def test_what_only_begins_so_is_a_group(word):
    assert not is_placeholder(word)


@pytest.mark.parametrize(
    ("groups", "read", "says"),
    [
        (
            ["anna", "anna", "Anna ", "anna\u00a0", "an\u200bna", "ANNA", "ben"],
            ["anna"] * 6 + ["ben"],
            "1 group is spelt",
        ),
        (
            ["Zo\u00eb", "Zoe\u0308", "Bo", "bo", "bo"],
            ["Zo\u00eb"] * 2 + ["bo"] * 3,
            "2 groups are spelt in several ways",
        ),
        (["Ann Lee", "Ann  Lee"], ["Ann  Lee"] * 2, "'Ann  Lee', 'Ann Lee'"),
        (["Zoe\u0308", "Zo\u00eb"], ["Zo\u00eb"] * 2, "'Zo\u00eb', 'Zoe\\u0308'"),
        (["a1", "a2", "ann", "anna"], ["a1", "a2", "ann", "anna"], ""),
    ],
)
def test_spellings_of_one_group_are_one(tmp_path, opened, groups, read, says):
    frame = pd.DataFrame({"path": [f"{k}.wav" for k in range(len(groups))], "label": "x", "group": groups})
    dataset = opened(frame, root=tmp_path)
    assert list(dataset.items["group"]) == read
    assert any(says in note for note in dataset.notes)


def test_a_leak_between_spellings_is_one_in_folders_and_patterns_too(tree, opened):
    root = tree("Anna/yes/1.wav", "anna/no/1.wav", "Ben/yes/1.wav", "Ben/no/1.wav", "unknown/yes/1.wav")
    assert [opened(root, **how).items["group"].nunique() for how in ({}, {"group_pattern": "^([^/]+)/"})] == [2, 2]


@pytest.mark.parametrize(
    ("columns", "chosen", "others"),
    [
        ({"speaker": "aabbcc", "speaker_id": "112233"}, "speaker", {"speaker_id": "says the same as 'speaker'"}),
        ({"speaker_id": "112233", "speaker": ["Al ", "al", *"bbcc"]}, "speaker_id", {"speaker": "says the same"}),
        ({"session": "uvwxyz", "speaker": "aabbcc"}, "speaker", {"session": "tells parts of 'speaker'"}),
        ({"source": "aaaaaa", "speaker": "aabbcc"}, None, {"source": "could be", "speaker": "could be"}),
        ({"speaker": "aabbcc", "video_id": "abcabc"}, None, {"speaker": "could be", "video_id": "could be"}),
        ({"speaker": ["a", "a", "b", "b", "unknown", "-"], "spk_id": "112233"}, "speaker", {"spk_id": "says the same"}),
    ],
)
def test_of_columns_that_say_the_same_or_parts_of_it_one_is_the_group(tmp_path, opened, columns, chosen, others):
    frame = pd.DataFrame(
        {"path": [f"{k}.wav" for k in range(6)], "label": list("xyxyxy")} | {n: list(c) for n, c in columns.items()}
    )
    dataset = opened(frame, root=tmp_path)
    assert dataset.group_source == (f"column {chosen!r}" if chosen else "")
    ignored = {column.name: column.why for column in dataset.understood.ignored}
    assert all(why in ignored[name] for name, why in others.items())
    assert not chosen or any(f"column {chosen!r} is read as the group" in note for note in dataset.notes)


def test_a_column_of_placeholders_is_no_source_of_groups(tmp_path, opened):
    path = tmp_path / "m.csv"
    path.write_text("path,label,speaker\na.wav,x,-\nb.wav,y,unknown\n")
    assert opened(path).group_source == ""


_NEARLY = "a" * 19 + "e" + "b" * 19 + "e" + "c" * 19 + "e" + "abcde" * 4


@pytest.mark.parametrize(
    ("column", "name", "values", "says"),
    [
        ("source", "could be the group", "aabbccdd", "all 4 classes have one value each, so none could be learned"),
        ("source", "could be the group", "aaaaaaaa", "it has one value throughout"),
        ("source", "could be the group", "aabbccde", "3 of 4 classes have one value each and could not be learned"),
        ("source", "could be the group", _NEARLY, "3 of 4 classes have nearly all one value each and could not be"),
        ("source", "is read as the group", "aabbcdef", ""),
        ("client_id", "is read as the group", "abababab", ""),
        ("src_file", "is read as the group", "abcdefgh", ""),
        ("fsID", "is read as the group", "abcdefgh", ""),
    ],
)
def test_a_guessed_column_is_not_taken_where_classes_could_not_be_learned(tmp_path, opened, column, name, values, says):
    path = tmp_path / "m.csv"
    rows = [f"{k:02d}.wav,{'wxyz'[4 * k // len(values)]},{value}" for k, value in enumerate(values)]
    path.write_text("\n".join([f"path,label,{column}", *rows]))
    dataset = opened(path)
    assert any(name in note and says in note for note in dataset.notes), dataset.notes
    assert dataset.items["group"].notna().all() == (not says)
    assert dataset.group_source == ("" if says else f"column {column!r}")
    assert any(c.name == column and (c.role == "group") == (not says) for c in dataset.understood.columns)
    asked = opened(path, group_column=column)
    assert asked.items["group"].tolist() == list(values)


@pytest.mark.parametrize(("column", "held"), [("source", False), ("speaker", True)])
def test_few_sources_are_told_apart_and_not_held_out(tmp_path, opened, column, held):
    path = tmp_path / "m.csv"
    path.write_text(
        "\n".join([f"path,label,{column}", *(f"{k}.wav,{'xy'[k % 2]},{'ab'[k // 2 % 2]}" for k in range(8))])
    )
    dataset = opened(path)
    assert dataset.group_held == held
    assert any(f"--group-column {column} keeps each in one fold" in note for note in dataset.notes) != held
    context = Context(dataset, *[None] * 5)
    assert context.groups.tolist() == list("aabbaabb")
    assert context.items["group"].notna().all() == held
    assert opened(path, group_column=column).group_held


def test_folds_are_proposed_as_the_split(tmp_path, opened):
    path = tmp_path / "m.csv"
    path.write_text("path,label,fold\na.wav,x,1\nb.wav,y,2\n")
    assert any("--split-column fold" in note for note in opened(path).notes)
    assert opened(path, split_column="fold").items["split"].tolist() == ["1", "2"]
