"""Pictures drawn by code, and files that no encoder would write."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from PIL import Image


def scene(seed: int = 0, size: tuple[int, int] = (160, 120)) -> Image.Image:
    """Patches of colour with grain: no two rows are alike, and none is black."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(30, 226, (5, 6, 3), dtype=np.uint8)).resize(size, Image.Resampling.BICUBIC)
    grain = rng.normal(0, 8, (size[1], size[0], 3))
    return Image.fromarray((np.asarray(coarse) + grain).clip(1, 254).astype(np.uint8))


def noise(seed: int, size: tuple[int, int]) -> Image.Image:
    """Every pixel by itself."""
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8))


def png_chunk(name: bytes, data: bytes, *, claimed: int | None = None) -> bytes:
    """One chunk, which may claim another length than it has."""
    length = len(data) if claimed is None else claimed
    return struct.pack(">I", length) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(pixels: np.ndarray, extra: bytes = b"", *, size: tuple[int, int] | None = None) -> bytes:
    """A PNG of an RGB array of 8 or 16 bits, with chunks before its pixels, and any size in its header."""
    depth = 8 * pixels.itemsize
    width, height = size or (pixels.shape[1], pixels.shape[0])
    header = struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(f">u{pixels.itemsize}").tobytes() for row in pixels)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (png_chunk(b"IHDR", header), extra, png_chunk(b"IDAT", zlib.compress(rows)), png_chunk(b"IEND", b""))
    )
