"""The confusion matrix as inline SVG, small enough for the first screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from dsaudit.report.say.training import most_confused
from dsaudit.report.say.words import count, hash_link, percent, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsaudit.store.schema.metrics import Confusion

ROOM = 12
"""Most classes it shows; where there are more, the most confused."""
_CELL_W, _CELL_H = 28.0, 20.0
_NAME, _LONG = 12, 30
"""Characters of a class name; where one is longer, columns have the numbers of the rows and rows get more room."""
_PER_CHAR = 7.0


def small_matrix(confusion: Confusion, *, taken: str) -> Markup:
    """Rows given, columns predicted; the shade of a confusion is its share of the row, a click opens its items.

    Parameters
    ----------
    confusion : Confusion
    taken : str
        How a prediction is called: ``heard as``.

    Returns
    -------
    Markup
        Empty where there are fewer than two classes.
    """
    names, counts = confusion.classes, confusion.counts
    if len(names) < 2:
        return Markup("")
    chosen = set(most_confused(counts, ROOM))
    order = [k for k in confusion.order if k in chosen]
    sums = [max(sum(row), 1) for row in counts]
    worst = max((counts[g][p] / sums[g] for g in order for p in order if g != p), default=0.0) or 1.0
    longest = max(len(shown(names[k])) for k in order)
    numbered = longest > _NAME
    left = 26 + _PER_CHAR * min(longest + 3 * numbered, _LONG)
    top = 44.0 if numbered else 30 + _PER_CHAR * longest
    width, height = left + _CELL_W * len(order) + 4, top + _CELL_H * len(order) + 4
    parts = [_heads([shown(names[k]) for k in order], left, top, taken=taken, numbered=numbered)]
    for i, g in enumerate(order):
        for j, p in enumerate(order):
            at = (left + _CELL_W * j, top + _CELL_H * i)
            parts.append(_cell(at, (names[g], names[p]), counts[g][p], counts[g][p] / sums[g], worst))
    said = f"Confusion matrix of {count(len(order))} classes: rows given, columns {taken}"
    return Markup(
        '<svg class="fig confused" viewBox="0 0 {:.0f} {:.0f}" style="max-width:{:.0f}px" role="img" aria-label="{}">'
        "{}</svg>"
    ).format(width, height, width, said, Markup("").join(parts))


def _heads(names: Sequence[str], left: float, top: float, *, taken: str, numbered: bool) -> Markup:
    axes = '<text x="{:.0f}" y="{:.0f}" text-anchor="end">given ↓</text><text x="{:.0f}" y="12">{} →</text>'
    said = Markup(axes).format(left - 8, top - 6, left + 2, taken)
    for k, name in enumerate(names):
        y, x = top + _CELL_H * (k + 0.5) + 4, left + _CELL_W * (k + 0.5)
        row = f"{_short(name)}  {k + 1}" if numbered else name
        said += Markup('<text class="class" x="{:.0f}" y="{:.1f}" text-anchor="end">{}<title>{}</title></text>').format(
            left - 8, y, row, name
        )
        place = (
            'text-anchor="middle" x="{:.1f}" y="{:.0f}"'
            if numbered
            else 'transform="translate({:.1f} {:.0f}) rotate(-90)"'
        )
        said += Markup('<text class="class" {}>{}<title>{}</title></text>').format(
            Markup(place.format(x if numbered else x + 4, top - 6)), k + 1 if numbered else name, name
        )
    return said


def _cell(at: tuple[float, float], pair: tuple[str, str], n: int, share: float, worst: float) -> Markup:
    x, y = at
    own = pair[0] == pair[1]
    shade = 0.0 if own or not n else 0.1 + 0.4 * min(1.0, share / worst)
    box = Markup('<rect class="{}" x="{:.0f}" y="{:.0f}" width="{:.0f}" height="{:.0f}" rx="2" {}/>').format(
        "own" if own else "off" if n else "none",
        x + 1,
        y + 1,
        _CELL_W - 2,
        _CELL_H - 2,
        Markup('style="fill-opacity:{:.2f}"').format(shade) if shade else "",
    )
    if not n:
        return box
    text = Markup('<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>').format(
        "own" if own else "n", x + _CELL_W / 2, y + _CELL_H / 2 + 4, n if n < 1000 else f"{n / 1000:.0f}k"
    )
    if own:
        return box + text
    said = f"{shown(pair[0])} predicted as {shown(pair[1])}: {count(n)}, {percent(share)} of the row"
    # the full matrix further down is the one for the keyboard
    return Markup('<a href="{}" tabindex="-1" aria-hidden="true"><title>{}</title>{}{}</a>').format(
        hash_link(cell=pair), said, box, text
    )


def _short(name: str) -> str:
    room = _LONG - 3
    return name if len(name) <= room else f"{name[: room // 2]}…{name[-(room // 2) :]}"
