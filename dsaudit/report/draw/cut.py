"""What reviewing is expected to bring, as inline SVG."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from markupsafe import Markup

from dsaudit.report.say.cut import curve_to_show, give_or_take
from dsaudit.report.say.words import count

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dsaudit.store.schema.metrics import CutFigures, LabelErrorFigures

_LEFT, _RIGHT, _TOP, _BOTTOM = 48.0, 428.0, 14.0, 214.0


def yield_curve(found: LabelErrorFigures | None) -> Markup:
    """Items reviewed against wrong labels expected among them, with the 95 % band and the cut marked.

    Parameters
    ----------
    found : LabelErrorFigures or None

    Returns
    -------
    Markup
        Empty where there is no curve. ``data-scale`` holds left, right and the value there, top, bottom and
        the value there, for the script that moves along the curve.
    """
    if found is None or not found.known:
        return Markup("")
    curve = curve_to_show(found.curve, found.cut.n)
    if len(curve) < 2:
        return Markup("")
    width = ticks(curve[-1][0], n=5, whole=True)
    height = ticks(max(p[3] for p in curve), n=5, whole=True)
    x_top, y_top = max(curve[-1][0], 1), max([height[-1], *(p[3] for p in curve)]) or 1.0  # nothing may be wrong

    def x(n: float) -> float:
        return _LEFT + (_RIGHT - _LEFT) * n / x_top

    def y(n: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * n / y_top

    parts = [
        Markup('<path class="grid" d="M{:.1f} {:.1f}H{:.1f}"/><text x="{:.1f}" y="{:.1f}" text-anchor="end">{}</text>')
        .format(_LEFT, y(t), _RIGHT, _LEFT - 6, y(t) + 4, _short(t, height))
        for t in height
    ]  # fmt: skip
    parts += [
        Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>').format(
            x(t), _BOTTOM + 17, _short(t, width)
        )
        for t in width
        if t <= x_top
    ]
    perfect = min(x_top, y_top)
    parts.append(
        Markup('<path class="ideal" d="M{:.1f} {:.1f}L{:.1f} {:.1f}"/>').format(x(0), y(0), x(perfect), y(perfect))
    )
    band = [(x(p[0]), y(p[3])) for p in curve] + [(x(p[0]), y(p[2])) for p in reversed(curve)]
    parts.append(Markup('<polygon class="band" points="{}"/>').format(_points(band)))
    parts.append(Markup('<polyline class="curve" points="{}"/>').format(_points([(x(p[0]), y(p[1])) for p in curve])))
    parts.append(_mark(found.cut, x, y))
    return Markup(
        '<svg class="fig wide" viewBox="0 0 440 250" role="img" aria-label="{}" data-scale="{}">{}'
        '<text x="{:.0f}" y="247" text-anchor="middle">labels reviewed, the likeliest errors first</text>'
        '<text x="12" y="{:.0f}" text-anchor="middle" transform="rotate(-90 12 {:.0f})">expected to be wrong</text>'
        "</svg>"
    ).format(
        f"Expected yield: among {count(found.cut.n)} reviewed, {give_or_take(found.cut.expected)} wrong",
        f"{_LEFT:g} {_RIGHT:g} {x_top:g} {_TOP:g} {_BOTTOM:g} {y_top:g}",
        Markup("").join(parts),
        (_LEFT + _RIGHT) / 2,
        (_TOP + _BOTTOM) / 2,
        (_TOP + _BOTTOM) / 2,
    )


def _short(tick: float, ticks: Sequence[float]) -> str:
    """In thousands where there are five digits beside the axis, for which there is no room."""
    return f"{tick / 1000:g}k" if tick and ticks[-1] >= 10_000 else count(tick)


def _mark(where: CutFigures, x: Callable[[float], float], y: Callable[[float], float]) -> Markup:
    n, expected = where.n, where.expected
    if not n or expected is None:
        return Markup("")
    said = f"the cut: {give_or_take(expected, ends=False)} of {count(n)}"
    left = x(n) > (_LEFT + _RIGHT) / 2  # the side with more room
    return Markup(
        '<path class="cutline" d="M{:.1f} {:.1f}V{:.1f}"/><circle class="dot" cx="{:.1f}" cy="{:.1f}" r="4.5"/>'
        '<text class="said" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>'
    ).format(
        x(n),
        y(0),
        _TOP,
        x(n),
        y(expected.value),
        x(n) + (-8 if left else 8),
        _BOTTOM - 10,
        "end" if left else "start",
        said,
    )


def ticks(top: float, *, low: float = 0.0, n: int = 4, whole: bool = False) -> list[float]:
    """Round numbers from ``low`` up to ``top``, about ``n`` of them; ``whole`` ones only where these are counts."""
    if not top > low:
        return [low]
    raw = max((top - low) / n, 1.0 if whole else 0.0)
    power = 10.0 ** math.floor(math.log10(raw))
    steps = (power * s for s in (1, 2, 2.5, 5, 10))
    step = next(s for s in steps if s >= raw and not (whole and s % 1))
    return [k * step for k in range(math.ceil(low / step - 1e-9), math.floor(top / step + 1e-9) + 1)]


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
