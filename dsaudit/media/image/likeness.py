"""Whether two pictures are one: by their pixels, once the one is laid on the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import binary_dilation, binary_erosion, gaussian_filter, label, maximum_filter, minimum_filter

from dsaudit.media.base import Likeness
from dsaudit.media.image.alignment import (
    agreement,
    inside,
    laid,
    n_supporting,
    placements,
    plausible,
    refined,
    scale_of,
)
from dsaudit.media.image.stray import stray_share

if TYPE_CHECKING:
    from dsaudit.media.image.alignment import Array, Look, Mask, Placement

_LEAST_AGREEMENT = 0.45
"""Correlation at 128 pixels below which nothing more is looked at: unrelated pictures seldom reach .3, and copies that
lie right have .65 and more."""
_HOPELESS = 0.3
"""The same at 64 pixels."""
_WINDOW_PX = 3.0
_EDGE_PX = 6
"""At an edge of what they share, windows reach into what is around it."""
_TEXTURE = 16.0
"""Variance of grey levels in a window from which something is to be seen in it."""
_ALIKE, _UNLIKE = 0.75, 0.5
"""Correlation of windows from which, and below which, they show the same and something else; fine patterns lose between
them when a picture is made smaller."""
_FEW_PX = 64
"""Longest side of pictures that hold too little to be told by a few landmarks."""
_MISSING = 0.15
"""Share of the other's variance below which a window holds nothing of it."""
_MOST_STRAY = 0.0075
"""Fine structure of copies that differs where nothing was laid over: less in 98 of 100 edits of photographs and 90 of
100 of drawn pages. Of drawn pages of one layout with other entries, as far as all else of them agrees, 13 in 100 have
less: where entries are few, or so faint that at this size nothing is left of them, forms pass for copies."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """Two pictures laid on one another, in pixels of the coarser, and how far they agree.

    Attributes
    ----------
    swapped : bool
        Whether the second picture is the coarser, which the placement starts from.
    placed : float64 array (3, 3)
    n_marks : int
        Landmarks that both have at the same place.
    coarse_share, fine_share : float
        Of the coarser and the finer picture that lies on the other, 0 to 1.
    alike, unlike, first_only, second_only : float
        Of what lies on one another: windows in which both show the same, both something else, only the one anything.
    own : tuple of float
        By octave, the finest first: power that the one has and that does not follow from the other, 0 to 1, as a share;
        the smaller of both ways. Two exposures have noise of their own; a copy only loses.
    stray : float
        See ``stray_share``.
    chroma : float
        Levels of 255 by which colours differ that no other saturation explains.
    saturation, gain, offset : float
        What the second has of the first.
    """

    swapped: bool
    placed: Placement
    agreement: float
    n_marks: int
    coarse_share: float
    fine_share: float
    alike: float
    unlike: float
    first_only: float
    second_only: float
    own: tuple[float, float, float]
    drawn: float
    compact: float
    stray: float
    chroma: float
    cast: float
    saturation: float
    gain: float
    offset: float

    @property
    def mirrored(self) -> bool:
        """Whether the second is a mirror image."""
        return bool(np.linalg.det(self.placed[:2, :2]) < 0)


def likeness(a: Look, b: Look) -> Likeness:
    """What two pictures are to each other; ``edit`` tells what makes ``b`` of ``a``.

    Examples
    --------
    >>> from PIL import Image, ImageOps
    >>> from dsaudit.media.image.alignment import look
    >>> noise = np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    >>> photo = Image.fromarray(noise).resize((160, 120), Image.Resampling.BICUBIC)
    >>> likeness(look(photo), look(ImageOps.mirror(photo.resize((80, 60))))).edit
    'mirrored, half size'
    """
    found = overlay(a, b)
    if found is None:
        return Likeness(same=False)
    seen = _Seen(a, b, found)
    if seen.of_one_burst:
        return Likeness(same=False, scene=True)
    if seen.same:
        return Likeness(same=True, edit=seen.edit, place=seen.place)
    return Likeness(same=False, scene=seen.of_one_scene)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What follows from an overlay."""

    a: Look
    b: Look
    laid: Overlay

    @property
    def same(self) -> bool:
        o = self.laid
        if o.agreement < 0.5 or self.settled < 0.6 or o.alike < 0.03 or o.own[1] > 0.3 or o.chroma > 30.0:
            return False
        if o.stray > _MOST_STRAY or (self.settled < 0.9 and o.compact < 0.6):
            return False
        whole = min(o.coarse_share, o.fine_share) >= 0.97
        if max(*self.a.size, *self.b.size) < _FEW_PX and o.n_marks < 15:
            return whole and o.agreement >= 0.985  # two digits of one kind lie on one another as well as copies do
        if o.drawn > 0.35:
            # outlines on plain ground match others of another place and size: only a whole tells
            return whole and self.upright and self.differing < 0.01 and o.chroma < 12.0 and o.cast < 20.0
        if max(o.coarse_share, o.fine_share) < 0.94:
            return self.upright and o.n_marks >= 10 and o.alike >= 0.3 and self.settled >= 0.9
        return o.n_marks >= 8 or (whole and self.settled >= 0.9)

    @property
    def of_one_burst(self) -> bool:
        """Two exposures from almost one place: each shows a strip that the other lacks, and noise of its own."""
        o = self.laid
        if self.a.size != self.b.size or abs(self.turn) > 1.5 or o.mirrored or abs(scale_of(o.placed) - 1.0) > 0.015:
            return False
        return o.own[0] > 0.1 and 0.75 <= max(o.coarse_share, o.fine_share) < 0.995 and self.of_one_scene

    @property
    def of_one_scene(self) -> bool:
        o = self.laid
        if not self.upright or not 0.8 < scale_of(o.placed) < 1.25 or min(o.coarse_share, o.fine_share) < 0.6:
            return False
        if o.stray > _MOST_STRAY or self.settled < (0.5 if o.compact >= 0.6 else 0.9):
            return False
        return o.n_marks >= 15 and o.drawn <= 0.35 and o.chroma <= 25.0

    @property
    def settled(self) -> float:
        """Share of what is to be seen that is the same; what was laid over one of the two is no difference."""
        o = self.laid
        return o.alike / (o.alike + o.unlike + 2.0 * min(o.first_only, o.second_only) + 1e-6)

    @property
    def differing(self) -> float:
        return self.laid.unlike + self.laid.first_only + self.laid.second_only

    @property
    def upright(self) -> bool:
        return not self.laid.mirrored and abs(self.turn) < 15.0

    @property
    def to_b(self) -> Placement:
        return np.linalg.inv(self.laid.placed) if self.laid.swapped else self.laid.placed

    @property
    def turn(self) -> float:
        """Degrees clockwise that ``b`` is turned, after it was mirrored where it is, -180 to 180."""
        linear = self.to_b[:2, :2]
        if self.laid.mirrored:
            linear = np.diag([-1.0, 1.0]) @ linear
        return float(np.degrees(np.arctan2(linear[1, 0] - linear[0, 1], linear[0, 0] + linear[1, 1])))

    @property
    def place(self) -> tuple[float, ...]:
        height, width = self.a.grey.shape
        its_height, its_width = self.b.grey.shape
        here = np.array([[width, 0.0, -0.5], [0.0, height, -0.5], [0.0, 0.0, 1.0]])
        there = np.array([[its_width, 0.0, -0.5], [0.0, its_height, -0.5], [0.0, 0.0, 1.0]])
        unit = np.linalg.inv(there) @ self.to_b @ here
        return tuple(round(float(v), 4) for v in unit[:2].ravel())

    @property
    def edit(self) -> str:
        """What makes ``b`` of ``a``, the most telling first."""
        o = self.laid
        words = ["mirrored"] if o.mirrored else []
        quarter = round(self.turn / 90.0)
        if quarter % 4:
            words.append(("turned right", "upside down", "turned left")[quarter % 4 - 1])
        if abs(rest := self.turn - 90.0 * quarter) >= 1.0:
            words.append(f"turned by {abs(rest):.0f}°")
        in_a, in_b = (o.fine_share, o.coarse_share) if o.swapped else (o.coarse_share, o.fine_share)
        larger = scale_of(self.to_b) ** 2 * self.a.grey.size / self.b.grey.size
        if in_a < 0.94 and in_b < 0.94:
            words.append(f"overlapping by {min(in_a, in_b):.0%}")
        elif in_a < (whole := 0.97 if abs(rest) < 1.0 else 0.9) and in_a < in_b:
            part = 1.0 / larger
            words.append(f"cropped to {part:.0%}" if part < 0.995 else f"overlapping by {in_a:.0%}")
        elif in_b < whole and in_b < in_a:
            words.append("framed" if _framed(self.b, self.to_b, self.a) else "showing more")
        factor = scale_of(self.to_b) * (self.b.size[0] / self.b.grey.shape[1]) / (self.a.size[0] / self.a.grey.shape[1])
        if abs(np.log(factor)) > 0.05:
            words.append("half size" if abs(factor - 0.5) < 0.03 else f"{factor:.2g} times the size")
        gain, offset = (1.0 / o.gain, -o.offset) if not o.swapped else (o.gain, o.offset)
        return ", ".join([*words, *self._light(gain, -offset)]) or "saved again"

    def _light(self, gain: float, offset: float) -> list[str]:
        o = self.laid
        words = []
        if abs(offset) > 6.0:
            words.append("brighter" if offset > 0 else "darker")
        if abs(np.log(gain)) > 0.1:
            words.append("more contrast" if gain > 1.0 else "less contrast")
        saturation = 1.0 / max(o.saturation, 0.05) if o.swapped else o.saturation
        if saturation < 0.15 and _coloured(self.a):
            words.append("without colour")
        elif _coloured(self.b) and not _coloured(self.a):
            words.append("in colour")
        elif o.cast > 6.0 or (not 0.8 < saturation < 1.25 and _coloured(self.a) and _coloured(self.b)):
            words.append("other colours")
        if self.differing > 0.03 and o.compact >= 0.6:
            words.append("partly covered")
        return words


