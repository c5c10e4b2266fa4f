"""Repairs of pictures, into new files only: upright, one colour mode, a size, no borders, one format, no notes."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.errors import UnreadableItemError, UsageError
from dsaudit.media.file import opened_file
from dsaudit.media.image import colour
from dsaudit.media.image.decode import TURNS
from dsaudit.media.image.metadata import exif_block, without_metadata
from dsaudit.media.image.stored import stored

if TYPE_CHECKING:
    import numpy.typing as npt
    from PIL.Image import Image as Picture

    from dsaudit.media.image.opened import Stored

_FORMATS = ("jpeg", "png", "webp")
_SUFFIXES = {
    "JPEG": (".jpg", ".jpeg", ".jfif", ".jpe"),
    "PNG": (".png",),
    "WEBP": (".webp",),
    "TIFF": (".tif", ".tiff"),
    "BMP": (".bmp",),
    "GIF": (".gif",),
}
_MODES = ("rgb", "gray")
_BACK = {quarters: TURNS[tag] for quarters, tag in ((1, 6), (2, 3), (3, 8))}
"""What brings back a picture that was turned to the left by so many quarters."""
_SAME = 12
"""Levels of 255 by which pixels of a border may differ."""
_MOST = 0.4
"""Part of a side that a border may take: beyond, it is the picture."""


@dataclass(frozen=True, slots=True)
class PictureRepairs:
    """What is to be done to pictures, in this order.

    Attributes
    ----------
    upright : bool
        Turned as EXIF says, and the tag taken out, so that every program sees the same.
    turn_back : bool
        Turned to the right by ``quarters``.
    quarters : int
        How far this one was found turned to the left, 0 to 3.
    trim_borders : bool
        Plain borders are cut off: rows and columns at the edges of one colour.
    max_px : int or None
        Longest side, 16 to 65,535; smaller ones stay as they are.
    color_mode : str or None
        ``rgb``, on white and by the colour profile, or ``gray``.
    format : str or None
        ``jpeg``, ``png`` or ``webp``.
    strip_metadata : bool
        EXIF, XMP, IPTC, comments, thumbnails and what else stands beside the picture; never its colour profile.
        Where nothing else is asked for, the pixels are not coded anew.
    quality : int
        Of JPEG and WebP, 1 to 100.

    Raises
    ------
    UsageError
        For a value out of its range.
    """

    upright: bool = False
    turn_back: bool = False
    trim_borders: bool = False
    max_px: int | None = None
    color_mode: str | None = None
    format: str | None = None
    strip_metadata: bool = False
    quality: int = 92
    quarters: int = 0

    def __post_init__(self) -> None:
        if self.max_px is not None and not 16 <= self.max_px <= 65_535:
            raise UsageError(f"a longest side of {self.max_px} pixels is not between 16 and 65,535")
        if not 1 <= self.quality <= 100:
            raise UsageError(f"a quality of {self.quality} is not between 1 and 100")
        for name, value, known in (("format", self.format, _FORMATS), ("colour mode", self.color_mode, _MODES)):
            if value is not None and value not in known:
                raise UsageError(f"the {name} {value!r} is not known", hint=f"choose from: {', '.join(known)}")

    def __bool__(self) -> bool:
        return self.strip_metadata or self.turn_back or self.asks_for_pixels

    @property
    def asks_for_pixels(self) -> bool:
        """Whether a file may have to be coded anew."""
        asked = (
            self.upright,
            self.turn_back and self.quarters,
            self.trim_borders,
            self.max_px,
            self.color_mode,
            self.format,
        )
        return any(value not in (None, False, 0) for value in asked)


def borders(rgb: npt.NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """How many rows and columns at the edges are a plain border: left, top, right, bottom.

    A line belongs to it while 99 of 100 of its pixels are of the colour of the outermost one. None has more than two
    fifths of its side; the whole picture is none.

    Parameters
    ----------
    rgb : uint8 array (height, width, 3)
    """
    sides = []
    for lines in (rgb.transpose(1, 0, 2), rgb, rgb[:, ::-1].transpose(1, 0, 2), rgb[::-1]):
        far = np.abs(lines.astype(np.int16) - np.median(lines[0], axis=0).astype(np.int16)).max(axis=2) > _SAME
        other = np.flatnonzero(far.mean(axis=1) > 0.01)
        n = int(other[0]) if len(other) else len(lines)
        sides.append(n if n <= _MOST * len(lines) else 0)
    left, top, right, bottom = sides
    return left, top, right, bottom


@dataclass(frozen=True, slots=True)
class MendedPicture:
    """What became of one picture.

    Attributes
    ----------
    image : PIL.Image
    format : str
        Pillow's, of the file to write.
    icc : bytes or None
        Colour profile that goes along.
    exif : bytes
        The same of EXIF; empty for none.
    done : tuple of str
        What was done, in words; empty where nothing was needed.
    notes : tuple of str
        What could not be done, in words.
    """

    image: Picture
    format: str
    icc: bytes | None = None
    exif: bytes = b""
    done: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def but(self, image: Picture, done: str, *, icc: bytes | None) -> MendedPicture:
        """One more thing done."""
        return replace(self, image=image, done=(*self.done, done), icc=icc)


def repaired(picture: Stored, repairs: PictureRepairs) -> MendedPicture:
    """Apply ``repairs`` to a picture in memory, all but what is beside its pixels.

    Parameters
    ----------
    picture : Stored
        Whole, in all its pixels.
    repairs : PictureRepairs
    """
    image = picture.image
    written = _WRITES.get(image.format or "", image.format or "")
    made = MendedPicture(image, written, image.info.get("icc_profile"))
    if picture.n_frames > 1 and not repairs.format:
        return replace(made, notes=(f"left as it is: {picture.n_frames:,} frames",))
    made = replace(made, exif=b"" if repairs.strip_metadata else exif_block(image))
    if picture.orientation in TURNS:
        seen = image if picture.is_turned else image.transpose(TURNS[picture.orientation])
        done = (f"turned upright (EXIF {picture.orientation})",) if repairs.upright else ()
        made = replace(made, image=seen, done=done)
    if repairs.turn_back and repairs.quarters:
        how = f"turned back by {90 * repairs.quarters}° to the right"
        made = made.but(made.image.transpose(_BACK[repairs.quarters]), how, icc=made.icc)
    if repairs.trim_borders:
        made = _trimmed(made)
    if repairs.max_px and max(picture.size) > repairs.max_px:
        made = _smaller(made, repairs.max_px, picture)
    if repairs.color_mode:
        made = _in_mode(made, {"rgb": "RGB", "gray": "L"}[repairs.color_mode])
    wanted = (repairs.format or made.format).upper()
    if wanted != made.format:
        only = (f"only the first of {picture.n_frames:,} frames is written",) if picture.n_frames > 1 else ()
        made = replace(made, format=wanted, notes=(*made.notes, *only), done=(*made.done, f"{made.format} to {wanted}"))
    return made


def _trimmed(made: MendedPicture) -> MendedPicture:
    seen, _ = colour.rgb(made.image)
    left, top, right, bottom = borders(np.asarray(seen))
    if not any((left, top, right, bottom)):
        return made
    inner = made.image.crop((left, top, made.image.width - right, made.image.height - bottom))
    return made.but(inner, f"border cut off: left {left}, top {top}, right {right}, bottom {bottom} px", icc=made.icc)


def _smaller(made: MendedPicture, max_px: int, picture: Stored) -> MendedPicture:
    from PIL import Image

    image = made.image
    longest = max(image.size)
    if longest * picture.reduced <= max_px:
        return made
    size = max(1, round(image.width * max_px / longest)), max(1, round(image.height * max_px / longest))
    before = image.width * picture.reduced, image.height * picture.reduced
    if image.mode in ("P", "PA", "1"):
        image = image.convert("RGBA" if "transparency" in image.info else "L" if image.mode == "1" else "RGB")
    elif image.mode.startswith("I;"):
        image = image.convert("I")
    done = "made smaller: {} × {} to {} × {}".format(*before, *size)
    return made.but(image.resize(size, Image.Resampling.LANCZOS), done, icc=made.icc)


def _in_mode(made: MendedPicture, mode: str) -> MendedPicture:
    """RGB or L as it is seen: a profile is followed where it is for other pixels than are written."""
    image = made.image
    if image.mode == mode and "transparency" not in image.info:
        return made
    told = colour.profile(image)
    keeps = mode == "RGB" and told.mode == "RGB"
    if told.transform is not None and told.mode == image.mode and not keeps:
        seen = colour.in_srgb(image, told)
    else:
        seen, _ = colour.rgb(image)
    seen.info.pop("transparency", None)
    return made.but(seen.convert(mode), f"colour mode {image.mode} to {mode}", icc=made.icc if keeps else None)


def repair_file(source: Path, target: Path, repairs: PictureRepairs) -> tuple[Path, tuple[str, ...], tuple[str, ...]]:
    """Write a repaired copy of a picture.

    The format is kept where no other is asked for and it can be written; else a JPEG is. The colour profile goes along
    where the colours are as they were; EXIF goes along, without its thumbnail, unless it is to be stripped, and the
    picture is upright then. The whole picture is held in memory.

    Parameters
    ----------
    source : Path
        Never changed.
    target : Path
        Where the copy goes; must not exist.
    repairs : PictureRepairs

    Returns
    -------
    path : Path
        ``target``, or the same with the suffix of the format that was written.
    done, notes : tuple of str
        What was done and what could not be, in words. Where ``done`` is empty nothing needed repair, and nothing was
        written but a box of a picture, which is.

    Raises
    ------
    ItemError
        The picture cannot be read; nothing is left behind.
    OSError
        The copy cannot be written; nothing is left behind.
    """
    with opened_file(source, hashed=False) as file:
        picture = stored(file)
        segment = file.segment
        if picture.missing_share:
            raise UnreadableItemError(f"{file.path.name}: only {picture.shortfall} can be decoded")
        data = b"" if segment is not None else file.at(0, file.n_bytes)
        kind = file.detected_type or ""
    if picture.reduced > 1 and not (repairs.max_px and repairs.max_px <= max(picture.image.size)):
        if repairs.asks_for_pixels or segment is not None:
            raise UnreadableItemError(
                f"{file.path.name}: too many pixels to mend all of them; --max-px makes it smaller"
            )
    elif segment is not None:
        picture = _box(picture, segment)
    made = (
        repaired(picture, repairs)
        if repairs.asks_for_pixels or segment is not None
        else MendedPicture(picture.image, "")
    )
    facts = picture.private
    if not made.done and segment is None:
        if not repairs.strip_metadata:
            return target, (), made.notes
        return _stripped(target, picture, data, kind, facts, made.notes, repairs)
    if repairs.strip_metadata and facts:
        made = replace(made, done=(*made.done, f"removed: {', '.join(facts)}"))
    return _written(target, made, repairs.quality)


def _box(picture: Stored, box: Any) -> Stored:
    """An item that is a box of its picture, upright, alone."""
    image = picture.image
    if picture.orientation in TURNS and not picture.is_turned:
        image = image.transpose(TURNS[picture.orientation])
    left, top, right, bottom = box.pixels(*image.size)
    inside = max(0, left), max(0, top), min(right, image.width), min(bottom, image.height)
    if inside[0] >= inside[2] or inside[1] >= inside[3]:
        raise UnreadableItemError("the box lies outside the picture")
    kept = image.crop(inside)
    kept.format = picture.image.format
    return replace(picture, image=kept, size=kept.size, orientation=1, is_turned=False)


def _stripped(
    target: Path,
    picture: Stored,
    data: bytes,
    kind: str,
    facts: tuple[str, ...],
    notes: tuple[str, ...],
    repairs: PictureRepairs,
) -> tuple[Path, tuple[str, ...], tuple[str, ...]]:
    """What stands beside the picture taken out, its pixels left as they are coded where the format allows that."""
    done = f"metadata removed{': ' * bool(facts)}{', '.join(facts)}"
    bare = without_metadata(data, kind, orientation=1 if picture.is_turned else picture.orientation)
    if bare is not None:
        if len(bare) >= len(data):
            return target, (), notes
        _store(target, bare)
        return target, (done,), notes
    if not exif_block(picture.image) and not facts and "comment" not in picture.image.info:
        return target, (), notes
    if picture.n_frames > 1:
        return target, (), (*notes, f"metadata left: {picture.n_frames:,} frames")
    plain = repaired(picture, replace(repairs, upright=False))
    return _written(target, replace(plain, done=(done,), exif=b""), repairs.quality)


_WRITES = {"MPO": "JPEG", "JPEG": "JPEG", "PNG": "PNG", "WEBP": "WEBP", "TIFF": "TIFF", "BMP": "BMP", "GIF": "GIF"}
_HOLDS = {
    "JPEG": ("L", "RGB", "CMYK"),
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I", "I;16"),
    "WEBP": ("RGB", "RGBA"),
    "TIFF": ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "LAB", "I", "F", "I;16"),
    "BMP": ("1", "L", "P", "RGB"),
    "GIF": ("1", "L", "P"),
}
"""Modes that a format holds; others are written as RGB."""


def _written(target: Path, made: MendedPicture, quality: int) -> tuple[Path, tuple[str, ...], tuple[str, ...]]:
    if made.format not in _HOLDS:
        made = replace(
            made, notes=(*made.notes, f"written as JPEG: {made.format or 'its format'} cannot be"), format="JPEG"
        )
    image = made.image
    if image.mode not in _HOLDS[made.format] or (made.format == "JPEG" and "transparency" in image.info):
        image = image.convert("RGBA") if made.format == "WEBP" and "A" in image.getbands() else colour.rgb(image)[0]
    options: dict[str, Any] = {"quality": quality} if made.format in ("JPEG", "WEBP") else {}
    if made.format in ("JPEG", "PNG"):
        options["optimize"] = True
    options |= {name: value for name, value in (("icc_profile", made.icc), ("exif", made.exif)) if value}
    image.info = {name: image.info[name] for name in ("transparency", "gamma") if name in image.info}
    buffer = io.BytesIO()
    image.save(buffer, made.format, **options)
    known = _SUFFIXES[made.format]
    path = target if target.suffix.lower() in known else target.with_suffix(known[0])
    _store(path, buffer.getvalue())
    return path, made.done, made.notes


def _store(path: Path, data: bytes) -> None:
    try:
        with path.open("xb") as sink:
            sink.write(data)
    except FileExistsError:
        raise
    except BaseException:
        path.unlink(missing_ok=True)
        raise
