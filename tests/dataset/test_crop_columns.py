"""Rows that are boxes of pictures: the columns that say so, in their usual spellings."""

from __future__ import annotations

import pandas as pd
import pytest

from dsaudit.dataset import open_dataset
from dsaudit.dataset.crop_columns import crop_columns
from dsaudit.errors import DatasetError
from dsaudit.kind import Kind

PICTURES = Kind("picture", suffixes=frozenset({".jpg"}), boxed=True)


def opened(**columns):
    options = columns.pop("options", {})
    return open_dataset(pd.DataFrame({"path": ["a.jpg", "a.jpg", "b.jpg"], **columns}), PICTURES, **options)


CORNERS = ([10, 40, 5], [20, 50, 6], [30, 80, 25], [60, 90, 46])


@pytest.mark.parametrize(
    "names",
    [
        ("x0", "y0", "x1", "y1"),
        ("x1", "y1", "x2", "y2"),
        ("xmin", "ymin", "xmax", "ymax"),
        ("XMin", "YMin", "XMax", "YMax"),
        ("x_min", "y_min", "x_max", "y_max"),
        ("left", "top", "right", "bottom"),
        ("bbox_x1", "bbox_y1", "bbox_x2", "bbox_y2"),
    ],
)
def test_corners_by_their_usual_names(names):
    found = opened(**dict(zip(names, CORNERS, strict=True)))
    assert list(found.items.index) == ["a.jpg#10,20,30,60", "a.jpg#40,50,80,90", "b.jpg#5,6,25,46"]
    assert any("3 items are boxes of 2 pictures" in note for note in found.notes)


@pytest.mark.parametrize(
    "names", [("x", "y", "w", "h"), ("x", "y", "width", "height"), tuple(f"bbox_{c}" for c in "xywh")]
)
def test_a_corner_and_a_size(names):
    found = opened(**dict(zip(names, ([10, 40, 5], [20, 50, 6], [20, 40, 20], [40, 40, 40]), strict=True)))
    assert list(found.items.index) == ["a.jpg#10,20,30,60", "a.jpg#40,50,80,90", "b.jpg#5,6,25,46"]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["[10, 20, 20, 40]", "[40, 50, 40, 40]", "[5, 6, 20, 40]"], "a.jpg#10,20,30,60"),
        ([[10, 20, 30, 60], [40, 50, 80, 90], [5, 6, 25, 46]], "a.jpg#10,20,30,60"),
        (["10 20 30 60", "40 50 80 90", "5 6 25 46"], "a.jpg#10,20,30,60"),
    ],
)
def test_a_box_in_one_cell(cells, expected):
    assert opened(bbox=cells).items.index[0] == expected


def test_shares_of_the_sides():
    found = opened(xmin=[0.1, 0.5, 0], ymin=[0.0, 0.0, 0], xmax=[0.4, 1.0, 1], ymax=[1.0, 1.0, 0.5])
    assert found.items["uri"].iloc[0].endswith("a.jpg#part=0.1,0,0.4,1")


def test_rows_without_a_box_are_pictures_and_what_cannot_be_is_named():
    found = opened(xmin=[10, None, 90], ymin=[20, None, 60], xmax=[30, None, 70], ymax=[60, None, 40])
    assert list(found.items.index) == ["a.jpg", "a.jpg#10,20,30,60", "b.jpg#90,60,70,40"]
    said = " / ".join(found.notes)
    assert "without a box, and so items as a whole: 1 picture" in said
    assert "boxes that cannot be: 1, such as 'b.jpg#90,60,70,40': the box is turned inside out" in said


def test_a_box_that_is_listed_twice_is_named():
    found = opened(xmin=[10, 10, 5], ymin=[20, 20, 6], xmax=[30, 30, 25], ymax=[60, 60, 46])
    assert any("boxes listed more than once: 1, such as 'a.jpg#10,20,30,60'" in note for note in found.notes)


def test_what_the_user_names_holds():
    columns = dict(zip(("l", "t", "r", "b"), CORNERS, strict=True))
    found = opened(**columns, options={"segment_columns": "l,t,r,b"})
    assert found.items.index[0] == "a.jpg#10,20,30,60"
    found = opened(**dict(zip(("x0", "y0", "x1", "y1"), CORNERS, strict=True)), options={"segment_columns": "none"})
    assert list(found.items.index) == ["a.jpg", "a.jpg#2", "b.jpg"]
    with pytest.raises(DatasetError, match="has no four columns"):
        opened(**columns, options={"segment_columns": "l,t"})


@pytest.mark.parametrize(
    "names",
    [["path", "label", "width", "height"], ["path", "x", "y"], ["path", "xmin", "xmax"]],
)
def test_columns_that_are_no_box(names):
    assert crop_columns(names, taken=("path", "label")) is None


def test_cells_that_hold_no_numbers_are_left_alone():
    found = opened(xmin=["a", "b", "c"], ymin=["a", "b", "c"], xmax=["a", "b", "c"], ymax=["a", "b", "c"])
    assert list(found.items.index) == ["a.jpg", "a.jpg#2", "b.jpg"]
    assert any("they hold no boxes" in note for note in found.notes)


def test_kinds_without_boxes_have_whole_files():
    table = pd.DataFrame({"path": ["a.wav"], **{n: [1] for n in ("x0", "y0", "x1", "y1")}})
    assert list(open_dataset(table, Kind("sound")).items.index) == ["a.wav"]
