"""Columns of a manifest by which a row is a box of its picture: its corners, or one corner and its size."""

from __future__ import annotations

import ast
import math
import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dsaudit.dataset.crop import Crop
from dsaudit.dataset.names import counted
from dsaudit.dataset.segment import file_of, segment_uri
from dsaudit.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from dsaudit.dataset.rows import Rows

_CORNERS = (
    ("x0", "y0", "x1", "y1"),
    ("x1", "y1", "x2", "y2"),
    ("xmin", "ymin", "xmax", "ymax"),
    ("minx", "miny", "maxx", "maxy"),
    ("left", "top", "right", "bottom"),
    ("startx", "starty", "endx", "endy"),
)
_SIZED = (
    ("x", "y", "w", "h"),
    ("x", "y", "width", "height"),
    ("left", "top", "width", "height"),
    ("bboxx", "bboxy", "bboxw", "bboxh"),
    ("bboxx", "bboxy", "bboxwidth", "bboxheight"),
    ("xmin", "ymin", "width", "height"),
)
_WHOLE = ("bbox", "box", "boundingbox", "bndbox")
_PREFIX = re.compile(r"^(?:bbox|box|roi|bndbox|boundingbox)")
_FEW = 0.05
_EMPTY = frozenset({"", "none", "null", "nan", "na", "n/a", "-", "[]"})


@dataclass(frozen=True, slots=True)
class CropColumns:
    """Where the box of a row stands.

    Attributes
    ----------
    names : tuple of str
        Four columns, or one that holds all four numbers.
    is_sized : bool
        Whether the last two numbers are the width and the height, and no corner.
    is_asked : bool
        Whether a user named them.
    """

    names: tuple[str, ...]
    is_sized: bool
    is_asked: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        """What the columns are of the box."""
        if len(self.names) == 1:
            return ("box",)
        return ("left", "top", "width", "height") if self.is_sized else ("left", "top", "right", "bottom")


def crop_columns(columns: Sequence[str], *, taken: Collection[str | None] = ()) -> CropColumns | None:
    """The columns that say which box of its picture a row is; None where there are none.

    Examples
    --------
    >>> crop_columns(["filename", "width", "height", "class", "xmin", "ymin", "xmax", "ymax"]).names
    ('xmin', 'ymin', 'xmax', 'ymax')
    >>> crop_columns(["image_id", "bbox", "source"])
    CropColumns(names=('bbox',), is_sized=True, is_asked=False)
    >>> crop_columns(["path", "label", "width", "height"])
    """
    free = {name: re.sub(r"[^a-z0-9]", "", name.casefold()) for name in columns if name not in taken}
    for plain in (free, {name: _PREFIX.sub("", spelled) or spelled for name, spelled in free.items()}):
        by_word = {word: name for name, word in reversed(plain.items())}
        for is_sized, sets in ((False, _CORNERS), (True, _SIZED)):
            for words in sets:
                if all(word in by_word for word in words):
                    return CropColumns(tuple(by_word[word] for word in words), is_sized)
    whole = [name for name, word in free.items() if word in _WHOLE]
    return CropColumns((whole[0],), is_sized=True) if len(whole) == 1 else None


def named_crop_columns(text: str, columns: Sequence[str], *, where: str) -> CropColumns | None:
    """The four columns that a user names, ``X0,Y0,X1,Y1``, or the one that holds a box; None for ``none``.

    Raises
    ------
    DatasetError
        Not columns that exist.
    """
    if text.strip().casefold() == "none":
        return None
    names = (text,) if text in columns else tuple(name.strip() for name in text.split(","))
    if len(names) not in (1, 4) or not all(name in columns for name in names):
        raise DatasetError(
            f"{where} has no four columns {text!r}",
            hint="give them as --segment-columns X0,Y0,X1,Y1, or none for whole pictures",
        )
    known = crop_columns(names)
    return CropColumns(names, known is not None and known.is_sized, is_asked=True)


