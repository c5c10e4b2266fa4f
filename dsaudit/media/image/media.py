"""Pictures: decoded once for all that is measured, shown and embedded of them."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.media.base import Reading, attempted
from dsaudit.media.file import opened_file
from dsaudit.media.image.candidate import candidates, landmark_text
from dsaudit.media.image.colour import is_flat
from dsaudit.media.image.decode import decoded
from dsaudit.media.image.measure import appearance
from dsaudit.media.image.perceptual_hash import difference_hash
from dsaudit.media.image.preview import preview as make_preview

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt
    import pandas as pd
    from PIL.Image import Image as Picture

    from dsaudit.media.base import Likeness, Measured, Preview
    from dsaudit.media.image.alignment import Look
    from dsaudit.media.image.decode import Decoded
    from dsaudit.media.image.repair import PictureRepairs
    from dsaudit.rule import Measure

LAYOUT_PX = 96
"""Side of the square on which pictures are held against one another."""
MEASURES = (appearance,)
"""Functions of a ``Decoded``, each of which gives columns."""
_ROWS = 128


@dataclass(frozen=True, slots=True)
class ImageMedia:
    """Pictures of any format that Pillow reads; see ``dsaudit.media.base.Media``."""

    modality: str = "image"
    measure_version: str = "12"
    read_version: str = "3"

    def measure(self, path: Path, extra: tuple[Measure, ...] = ()) -> Measured:
        """What ``file.identify`` tells, and the size and hashes of the picture as it is seen (upright by its EXIF).

        Returns
        -------
        dict
            ``width_px``, ``height_px``, ``n_pixels``, ``aspect_ratio`` (width over height), ``mode`` (Pillow's),
            ``n_frames`` (or pages, of which the first is seen), ``orientation`` (EXIF tag as stored, 1 without one),
            ``color_profile`` (its name), ``header_fault`` (what is odd about its header, in words), ``n_nonfinite``
            (values that are no numbers), ``missing_share`` and ``shortfall`` (of its rows, in words),
            ``private_metadata`` (what its notes tell of people, in words),
            ``sample_hash`` (of the pixels; None where they are of one colour: no copy of anything), ``perceptual_hash``
            (see ``difference_hash``), ``landmarks`` (see ``candidate.landmark_text``), and the columns of
            ``dsaudit.media.image.measure.appearance``.

        Raises
        ------
        MissingItemError, EmptyItemError, UnreadableItemError, TooLargeItemError, NoDecoderError
        """
        return self.read_once(path, extra).measured

    def read_once(
        self, path: Path, extra: tuple[Measure, ...] = (), *, taken: bool = False, preview: bool = False
    ) -> Reading:
        """What ``measure`` gives and, where asked for, ``read`` and ``preview``, of one decode.

        A rule's own measure is called with a ``dsaudit.media.image.decode.Decoded``.
        """
        with opened_file(path) as file:
            measured, picture = file.identity(), decoded(file, checked=True)
        measured |= _size(picture)
        for measure in MEASURES:
            measured |= measure(picture)
        for one in extra:
            measured[one.name] = _extra(one, picture)
        return Reading(
            measured,
            picture.small if taken else None,
            attempted(lambda: make_preview(picture, with_data=True)) if preview else None,
        )

    def read(self, path: Path) -> Picture:
        """The picture for the encoder: RGB, upright, at most 512 px on the longer side."""
        with opened_file(path, hashed=False) as file:
            return decoded(file).small

    def layout(self, path: Path) -> npt.NDArray[np.uint8]:
        """The whole picture on a square, whatever its shape: uint8 (96, 96, 3)."""
        from PIL.Image import Resampling

        return np.asarray(self.read(path).resize((LAYOUT_PX, LAYOUT_PX), Resampling.BOX))

    def look(self, path: Path) -> Look:
        """The picture made ready to be laid on others."""
        from dsaudit.media.image.alignment import look

        return look(self.read(path))

    def likeness(self, a: Look, b: Look) -> Likeness:
        """Whether two pictures are one, by their pixels, see ``likeness.likeness``."""
        from dsaudit.media.image.likeness import likeness

        return likeness(a, b)

    def proposed(self, measurements: pd.DataFrame) -> npt.NDArray[np.int64]:
        """Pairs with like hashes or landmarks, see ``candidate.candidates``."""
        texts = measurements[["perceptual_hash", "landmarks"]].fillna("")
        return candidates(texts["perceptual_hash"].tolist(), texts["landmarks"].tolist())

    def repairs(self, options: Mapping[str, Any]) -> PictureRepairs:
        """What is to be done to pictures."""
        from dsaudit.media.image.repair import PictureRepairs

        return PictureRepairs(**{name: value for name, value in options.items() if value is not None})

    def fitted(self, repairs: PictureRepairs, found: Mapping[str, Mapping[str, Any]]) -> PictureRepairs:
        """The same of one picture: turned back by as much as it was found turned."""
        quarters = int((found.get("turned") or {}).get("pose") or 0)
        return replace(repairs, quarters=quarters) if repairs.turn_back and quarters else repairs

    def repair(
        self, source: Path, target: Path, repairs: PictureRepairs
    ) -> tuple[Path, tuple[str, ...], tuple[str, ...]]:
        """A mended copy in a new file, see ``dsaudit.media.image.repair.repair_file``."""
        from dsaudit.media.image.repair import repair_file

        return repair_file(Path(source), Path(target), repairs)

    def preview(self, path: Path, *, with_data: bool = True) -> Preview:
        """A JPEG of at most 512 px, and a WebP of at most 128 px."""
        with opened_file(path, hashed=False) as file:
            return make_preview(decoded(file), with_data=with_data)


def _size(picture: Decoded) -> Measured:
    width, height = picture.width_px, picture.height_px
    return {
        "width_px": width,
        "height_px": height,
        "n_pixels": width * height,
        "aspect_ratio": width / height,
        "mode": picture.mode,
        "n_frames": picture.n_frames,
        "orientation": picture.orientation,
        "color_profile": picture.profile or None,
        "header_fault": picture.header_fault or None,
        "n_nonfinite": picture.n_nonfinite,
        "missing_share": picture.missing_share,
        "shortfall": picture.shortfall or None,
        "private_metadata": ", ".join(picture.private) or None,
        "sample_hash": _sample_hash(picture),
        "perceptual_hash": difference_hash(picture.small),
        "landmarks": landmark_text(picture.small),
    }


def _sample_hash(picture: Decoded) -> str | None:
    """Of all pixels: a checksum, and of the smaller picture a hash; hashing every pixel takes as long as decoding them.

    Two pictures that differ can only be taken for the same where they are the same at ``READ_PX``, once in 2³².
    """
    if is_flat(picture.small) and is_flat(picture.full):
        return None
    seen = hashlib.blake2b(f"{picture.width_px} {picture.height_px} {picture.reduced}".encode(), digest_size=16)
    seen.update(np.ascontiguousarray(picture.rgb).data)
    if picture.full.size != picture.small.size:
        width, height = picture.full.size
        checksum = 0
        for top in range(0, height, _ROWS):
            checksum = zlib.crc32(picture.full.crop((0, top, width, min(height, top + _ROWS))).tobytes(), checksum)
        seen.update(checksum.to_bytes(4, "big"))
    return seen.hexdigest()


def _extra(one: Measure, picture: Decoded) -> float:
    try:
        return float(one.fn(picture))
    except Exception:  # a plug-in's measure must not lose the item
        return float("nan")


MEDIA = ImageMedia()