def _coloured(look: Look) -> bool:
    return bool(np.ptp(look.rgb, axis=2).mean() > 3.0)


def _framed(outer: Look, to_outer: Placement, inner: Look) -> bool:
    """Whether what one picture has around the other is plain."""
    around = ~inside(np.linalg.inv(to_outer), outer.grey.shape, inner.grey.shape, margin=-2.0)
    return bool(np.count_nonzero(around) and _constant(outer.grey)[around].mean() > 0.6)


def overlay(a: Look, b: Look) -> Overlay | None:
    """The two as they fit best; None where they fit nowhere."""
    best: tuple[float, float, Placement] | None = None
    for guess in placements(a, b):
        placed = refined(a, b, guess, (64,))
        if not plausible(placed) or agreement(a, b, placed, 64) < _HOPELESS:
            continue
        placed = refined(a, b, placed, (128,))
        if not plausible(placed):
            continue
        fits = agreement(a, b, placed, 128)
        shared = inside(placed, a.grey.shape, b.grey.shape)
        covered = np.count_nonzero(shared) * max(1.0, scale_of(placed) ** 2) / min(a.grey.size, b.grey.size)
        worth = fits * min(1.0, covered + 0.3)
        if best is None or worth > best[0]:
            best = worth, fits, placed
        if fits > 0.9 and covered > 0.9:
            break
    if best is None or best[1] < _LEAST_AGREEMENT:
        return None
    _, fits, placed = best
    swapped = scale_of(placed) < 1.0
    if swapped:
        a, b, placed = b, a, np.linalg.inv(placed)
    finer = refined(a, b, placed, (192,))
    if plausible(finer) and agreement(a, b, finer, 128) > agreement(a, b, placed, 128) - 0.01:
        placed = finer
    return _measured(a, b, placed, fits, swapped=swapped)


