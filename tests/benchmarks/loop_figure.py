"""The curves of the loop benchmark as one HTML page with plain SVG."""

from __future__ import annotations

from typing import Any

COLOURS = {
    "dsaudit": "#0062a3",
    "random": "#8a929b",
    "cleanlab self_confidence": "#d55e00",
    "cleanlab normalized_margin": "#009e73",
}
_W, _H, _L, _B, _T = 560, 340, 56, 44, 16
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:24px;max-width:1200px;color:#16191d;background:#fcfcfb}"
    "h1{font-size:24px}h2{font-size:17px;margin:0}.row{display:flex;flex-wrap:wrap;gap:24px}svg{max-width:100%;height:auto}"
    "text{font-size:12px;fill:#565d66}.grid{stroke:#d6dade}"
    "i{display:inline-block;width:20px;height:3px;margin:0 6px 3px 16px}"
)


def page(found: dict[str, Any]) -> str:
    """Accuracy, and the share of faults found, against reviewed items."""
    steps = found["steps"]
    accuracy = {n: [[100 * x for x in e] for e in of["accuracy"]] for n, of in found["orders"].items()}
    share = {n: [[100 * v] * 3 for v in of["found"][0]] for n, of in found["orders"].items()}
    lines = {"clean data": 100 * found["clean"][0], "drop all flagged": 100 * found["drop"]["accuracy"][0]}
    keys = "".join(f'<span><i style="background:{c}"></i>{n}</span>' for n, c in COLOURS.items())
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>The loop</title><style>{_STYLE}</style>'
        f"<h1>What reviewing brings: {len(found['seeds'])} seeds, "
        f"{found['seeds'][0]['n_faults']} planted faults in {found['seeds'][0]['n_train']} clips</h1><p>{keys}</p>"
        f'<div class="row"><div><h2>Accuracy on the clean test part, % (band: 95 %)</h2>{_plot(steps, accuracy, lines)}'
        f"</div><div><h2>Planted faults found, %</h2>{_plot(steps, share, {})}</div></div></html>"
    )


def _plot(steps: list[float], curves: dict[str, list[list[float]]], lines: dict[str, float]) -> str:
    values = [v for curve in curves.values() for e in curve for v in e] + list(lines.values())
    low, high = min(values), max(values)
    low, high = low - 0.05 * (high - low), high + 0.05 * (high - low)

    def x(step: float) -> float:
        return _L + (_W - _L - 8) * step / max(steps)

    def y(value: float) -> float:
        return _T + (_H - _T - _B) * (high - value) / (high - low)

    parts = []
    unit = next(u for u in (0.5, 1, 2, 5, 10, 20) if (high - low) / u <= 9)
    tick = unit * -(-low // unit)
    while tick <= high:
        parts.append(f'<line class="grid" x1="{_L}" x2="{_W - 8}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>')
        parts.append(f'<text x="{_L - 6}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick + 0:g}</text>')
        tick += unit
    for step in (0, 0.5, 1, 1.3, 2, 3):
        if step <= max(steps):
            parts.append(f'<text x="{x(step):.1f}" y="{_H - _B + 18}" text-anchor="middle">{step:g}</text>')
    parts.append(f'<line class="grid" x1="{x(1.3):.1f}" x2="{x(1.3):.1f}" y1="{_T}" y2="{_H - _B}"/>')
    parts.append(f'<text x="{(_W + _L) / 2}" y="{_H - 6}" text-anchor="middle">reviewed items / planted faults</text>')
    for name, value in lines.items():
        parts.append(
            f'<line x1="{_L}" x2="{_W - 8}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#565d66" '
            f'stroke-dasharray="4 4"/><text x="{_L + 6}" y="{y(value) - 5:.1f}">{name}</text>'
        )
    for name, curve in curves.items():
        top = [f"{x(s):.1f},{y(e[2]):.1f}" for s, e in zip(steps, curve, strict=True)]
        bottom = [f"{x(s):.1f},{y(e[1]):.1f}" for s, e in zip(steps, curve, strict=True)]
        colour = COLOURS.get(name, "#cc79a7")
        if name == "dsaudit" and top != bottom:
            parts.append(f'<polygon points="{" ".join(top + bottom[::-1])}" fill="{colour}" fill-opacity=".12"/>')
        line = " ".join(f"{x(s):.1f},{y(e[0]):.1f}" for s, e in zip(steps, curve, strict=True))
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
    return f'<svg viewBox="0 0 {_W} {_H}" width="{_W}" role="img">{"".join(parts)}</svg>'
