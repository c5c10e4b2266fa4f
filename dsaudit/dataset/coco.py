"""COCO's one file of pictures, boxes and categories, as a table with a row for every box."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from dsaudit.dataset.names import counted, shown
from dsaudit.dataset.text import file_text

if TYPE_CHECKING:
    from pathlib import Path

_HEAD = 1 << 14
_KEYS = ("images", "annotations", "categories", "info", "licenses")
_FEW = 3


def coco_columns(path: Path, suffixes: frozenset[str]) -> tuple[dict[str, list[Any]], list[str]] | None:
    """The columns ``path``, ``label`` and the corners of the box of every annotation, and notes on what is wrong.

    A picture without annotations is a row of its own, without label and box. None where the file is something else, or
    holds neither categories nor boxes (captions, key points).

    Parameters
    ----------
    path : Path
    suffixes : frozenset of str
        Of items.

    Raises
    ------
    DatasetError
        A file that cannot be read.
    """
    content = _content(path)
    if content is None:
        return None
    images = [one for one in content["images"] if isinstance(one, dict) and one.get("file_name")]
    boxes = [one for one in content["annotations"] if isinstance(one, dict)]
    named = {one.get("id"): str(one.get("name")) for one in content.get("categories") or [] if isinstance(one, dict)}
    if not images or not any("category_id" in one for one in boxes) or any(one.get("keypoints") for one in boxes):
        return None
    first: dict[Any, dict[str, Any]] = {}
    for image in images:
        first.setdefault(image.get("id"), image)
    of_image: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for box in boxes:
        of_image[box.get("image_id")].append(box)
    columns: dict[str, list[Any]] = {name: [] for name in ("path", "label", "x0", "y0", "x1", "y1")}
    for image in images:
        own = of_image.get(image.get("id"), []) if first[image.get("id")] is image else []
        for box in own or [{}]:
            x, y, width, height = _box(box.get("bbox"))
            corners = (x, y, None if x is None else x + width, None if y is None else y + height)
            cells = (str(image["file_name"]), named.get(box.get("category_id")), *corners)
            for name, cell in zip(columns, cells, strict=True):
                columns[name].append(cell)
    return columns, _faults(path, images, boxes, named, first, of_image)


def _content(path: Path) -> dict[str, Any] | None:
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    is_object = head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    if not is_object or not any(f'"{key}"'.encode() in head for key in _KEYS):
        return None
    try:
        content = json.loads(file_text(path))
    except (ValueError, RecursionError):
        return None
    listed = isinstance(content, dict) and all(isinstance(content.get(key), list) for key in ("images", "annotations"))
    return content if listed else None


def _box(bbox: Any) -> tuple[Any, Any, Any, Any]:
    numbers = isinstance(bbox, list) and len(bbox) == 4 and all(isinstance(x, (int, float)) for x in bbox)
    return tuple(bbox) if numbers else (None, None, None, None)


def _faults(
    path: Path,
    images: list[dict[str, Any]],
    boxes: list[dict[str, Any]],
    named: dict[Any, str],
    first: dict[Any, dict[str, Any]],
    of_image: dict[Any, list[dict[str, Any]]],
) -> list[str]:
    where = shown(path.name)
    notes = []
    if twice := [key for key, n in Counter(image.get("id") for image in images).items() if n > 1]:
        files = [str(image["file_name"]) for image in images if image.get("id") == twice[0]]
        notes.append(
            f"{where} gives {counted(len(twice), 'id')} to several pictures, such as {twice[0]!r} to "
            f"{', '.join(files[:_FEW])}: its boxes are taken for those of the first"
        )
    if lost := [key for key in of_image if key not in first]:
        told = counted(sum(len(of_image[key]) for key in lost), "annotation")
        notes.append(f"{where} has {told} of pictures that it does not list, such as image_id {lost[0]!r}")
    if unknown := [box for box in boxes if box.get("category_id") not in named]:
        such, told = unknown[0].get("category_id"), counted(len(unknown), "annotation")
        notes.append(f"{where} has {told} of a category that it does not list, such as category_id {such!r}")
    if without := [str(image["file_name"]) for image in images if not of_image.get(image.get("id"))]:
        notes.append(f"{where} lists {counted(len(without), 'picture')} without a box, such as {without[0]!r}")
    return notes
