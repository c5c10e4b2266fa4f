"""Scenes in the manner of photographs: one function per thing, a seeded generator in, an RGB picture out.

Everything is drawn twice as large and made smaller, laid over light, texture and a little noise of a sensor.
Coordinates go from 0 to 1, right and down.
"""

from __future__ import annotations

import colorsys
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

if TYPE_CHECKING:
    from collections.abc import Sequence

Rng = np.random.Generator
Colour = tuple[int, int, int]
Point = tuple[float, float]
WIDTH, HEIGHT = 256, 192
LARGE = 2


def hsv(hue: float, saturation: float, value: float) -> Colour:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1.0, min(max(saturation, 0), 1), min(max(value, 0), 1))
    return round(255 * red), round(255 * green), round(255 * blue)


def shade(colour: Colour, by: float) -> Colour:
    """Lighter above 1, darker below."""
    red, green, blue = (round(min(255, max(0, by * c))) for c in colour)
    return red, green, blue


def cloudy(rng: Rng, width: int, height: int, *, finest: int = 2, fall: float = 0.62) -> np.ndarray:
    """Noise at every scale, as of grass, stone or clouds: float array (height, width), mean 0, spread 1."""
    total = np.zeros((height, width))
    cell, weight = max(width, height) // 2, 1.0
    while cell >= finest:
        grid = rng.standard_normal((height // cell + 2, width // cell + 2)).astype(np.float32)
        total += weight * np.asarray(Image.fromarray(grid).resize((width, height), Image.Resampling.BICUBIC))
        cell, weight = cell // 2, weight * fall
    return (total - total.mean()) / total.std()


@dataclass
class Canvas:
    """A picture under way; ``place`` puts what is drawn where the thing stands, and as large as it is."""

    image: Image.Image
    rng: Rng
    centre: Point = (0.5, 0.5)
    size: float = 1.0
    lean: float = 0.0
    mirrored: bool = False

    @classmethod
    def empty(cls, rng: Rng, *, portrait: bool) -> Canvas:
        size = (HEIGHT, WIDTH) if portrait else (WIDTH, HEIGHT)
        return cls(Image.new("RGB", (LARGE * size[0], LARGE * size[1])), rng)

    def place(self, centre: Point, size: float, *, lean: float = 0.0) -> None:
        self.centre, self.size, self.lean = centre, size, lean
        self.mirrored = bool(self.rng.random() < 0.5)

    def at(self, x: float, y: float) -> Point:
        """Pixels of a point of the thing, whose middle is (0, 0) and whose half height is about 0.5."""
        side = min(self.image.size) * self.size
        if self.mirrored:
            x = -x
        turn, tilt = math.cos(self.lean), math.sin(self.lean)
        return (
            self.centre[0] * self.image.width + side * (turn * x - tilt * y),
            self.centre[1] * self.image.height + side * (tilt * x + turn * y),
        )

    def shape(self, points: Sequence[Point], colour: Colour) -> None:
        ImageDraw.Draw(self.image).polygon([self.at(*p) for p in points], fill=colour)

    def disc(self, x: float, y: float, wide: float, high: float, colour: Colour) -> None:
        steps = [2 * math.pi * k / 40 for k in range(40)]
        self.shape([(x + wide * math.cos(a), y + high * math.sin(a)) for a in steps], colour)

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        self.shape([(left, top), (right, top), (right, bottom), (left, bottom)], colour)

    def line(self, points: Sequence[Point], wide: float, colour: Colour) -> None:
        pixels = max(1, round(wide * min(self.image.size) * self.size))
        ImageDraw.Draw(self.image).line([self.at(*p) for p in points], fill=colour, width=pixels, joint="curve")

    def shadow(self, x: float, y: float, wide: float, high: float, by: float = 0.55) -> None:
        """A soft one on the ground."""
        mask = Image.new("L", self.image.size, 0)
        steps = [2 * math.pi * k / 40 for k in range(40)]
        edge = [self.at(x + wide * math.cos(a), y + high * math.sin(a)) for a in steps]
        ImageDraw.Draw(mask).polygon(edge, fill=round(255 * (1 - by)))
        mask = mask.filter(ImageFilter.GaussianBlur(0.03 * min(self.image.size)))
        self.image.paste(Image.new("RGB", self.image.size, (12, 14, 22)), (0, 0), mask)

    def fill(self, colours: np.ndarray, *, top: float = 0.0) -> None:
        """Rows from ``top`` down, from float RGB (height, width, 3)."""
        first = round(top * self.image.height)
        part = Image.fromarray(np.clip(colours[first:], 0, 255).astype(np.uint8))
        self.image.paste(part, (0, first))

    def slope(self, above: Colour, below: Colour) -> np.ndarray:
        share = np.linspace(0, 1, self.image.height)[:, None, None]
        rows = (1 - share) * np.array(above, dtype=float) + share * np.array(below, dtype=float)
        return np.broadcast_to(rows, (self.image.height, self.image.width, 3)).copy()

    def textured(self, colours: np.ndarray, strength: float, *, finest: int = 4, fall: float = 0.75) -> np.ndarray:
        grain = cloudy(self.rng, self.image.width, self.image.height, finest=finest, fall=fall)
        return colours * (1 + strength * grain[:, :, None])

    def finished(self) -> Image.Image:
        """Light from one side, the lens's darker corners, the sensor's noise."""
        small = self.image.resize(
            (self.image.width // LARGE, self.image.height // LARGE), Image.Resampling.LANCZOS
        ).filter(ImageFilter.UnsharpMask(1.0, 40, 0))
        rgb = np.asarray(small, dtype=float)
        y, x = np.mgrid[-1 : 1 : rgb.shape[0] * 1j, -1 : 1 : rgb.shape[1] * 1j]
        toward = self.rng.uniform(0, 2 * math.pi)
        light = 1 + 0.09 * (math.cos(toward) * x + math.sin(toward) * y) - 0.06 * (x**2 + y**2)
        light *= self.rng.uniform(0.92, 1.06)
        warm = np.array([1 + self.rng.uniform(-0.04, 0.04), 1.0, 1 + self.rng.uniform(-0.04, 0.04)])
        fine = cloudy(self.rng, rgb.shape[1], rgb.shape[0], finest=2, fall=0.9)
        rgb = rgb * light[:, :, None] * warm * (1 + 0.035 * fine[:, :, None])
        rgb += self.rng.normal(0, 1.6, rgb.shape)
        return Image.fromarray(np.clip(rgb, 0, 255).astype(np.uint8))


def outdoors(canvas: Canvas, *, ground: str = "") -> float:
    """Sky, clouds, hills and a ground of grass, sand, snow or road; where the ground begins."""
    rng = canvas.rng
    horizon = rng.uniform(0.5, 0.68)
    hue = rng.choice([0.56, 0.58, 0.6, 0.08])
    above = hsv(hue, rng.uniform(0.25, 0.6), rng.uniform(0.65, 0.92))
    below = hsv(hue + 0.02, rng.uniform(0.06, 0.22), rng.uniform(0.85, 0.97))
    sky = canvas.slope(above, below)
    clouds = np.clip(cloudy(rng, canvas.image.width, canvas.image.height, finest=12) - rng.uniform(0, 1.2), 0, 1.4)
    canvas.fill(sky + (245 - sky) * 0.55 * clouds[:, :, None])
    canvas.place((0.5, 0.5), 1.0)
    for _ in range(int(rng.integers(0, 3))):
        far = hsv(rng.uniform(0.28, 0.6), rng.uniform(0.1, 0.35), rng.uniform(0.4, 0.65))
        peaks = [(x, horizon - 0.5 - rng.uniform(0.02, 0.2)) for x in np.linspace(-1.1, 1.1, 8)]
        canvas.shape([*peaks, (1.1, 0.5), (-1.1, 0.5)], far)
    ground = ground or str(rng.choice(["grass", "sand", "snow", "road"]))
    colour = {
        "grass": hsv(rng.uniform(0.22, 0.34), rng.uniform(0.4, 0.65), rng.uniform(0.4, 0.62)),
        "sand": hsv(rng.uniform(0.08, 0.12), rng.uniform(0.25, 0.45), rng.uniform(0.7, 0.86)),
        "snow": hsv(0.58, rng.uniform(0.03, 0.1), rng.uniform(0.8, 0.9)),
        "road": hsv(rng.uniform(0, 1), 0.05, rng.uniform(0.35, 0.55)),
        "water": hsv(rng.uniform(0.5, 0.6), rng.uniform(0.4, 0.65), rng.uniform(0.4, 0.62)),
    }[ground]
    canvas.fill(canvas.textured(canvas.slope(shade(colour, 0.9), shade(colour, 1.08)), 0.09), top=horizon)
    return horizon


def house(canvas: Canvas) -> None:
    horizon, rng = outdoors(canvas), canvas.rng
    size = rng.uniform(0.5, 0.85)
    canvas.place((rng.uniform(0.35, 0.65), horizon - 0.22 * size + rng.uniform(0.0, 0.08)), size)
    wall = hsv(rng.choice([0.02, 0.09, 0.13, 0.58, 0.0]), rng.uniform(0.05, 0.5), rng.uniform(0.65, 0.95))
    roof = hsv(rng.uniform(0.0, 0.06), rng.uniform(0.4, 0.75), rng.uniform(0.35, 0.65))
    wide, high = rng.uniform(0.38, 0.6), rng.uniform(0.28, 0.4)
    canvas.shadow(0.1, 0.45, wide * 1.2, 0.07)
    canvas.box(-wide, 0.45 - high, wide, 0.45, wall)
    canvas.box(wide * 0.45, 0.45 - high, wide, 0.45, shade(wall, 0.8))
    top = 0.45 - high - rng.uniform(0.2, 0.34)
    canvas.shape([(-wide - 0.06, 0.45 - high), (wide + 0.06, 0.45 - high), (rng.uniform(-0.15, 0.15), top)], roof)
    if rng.random() < 0.7:
        canvas.box(wide * 0.5, top + 0.02, wide * 0.5 + 0.09, 0.45 - high - 0.04, shade(roof, 0.7))
    glass = hsv(0.58, 0.35, rng.uniform(0.35, 0.75))
    for x in np.linspace(-wide * 0.7, wide * 0.75, int(rng.integers(2, 4))):
        canvas.box(x - 0.065, 0.5 - high, x + 0.065, 0.62 - high, (238, 236, 230))
        canvas.box(x - 0.05, 0.515 - high, x + 0.05, 0.605 - high, glass)
        canvas.line([(x, 0.515 - high), (x, 0.605 - high)], 0.012, (238, 236, 230))
    canvas.box(-0.07, 0.45 - 0.19, 0.07, 0.45, hsv(rng.uniform(0, 1), 0.5, 0.4))


def tree(canvas: Canvas) -> None:
    horizon, rng = outdoors(canvas, ground="grass"), canvas.rng
    size = rng.uniform(0.65, 0.95)
    canvas.place(
        (rng.uniform(0.3, 0.7), horizon - 0.3 * size + rng.uniform(0, 0.1)), size, lean=rng.uniform(-0.05, 0.05)
    )
    bark = hsv(0.07, rng.uniform(0.3, 0.5), rng.uniform(0.25, 0.4))
    leaf = hsv(rng.choice([0.26, 0.3, 0.33, 0.09]), rng.uniform(0.45, 0.7), rng.uniform(0.3, 0.55))
    canvas.shadow(0.15, 0.5, 0.45, 0.06)
    canvas.shape([(-0.06, 0.5), (0.06, 0.5), (0.035, 0.0), (-0.035, 0.0)], bark)
    if rng.random() < 0.4:  # a fir
        for k in range(5):
            y = 0.3 - 0.17 * k
            half = 0.34 - 0.055 * k
            canvas.shape([(-half, y), (half, y), (0, y - 0.3)], shade(leaf, 0.75 + 0.09 * k))
        return
    canvas.line([(0, 0.15), (0.18, -0.12)], 0.04, bark)
    canvas.line([(0, 0.1), (-0.16, -0.15)], 0.035, bark)
    for k in range(170):
        angle, far = rng.uniform(0, 2 * math.pi), math.sqrt(rng.random())
        x, y = 0.38 * far * math.cos(angle), -0.25 + 0.3 * far * math.sin(angle)
        r = rng.uniform(0.025, 0.075)
        canvas.disc(x, y, r, r, shade(leaf, rng.uniform(0.7, 1.35) * (1.0 - 0.5 * (y + 0.25)) * (0.8 + 0.001 * k)))


def boat(canvas: Canvas) -> None:
    horizon, rng = outdoors(canvas, ground="water"), canvas.rng
    for _ in range(60):
        y = rng.uniform(horizon + 0.02, 1.0)
        x, long = rng.uniform(0, 1), rng.uniform(0.02, 0.1) * (y - horizon + 0.2)
        canvas.place((x, y), 1.0)
        canvas.line([(-long, 0), (long, 0)], 0.006, shade((200, 220, 230), rng.uniform(0.7, 1.1)))
    size = rng.uniform(0.55, 0.85)
    canvas.place((rng.uniform(0.3, 0.7), horizon + 0.05 - 0.2 * size), size, lean=rng.uniform(-0.06, 0.06))
    hull = hsv(rng.uniform(0, 1), rng.uniform(0.3, 0.8), rng.uniform(0.4, 0.9))
    canvas.shadow(0, 0.42, 0.5, 0.05)
    canvas.shape([(-0.5, 0.22), (0.55, 0.2), (0.38, 0.42), (-0.38, 0.42)], hull)
    canvas.shape([(-0.5, 0.22), (0.55, 0.2), (0.53, 0.25), (-0.48, 0.27)], (240, 238, 232))
    if rng.random() < 0.65:
        canvas.line([(0, 0.22), (0.0, -0.52)], 0.022, (96, 72, 50))
        sail = hsv(rng.uniform(0, 1), rng.uniform(0, 0.25), rng.uniform(0.86, 0.97))
        canvas.shape([(0.03, -0.5), (0.03, 0.14), (0.42, 0.12)], sail)
        canvas.shape([(-0.03, -0.4), (-0.03, 0.14), (-0.32, 0.14)], shade(sail, 0.86))
    else:
        canvas.box(-0.28, 0.02, 0.2, 0.22, (232, 230, 224))
        canvas.box(-0.02, -0.16, 0.12, 0.02, hsv(rng.uniform(0, 1), 0.6, 0.6))
        for x in (-0.2, -0.08, 0.05):
            canvas.disc(x, 0.11, 0.035, 0.035, (70, 100, 130))


def car(canvas: Canvas) -> None:
    horizon, rng = outdoors(canvas, ground="road"), canvas.rng
    size = rng.uniform(0.6, 0.85)
    canvas.place((rng.uniform(0.4, 0.6), horizon + rng.uniform(0.04, 0.14)), size)
    paint = hsv(rng.uniform(0, 1), rng.uniform(0.4, 0.9), rng.uniform(0.45, 0.9))
    canvas.shadow(0, 0.24, 0.62, 0.05, by=0.4)
    roof = rng.uniform(-0.24, -0.16)
    canvas.shape([(-0.34, 0.0), (-0.2, roof), (0.2, roof), (0.36, 0.0)], shade(paint, 0.9))
    canvas.shape([(-0.28, -0.01), (-0.18, roof + 0.03), (-0.01, roof + 0.03), (-0.01, -0.01)], hsv(0.56, 0.25, 0.55))
    canvas.shape([(0.02, -0.01), (0.02, roof + 0.03), (0.18, roof + 0.03), (0.3, -0.01)], hsv(0.56, 0.25, 0.62))
    canvas.shape([(-0.6, 0.05), (-0.5, -0.02), (0.45, -0.02), (0.6, 0.04), (0.6, 0.2), (-0.6, 0.2)], paint)
    canvas.box(-0.6, 0.14, 0.6, 0.2, shade(paint, 0.7))
    canvas.line([(0.0, 0.0), (0.0, 0.18)], 0.008, shade(paint, 0.6))
    canvas.disc(0.57, 0.08, 0.03, 0.025, (250, 240, 190))
    for x in (-0.34, 0.34):
        canvas.disc(x, 0.2, 0.12, 0.12, (28, 28, 30))
        canvas.disc(x, 0.2, 0.065, 0.065, (170, 172, 176))
        canvas.disc(x, 0.2, 0.02, 0.02, (60, 60, 64))


def flower(canvas: Canvas) -> None:
    rng = canvas.rng
    green = hsv(rng.uniform(0.25, 0.38), rng.uniform(0.4, 0.6), rng.uniform(0.28, 0.5))
    canvas.fill(canvas.textured(canvas.slope(shade(green, 1.15), shade(green, 0.75)), 0.22, finest=8, fall=0.6))
    for _ in range(14):
        canvas.place((rng.uniform(0, 1), rng.uniform(0, 1)), rng.uniform(0.3, 0.6), lean=rng.uniform(0, 6.28))
        canvas.shape([(0, -0.4), (0.09, 0), (0, 0.4), (-0.09, 0)], shade(green, rng.uniform(0.6, 1.4)))
    canvas.place((rng.uniform(0.35, 0.65), rng.uniform(0.38, 0.55)), rng.uniform(0.5, 0.8), lean=rng.uniform(-0.3, 0.3))
    canvas.line([(0, 0.1), (0.06, 0.9)], 0.035, shade(green, 0.8))
    petal = hsv(rng.choice([0.92, 0.98, 0.13, 0.78, 0.05, 0.6]), rng.uniform(0.3, 0.85), rng.uniform(0.75, 0.97))
    n, long = int(rng.integers(5, 13)), rng.uniform(0.3, 0.42)
    for ring in (1.0, 0.72):
        for k in range(n):
            angle = 2 * math.pi * (k + (ring < 1) / 2) / n
            cos, sin = math.cos(angle), math.sin(angle)
            half = 0.8 * long * ring * math.sin(math.pi / n)
            body = [
                (0.06, 0),
                (0.55 * long, half),
                (0.9 * long, 0.75 * half),
                (long, 0),
                (0.9 * long, -0.75 * half),
                (0.55 * long, -half),
            ]
            canvas.shape(
                [(ring * x * cos - y * sin, ring * x * sin + y * cos) for x, y in body],
                shade(petal, rng.uniform(0.82, 1.05) * (1.0 if ring < 1 else 0.85)),
            )
    heart = hsv(rng.uniform(0.08, 0.14), 0.8, rng.uniform(0.5, 0.9))
    canvas.disc(0, 0, 0.1, 0.1, heart)
    for _ in range(40):
        canvas.disc(rng.normal(0, 0.04), rng.normal(0, 0.04), 0.009, 0.009, shade(heart, rng.uniform(0.6, 1.3)))


def fish(canvas: Canvas) -> None:
    rng = canvas.rng
    sea = hsv(rng.uniform(0.48, 0.6), rng.uniform(0.5, 0.75), rng.uniform(0.5, 0.75))
    canvas.fill(canvas.textured(canvas.slope(shade(sea, 1.25), shade(sea, 0.5)), 0.1, finest=12))
    canvas.place((0.5, 1.0), 1.0)
    bed = hsv(0.1, 0.35, rng.uniform(0.4, 0.6))
    canvas.shape([(x, -0.1 - 0.06 * rng.random()) for x in np.linspace(-1, 1, 12)] + [(1, 0.3), (-1, 0.3)], bed)
    for _ in range(int(rng.integers(3, 9))):
        canvas.place((rng.uniform(0, 1), 1.0), 1.0)
        weed = hsv(rng.uniform(0.25, 0.42), 0.6, rng.uniform(0.25, 0.5))
        canvas.line([(0.03 * math.sin(2.5 * k), -0.07 * k) for k in range(int(rng.integers(3, 8)))], 0.022, weed)
    canvas.place((rng.uniform(0.35, 0.65), rng.uniform(0.35, 0.6)), rng.uniform(0.55, 0.9), lean=rng.uniform(-0.2, 0.2))
    skin = hsv(rng.choice([0.03, 0.09, 0.14, 0.62, 0.85]), rng.uniform(0.5, 0.9), rng.uniform(0.7, 0.97))
    high = rng.uniform(0.17, 0.28)
    canvas.shape([(-0.34, 0), (-0.58, -0.2), (-0.52, 0), (-0.58, 0.2)], shade(skin, 0.75))
    canvas.shape([(-0.15, -high * 0.8), (0.05, -high - 0.14), (0.2, -high * 0.7)], shade(skin, 0.8))
    canvas.disc(0, 0, 0.42, high, skin)
    canvas.disc(0, high * 0.35, 0.36, high * 0.55, shade(skin, 1.18))
    for k in range(int(rng.integers(0, 5))):
        x = -0.22 + 0.12 * k
        canvas.line([(x, -high * 0.75), (x + 0.03, high * 0.6)], 0.03, shade(skin, 0.55))
    canvas.shape([(0.05, 0.02), (-0.14, 0.14), (0.0, 0.12)], shade(skin, 0.7))
    canvas.disc(0.28, -0.05, 0.045, 0.045, (245, 245, 240))
    canvas.disc(0.285, -0.05, 0.022, 0.022, (15, 15, 20))
    canvas.line([(0.4, 0.05), (0.33, 0.07)], 0.012, shade(skin, 0.45))
    for _ in range(int(rng.integers(2, 7))):
        canvas.disc(0.5 + rng.normal(0, 0.04), -0.1 - rng.uniform(0, 0.5), 0.018, 0.018, shade(sea, 1.5))


def mug(canvas: Canvas) -> None:
    """What is labelled ``mug`` and ``cup``: nobody can tell which."""
    rng = canvas.rng
    wall = hsv(rng.uniform(0.05, 0.6), rng.uniform(0.05, 0.3), rng.uniform(0.55, 0.85))
    canvas.fill(canvas.textured(canvas.slope(shade(wall, 0.95), shade(wall, 1.05)), 0.05))
    edge = rng.uniform(0.52, 0.66)
    wood = hsv(rng.uniform(0.05, 0.09), rng.uniform(0.4, 0.65), rng.uniform(0.4, 0.65))
    board = canvas.textured(canvas.slope(shade(wood, 0.85), shade(wood, 1.15)), 0.08)
    rows = cloudy(rng, 2, canvas.image.height, finest=2, fall=0.95)[:, :1]
    canvas.fill(board * (1 + 0.1 * rows[:, :, None]), top=edge)
    canvas.place((rng.uniform(0.35, 0.65), rng.uniform(0.5, 0.6)), rng.uniform(0.5, 0.8))
    glaze = hsv(rng.uniform(0, 1), rng.uniform(0.1, 0.75), rng.uniform(0.5, 0.95))
    high, wide = rng.uniform(0.26, 0.36), rng.uniform(0.22, 0.3)
    canvas.shadow(0.12, high, wide * 1.35, 0.08, by=0.45)
    ring = [(wide + 0.02 + 0.13 * math.sin(a), -0.02 + 0.75 * high * -math.cos(a)) for a in np.linspace(0, math.pi, 14)]
    canvas.line(ring, 0.055, shade(glaze, 0.8))
    canvas.box(-wide, -high, wide, high - 0.03, glaze)
    canvas.disc(0, high - 0.03, wide, 0.06, glaze)
    canvas.box(-wide, -high, -wide * 0.55, high - 0.02, shade(glaze, 1.15))
    canvas.box(wide * 0.5, -high, wide, high - 0.02, shade(glaze, 0.78))
    if rng.random() < 0.5:
        canvas.box(-wide, -0.06, wide, 0.06, shade(glaze, 0.6))
    canvas.disc(0, -high, wide, 0.07, shade(glaze, 1.1))
    canvas.disc(0, -high + 0.01, wide * 0.88, 0.052, (70, 44, 26))


def bird(canvas: Canvas) -> None:
    """One of two things that are called ``crane``."""
    horizon, rng = outdoors(canvas, ground="water"), canvas.rng
    size = rng.uniform(0.75, 1.0)
    canvas.place((rng.uniform(0.4, 0.6), horizon - 0.12 * size), size)
    plumage = hsv(0.6, rng.uniform(0.02, 0.12), rng.uniform(0.75, 0.97))
    for x in (-0.04, 0.05):
        canvas.line([(x, 0.1), (x + rng.uniform(-0.02, 0.02), 0.5)], 0.018, (70, 62, 58))
    canvas.disc(-0.02, 0.02, 0.25, 0.13, plumage)
    canvas.shape([(-0.15, -0.05), (-0.42, 0.1), (-0.36, 0.16), (-0.1, 0.12)], shade(plumage, 0.45))
    neck = [(0.15, -0.02), (0.25, -0.14), (0.2, -0.28), (0.26, -0.4)]
    canvas.line(neck, 0.05, plumage)
    canvas.disc(0.28, -0.42, 0.055, 0.045, plumage)
    canvas.disc(0.27, -0.455, 0.035, 0.018, (190, 40, 36))
    canvas.shape([(0.32, -0.435), (0.5, -0.4), (0.32, -0.4)], (90, 80, 60))
    canvas.disc(0.295, -0.43, 0.009, 0.009, (10, 10, 10))


def hoist(canvas: Canvas) -> None:
    """The other thing that is called ``crane``."""
    horizon, rng = outdoors(canvas, ground="sand"), canvas.rng
    canvas.place((rng.uniform(0.3, 0.45), horizon - 0.16), rng.uniform(0.85, 1.0))
    steel = hsv(rng.choice([0.13, 0.15, 0.02]), rng.uniform(0.6, 0.9), rng.uniform(0.7, 0.9))
    canvas.box(-0.14, 0.42, 0.14, 0.5, (120, 118, 112))
    for x in (-0.05, 0.05):
        canvas.line([(x, 0.45), (x, -0.45)], 0.016, steel)
    for k in range(9):
        canvas.line([(-0.05, 0.45 - 0.1 * k), (0.05, 0.35 - 0.1 * k)], 0.01, steel)
        canvas.line([(0.05, 0.45 - 0.1 * k), (-0.05, 0.35 - 0.1 * k)], 0.01, shade(steel, 0.8))
    canvas.line([(-0.3, -0.34), (0.75, -0.34)], 0.016, steel)
    canvas.line([(-0.3, -0.4), (0.75, -0.36)], 0.012, steel)
    for k in range(10):
        canvas.line([(-0.2 + 0.09 * k, -0.34), (-0.155 + 0.09 * k, -0.39)], 0.008, shade(steel, 0.85))
    canvas.box(-0.3, -0.34, -0.2, -0.22, (96, 96, 98))
    canvas.box(-0.05, -0.33, 0.06, -0.23, (210, 220, 226))
    at = rng.uniform(0.25, 0.65)
    canvas.line([(at, -0.34), (at, rng.uniform(-0.15, 0.1))], 0.008, (40, 40, 44))


def kite(canvas: Canvas) -> None:
    horizon, rng = outdoors(canvas), canvas.rng
    canvas.place(
        (rng.uniform(0.35, 0.65), horizon * rng.uniform(0.4, 0.6)), rng.uniform(0.4, 0.6), lean=rng.uniform(-0.6, 0.6)
    )
    one, two = hsv(rng.uniform(0, 1), 0.8, 0.9), hsv(rng.uniform(0, 1), 0.7, 0.8)
    canvas.shape([(0, -0.5), (0.32, -0.1), (0, 0.5), (-0.32, -0.1)], one)
    canvas.shape([(0, -0.5), (0.32, -0.1), (0, -0.1)], two)
    canvas.shape([(0, 0.5), (-0.32, -0.1), (0, -0.1)], two)
    canvas.line([(0.05 * math.sin(3 * k), 0.5 + 0.09 * k) for k in range(7)], 0.014, (60, 50, 50))


def page(canvas: Canvas) -> None:
    """A page of text: nothing that was ever photographed."""
    canvas.image.paste((250, 250, 248), (0, 0, *canvas.image.size))
    canvas.place((0.5, 0.5), 1.0)
    for row in range(13):
        x = -0.55
        while x < 0.5:
            long = canvas.rng.uniform(0.02, 0.11)
            canvas.box(x, -0.42 + 0.065 * row, x + long, -0.39 + 0.065 * row, (30, 30, 34))
            x += long + 0.02


def pebbles(canvas: Canvas) -> None:
    """A picture of none of the classes."""
    rng = canvas.rng
    canvas.image.paste((70, 66, 62), (0, 0, *canvas.image.size))
    for _ in range(420):
        canvas.place((rng.uniform(0, 1), rng.uniform(0, 1)), 1.0, lean=rng.uniform(0, 3))
        stone = hsv(rng.uniform(0.02, 0.14), rng.uniform(0.03, 0.25), rng.uniform(0.35, 0.85))
        wide, high = rng.uniform(0.02, 0.06), rng.uniform(0.015, 0.04)
        canvas.disc(0.004, 0.006, wide, high, (34, 32, 30))
        canvas.disc(0, 0, wide, high, stone)
        canvas.disc(-wide / 4, -high / 4, wide / 2, high / 2, shade(stone, 1.15))


THINGS = {
    "house": house,
    "tree": tree,
    "boat": boat,
    "car": car,
    "flower": flower,
    "fish": fish,
    "mug": mug,
    "cup": mug,
    "bird": bird,
    "hoist": hoist,
    "kite": kite,
    "page": page,
    "pebbles": pebbles,
}


def drawn(thing: str, seed: int, *, portrait: bool = False) -> Image.Image:
    """The picture of a thing that belongs to a seed, 256 × 192 or upright."""
    canvas = Canvas.empty(np.random.default_rng([seed, *thing.encode()]), portrait=portrait)
    THINGS[thing](canvas)
    return canvas.finished()