def _measured(a: Look, b: Look, placed: Placement, fits: float, *, swapped: bool) -> Overlay | None:
    scale, shape = scale_of(placed), a.grey.shape
    shared = inside(placed, shape, b.grey.shape)
    inner = binary_erosion(np.pad(shared, 1), iterations=_EDGE_PX)[1:-1, 1:-1]
    if np.count_nonzero(inner) < 100:
        return None
    finer = gaussian_filter(b.grey, 0.5 * (scale**2 - 1.0) ** 0.5) if scale > 1.15 else b.grey
    one, other = a.grey, laid(finer, placed, shape)
    windows = _windows(one, other, inner)
    differs = windows.unlike | windows.first_only | windows.second_only
    same = inner & ~binary_dilation(differs, iterations=2)
    if np.count_nonzero(same) < 0.1 * np.count_nonzero(inner):
        same = inner
    gain = float(one[same].std() / max(other[same].std(), 1e-3))
    lighter = float(one[same].mean() - gain * other[same].mean())
    n = np.count_nonzero(inner)
    return Overlay(
        swapped=swapped,
        placed=placed,
        agreement=fits,
        n_marks=n_supporting(a, b, placed),
        coarse_share=float(shared.mean()),
        fine_share=min(1.0, np.count_nonzero(shared) * scale**2 / b.grey.size),
        alike=np.count_nonzero(windows.alike) / n,
        unlike=np.count_nonzero(windows.unlike) / n,
        first_only=np.count_nonzero(windows.first_only) / n,
        second_only=np.count_nonzero(windows.second_only) / n,
        own=_own(one, other * gain, same),
        drawn=float(min(_constant(one)[inner].mean(), _constant(other)[inner].mean())),
        compact=_compact(differs),
        stray=stray_share(one, other, inner, gain=gain, offset=lighter),
        **_colour(a, b, placed, same),
        gain=gain,
        offset=float(other[same].mean() - one[same].mean()),
    )


