"""Accuracy over the number of labels, as inline SVG."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from markupsafe import Markup

from dsaudit.report.draw.cut import ticks
from dsaudit.report.say.words import count, percent

if TYPE_CHECKING:
    from dsaudit.store.schema.metrics import LearningCurve

_LEFT, _RIGHT, _TOP, _BOTTOM = 48.0, 428.0, 14.0, 214.0


def growth_curve(found: LearningCurve | None) -> Markup:
    """Labels, on a scale that doubles, against the share predicted right; dashed to twice as many, with its interval.

    Returns
    -------
    Markup
        Empty where there is no curve.
    """
    if found is None or len(found.points) < 2:
        return Markup("")
    n = found.points[-1][0]
    sizes = [math.log2(size) for size, _ in found.points] + [math.log2(2 * n)]
    values = [value for _, value in found.points]
    top, bottom = 100 * max(found.doubled.high, *values), 100 * max(0.0, min(values) - 0.03)
    height = [t / 100 for t in ticks(top, low=bottom, n=5, whole=True)]

    def x(size: float) -> float:
        return _LEFT + 12 + (_RIGHT - _LEFT - 40) * (size - sizes[0]) / (sizes[-1] - sizes[0])

    def y(value: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * (100 * value - bottom) / max(top - bottom, 1e-9)

    parts = [
        Markup('<path class="grid" d="M{:.1f} {:.1f}H{:.1f}"/><text x="{:.1f}" y="{:.1f}" text-anchor="end">{}</text>')
        .format(_LEFT, y(t), _RIGHT, _LEFT - 6, y(t) + 4, percent(t))
        for t in height
    ]  # fmt: skip
    shown = [*(size for size, _ in found.points), 2 * n]
    parts += [
        Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>').format(x(s), _BOTTOM + 17, count(label))
        for s, label in zip(sizes, shown, strict=True)
    ]
    line = " ".join(f"{x(s):.1f},{y(v):.1f}" for s, v in zip(sizes, values, strict=False))
    parts.append(Markup('<polyline class="curve" points="{}"/>').format(line))
    parts += [
        Markup('<circle class="dot" cx="{:.1f}" cy="{:.1f}" r="3.5"/>').format(x(s), y(v))
        for s, v in zip(sizes, values, strict=False)
    ]
    if found.trusted:
        at, last, then = x(sizes[-1]), x(sizes[-2]), found.doubled
        parts.append(
            Markup('<polygon class="band" points="{:.1f},{:.1f} {:.1f},{:.1f} {:.1f},{:.1f}"/>').format(
                last, y(values[-1]), at, y(then.high), at, y(then.low)
            )
        )
        parts.append(
            Markup('<path class="ideal" d="M{:.1f} {:.1f}L{:.1f} {:.1f}"/>').format(
                last, y(values[-1]), at, y(then.value)
            )
        )
    return Markup(
        '<svg class="fig wide" viewBox="0 0 440 250" role="img" aria-label="{}">{}'
        '<text x="{:.0f}" y="247" text-anchor="middle">labels learned from</text>'
        '<text x="12" y="{:.0f}" text-anchor="middle" transform="rotate(-90 12 {:.0f})">held-out items right</text>'
        "</svg>"
    ).format(
        f"Accuracy over labels, up to {count(n)}",
        Markup("").join(parts),
        (_LEFT + _RIGHT) / 2,
        (_TOP + _BOTTOM) / 2,
        (_TOP + _BOTTOM) / 2,
    )
