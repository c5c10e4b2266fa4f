"""Small static figures as inline SVG: they print, follow the page's colours and need no script."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from markupsafe import Markup

from dsaudit.report.say.words import count, figure, measurement_name, percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dsaudit.kind import Appearance
    from dsaudit.store.schema.metrics import Distribution, ReliabilityBin
    from dsaudit.types import Estimate


def interval_bar(estimate: Estimate | None, *, top: float = 1.0) -> Markup:
    """A value with its interval on a 0 … ``top`` line; empty without a value."""
    if estimate is None or math.isnan(estimate.value):
        return Markup("")
    value = estimate.value
    low, high = (100 * (value if math.isnan(end) else end) / top for end in (estimate.low, estimate.high))
    return Markup(
        '<svg class="ival" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="track" x="0" y="4" width="100" height="2"/>'
        '<rect class="range" x="{:.1f}" y="3" width="{:.1f}" height="4"/>'
        '<rect class="point" x="{:.1f}" y="1" width="2" height="8"/></svg>'
    ).format(low, max(high - low, 0.5), min(max(100 * value / top - 1, 0), 98))


def hero_bar(estimate: Estimate, of: int) -> Markup:
    """A number with its 95 % interval on a line from 0, with both ends written; the line ends at ``of`` at most."""
    value = estimate.value
    low, high = (v if math.isfinite(v) else value for v in (estimate.low, estimate.high))
    top = max(min(1.3 * high, of), value, 1e-9)
    at = {name: 100 * min(max(v / top, 0.0), 1.0) for name, v in (("value", value), ("low", low), ("high", high))}
    near = at["high"] - at["low"] < 12  # no room for two numbers
    ends = ((low, at["low"], "end" if near else ""), (high, at["high"], "start" if near else ""))
    return Markup('<div class="herobar" role="img" aria-label="{}: {} to {}">{}{}{}</div>').format(
        count(value),
        count(low),
        count(high),
        Markup('<i class="range" style="left:{:.1f}%;width:{:.1f}%"></i>').format(at["low"], at["high"] - at["low"]),
        Markup('<i class="point" style="left:{:.1f}%"></i>').format(at["value"]),
        Markup("").join(
            Markup('<span class="{}" style="left:{:.1f}%">{}</span>').format(side, place, count(v))
            for v, place, side in ends
        ),
    )


def reliability(bins: Sequence[ReliabilityBin]) -> Markup:
    """Confidence against accuracy; the area of a dot grows with the number of items."""
    if not bins:
        return Markup("")
    most = max(b.n for b in bins)

    def x(share: float) -> float:
        return 44 + 206 * share

    def y(share: float) -> float:
        return 216 - 206 * share

    parts = []
    for tick in (0, 0.5, 1):
        parts.append(
            Markup('<text x="{:.0f}" y="233" text-anchor="middle">{}</text>').format(x(tick), percent(tick))
            + Markup('<text x="40" y="{:.0f}" text-anchor="end">{}</text>').format(y(tick) + 4, percent(tick))
            + Markup('<path class="grid" d="M{:.0f} {:.0f}H250M{:.0f} 216V10"/>').format(44, y(tick), x(tick))
        )
    parts.append(Markup('<path class="ideal" d="M44 216L250 10"/>'))
    line = " ".join(f"{x(b.confidence):.1f},{y(b.accuracy):.1f}" for b in bins)
    parts.append(Markup('<polyline class="curve" points="{}"/>').format(line))
    for b in bins:
        title = f"{count(b.n)} items: confidence {percent(b.confidence)}, right {percent(b.accuracy)}"
        radius = 2.5 + 6 * (b.n / most) ** 0.5
        parts.append(
            Markup('<circle class="dot" cx="{:.1f}" cy="{:.1f}" r="{:.1f}"><title>{}</title></circle>').format(
                x(b.confidence), y(b.accuracy), radius, title
            )
        )
    return Markup(
        '<svg class="fig" viewBox="0 0 276 258" role="img" aria-label="Reliability diagram: confidence against '
        'share right">{}<text x="147" y="252" text-anchor="middle">confidence of the model</text>'
        '<text x="10" y="113" text-anchor="middle" transform="rotate(-90 10 113)">share right</text></svg>'
    ).format(Markup("").join(parts))


def histograms(
    measurements: Mapping[str, Distribution], kind: Appearance
) -> tuple[list[Markup], list[Markup], list[str]]:
    """The main distributions, the others, and the names of measurements that are the same for every item."""
    main: list[Markup] = []
    others: list[Markup] = []
    constant: list[str] = []
    order = sorted(measurements, key=lambda c: (not kind.column(c).main, c))
    for column in order:
        stats = measurements[column]
        if stats.min == stats.max:
            name, unit = measurement_name(column, kind)
            constant.append(f"{name} {figure(stats.min)} {unit}".strip())
        elif drawn := histogram(column, stats, kind):
            (main if kind.column(column).main else others).append(drawn)
    return (main, others, constant) if main else (others, [], constant)


def histogram(column: str, stats: Distribution, kind: Appearance) -> Markup:
    """Distribution of one measurement with its 5th, 50th and 95th percentile underneath."""
    counts, edges = stats.histogram.counts, stats.histogram.edges
    if not counts or not max(counts):
        return Markup("")
    top, width = max(counts), 200 / len(counts)
    bars = Markup("").join(
        Markup('<rect x="{:.2f}" y="{:.2f}" width="{:.2f}" height="{:.2f}"><title>{}</title></rect>').format(
            k * width,
            60 - 58 * n / top if n else 60,
            max(width - 0.6, 0.4),
            58 * n / top if n else 0,
            f"{figure(edges[k])} to {figure(edges[k + 1])}: {count(n)}",
        )
        for k, n in enumerate(counts)
    )
    name, unit = measurement_name(column, kind)
    span = stats.max - stats.min
    low, middle, high = (figure(v, span=span) for v in (stats.p5, stats.median, stats.p95))
    words = f"nine in ten are {middle}" if low == high else f"median {middle}, nine in ten between {low} and {high}"
    return Markup(
        '<figure class="hist"><figcaption>{} <span class="unit">{}</span></figcaption>'
        '<svg viewBox="0 0 200 62" preserveAspectRatio="none" role="img" aria-label="{}">{}'
        '<path class="grid" d="M0 60.5H200"/></svg>'
        '<p class="scale"><span>{}</span><span>{}</span></p>'
        '<p class="small grey">{}</p></figure>'
    ).format(
        name,
        unit,
        f"Distribution of {name}",
        bars,
        figure(stats.min, span=span),
        figure(stats.max, span=span),
        words,
    )
