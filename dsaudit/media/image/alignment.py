"""How one picture lies on another: guessed from landmarks and from whole frames, then refined on the pixels.

A placement is a float64 matrix (3, 3): from x, y, 1 of the first picture, in pixels, to the same of the second.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import gaussian_filter

from dsaudit.media.image.landmark import Landmarks, landmarks_of, mirrored, sampled

if TYPE_CHECKING:
    import numpy.typing as npt
    from PIL.Image import Image as Picture

    Array = npt.NDArray[np.float32]
    Placement = npt.NDArray[np.floating]
    Mask = npt.NDArray[np.bool_]

LOOK_PX = 192
"""Longest side at which pictures are laid on one another."""
_LANDMARK_PX, _MOST_LANDMARKS = 160, 96
_LIKE_BITS = 14
"""Bits in which words of one landmark may differ; of unrelated ones 3 in 1,000 come so near."""
_MOST_MATCHES, _MOST_GUESSES = 160, 60
_STRETCH = 1.4
"""Most that a placement may stretch one way more than the other."""
_STEPS = 10
_FLAT = 12.0
"""Grey levels that a uniform frame may vary in."""
_POINTS = 1500


@dataclass(slots=True)
class Look:
    """A picture made ready to be laid on others.

    Attributes
    ----------
    size : (int, int)
        Width and height in pixels of the picture itself.
    rgb : float32 array (height, width, 3)
        At most ``LOOK_PX`` on the longer side, 0 to 255.
    grey : float32 array (height, width)
        Of the same.
    marks : Landmarks
        In pixels of ``grey``.
    """

    size: tuple[int, int]
    rgb: Array
    grey: Array
    marks: Landmarks
    _levelled: dict[int, Array] = field(default_factory=dict)

    @property
    def longer(self) -> int:
        """Pixels of the longer side."""
        return int(max(self.grey.shape))

    def levelled(self, px: int) -> Array:
        """At most so many pixels on the longer side, with brightness and contrast made equal all over."""
        px = min(px, self.longer)
        if px not in self._levelled:
            self._levelled[px] = _levelled(_shrunk(self.grey, px))
        return self._levelled[px]


def look(picture: Picture) -> Look:
    """What is needed of an RGB picture to lay it on others."""
    from PIL import Image

    factor = min(1.0, LOOK_PX / max(picture.size))
    small = picture
    if factor < 1.0:
        size = (max(1, round(picture.width * factor)), max(1, round(picture.height * factor)))
        small = picture.resize(size, Image.Resampling.BOX if factor < 0.5 else Image.Resampling.BICUBIC)
    rgb = np.asarray(small, dtype=np.float32)
    grey = np.asarray(rgb @ np.array([0.299, 0.587, 0.114], np.float32), dtype=np.float32)
    return Look(picture.size, rgb, grey, _marks(grey))


def _marks(grey: Array) -> Landmarks:
    from PIL import Image

    found = landmarks_of(Image.fromarray(grey), _LANDMARK_PX, _MOST_LANDMARKS)
    factor = max(grey.shape) / _LANDMARK_PX
    places = found.places * np.array([factor, factor, factor, 1.0], np.float32)
    places[:, :2] += (factor - 1.0) / 2.0
    return Landmarks(places, found.words)


def placements(a: Look, b: Look) -> list[Placement]:
    """Where ``b`` may lie on ``a``, the likeliest first: at most four guesses, none of them exact."""
    by_frames = _by_frames(a, b)
    sure = [placed for alike, placed in by_frames if alike > 0.9]
    by_marks = [found for mirror in (False, True) if (found := _by_marks(a, b, mirror=mirror)) is not None]
    by_marks.sort(key=lambda one: -one[0])
    return [*sure, *(placed for _, placed in by_marks), *(placed for alike, placed in by_frames if alike <= 0.9)]


def n_supporting(a: Look, b: Look, placed: Placement) -> int:
    """Landmarks of ``a`` that ``b`` has, too, at the place where they should be."""
    mirror = bool(np.linalg.det(placed[:2, :2]) < 0)
    words = mirrored(b.marks.words) if mirror else b.marks.words
    there = a.marks.places[:, :2] @ placed[:2, :2].T + placed[:2, 2]
    off = np.hypot(*(there[:, None] - b.marks.places[None, :, :2]).transpose(2, 0, 1))
    near = off < _tolerance(b) * max(1.0, scale_of(placed))
    like = np.bitwise_count(a.marks.words[:, None] ^ words[None]) <= _LIKE_BITS + 4
    return _n_places(a.marks.places[(near & like).any(axis=1)])


def scale_of(placed: Placement) -> float:
    """Pixels of the second picture for one of the first."""
    return float(np.sqrt(abs(np.linalg.det(placed[:2, :2]))))


def refined(a: Look, b: Look, placed: Placement, sizes: tuple[int, ...]) -> Placement:
    """The placement made exact step by step, on the two pictures at so many pixels on the longer side of ``a``."""
    for px in sizes:
        one = a.levelled(px)
        other = b.levelled(_fitting(b, px / a.longer, placed))
        between = _scaled(placed, one.shape, a.grey.shape, other.shape, b.grey.shape)
        between = _aligned(one, other, between)
        placed = _scaled(between, a.grey.shape, one.shape, b.grey.shape, other.shape)
    return placed


def agreement(a: Look, b: Look, placed: Placement, px: int) -> float:
    """Correlation of the two where they lie on one another, brightness and contrast made equal; -1 to 1."""
    one, other = a.levelled(px), b.levelled(_fitting(b, px / a.longer, placed))
    between = _scaled(placed, one.shape, a.grey.shape, other.shape, b.grey.shape)
    shared = inside(between, one.shape, other.shape)
    if np.count_nonzero(shared) < 40:
        return -1.0
    there = laid(other, between, one.shape)[shared]
    return float(np.corrcoef(one[shared], there)[0, 1]) if one[shared].std() > 0 < there.std() else -1.0


def laid(image: Array, placed: Placement, shape: tuple[int, ...]) -> Array:
    """The second picture (height, width) as it lies on the first, whose shape is given."""
    x, y = _through(placed, *_grid(shape))
    at = np.zeros(x.shape, np.int64)
    return sampled(image[None], at, y.astype(np.float32), x.astype(np.float32))


def inside(placed: Placement, shape: tuple[int, ...], other: tuple[int, ...], *, margin: float = -0.5) -> Mask:
    """Pixels of the first picture that lie within the second."""
    x, y = _through(placed, *_grid(shape))
    return (x >= margin) & (x <= other[1] - 1 - margin) & (y >= margin) & (y <= other[0] - 1 - margin)


def _by_marks(a: Look, b: Look, *, mirror: bool) -> tuple[int, Placement] | None:
    """The placement that most landmarks agree on, and how many those are."""
    words, places = b.marks.words, b.marks.places
    width = b.grey.shape[1]
    if mirror:
        words = mirrored(words)
        places = np.stack((width - 1 - places[:, 0], places[:, 1], places[:, 2], np.pi - places[:, 3]), axis=1)
    differ = np.bitwise_count(a.marks.words[:, None] ^ words[None])
    mine, its = np.nonzero(differ <= _LIKE_BITS)
    if len(mine) < 2:
        return None
    best = np.argsort(differ[mine, its], kind="stable")[:_MOST_MATCHES]
    mine, its = mine[best], its[best]
    here, there = a.marks.places[mine].astype(np.float64), places[its].astype(np.float64)
    scale, turn = there[:, 2] / here[:, 2], there[:, 3] - here[:, 3]
    # the best matches say where the picture lies: how many others say so, too
    some = slice(_MOST_GUESSES)
    cos, sin = (scale * np.cos(turn))[some], (scale * np.sin(turn))[some]
    x0 = there[some, 0] - cos * here[some, 0] + sin * here[some, 1]
    y0 = there[some, 1] - sin * here[some, 0] - cos * here[some, 1]
    x = cos[:, None] * here[None, :, 0] - sin[:, None] * here[None, :, 1] + x0[:, None]
    y = sin[:, None] * here[None, :, 0] + cos[:, None] * here[None, :, 1] + y0[:, None]
    tolerance = _tolerance(b) * np.sqrt(np.maximum(scale[some], 1.0))
    off = np.hypot(x - there[None, :, 0], y - there[None, :, 1])
    other_turn = np.abs((turn[None] - turn[some, None] + np.pi) % (2 * np.pi) - np.pi)
    other_scale = np.abs(np.log(scale[None] / scale[some, None]))
    agrees = (off < 2 * tolerance[:, None]) & (other_turn < 0.35) & (other_scale < 0.4)
    agrees &= ((scale > 0.25) & (scale < 4.0))[some, None]
    best_placed: tuple[int, Placement] | None = None
    for k in np.argsort(-agrees.sum(axis=1), kind="stable")[:2]:
        found = _fitted(here, there, agrees[k], float(tolerance[k]))
        if found is not None and (best_placed is None or found[0] > best_placed[0]):
            best_placed = found
    if best_placed is not None and mirror:
        flip = np.array([[-1.0, 0.0, width - 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
        best_placed = best_placed[0], flip @ best_placed[1]
    return best_placed


def _fitted(here: Placement, there: Placement, chosen: Mask, tolerance: float) -> tuple[int, Placement] | None:
    placed = None
    for _ in range(3):
        if np.count_nonzero(chosen) < 2:
            break
        source, target = here[chosen, :2], there[chosen, :2]
        placed = _affine(source, target) if _n_places(here[chosen]) >= 10 else None
        if placed is None or not plausible(placed):
            placed = _similarity(source, target)
        off = np.hypot(*(here[:, :2] @ placed[:2, :2].T + placed[:2, 2] - there[:, :2]).T)
        sizes = np.abs(np.log(there[:, 2] / here[:, 2] / max(scale_of(placed), 1e-6)))
        chosen = (off < tolerance) & (sizes < 0.5)
    return None if placed is None else (_n_places(here[chosen]), placed)


def plausible(placed: Placement) -> bool:
    """Whether it stretches a picture hardly more one way than the other."""
    long, short = np.linalg.svd(placed[:2, :2], compute_uv=False)
    return bool(short > 0.1 and long < _STRETCH * short)


def _by_frames(a: Look, b: Look) -> list[tuple[float, Placement]]:
    """The one frame on the other in the two likeliest of the eight ways: as they are, and without a uniform border."""
    wholes = _frame(a.grey), _frame(b.grey)
    found = []
    for mine, its in dict.fromkeys((wholes, (without_border(a.grey), without_border(b.grey)))):
        small, other = _thumbnail(a.grey, mine), _thumbnail(b.grey, its)
        for way in range(8):
            turned = np.rot90(other, way % 4)
            turned = turned[:, ::-1] if way >= 4 else turned
            placed = _frame_on_frame(mine, its, way)
            if plausible(placed) and (alike := float((turned * small).sum())) > 0.4:
                found.append((alike, placed))
    found.sort(key=lambda one: -one[0])
    return found[:2]


def _frame_on_frame(mine: tuple[int, ...], its: tuple[int, ...], way: int) -> Placement:
    corners = np.rot90(np.arange(4).reshape(2, 2), way % 4)
    corners = corners[:, ::-1] if way >= 4 else corners

    def at(number: int) -> Placement:
        return np.array([its[0] + (number % 2) * (its[2] - its[0]), its[1] + (number // 2) * (its[3] - its[1])], float)

    origin = at(int(corners[0, 0]))
    right, down = at(int(corners[0, 1])) - origin, at(int(corners[1, 0])) - origin
    linear = np.stack((right / (mine[2] - mine[0]), down / (mine[3] - mine[1])), axis=1)
    shift = origin - 0.5 - linear @ (np.array(mine[:2], float) - 0.5)
    return _matrix(linear, shift)


def _frame(grey: Array) -> tuple[int, int, int, int]:
    return 0, 0, int(grey.shape[1]), int(grey.shape[0])


def without_border(grey: Array) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is not a uniform frame; the whole where too little would be left."""
    height, width = grey.shape
    rows = np.flatnonzero(np.ptp(grey, axis=1) > _FLAT)
    columns = np.flatnonzero(np.ptp(grey, axis=0) > _FLAT)
    if len(rows) < 0.2 * height or len(columns) < 0.2 * width:
        return _frame(grey)
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _thumbnail(grey: Array, box: tuple[int, int, int, int], px: int = 32) -> Array:
    from PIL import Image

    small = np.asarray(Image.fromarray(grey).resize((px, px), Image.Resampling.BOX, box=box))
    small = small - small.mean()
    return np.asarray(small / (np.sqrt((small * small).sum()) + 1e-6))


