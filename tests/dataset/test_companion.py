"""Masks beside pictures are no pictures of a class."""

from __future__ import annotations

import pytest

from dsaudit.dataset.companion import without_companions


@pytest.mark.parametrize(
    ("items", "left"),
    [
        (["images/1.jpg", "images/2.jpg", "masks/1.png", "masks/2.png"], ["masks/1.png", "masks/2.png"]),
        (["train/images/1.jpg", "train/masks/1.png", "val/images/1.jpg"], ["train/masks/1.png"]),
        (["images/a/1.jpg", "masks/a/1_mask.png", "images/b/1.jpg", "masks/b/1_mask.png"], 2),
        (["cat/1.jpg", "cat/1-seg.png", "dog/1.jpg"], ["cat/1-seg.png"]),
        (["mask/1.jpg", "mask/2.jpg", "no_mask/1.jpg", "no_mask/2.jpg"], []),  # of faces
        (["images/1.jpg", "masks/7.png", "masks/8.png"], []),
        (["cat/gas_mask.jpg", "cat/1.jpg"], []),
        (["masks/1.png", "masks/2.png"], []),
    ],
)
def test_what_says_what_is_in_others_is_left_out(items: list[str], left: list[str] | int) -> None:
    kept, notes = without_companions(items, containers=frozenset({"images"}))
    gone = [item for item in items if item not in kept]
    assert gone == left or len(gone) == left
    assert bool(notes) is bool(gone)
    assert all(f"{len(gone)} file" in note for note in notes)
