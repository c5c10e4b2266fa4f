"""Boxes of pictures: addresses, and what is wrong with a box whatever the picture is."""

from __future__ import annotations

import math

import pytest

from dsaudit.dataset.crop import Crop
from dsaudit.dataset.segment import file_and_segment, file_of, file_uri, segment_uri


@pytest.mark.parametrize(
    "crop",
    [
        Crop(0, 0, 1, 1),
        Crop(20.5, 15, 70, 55.25),
        Crop(0.1, 0.2, 0.3, 0.4, "share"),
        Crop(90, 60, 70, 40),
    ],
)
def test_addresses_come_back(crop):
    uri = segment_uri("/a b/ü#1.jpg", crop)
    assert file_and_segment(uri) == ("/a b/ü#1.jpg", crop)
    assert file_of(uri) == "/a b/ü#1.jpg"


def test_a_file_that_is_called_like_a_box_is_a_file():
    path = "/x/a.jpg#box=1,2,3,4"
    assert file_and_segment(file_uri(path)) == (path, None)


@pytest.mark.parametrize(
    ("edges", "words"),
    [
        ((90, 60, 70, 90), "its right edge, at 70, is left of its left edge, at 90"),
        ((0, 60, 70, 40), "its lower edge, at 40, is above its upper edge, at 60"),
        ((5, 5, 5, 9), "the box is empty"),
        ((math.nan, 0, 1, 1), "not a number"),
    ],
)
def test_what_cannot_be_says_why(edges, words):
    crop = Crop(*edges)
    assert words in crop.fault
    again = file_and_segment(segment_uri("/a.jpg", crop))[1]
    assert again is not None
    assert again.fault == crop.fault


def test_overlap_is_what_both_share():
    assert Crop(0, 0, 10, 10).overlap(Crop(0, 0, 10, 10)) == 1.0
    assert Crop(0, 0, 10, 10).overlap(Crop(20, 0, 30, 10)) == 0.0