def _aligned(one: Array, other: Array, placed: Placement) -> Placement:
    """Inverse-compositional Lucas-Kanade over an affine placement; what differs too much counts little.

    S. Baker and I. Matthews, "Lucas-Kanade 20 Years On", IJCV 2004.
    """
    height, width = int(one.shape[0]), int(one.shape[1])
    stride = max(1, round((height * width / _POINTS) ** 0.5))
    y, x = (v.ravel() for v in np.mgrid[stride // 2 : height : stride, stride // 2 : width : stride])
    down = np.asarray(np.gradient(one, axis=0))[y, x]
    right = np.asarray(np.gradient(one, axis=1))[y, x]
    value = one[y, x]
    middle_x, middle_y, unit = (width - 1) / 2, (height - 1) / 2, max(height, width) / 2
    # in coordinates of about -1 to 1 the six numbers are of one size
    u, v = (x - middle_x) / unit, (y - middle_y) / unit
    jacobian = np.stack((right * u, right * v, right, down * u, down * v, down), axis=1)
    centred = np.array([[1 / unit, 0, -middle_x / unit], [0, 1 / unit, -middle_y / unit], [0, 0, 1]])
    back = np.linalg.inv(centred)
    level = np.zeros(len(x), np.int64)
    for _ in range(_STEPS):
        at_x, at_y = _through(placed, x, y)
        shared = (at_x > 0) & (at_x < other.shape[1] - 1) & (at_y > 0) & (at_y < other.shape[0] - 1)
        if np.count_nonzero(shared) < 60:
            break
        there = sampled(other[None], level[shared], at_y[shared].astype(np.float32), at_x[shared].astype(np.float32))
        differ = there - value[shared]
        some = jacobian[shared]
        weighted = some * (1.0 / (1.0 + (differ / 0.6) ** 2) ** 2)[:, None]
        normal = weighted.T @ some
        normal[np.diag_indices(6)] = normal[np.diag_indices(6)] * 1.001 + 1e-3
        step = np.linalg.solve(normal, weighted.T @ differ) / unit
        size = float(np.abs(step).max()) * unit
        if size > 12.0:
            break
        moved = np.array([[1 + step[0], step[1], step[2]], [step[3], 1 + step[4], step[5]], [0.0, 0.0, 1.0]])
        placed = placed @ back @ np.linalg.inv(moved) @ centred
        if size < 0.02:
            break
    return placed


def _levelled(grey: Array, sigma: float = 4.0, least: float = 4.0) -> Array:
    rest = grey - gaussian_filter(grey, sigma, truncate=2.5)
    return np.asarray(rest / np.sqrt(gaussian_filter(rest * rest, sigma, truncate=2.5) + least * least))


def _shrunk(grey: Array, px: int) -> Array:
    from PIL import Image

    factor = px / max(grey.shape)
    if factor >= 1.0:
        return grey
    size = (max(8, round(grey.shape[1] * factor)), max(8, round(grey.shape[0] * factor)))
    resample = Image.Resampling.BOX if factor < 0.6 else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(grey).resize(size, resample))


def _fitting(b: Look, factor: float, placed: Placement) -> int:
    """Pixels of the longer side at which ``b`` is about as fine as ``a`` made smaller by ``factor``; few are kept."""
    wanted = min(1.0, factor / max(scale_of(placed), 1e-3)) * b.longer
    return int(min((48, 64, 96, 128, 192), key=lambda px: abs(np.log(px / max(wanted, 1.0)))))


def _scaled(
    placed: Placement, to_a: tuple[int, ...], a: tuple[int, ...], to_b: tuple[int, ...], b: tuple[int, ...]
) -> Placement:
    """A placement between pictures of shapes ``a`` and ``b``, as one between the same in other shapes."""
    return _resized(b, to_b) @ placed @ _resized(to_a, a)


def _resized(shape: tuple[int, ...], target: tuple[int, ...]) -> Placement:
    x, y = target[1] / shape[1], target[0] / shape[0]
    return np.array([[x, 0.0, 0.5 * x - 0.5], [0.0, y, 0.5 * y - 0.5], [0.0, 0.0, 1.0]])


def _grid(shape: tuple[int, ...]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    y, x = np.mgrid[: shape[0], : shape[1]]
    return x, y


def _through(placed: Placement, x: npt.NDArray[np.int64], y: npt.NDArray[np.int64]) -> tuple[Placement, Placement]:
    return placed[0, 0] * x + placed[0, 1] * y + placed[0, 2], placed[1, 0] * x + placed[1, 1] * y + placed[1, 2]


def _tolerance(b: Look) -> float:
    return 0.02 * b.longer + 1.5


def _n_places(places: npt.NDArray[np.floating]) -> int:
    """Different places among landmarks: one with two directions is one."""
    return len(np.unique((places[:, :2] // 3).astype(np.int64), axis=0))


def _similarity(source: Placement, target: Placement) -> Placement:
    a, b = source - source.mean(axis=0), target - target.mean(axis=0)
    power = (a * a).sum() + 1e-9
    cos, sin = (a * b).sum() / power, (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / power
    linear = np.array([[cos, -sin], [sin, cos]])
    return _matrix(linear, target.mean(axis=0) - linear @ source.mean(axis=0))


def _affine(source: Placement, target: Placement) -> Placement:
    solved = np.linalg.lstsq(np.c_[source, np.ones(len(source))], target, rcond=None)[0]
    return _matrix(solved[:2].T, solved[2])


def _matrix(linear: Placement, shift: Placement) -> Placement:
    return np.vstack((np.c_[linear, shift], [0.0, 0.0, 1.0]))