def add_crops(rows: Rows, columns: CropColumns, cells: Sequence[Sequence[object]]) -> None:
    """Make the items of ``rows`` the boxes of their pictures that the cells of ``columns`` say.

    A row without a box is the picture. Numbers that are all between 0 and 1 are shares of its sides. What cannot be is
    kept, for whoever opens the item to tell.

    Parameters
    ----------
    rows : Rows
        With ids and uris of whole files; these are changed, and notes are added.
    columns : CropColumns
    cells : sequence of sequences
        Of its columns.
    """
    read = [_numbers(row) for row in zip(*cells, strict=True)]
    given = [numbers for numbers in read if numbers is not None]
    told = ", ".join(map(repr, columns.names))
    if not given or 2 * sum(any(map(math.isnan, numbers)) for numbers in given) >= len(given):
        why = "they hold no boxes" if given else "it is empty: items are whole pictures"
        if given:
            rows.notes.append(f"columns {told} are not used: {why}")
        for name in columns.names:
            rows.ignore(name, why)
        return
    if len(columns.names) == 1:  # a box in one cell may be written either way: corners in the wrong order are none
        turned = sum(x1 < x0 or y1 < y0 for x0, y0, x1, y1 in given)
        columns = replace(columns, is_sized=turned > _FEW * len(given))
    finite = [x for numbers in given for x in numbers if not math.isnan(x)]
    unit = "share" if min(finite) >= 0.0 and max(finite) <= 1.0 else "px"
    crops = [None if n is None else _crop(n, columns.is_sized, unit == "share") for n in read]
    for k, crop in enumerate(crops):
        if crop is not None:
            rows.ids[k] = f"{rows.ids[k]}#{crop}"
            rows.uris[k] = segment_uri(file_of(rows.uris[k]), crop)
    _tell(rows, columns, crops)


def _numbers(row: Sequence[object]) -> tuple[float, float, float, float] | None:
    """Four numbers, NaN for what is none; None for a row without a box."""
    values: list[object] = list(row)
    if len(values) == 1:
        values = _listed(values[0])
    if all(value is None or str(value).strip().casefold() in _EMPTY for value in values):
        return None
    found = []
    for value in values[:4]:
        try:
            number = float(str(value).strip().replace(",", "."))
        except ValueError:
            number = math.nan
        found.append(number if math.isfinite(number) and abs(number) < 1e9 else math.nan)
    a, b, c, d = found + [math.nan] * (4 - len(found))
    return a, b, c, d


def _listed(cell: object) -> list[object]:
    """What one cell holds: a list, or one written out."""
    if isinstance(cell, str) and cell.strip().startswith(("[", "(")):
        try:
            cell = ast.literal_eval(cell.strip())
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return [cell]
    elif isinstance(cell, str):
        return list(re.split(r"[\s,;]+", cell.strip())) if cell.strip() else []
    if isinstance(cell, dict):
        known = crop_columns([str(name) for name in cell])
        return [] if known is None else [cell[name] for name in known.names]
    found: list[object] = list(cell) if isinstance(cell, (list, tuple)) else getattr(cell, "tolist", lambda: [cell])()
    return found


def _crop(numbers: tuple[float, float, float, float], is_sized: bool, is_share: bool) -> Crop:
    x0, y0, x1, y1 = numbers
    if is_sized:
        x1, y1 = x0 + x1, y0 + y1
    edges = [round(edge, 6) for edge in (x0, y0, x1, y1)]
    return Crop(edges[0], edges[1], edges[2], edges[3], "share" if is_share else "px")


def _tell(rows: Rows, columns: CropColumns, crops: Sequence[Crop | None]) -> None:
    boxes = [(crop, rows.ids[k]) for k, crop in enumerate(crops) if crop is not None]
    unit = "shares of the sides" if boxes[0][0].unit == "share" else "pixels"
    for name, part in zip(columns.names, columns.parts, strict=True):
        rows.use(name, part, f"of the box of its picture that a row is, in {unit}")
    n = len(boxes)
    n_files = len({file_of(uri) for uri, crop in zip(rows.uris, crops, strict=True) if crop is not None})
    are = "item is a box" if n == 1 else "items are boxes"
    order = " x, y, width, height" if columns.is_sized else " left, top, right, bottom"
    told = ", ".join(map(repr, columns.names))
    note = f"{n:,} {are} of {counted(n_files, 'picture')}: {'column' if len(columns.names) == 1 else 'columns'} {told}"
    note += f" read as{order} in {unit}"
    if columns.is_asked:
        rows.notes.append(note)
    else:
        rows.guess(note, "--segment-columns X0,Y0,X1,Y1 or none")
    if whole := len(crops) - n:
        rows.notes.append(f"without a box, and so items as a whole: {counted(whole, 'picture')}")
    if bad := [(crop, item) for crop, item in boxes if crop.fault]:
        rows.notes.append(f"boxes that cannot be: {len(bad)}, such as {bad[0][1]!r}: {bad[0][0].fault}")
    times = Counter(uri for uri, crop in zip(rows.uris, crops, strict=True) if crop is not None)
    if again := [uri for uri, n_times in times.items() if n_times > 1]:
        such = rows.ids[rows.uris.index(again[0])]
        rows.notes.append(f"boxes listed more than once: {len(again)}, such as {such!r}")
