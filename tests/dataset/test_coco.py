"""COCO: a row for every box, and the faults of the file in words."""

from __future__ import annotations

import json

import pytest

from dsaudit.dataset import open_dataset
from dsaudit.kind import Kind
from dsaudit.media.recognise import recognised_modality

PICTURES = Kind("picture", suffixes=frozenset({".jpg"}), boxed=True)


def content():
    images = [{"id": k, "file_name": f"{k}.jpg", "width": 160, "height": 120} for k in range(6)]
    boxes = [
        {"id": k, "image_id": k, "category_id": 1 + k % 2, "bbox": [10, 20, 30, 40], "area": 1200, "iscrowd": 0}
        for k in range(4)
    ]
    categories = [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}]
    return {"info": {}, "images": images, "annotations": boxes, "categories": categories}


def written(tmp_path, value, *, files=range(6)):
    for k in files:
        path = tmp_path / "images" / "val" / f"{k}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    path = tmp_path / "annotations" / "instances_val.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(value))
    return path


@pytest.mark.parametrize("by_file", [True, False])
def test_every_box_is_an_item(tmp_path, by_file):
    path = written(tmp_path, content())
    found = open_dataset(path if by_file else tmp_path, PICTURES)
    labels = found.items["label"].to_dict()
    assert labels["images/val/0.jpg#10,20,40,60"] == "cat"
    assert labels["images/val/1.jpg#10,20,40,60"] == "dog"
    assert labels["images/val/5.jpg"] is None
    assert len(labels) == 6
    assert any("lists 2 pictures without a box, such as '4.jpg'" in note for note in found.notes)


def test_faults_are_named(tmp_path):
    value = content()
    value["images"][3]["id"] = 2
    value["annotations"][0]["category_id"] = 40
    found = open_dataset(written(tmp_path, value, files=[0, 2, 3, 4, 5, 9]), PICTURES)
    said = " / ".join(found.notes)
    assert "gives 1 id to several pictures, such as 2 to 2.jpg, 3.jpg" in said
    assert "1 annotation of pictures that it does not list, such as image_id 3" in said
    assert "1 annotation of a category that it does not list, such as category_id 40" in said
    assert "missing 1 file" in said
    assert "1.jpg#10,20,40,60" in found.items.index
    folder = open_dataset(tmp_path, PICTURES)
    assert any("left out: 1 picture file" in note for note in folder.notes)


def test_captions_and_other_objects_are_none(tmp_path):
    value = content()
    value["annotations"] = [{"id": 1, "image_id": 0, "caption": "a cat"}]
    assert open_dataset(written(tmp_path, value).parents[1], PICTURES).understood.layout != "COCO"
    (tmp_path / "annotations" / "instances_val.json").write_text('{"images": 3')
    assert open_dataset(tmp_path, PICTURES).understood.layout != "COCO"


def test_its_kind_is_known_by_the_files_it_names(tmp_path):
    assert recognised_modality(written(tmp_path, content())) == "image"
