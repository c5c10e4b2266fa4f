"""A search for hyper-parameters as inline SVG: one small plot per hyper-parameter, loss against value."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from markupsafe import Markup

from dsaudit.report.draw.cut import ticks
from dsaudit.report.say.search import short

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsaudit.report.say.search import Parameter, Search

_LEFT, _RIGHT, _TOP, _BOTTOM = 46.0, 284.0, 10.0, 150.0
N_SHADES = 5
"""Rounds told apart by colour; the first is the palest, later ones share the last shade."""


def loss_against(search: Search, parameter: Parameter) -> Markup:
    """Loss of every trial against one hyper-parameter, on a log axis where its range spans a factor of 20.

    Rounds are told apart by shade, the best trial by a ring. The losses' axis ends where the worst tenth
    begins: a few failed trials would flatten all the others; they sit on the upper edge.
    """
    known = sorted(v for v in search.loss if math.isfinite(v))
    if not known:
        return Markup("")
    low, high = known[0], known[min(len(known) - 1, math.ceil(0.9 * len(known)))]
    span = (high - low) or abs(low) or 1.0
    low, high = max(0.0, low - 0.08 * span), high + 0.08 * span
    place, labels = _axis(parameter)

    def y(v: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * (min(v, high) - low) / (high - low)

    parts = []
    for v in ticks(high, low=low, n=4):
        parts.append(
            Markup('<path class="grid" d="M{:.0f} {:.1f}H{:.0f}"/>').format(_LEFT, y(v), _RIGHT)
            + Markup('<text x="{:.0f}" y="{:.1f}" text-anchor="end">{}</text>').format(_LEFT - 6, y(v) + 4, f"{v:.3g}")
        )
    for at, text in labels:
        parts.append(
            Markup('<text x="{:.1f}" y="{:.0f}" text-anchor="middle">{}</text>').format(at, _BOTTOM + 16, text)
        )
    order = sorted(range(len(search.loss)), key=lambda k: (k == search.best, search.rounds[k]))
    for k in order:
        value, loss = parameter.values[k], search.loss[k]
        if value is None or not math.isfinite(loss):
            continue
        kind = f"r{min(search.rounds[k], N_SHADES - 1)}" + (" best" if k == search.best else "")
        title = f"trial {search.table[0][0] if k == search.best else k}, round {search.rounds[k] + 1}: "
        title += f"{parameter.name} {short(value)}, {search.metric} {short(loss)}"
        parts.append(
            Markup('<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="{}"><title>{}</title></circle>').format(
                kind, place(value, k), y(loss), 6 if k == search.best else 3.5, title
            )
        )
    name = parameter.name.replace("_", " ")
    best = parameter.values[search.best]
    best = None if best == short(None) else best
    return Markup(
        '<figure class="hist trials"><figcaption>{} <span class="unit">{}</span></figcaption>'
        '<svg class="fig" viewBox="0 0 300 172" role="img" aria-label="{}">{}</svg></figure>'
    ).format(
        name,
        "not used by the best" if best is None else f"best {short(best)}",
        f"{search.metric} against {name}" + ("" if best is None else f"; best at {short(best)}"),
        Markup("").join(parts),
    )


def _axis(parameter: Parameter) -> tuple[Callable[[object, int], float], list[tuple[float, str]]]:
    """Where a trial's value lies from left to right, and the axis' labels."""
    if parameter.low is None or parameter.high is None:
        step = (_RIGHT - _LEFT) / max(len(parameter.choices), 1)
        middle = {c: _LEFT + step * (j + 0.5) for j, c in enumerate(parameter.choices)}

        def at(value: object, k: int) -> float:
            return middle[str(value)] + (k * 0.618 % 1 - 0.5) * 0.4 * step  # spread, so that dots do not hide dots

        return at, [(x, c[:14]) for c, x in middle.items()]
    low, high = parameter.low, parameter.high
    logs = low > 0 and high / low >= 20

    def scaled(value: float) -> float:
        if logs:
            part = math.log(max(value, 1e-300) / low) / math.log(high / low)
        else:
            part = (value - low) / ((high - low) or 1.0)
        return _LEFT + (_RIGHT - _LEFT) * min(max(part, 0.0), 1.0)

    if logs:
        first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
        every = max(1, math.ceil((last - first + 1) / 6))
        marks = [10.0**p for p in range(first, last + 1, every)]
        if len(marks) < 3:
            marks = [m for m in (s * 10.0**p for p in range(first - 1, last + 1) for s in (1, 3)) if low <= m <= high]
        labels = [(scaled(m), f"{m:g}" if 0.001 <= m <= 1000 else f"1e{round(math.log10(m))}") for m in marks]
    else:
        labels = [(scaled(t), f"{t:.3g}") for t in ticks(high, low=low)]

    def across(value: object, k: int) -> float:
        return scaled(float(str(value)))

    return across, labels
