"""Faults planted into photographs, as people meet them, in three recipes that are kept apart.

Thresholds were chosen on recipe A and on the half of the photographs whose names hash to an even number; B and C, and
the other half, are only reported.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from scipy import ndimage

Pixels = npt.NDArray[np.float64]
"""(height, width, 3), 0 to 255."""
Fault = Callable[[Pixels, np.random.Generator], Pixels]


def half(path: Path) -> str:
    """Which half of a set a file is in: ``seen`` while thresholds were chosen, or ``kept``."""
    return "seen" if int(hashlib.sha256(path.name.encode()).hexdigest(), 16) % 2 == 0 else "kept"


def _linear(x: Pixels) -> Pixels:
    return (x / 255.0) ** 2.2


def _encoded(x: Pixels) -> Pixels:
    return np.clip(x, 0, 1) ** (1 / 2.2) * 255.0


def exposed(stops: float) -> Fault:
    """Exposed by so many stops more, with the shot noise of as much light."""

    def fault(x: Pixels, rng: np.random.Generator) -> Pixels:
        light = _linear(x) * 2.0**stops
        return _encoded(light + rng.normal(0, 1, x.shape) * np.sqrt(light * 2e-5 + 4e-7) if stops < 0 else light)

    return fault


def scaled(factor: float, offset: float = 0.0) -> Fault:
    """Levels multiplied and shifted."""
    return lambda x, rng: x * factor + offset


def gaussian(sigma: float) -> Fault:
    """Out of focus, as image editors do it."""
    return lambda x, rng: ndimage.gaussian_filter(x, (sigma, sigma, 0), mode="nearest")


def disc(radius: float) -> Fault:
    """Out of focus, as a lens does it: in linear light, a disc."""

    def fault(x: Pixels, rng: np.random.Generator) -> Pixels:
        n = int(np.ceil(radius))
        y, z = np.mgrid[-n : n + 1, -n : n + 1]
        kernel = np.clip(radius + 0.5 - np.hypot(y, z), 0, 1)
        light = _linear(x)
        return _encoded(np.stack([_convolved(light[..., c], kernel) for c in range(3)], axis=-1))

    return fault


def _convolved(x: Pixels, kernel: Pixels) -> Pixels:
    return np.asarray(ndimage.convolve(x, kernel / kernel.sum(), mode="nearest"))


def moved(length: float, degrees: float | None = None, *, bend: float = 0.0) -> Fault:
    """Camera or thing moved while the shutter was open, in a direction or any, on a line or a curve."""

    def fault(x: Pixels, rng: np.random.Generator) -> Pixels:
        angle = np.deg2rad(rng.uniform(0, 180) if degrees is None else degrees)
        t = np.linspace(-0.5, 0.5, 101)
        along, across = t * length, bend * length * (4 * t**2 - 0.5)
        u, v = along * np.cos(angle) - across * np.sin(angle), along * np.sin(angle) + across * np.cos(angle)
        n = int(np.ceil(length)) + 2
        kernel = np.zeros((2 * n + 1, 2 * n + 1))
        for a, b in zip(u + n, v + n, strict=True):  # each moment falls on four pixels
            i, j = int(b), int(a)
            kernel[i, j] += (1 - b + i) * (1 - a + j)
            kernel[i + 1, j] += (b - i) * (1 - a + j)
            kernel[i, j + 1] += (1 - b + i) * (a - j)
            kernel[i + 1, j + 1] += (b - i) * (a - j)
        return np.stack([_convolved(x[..., c], kernel) for c in range(3)], axis=-1)

    return fault


def _picture(x: Pixels) -> Image.Image:
    return Image.fromarray(np.clip(np.round(x), 0, 255).astype(np.uint8))


def enlarged(factor: float, how: str) -> Fault:
    """Made small once and large again."""

    def fault(x: Pixels, rng: np.random.Generator) -> Pixels:
        image = _picture(x)
        small = image.resize((round(image.width / factor), round(image.height / factor)), Image.Resampling.BOX)
        return np.asarray(small.resize(image.size, Image.Resampling[how]), dtype=np.float64)

    return fault


def grain(sigma: float) -> Fault:
    """White noise in each channel."""
    return lambda x, rng: x + rng.normal(0, sigma, x.shape)


def high_iso(amount: float) -> Fault:
    """Noise of a sensor: more where there is light, in linear light, much the same in the three channels."""

    def fault(x: Pixels, rng: np.random.Generator) -> Pixels:
        light = _linear(x)
        noise = 0.8 * rng.normal(0, 1, (*x.shape[:2], 1)) + 0.6 * rng.normal(0, 1, x.shape)
        return _encoded(light + noise * np.sqrt(light * amount**2 + (0.25 * amount) ** 2))

    return fault


def specks(share: float) -> Fault:
    """Salt and pepper."""

    def fault(x: Pixels, rng: np.random.Generator) -> Pixels:
        drawn = rng.random(x.shape[:2])[..., None]
        return np.where(drawn < share / 2, 0.0, np.where(drawn > 1 - share / 2, 255.0, x))

    return fault


def saved(quality: int, *, cut: int = 0, times: int = 1, subsampling: int = 2) -> Fault:
    """Saved as JPEG of low quality; ``cut`` takes pixels off the top and left, so that the grid starts elsewhere."""

    def fault(x: Pixels, rng: np.random.Generator) -> Pixels:
        image = _picture(x)
        for _ in range(times):
            data = io.BytesIO()
            image.save(data, "JPEG", quality=quality, subsampling=subsampling)
            image = Image.open(data).convert("RGB")
        return np.asarray(image, dtype=np.float64)[cut:, cut:]

    return fault


def turned(quarters: int | None = None) -> Fault:
    """Turned by quarters of a circle, or by 90° to either side."""

    def fault(x: Pixels, rng: np.random.Generator) -> Pixels:
        return np.rot90(x, quarters if quarters is not None else int(rng.choice([1, 3]))).copy()

    return fault


RECIPES: dict[str, dict[str, Fault]] = {
    "A": {
        "dark ×.22": scaled(0.22),
        "bright ×2.6": scaled(2.6, 40),
        "blur-focus σ 2.2": gaussian(2.2),
        "blur-motion 11": moved(11, 0),
        "blur-upscaled ×4": enlarged(4, "BICUBIC"),
        "noise σ 25": grain(25),
        "blocks q 12": saved(12),
        "rotation": turned(),
    },
    "B": {
        "dark −3.5 EV": exposed(-3.5),
        "bright +2.5 EV": exposed(2.5),
        "blur-focus disc 4": disc(4.0),
        "blur-motion 13, any way": moved(13),
        "blur-upscaled ×4.5": enlarged(4.5, "BILINEAR"),
        "noise sensor": high_iso(0.11),
        "noise specks 4 %": specks(0.04),
        "blocks q 10, off grid": saved(10, cut=3),
        "rotation": turned(),
    },
    "C": {
        "dark ×.15 and grain": lambda x, rng: grain(3)(scaled(0.15)(x, rng), rng),
        "bright, veiled": scaled(0.25, 200),
        "blur-focus box": lambda x, rng: np.asarray(_picture(x).filter(ImageFilter.BoxBlur(4)), dtype=np.float64),
        "blur-motion 17, bent": moved(17, bend=0.2),
        "blur-upscaled ×5": enlarged(5, "LANCZOS"),
        "noise σ 35": grain(35),
        "blocks q 15 twice, 4:4:4": saved(15, times=2, subsampling=0),
        "rotation": turned(),
    },
    "mild": {
        "dark ×.3": scaled(0.3),
        "bright ×2": scaled(2.0, 20),
        "blur-focus σ 1.5": gaussian(1.5),
        "blur-motion 7": moved(7),
        "blur-upscaled ×3": enlarged(3, "BICUBIC"),
        "noise σ 15": grain(15),
        "blocks q 20": saved(20),
    },
}
"""Fault by recipe and name; the first word of a name, up to a dash, is what should be found."""


def _thing(paths: list[Path], rng: np.random.Generator) -> Pixels:
    with Image.open(paths[int(rng.integers(len(paths)))]) as image:
        return np.asarray(image.convert("RGB"), dtype=np.float64)


def _blob(shape: tuple[int, ...], rng: np.random.Generator, radius: float, soft_px: float) -> Pixels:
    """A bulgy disc about the middle, 1 inside and 0 outside."""
    height, width = shape[:2]
    y, x = np.mgrid[:height, :width]
    dy, dx = (y - height / 2) / height, (x - width / 2) / width
    angle, bulge = np.arctan2(dy, dx), rng.uniform(0, 6, 2)
    edge = radius * (1 + 0.15 * np.sin(3 * angle + bulge[0]) + 0.08 * np.sin(7 * angle + bulge[1]))
    return np.clip((edge - np.hypot(dy, dx)) * min(height, width) / soft_px + 0.5, 0, 1)[..., None]


def on_white(paths: list[Path], rng: np.random.Generator) -> Pixels:
    """A thing on white or nearly white ground."""
    x = _thing(paths, rng)
    mask = _blob(x.shape, rng, 0.35, 1.5)
    return x * mask + (255.0 if rng.random() < 0.6 else rng.uniform(200, 250)) * (1 - mask)


def bokeh(paths: list[Path], rng: np.random.Generator) -> Pixels:
    """A sharp middle before a ground far out of focus."""
    x = _thing(paths, rng)
    mask = _blob(x.shape, rng, rng.uniform(0.2, 0.35), 8)
    return x * mask + gaussian(rng.uniform(4, 9))(x, rng) * (1 - mask)


def night(paths: list[Path], rng: np.random.Generator) -> Pixels:
    """Hardly any light but lamps."""
    light = _linear(_thing(paths, rng)) * 0.03
    y, x = np.mgrid[: light.shape[0], : light.shape[1]]
    for _ in range(int(rng.integers(3, 12))):
        away = np.hypot(y - rng.uniform(0, light.shape[0]), x - rng.uniform(0, light.shape[1]))
        radius = rng.uniform(2, 7)
        light = light + ((away < radius) + 0.12 * np.exp(-((away / radius / 8) ** 2)))[..., None] * (1, 0.8, 0.6)
    return _encoded(light + rng.normal(0, 0.003, light.shape))


def page(paths: list[Path], rng: np.random.Generator) -> Pixels:
    """Lines of print on paper."""
    size = int(rng.choice([600, 800])), int(rng.choice([800, 1000]))
    image = _picture(rng.normal(rng.uniform(235, 252), 2, (size[1], size[0], 1)).repeat(3, axis=2))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(14)
    for y in range(50, int(size[1] * rng.uniform(0.3, 0.95)), 20):
        draw.text((50, y), "".join(rng.choice(list("aeinorst  ,lmd"), 70)), fill=(30, 30, 30), font=font)
    return np.asarray(image, dtype=np.float64)


def soft_grey(paths: list[Path], rng: np.random.Generator) -> Pixels:
    """As of X-rays: soft, grey, and with the grain of the plate."""
    y, x = np.mgrid[:400, :400] / 400 - 0.5
    grey = 90 + 80 * np.exp(-(y**2 + x**2) * 6)
    for side in (-1, 1):
        lung = np.hypot((x - side * 0.18 - rng.normal(0, 0.01)) / 0.12, (y - rng.normal(0, 0.02)) / 0.28)
        grey -= 60 / (1 + np.exp(np.clip((lung - 1) * 12, -50, 50)))
    grey += ndimage.gaussian_filter(rng.normal(0, 10, grey.shape), 1.0)
    return np.asarray(grey[..., None].repeat(3, axis=2))


def drawing(paths: list[Path], rng: np.random.Generator) -> Pixels:
    """A few outlines and fields on white."""
    image = Image.new("RGB", (300, 300), "white")
    draw = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(1, 6))):
        (left, right), (top, bottom) = np.sort(rng.integers(5, 290, (2, 2)))
        ink, field = (tuple(int(v) for v in rng.integers(0, 200, 3)) for _ in range(2))
        paint = draw.ellipse if rng.random() < 0.5 else draw.rectangle
        box = int(left), int(top), int(right) + 5, int(bottom) + 5
        paint(box, outline=ink, fill=field if rng.random() < 0.4 else None, width=int(rng.integers(1, 5)))
    return np.asarray(image, dtype=np.float64)


def thumbnail(paths: list[Path], rng: np.random.Generator) -> Pixels:
    """32 pixels a side."""
    x = _thing(paths, rng)
    side = min(x.shape[:2])
    return np.asarray(_picture(x[:side, :side]).resize((32, 32), Image.Resampling.LANCZOS), dtype=np.float64)


SETS: dict[str, Callable[[list[Path], np.random.Generator], Pixels]] = {
    "things on white": on_white,
    "little in focus": bokeh,
    "scenes at night": night,
    "pages": page,
    "soft and grey": soft_grey,
    "drawings": drawing,
    "thumbnails": thumbnail,
}
"""Sets of other kinds, drawn from photographs or from nothing: nothing is wrong with any."""


def written(x: Pixels, path: Path) -> None:
    """As JPEG of quality 90, as a camera would, or PNG by the suffix."""
    image = _picture(x)
    if path.suffix == ".png":
        image.save(path, compress_level=1)
    else:
        image.save(path, quality=90)
