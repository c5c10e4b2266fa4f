"""How training went, as inline SVG: curves over epochs, and when each class was learned."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from markupsafe import Markup

from dsaudit.report.draw.cut import ticks
from dsaudit.report.say.training import thinned
from dsaudit.report.say.words import figure, percent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dsaudit.report.say.training import LearnedClass, Training

_WIDTH, _LEFT, _TOP, _BOTTOM = 300.0, 44.0, 12.0, 160.0


def loss_curves(training: Training) -> Markup:
    """Loss as trained (dashed) and on the validation part, per fold and averaged."""
    values = [v for name in ("loss", "validation_loss") for fold in training.series[name] for v in fold]
    top = max((v for v in values if math.isfinite(v)), default=0.0)
    return _curves(training, (("loss", "dashed"), ("validation_loss", "")), top=top or 1.0, say=figure, title="Loss")


def accuracy_curves(training: Training) -> Markup:
    """Accuracy on the validation part, per fold and averaged."""
    return _curves(training, (("accuracy", ""),), top=1.0, say=percent, title="Accuracy on the validation part")


def recall_strip(one: LearnedClass) -> Markup:
    """Recall epoch by epoch as a strip: the fuller the colour, the more of the class is found."""
    kept = thinned(len(one.recall), 40)
    n = len(kept)
    cells = Markup("").join(
        Markup('<rect x="{:.2f}" width="{:.2f}" height="16" fill-opacity="{:.2f}"><title>{}</title></rect>').format(
            200 * j / n, 200 / n - 0.8, 0.04 + 0.96 * one.recall[e] ** 1.5, f"epoch {e + 1}: {percent(one.recall[e])}"
        )
        for j, e in enumerate(kept)
    )
    return Markup('<svg class="strip" viewBox="0 0 200 16" preserveAspectRatio="none" aria-hidden="true">{}</svg>'
    ).format(cells)  # fmt: skip


def _curves(
    training: Training, drawn: Sequence[tuple[str, str]], *, top: float, say: Callable[[float], str], title: str
) -> Markup:
    n = max(len(fold) for name, _ in drawn for fold in training.series[name])
    marks = ticks(top)

    def x(e: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - 12) * (e / (n - 1) if n > 1 else 0.5)

    def y(v: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * min(v, top) / top

    parts = [
        Markup('<path class="grid" d="M{:.0f} {:.1f}H{:.0f}"/><text x="{:.0f}" y="{:.1f}" text-anchor="end">{}</text>')
        .format(_LEFT, y(v), _WIDTH - 12, _LEFT - 6, y(v) + 4, say(v))
        for v in marks
    ]  # fmt: skip
    for e in sorted({0, *(round(t) - 1 for t in ticks(n, whole=True) if t >= 1)} if n > 1 else {0}):
        parts.append(
            Markup('<text x="{:.1f}" y="{:.0f}" text-anchor="middle">{}</text>').format(x(e), _BOTTOM + 16, e + 1)
        )
    for name, kind in drawn:
        for fold in training.series[name]:
            parts.append(_line(fold, x, y, f"thin {kind}"))
        parts.append(_line(training.mean(name), x, y, f"curve {kind}"))
    last = training.mean(drawn[-1][0])[-1]
    return Markup(
        '<figure class="hist"><figcaption>{}</figcaption>'
        '<svg class="fig" viewBox="0 0 {:.0f} 192" role="img" aria-label="{}">{}'
        '<text x="{:.0f}" y="190" text-anchor="middle">epoch</text></svg></figure>'
    ).format(title, _WIDTH, f"{title} by epoch, {say(last)} in the last", Markup("").join(parts), (_LEFT + _WIDTH) / 2)


def _line(values: Sequence[float], x: Callable[[float], float], y: Callable[[float], float], kind: str) -> Markup:
    points = " ".join(f"{x(e):.1f},{y(v):.1f}" for e, v in enumerate(values) if math.isfinite(v))
    return Markup('<polyline class="{}" points="{}"/>').format(kind.strip(), points)
