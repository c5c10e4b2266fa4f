"""What goes wrong with pictures: one function per fault, a picture in, a picture out, or the bytes of a file."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageOps

Picture = Image.Image
QUALITY = 82


def jpeg(picture: Picture, *, quality: int = QUALITY, exif: Image.Exif | None = None, icc: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    beside = {"exif": exif.tobytes() if exif else b"", "icc_profile": icc}
    picture.save(
        buffer, "JPEG", quality=quality, optimize=True, **{name: data for name, data in beside.items() if data}
    )
    return buffer.getvalue()


def animated(frames: list[Picture]) -> bytes:
    buffer = io.BytesIO()
    first, *others = (frame.resize((frame.width // 2, frame.height // 2)).quantize(32) for frame in frames)
    first.save(buffer, "GIF", save_all=True, append_images=others, duration=200)
    return buffer.getvalue()


def holed(picture: Picture) -> bytes:
    """Floats, as instruments write them, with no numbers in a corner."""
    levels = np.asarray(picture.convert("L").resize((picture.width // 2, picture.height // 2)), dtype=np.float32) / 255
    levels[:8, :8] = np.nan
    buffer = io.BytesIO()
    Image.fromarray(levels).save(buffer, "TIFF", compression="tiff_deflate")
    return buffer.getvalue()


def png(picture: Picture) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _levels(picture: Picture, change: object) -> Picture:
    rgb = change(np.asarray(picture, dtype=float))  # type: ignore[operator]
    return Image.fromarray(np.clip(np.round(rgb), 0, 255).astype(np.uint8))


def dark(picture: Picture, *, stops: float) -> Picture:
    """Underexposed by so many stops."""
    return _levels(picture, lambda rgb: 255 * (rgb / 255) ** 1.2 * 2.0**-stops)


def bright(picture: Picture, *, stops: float) -> Picture:
    """Overexposed by so many stops: most of it is burnt out."""
    return _levels(picture, lambda rgb: rgb * 2.0**stops + 24)


def flat(picture: Picture, *, share: float) -> Picture:
    """Fog: what is left of the contrast."""
    return _levels(picture, lambda rgb: 150 + share * (rgb - rgb.mean()))


def unfocused(picture: Picture, *, radius: float) -> Picture:
    return picture.filter(ImageFilter.GaussianBlur(radius))


def shaken(picture: Picture, *, pixels: int) -> Picture:
    """Moved sideways while the shutter was open."""
    rgb = np.asarray(picture, dtype=float)
    padded = np.pad(rgb, ((0, 0), (pixels // 2, pixels // 2), (0, 0)), mode="edge")
    return _levels(picture, lambda _: np.mean([padded[:, k : k + rgb.shape[1]] for k in range(pixels)], axis=0))


def upscaled(picture: Picture, *, by: int) -> Picture:
    small = picture.resize((picture.width // by, picture.height // by), Image.Resampling.BOX)
    return small.resize(picture.size, Image.Resampling.BICUBIC)


def noisy(picture: Picture, *, spread: float, seed: int) -> Picture:
    noise = np.random.default_rng(seed)
    return _levels(picture, lambda rgb: rgb + noise.normal(0, spread, rgb.shape))


def blocky(picture: Picture, *, quality: int) -> Picture:
    """Compressed far too much once, and kept as if it had not been."""
    return Image.open(io.BytesIO(jpeg(picture, quality=quality))).convert("RGB")


def turned(picture: Picture, *, quarters: int) -> Picture:
    return picture.transpose(
        [Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270][quarters - 1]
    )


def framed(picture: Picture, *, width: int, colour: int) -> Picture:
    """A plain frame on all sides."""
    inner = picture.resize((picture.width - 2 * width, picture.height - 2 * width), Image.Resampling.LANCZOS)
    return ImageOps.expand(inner, width, (colour, colour, colour))


def letterboxed(picture: Picture, *, share: float) -> Picture:
    """Black bars above and below, as of a film on another screen."""
    bar = round(share * picture.height)
    out = picture.copy()
    for box in ((0, 0, out.width, bar), (0, out.height - bar, out.width, out.height)):
        out.paste((0, 0, 0), box)
    return out


def stamped(picture: Picture) -> Picture:
    """The mark of an agency: what all pictures of one class carry in the same corner."""
    out = picture.copy()
    draw = ImageDraw.Draw(out)
    right, bottom = out.width - 8, out.height - 8
    draw.rectangle((right - 46, bottom - 16, right, bottom), fill=(250, 250, 250))
    draw.ellipse((right - 43, bottom - 14, right - 31, bottom - 2), fill=(200, 30, 40))
    for k in range(4):
        draw.rectangle((right - 27 + 6 * k, bottom - 12, right - 24 + 6 * k, bottom - 4), fill=(20, 20, 24))
    return out


def banner(picture: Picture) -> Picture:
    """Words over the lower edge, as on a shared picture."""
    out = picture.copy()
    draw = ImageDraw.Draw(out)
    top = out.height - 26
    draw.rectangle((0, top, out.width, out.height), fill=(16, 18, 24))
    x = 12
    for k, long in enumerate((22, 9, 31, 15, 26, 12, 34, 18)):
        draw.rectangle((x, top + 9, x + long, top + 17), fill=(240, 240, 236) if k % 3 else (250, 210, 60))
        x += long + 6
    return out


def part(picture: Picture, *, share: float) -> Picture:
    """The middle of it."""
    x, y = (round((1 - share) / 2 * side) for side in picture.size)
    return picture.crop((x, y, picture.width - x, picture.height - y))


def lighter(picture: Picture, *, by: float) -> Picture:
    return _levels(picture, lambda rgb: rgb * by)


def nudged(picture: Picture, *, x: int, y: int, seed: int) -> Picture:
    """The next frame of a burst: the camera has moved a little, and the noise is another."""
    rgb = np.asarray(picture)
    padded = np.pad(rgb, ((8, 8), (8, 8), (0, 0)), mode="edge")
    moved = Image.fromarray(padded[8 + y : 8 + y + rgb.shape[0], 8 + x : 8 + x + rgb.shape[1]])
    return noisy(moved, spread=2.0, seed=seed)


def plain(size: tuple[int, int], *, level: int) -> Picture:
    """The lens cap, or a wall: nothing on it."""
    return Image.new("RGB", size, (level, level, min(255, level + 3)))


def located(*, serial: str = "") -> Image.Exif:
    """EXIF data of a place, which nobody lives at, or of the camera that took it."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Sample", "Sample 1"
    if serial:
        exif.get_ifd(0x8769)[0xA431] = serial
    else:
        exif.get_ifd(0x8825).update({1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)})
    return exif


def enormous() -> bytes:
    """A few bytes of PNG that claim 60,000 by 60,000 pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(2000))) + chunk(b"IEND", b"")
    )
