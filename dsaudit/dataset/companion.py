"""Files that say what is in others beside them: the mask of a picture is no item."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from dsaudit.dataset.names import shown

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_WORDS = ("mask", "segmentation", "seg", "matte")
_FOLDERS = frozenset({*_WORDS, *(f"{word}s" for word in _WORDS), "annotations", "groundtruth", "ground_truth", "gt"})
_NEARLY_ALL = 0.9


def without_companions(items: Sequence[str], *, containers: Collection[str]) -> tuple[list[str], list[str]]:
    """The items, and what is said of those that were left out.

    ``x_mask.png`` beside ``x.jpg`` is a companion, and so is all of ``masks/``, where nearly every file in it has one
    of its name in the folder beside it, and that is called after the kind of item (``images``): two classes may be
    called ``mask`` and ``no_mask``.

    Parameters
    ----------
    items : sequence of str
        Paths, with ``/``.
    containers : collection of str
        What a folder of items is called, in lower case.

    Examples
    --------
    >>> without_companions(["cat/1.jpg", "cat/1_mask.png", "cat/2.jpg"], containers=["images"])[0]
    ['cat/1.jpg', 'cat/2.jpg']
    >>> without_companions(["images/1.jpg", "masks/1.png"], containers=["images"])[0]
    ['images/1.jpg']
    >>> without_companions(["mask/1.jpg", "no_mask/1.jpg"], containers=["images"])[0]
    ['mask/1.jpg', 'no_mask/1.jpg']
    """
    if not any(word in item.lower() for item in items for word in (*_WORDS, "annotations", "ground", "gt")):
        return list(items), []
    paths = [PurePosixPath(item) for item in items]
    stems = {(path.parent, path.stem) for path in paths}
    plain = {(_beside(path, of=containers), path.stem) for path in paths}
    beside = [_beside(path, of=_FOLDERS) for path in paths]
    held = [
        (place, _owner(path) or path.stem) in plain if place else False
        for place, path in zip(beside, paths, strict=True)
    ]
    n_of, n_held = Counter(beside), Counter(place for place, is_held in zip(beside, held, strict=True) if is_held)
    left = []
    for item, path, place in zip(items, paths, beside, strict=True):
        owner = _owner(path)
        by_name = owner is not None and (path.parent, owner) in stems
        if by_name or (place is not None and n_held[place] >= _NEARLY_ALL * n_of[place]):
            left.append(item)
    if not left or len(left) == len(items):
        return list(items), []
    gone = set(left)
    many = f"{len(left):,} file{'s' * (len(left) > 1)} such as {shown(left[0])}"
    note = f"left out, as they say what is in the items beside them: {many}"
    return [item for item in items if item not in gone], [note]


def _owner(path: PurePosixPath) -> str | None:
    """The stem of what a file is the mask of, by its own name: ``x`` of ``x_mask.png``."""
    stem = path.stem
    for word in _WORDS:
        for mark in "_-. ":
            if stem.lower().endswith(f"{mark}{word}") and len(stem) > len(word) + 1:
                return stem[: -len(word) - 1]
    return None


def _beside(path: PurePosixPath, *, of: Collection[str]) -> tuple[str, ...] | None:
    """The folders of a file but for the one that is called like ``of``, with its place; None where there is none."""
    parts = path.parent.parts
    at = next((k for k, part in enumerate(parts) if part.lower() in of), None)
    return None if at is None else (str(at), *parts[:at], "", *parts[at + 1 :])
