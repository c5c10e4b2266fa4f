from __future__ import annotations

import pandas as pd

from dsaudit.checks.split.leaked_segment import leaked_segment


def frame(*rows):
    items = pd.DataFrame(rows, columns=["uri", "split"], dtype=object)
    items.index = [f"{uri.rpartition('/')[2]}-{k}" for k, uri in enumerate(items["uri"])]
    return items


def test_only_stretches_that_share_a_part_across_splits_are_listed():
    found = leaked_segment(
        frame(
            ("/a.wav#t=0,2", "train"),
            ("/a.wav#t=1,3", "test"),
            ("/a.wav#t=3,4", "train"),  # begins where the one before ends
            ("/a.wav#t=3.98,5", "test"),  # a rounding of its border
            ("/b.wav#t=0,9", "train"),
            ("/b.wav#t=2,3", "train"),
            ("/b.wav#t=2,3", "test"),  # inside the first, and a copy of the second
            ("/c.wav#t=0,1", "train"),
            ("/c.wav#t=0,1", "test"),  # copies are another rule's
            ("/d.wav", "train"),
            ("/d.wav#t=5,6", "test"),
            ("/e.wav", "train"),
            ("/e.wav", "test"),
            ("/f.wav#t=0,2", None),
            ("/f.wav#t=1,2", "test"),
        )
    )
    assert found["item_ids"].to_dict() == {
        "/a.wav": ["a.wav#t=0,2-0", "a.wav#t=1,3-1"],
        "/b.wav": ["b.wav#t=0,9-4", "b.wav#t=2,3-6"],
        "/d.wav": ["d.wav#t=5,6-10", "d.wav-9"],
    }
    assert found["splits"].tolist() == ["test (1), train (1)"] * 3
    assert found["file"].tolist() == ["a.wav", "b.wav", "d.wav"]


def test_files_have_no_stretches():
    assert not len(leaked_segment(frame(("/a.wav", "train"), ("/b.wav", "test"))))


def test_boxes_of_a_picture_that_share_a_part_across_splits_are_listed():
    found = leaked_segment(
        frame(
            ("/a.jpg#box=0,0,40,40", "train"),
            ("/a.jpg#box=20,0,60,40", "test"),
            ("/a.jpg#box=60,0,90,40", "train"),  # begins where the one before ends
            ("/b.jpg#box=0,0,40,40", "train"),
            ("/b.jpg#box=50,0,90,40", "test"),
            ("/c.jpg", "train"),
            ("/c.jpg#box=0,0,9,9", "test"),
            ("/d.jpg#box=0,0,9,9", "train"),
            ("/d.jpg#box=0,0,9,9", "test"),  # copies are another rule's
        )
    )
    assert found["item_ids"].to_dict() == {
        "/a.jpg": ["a.jpg#box=0,0,40,40-0", "a.jpg#box=20,0,60,40-1"],
        "/c.jpg": ["c.jpg#box=0,0,9,9-6", "c.jpg-5"],
    }
