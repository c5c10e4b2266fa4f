"""Words and figures as people read them: nouns per kind of data, rounded numbers, names made safe to show."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsaudit.kind import Appearance

NBSP = "\u00a0"
_BLOCKS = "▁▂▃▄▅▆▇█"


_UNITS = {
    "db": "dB",
    "dbfs": "dBFS",
    "ms": "ms",
    "s": "s",
    "hz": "Hz",
    "bytes": "bytes",
    "share": "share",
    "px": "px",
}
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u0080-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")


def count(n: float) -> str:
    """``12345`` as ``12,345``."""
    return f"{round(n):,}"


def percent(share: float | None) -> str:
    """A share as a percentage with one decimal below ten: ``3.5 %``, ``62 %``."""
    if share is None or not math.isfinite(share):
        return "–"
    value = 100 * share
    digits = 1 if 0 < value < 9.95 or 99 < value < 100 else 0
    return f"{value:.{digits}f}{NBSP}%"


def interval(low: float | None, high: float | None, *, scale: float = 100) -> str:
    """The ends of a 95 % interval: ``95 % 21–43``; empty where there is none."""
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return ""
    digits = 1 if abs(high - low) * scale < 2 else 0
    return f"95{NBSP}% {low * scale:.{digits}f}–{high * scale:.{digits}f}"


def figure(value: Any, *, span: float = 0.0) -> str:
    """Any measured number with three significant digits, or to a hundredth of ``span``; ``–`` for none."""
    if value is None or isinstance(value, bool) or not isinstance(value, int | float):
        return "–" if value is None else str(value)
    if not math.isfinite(value):
        return "–"
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}".replace("-", "−")
    scale = span or abs(value)
    digits = max(0, 2 - math.floor(math.log10(scale)))
    return f"{value:,.{min(digits, 6)}f}".replace("-", "−")


def sparkline(values: Sequence[float], *, low: float | None = None, high: float | None = None, width: int = 30) -> str:
    """Values as a row of blocks, at most ``width`` of them, between ``low`` and ``high``; a gap for NaN."""
    known = [v for v in values if math.isfinite(v)]
    if not known:
        return ""
    bottom = min(known) if low is None else low
    span = (max(known) if high is None else high) - bottom
    n = len(values)
    chosen = values if n <= width else [values[round(k * (n - 1) / (width - 1))] for k in range(width)]
    return "".join(
        _BLOCKS[max(0, min(7, int(8 * (v - bottom) / span)))] if span > 0 and math.isfinite(v) else _flat(v)
        for v in chosen
    )


def _flat(value: float) -> str:
    return _BLOCKS[0] if math.isfinite(value) else " "


def measurement_name(column: str, kind: Appearance) -> tuple[str, str]:
    """Column to words and unit: ``loudest_rms_dbfs`` to ``("loudest RMS", "dBFS")``."""
    parts = column.split("_")
    unit = _UNITS.get(parts[-1], "") if len(parts) > 1 else ""
    words = parts[:-1] if unit else parts
    made = " ".join("number of" if w == "n" else w for w in words)
    return kind.column(column).words or made, unit if unit != "share" else ""


def shown(name: Any) -> str:
    """A name with its control and direction characters made visible, so that none can disturb the page."""
    return _CONTROL.sub(_visible, str(name))


def brief_name(name: str, width: int) -> str:
    """A name in at most ``width`` characters, safe to show: the last folder, often the class, and the end stay.

    >>> brief_name("corpus/2019/left/8cc0a23f_speaker_nohash_0.wav", 30)
    '…/left/8cc0a23f_sp…ohash_0.wav'
    """
    text = shown(name)
    if len(text) <= width:
        return text
    lead, _, file = text.rpartition("/")
    folder = lead.rpartition("/")[2]
    start = f"…/{folder}/" if "/" in lead else f"{folder}/" if folder else ""
    room = width - len(start)
    if room < 12:
        return f"…{text[1 - width :]}"
    if len(file) > room:
        end = min(11, room // 2)
        file = f"{file[: room - end - 1]}…{file[-end:]}"
    return start + file


def sentence(text: str) -> str:
    """Text that begins with a capital."""
    return text[:1].upper() + text[1:]


def hash_link(**state: str | tuple[str, str]) -> str:
    """A link to a state of the page: ``#rule=AUD003``, ``#cell=off,up``."""
    parts = []
    for key, value in state.items():
        text = ",".join(quote(v, safe="") for v in value) if isinstance(value, tuple) else value
        parts.append(f"{key}={quote(text, safe=',')}")
    return "#" + "&".join(parts)


def wilson(k: int, n: int) -> tuple[float, float]:
    """95 % Wilson interval of ``k`` successes in ``n`` trials."""
    if n <= 0:
        return 0.0, 1.0
    z = 1.959964
    p = k / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def _visible(match: re.Match[str]) -> str:
    char = ord(match.group())
    if char < 0x20:
        return chr(0x2400 + char)
    return "\u2421" if char == 0x7F else f"‹U+{char:04X}›"