@dataclass(frozen=True, slots=True)
class _Windows:
    alike: Mask
    unlike: Mask
    first_only: Mask
    second_only: Mask


def _constant(image: Array) -> Mask:
    """Pixels like all around them, as only what was drawn has them."""
    return np.asarray(maximum_filter(image, 3) - minimum_filter(image, 3) < 0.5)


def _compact(differs: Mask) -> float:
    """Share of the differing windows that lies in the two largest patches."""
    patches, n = label(differs)
    if not n:
        return 1.0
    sizes = np.sort(np.bincount(patches.ravel())[1:])[::-1]
    return float(sizes[:2].sum() / sizes.sum())


def _windows(one: Array, other: Array, inner: Mask) -> _Windows:
    def mean(values: Array) -> Array:
        return np.asarray(gaussian_filter(values, _WINDOW_PX, truncate=2.5))

    mean_one, mean_other = mean(one), mean(other)
    power = np.maximum(mean(one * one) - mean_one**2, 0.0)
    its = np.maximum(mean(other * other) - mean_other**2, 0.0)
    both = mean(one * other) - mean_one * mean_other
    gain = np.sqrt((power[inner].mean() + 1.0) / (its[inner].mean() + 1.0))
    its, both = its * gain**2, both * gain
    correlation = both / np.sqrt(power * its + 1e-3)
    mine_shows, its_shows = power > _TEXTURE, its > _TEXTURE
    shows = inner & (mine_shows | its_shows)
    alike = shows & (correlation > _ALIKE) & (np.minimum(power, its) > _TEXTURE / 2)
    first_only = shows & ~alike & mine_shows & ~its_shows & (its < _MISSING * power)
    second_only = shows & ~alike & its_shows & ~mine_shows & (power < _MISSING * its)
    unlike = shows & (correlation < _UNLIKE) & ~first_only & ~second_only
    return _Windows(alike, unlike, first_only, second_only)


def _own(one: Array, other: Array, same: Mask) -> tuple[float, float, float]:
    shares = []
    for sigma in (0.8, 1.6, 3.2):
        smooth, its = gaussian_filter(one, sigma, truncate=3.0), gaussian_filter(other, sigma, truncate=3.0)
        a, b = (one - smooth)[same], (other - its)[same]
        one, other = smooth, its
        power, of_it, both = float((a * a).mean()), float((b * b).mean()), float((a * b).mean())
        correlation = both / (power * of_it + 1e-6) ** 0.5
        smaller = min(power / (of_it + 1e-6), of_it / (power + 1e-6))
        shares.append((1.0 - correlation * abs(correlation)) * smaller)
    return shares[0], shares[1], shares[2]


def _colour(a: Look, b: Look, placed: Placement, same: Mask) -> dict[str, float]:
    def smooth(values: Array) -> Array:
        return np.asarray(gaussian_filter(values, 2.0, truncate=2.5))

    mine = np.stack([smooth(a.rgb[..., k] - a.grey)[same] for k in (0, 2)], axis=1)
    its = np.stack([smooth(laid(b.rgb[..., k] - b.grey, placed, a.grey.shape))[same] for k in (0, 2)], axis=1)
    cast = float(np.abs(its.mean(axis=0) - mine.mean(axis=0)).max())
    mine, its = mine - mine.mean(axis=0), its - its.mean(axis=0)
    power, of_it, both = (mine * mine).sum() + 1e-3, (its * its).sum() + 1e-3, (mine * its).sum()
    # the paler one follows from the other
    slope = float(np.clip(both / max(power, of_it), 0.0, 1.0))
    rest = its - slope * mine if power > of_it else mine - slope * its
    saturation = slope if power > of_it else 1.0 / max(slope, 0.05)
    return {"chroma": float(np.sqrt((rest**2).sum(axis=1).mean())), "cast": cast, "saturation": saturation}
