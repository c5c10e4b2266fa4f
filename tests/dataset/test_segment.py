"""Rows that are a stretch of a file: which columns say so, in which unit, and what is made of odd cells."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from fabric import write_wav

from dsaudit.dataset import open_dataset
from dsaudit.dataset.segment import Segment, file_and_segment, file_of, file_uri, segment_uri
from dsaudit.dataset.segment_columns import segment_columns
from dsaudit.errors import DatasetError
from dsaudit.media import kind_for

RATE = 8000


@pytest.mark.parametrize(
    ("columns", "pair", "units", "is_length"),
    [
        ("path start end", "start end", "  ", False),
        ("filename onset offset event_label", "onset offset", "  ", False),
        ("audio_filepath offset duration text", "offset duration", "  ", True),
        ("recording_id start duration", "start duration", "  ", True),
        ("path,Start Time (s),End Time (s)", "Start Time (s),End Time (s)", "s s", False),
        ("path begin_ms end_ms", "begin_ms end_ms", "ms ms", False),
        ("path start_ms duration", "start_ms duration", "ms ms", True),
        ("path startTime stopTime", "startTime stopTime", "  ", False),
        ("path t0 t1", "t0 t1", "  ", False),
        ("path tmin text tmax", "tmin tmax", "  ", False),
        ("path start_sample end_sample", "start_sample end_sample", "samples samples", False),
        ("path frame_offset num_frames", "frame_offset num_frames", "samples samples", True),
        ("path start_sample end_sample start_s end_s", "start_s end_s", "s s", False),
        ("path segment_start segment_end", "segment_start segment_end", "  ", False),
        ("path onset offset duration", "onset duration", "  ", True),
        ("path duration", "", "", False),
        ("path start", "", "", False),
        ("path original_start original_end", "", "", False),
        ("path start_date end_date", "", "", False),
    ],
)
def test_which_columns(columns, pair, units, is_length):
    sep = "," if "," in columns else " "
    found = segment_columns(columns.split(sep))
    if not pair:
        assert found is None
        return
    assert [found.start, found.end, found.is_length] == [*pair.split(sep), is_length]
    assert found.units == tuple(units.split(" ")) if units.strip() else ("", "")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("segments")
    for name, length_s in (("talk.wav", 4.0), ("other.wav", 2.0), ("odd#t=1,2.wav", 1.0), ("plain#t=1,2", 1.0)):
        write_wav(root / name, np.zeros(round(length_s * RATE), np.float32), RATE, format="WAV")
    return root


def opened(rows, root, **options):
    return open_dataset(pd.DataFrame(rows), kind_for("audio"), root=root, **options)


@pytest.mark.parametrize(
    ("cells", "item_id", "fragment"),
    [
        ((1.5, 3.25), "talk.wav#1.5-3.25", "#t=1.5,3.25"),
        (("1,5", "3,25"), "talk.wav#1.5-3.25", "#t=1.5,3.25"),
        (("0:01.5", "00:00:03.25"), "talk.wav#1.5-3.25", "#t=1.5,3.25"),
        ((0.1 + 0.2, 1), "talk.wav#0.3-1", "#t=0.3,1"),
        ((None, None), "talk.wav", ""),
        ((float("nan"), float("nan")), "talk.wav", ""),
        ((0, 4), "talk.wav", ""),
        ((0, 3.99), "talk.wav", ""),
        ((None, 2), "talk.wav#0-2", "#t=0,2"),
        ((1, None), "talk.wav#1-", "#t=1,"),
        ((1, -1), "talk.wav#1-", "#t=1,"),
        ((-1, -1), "talk.wav", ""),
        ((3, 9), "talk.wav#3-9", "#t=3,9"),
        ((-0.5, 1), "talk.wav#-0.5-1", "#t=-0.5,1"),
        ((3, 1), "talk.wav#3-1", "#t=3,1"),
        ((2, 2), "talk.wav#2-2", "#t=2,2"),
        (("soon", 2), "talk.wav#soon-2", "#t=nan,2"),
        ((1e300, 2), "talk.wav#1e+300-2", "#t=nan,2"),
    ],
)
def test_cells(root, cells, item_id, fragment):
    rest = {"path": ["talk.wav", "talk.wav", "other.wav"], "label": "x"}
    dataset = opened(rest | {"start": [cells[0], 1.25, 0.5], "end": [cells[1], 2.25, 1]}, root)
    assert item_id in dataset.items.index
    assert dataset.items.loc[item_id, "uri"] == f"{root}/talk.wav{fragment}"
    assert "other.wav#0.5-1" in dataset.items.index
    odd = [n for n in dataset.notes if "cannot be" in n]
    assert bool(odd) == bool(fragment and file_and_segment(f"x{fragment}")[1].fault)


def test_the_same_stretch_twice_has_two_ids_and_one_address(root):
    items = opened({"path": ["talk.wav"] * 2, "start": [1, 1.0], "end": [2, 2.0]}, root).items
    assert items["group"].isna().all()
    assert items.index.tolist() == ["talk.wav#1-2", "talk.wav#1-2#2"]
    assert items["uri"].nunique() == 1


def test_files_are_proposed_as_groups_of_their_stretches(root):
    rows = {"path": ["talk.wav", "talk.wav", "other.wav"], "start": [0, 1, 0.5], "end": [1, 2, 1]}
    hint = "--group-column path keeps them in one split and fold"
    assert any(hint in note for note in opened(rows, root).notes)
    grouped = opened(rows, root, group_column="path")
    assert grouped.items["group"].tolist() == ["other.wav", "talk.wav", "talk.wav"]
    assert not any(hint in note for note in grouped.notes)


def test_offset_and_duration_and_own_ids(root, tmp_path):
    lines = [{"audio_filepath": "talk.wav", "offset": k, "duration": 1.0, "id": f"u{k}"} for k in range(4)]
    path = tmp_path / "m.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    dataset = open_dataset(path, kind_for("audio"), root=root)
    assert dataset.items.index.tolist() == ["u0", "u1", "u2", "u3"]
    assert [file_and_segment(u)[1] for u in dataset.items["uri"]] == [Segment(k, k + 1) for k in range(4)]
    assert {c.name: c.role for c in dataset.understood.used} == {
        "audio_filepath": "path",
        "offset": "start",
        "duration": "length",
        "id": "id",
    }
    assert any("4 items are stretches of 1 file" in guess.text for guess in dataset.understood.guesses)
    again = open_dataset(path, kind_for("audio"), root=root, segment_columns="offset,duration")
    assert again.items.equals(dataset.items)
    assert not any("stretches" in guess.text for guess in again.understood.guesses), "what is named is no guess"


@pytest.mark.parametrize(
    ("starts", "ends", "first"),
    [
        ([500, 1500, 2500], [1500, 2500, 3900], Segment(0.5, 1.5)),
        ([8000, 16000, 20000], [16000, 24000, 31000], Segment(8000, 16000, "samples")),
        ([0.5, 1.5, 2.5], [1.5, 2.5, 3.9], Segment(0.5, 1.5)),
        ([5, 6, 7], [6, 7, 8], Segment(5, 6)),
    ],
    ids=["milliseconds", "samples", "seconds", "seconds behind the end"],
)
def test_the_unit_follows_from_the_length_of_the_files(root, starts, ends, first):
    dataset = opened({"path": "talk.wav", "start": starts, "end": ends}, root)
    assert first in {file_and_segment(uri)[1] for uri in dataset.items["uri"]}


def test_where_files_were_cut_from_is_no_stretch_of_them(root):
    dataset = opened({"path": ["talk.wav", "other.wav"], "start": [58.9, 1.25], "end": [62.9, 3.25]}, root)
    assert dataset.items.index.tolist() == ["other.wav", "talk.wav"]
    assert any("cut from" in note for note in dataset.notes)
    assert {c.name: c.role for c in dataset.understood.columns}["start"] == ""


def test_files_as_long_as_their_rows_say_are_taken_whole(root):
    rows = {"path": ["talk.wav", "other.wav", "gone.wav"], "offset": 0.0, "duration": [4.0, 1.0, 1.0]}
    assert opened(rows, root).items.index.tolist() == ["gone.wav#0-1", "other.wav#0-1", "talk.wav"]


def test_columns_are_named_or_refused_by_hand(root):
    rows = {"path": ["talk.wav"] * 2, "von": [0, 1], "bis_ms": [1000, 2000], "start": [1, 2], "end": [2, 3]}
    assert opened(rows, root, segment_columns="none").items.index.tolist() == ["talk.wav", "talk.wav#2"]
    assert opened(rows, root, segment_columns="von,bis_ms").items.index.tolist() == ["talk.wav#0-1", "talk.wav#0.001-2"]
    with pytest.raises(DatasetError, match="no two columns 'von,nach'"):
        opened(rows, root, segment_columns="von,nach")


def test_years_are_no_times_unless_they_are_said_to_be(root):
    rows = {"path": ["talk.wav", "other.wav"], "start": [1990, 1991], "end": [2000, 2001]}
    dataset = opened(rows, root)
    assert dataset.items.index.tolist() == ["other.wav", "talk.wav"]
    assert any("they hold years; --segment-columns start,end says otherwise" in note for note in dataset.notes)
    asked = opened(rows, root, segment_columns="start,end").items
    assert asked.index.tolist() == ["other.wav#1.991-2.001", "talk.wav#1.99-2"]


def test_columns_of_two_units_are_told_with_theirs(root):
    rows = {"path": ["talk.wav"] * 2, "start_ms": [0, 1000], "end_s": [1.0, 2.0]}
    dataset = opened(rows, root)
    assert dataset.items.index.tolist() == ["talk.wav#0-1", "talk.wav#1-2"]
    assert any("read as start in milliseconds and end in seconds" in note for note in dataset.notes)


@pytest.mark.parametrize("cells", [("soon", "later"), ("", "")])
def test_words_are_no_times(root, cells):
    dataset = opened({"path": ["talk.wav"], "start": [cells[0]], "end": [cells[1]]}, root)
    assert dataset.items.index.tolist() == ["talk.wav"]
    assert any("not used" in note for note in dataset.notes) == bool(cells[0])


def test_kinds_that_have_no_stretches_say_so(root):
    frame = pd.DataFrame({"path": ["talk.png"], "label": ["x"], "start": [1], "end": [2]})
    dataset = open_dataset(frame, kind_for("image"), root=root)
    assert dataset.items.index.tolist() == ["talk.png"]
    assert any("'start' and 'end' are not used" in note for note in dataset.notes)


def test_a_file_whose_name_reads_like_a_stretch(root):
    items = open_dataset(root, kind_for("audio")).items
    assert items.loc["odd#t=1,2.wav", "uri"] == f"{root}/odd#t=1,2.wav"
    rows = opened({"path": ["plain#t=1,2", "plain#t=1,2"], "start": [None, 0.25], "end": [None, 0.5]}, root).items
    assert [file_of(uri) for uri in rows["uri"]] == [f"{root}/plain#t=1,2"] * 2
    assert [file_and_segment(uri)[1] for uri in rows["uri"]] == [None, Segment(0.25, 0.5)]


@pytest.mark.parametrize("path", ["a.wav", "a#t=1,2", "a#t=,", "a#samples=1,2#t=0,", "a#", "a#t=1,2 ", "a\udce9#t=0,1"])
@pytest.mark.parametrize("segment", [Segment(1.5, 3.25), Segment(0, None), Segment(7, 9, "samples"), Segment(-1, 2)])
def test_addresses_come_back(path, segment):
    assert file_and_segment(file_uri(path)) == (path, None)
    expected = None if segment == Segment(0, None) else segment
    assert file_and_segment(segment_uri(path, segment)) == (path, expected)
