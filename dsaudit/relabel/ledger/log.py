"""Who changed what, when and why: the ledger's rows chosen, and as text, JSON or CSV."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from itertools import groupby
from typing import TYPE_CHECKING, Any

from dsaudit.errors import UsageError
from dsaudit.relabel.cells import defused
from dsaudit.relabel.ledger.history import History, batch_of
from dsaudit.types import Decision

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_AGO = re.compile(r"(\d+)\s*([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_TOLD = 6
"""How many different decisions that were made at once are told apart in a line."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row with what later and earlier rows say of it.

    Attributes
    ----------
    row : Decision
    undone_by : int or None
        The standing row that takes it back.
    reverted : int or None
        For a revert, the decision at the end of the reverts of reverts.
    undoes : bool
        Whether a revert took that decision back, or brought it back again.
    """

    row: Decision
    undone_by: int | None = None
    reverted: int | None = None
    undoes: bool = True

    @property
    def what(self) -> str:
        """In a few words: ``relabel no → go``, ``confirm yes``, ``no copy of the others``, ``undo of 3``."""
        row = self.row
        if row.action == "revert":
            return f"{'undo' if self.undoes else 'redo'} of {self.reverted}"
        if row.action == "relabel":
            return f"relabel {row.old_label if row.old_label is not None else '(none)'} → {row.new_label}"
        if row.action == "correct":
            old, new = ("(nothing)" if value is None else value for value in (row.old_label, row.new_label))
            return f"{row.field}: {old} → {new}"
        if row.action == "keep":
            held = "(nothing)" if row.old_label is None else row.old_label
            return f"{row.field}: {held} is right" if row.field else "the rest is right"
        if row.action == "apart":
            return "no copy of the others"
        return f"{row.action} {row.old_label}" if row.old_label is not None else row.action

    def described(self) -> dict[str, Any]:
        """Place and time, every other field of the row, and ``undone_by``."""
        return {"seq": self.row.seq, "at": self.row.at} | asdict(self.row) | {"undone_by": self.undone_by}


def entries(rows: Sequence[Decision]) -> list[Entry]:
    """Every row of a ledger, given in order, with what became of it."""
    history = History()
    ends: dict[int, tuple[int, bool]] = {}
    for row in rows:
        history.add(row.seq, row.actor, row.reverts, row.request_id)
        if row.reverts is not None:
            end, undoes = ends.get(row.reverts, (row.reverts, False))
            ends[row.seq] = end, not undoes
    return [Entry(row, history.undone_by(row.seq), *ends.get(row.seq, ())) for row in rows]


def select(
    found: Iterable[Entry],
    *,
    actor: str | None = None,
    item: str | None = None,
    rule: str | None = None,
    action: str | None = None,
    label: str | None = None,
    since: str | None = None,
) -> list[Entry]:
    """Entries that fit all that is given.

    Parameters
    ----------
    actor, action, label : str, optional
        Exactly so; ``label`` is the old or the new one.
    item : str, optional
        Pattern with ``*`` and ``?``, or a part of the item id.
    rule : str, optional
        Code of a rule, or how it begins.
    since : str, optional
        ``2026-11-21``, ``2026-11-21T08:00`` (UTC unless it says otherwise), or ``90m``, ``8h``, ``3d``, ``2w`` ago.

    Raises
    ------
    UsageError
        ``since`` is no time.
    """
    start = moment(since) if since else None
    pattern = None if item is None else item if re.search(r"[*?\[]", item) else f"*{item}*"
    return [
        e
        for e in found
        if (actor is None or e.row.actor == actor)
        and (pattern is None or fnmatchcase(e.row.item_id, pattern))
        and (rule is None or e.row.rule.upper().startswith(rule.upper()))
        and (action is None or e.row.action == action)
        and (label is None or label in (e.row.old_label, e.row.new_label))
        and (start is None or moment(e.row.at) >= start)
    ]


def moment(text: str) -> datetime:
    """A point in time, or so long ago.

    Raises
    ------
    UsageError
    """
    if found := _AGO.fullmatch(text.strip().lower()):
        return datetime.now(UTC) - timedelta(**{_UNITS[found[2]]: min(int(found[1]), 10**6)})
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(f"{text!r} is no point in time", hint="as in: 2026-11-21, 2026-11-21T08:00, 8h, 3d") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def at_once(found: Iterable[Entry]) -> list[str]:
    """A line for each entry, and one for all that were decided together: rows, what was said how often, and by whom."""
    lines = []
    for _, group in groupby(found, key=lambda e: (e.row.actor, batch_of(e.row.request_id))):
        some = sorted(group, key=lambda e: e.row.seq)
        row = some[0].row
        if len(some) == 1:
            lines.append(visible(f"row {row.seq}: {some[0].what} by {row.actor}, {row.item_id}"))
            continue
        said = Counter(e.what for e in some).most_common()
        told = [f"{n:,} × {what}" for what, n in said[:_TOLD]]
        if len(said) > _TOLD:
            told.append(f"{sum(n for _, n in said[_TOLD:]):,} others")
        lines.append(
            visible(f"rows {row.seq}–{some[-1].row.seq}: {len(some):,} at once, {', '.join(told)}, by {row.actor}")
        )
    return lines


def as_csv(found: Iterable[Entry]) -> str:
    """A table for a spreadsheet, in which no cell is a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = dict.fromkeys(("seq", "at", *(f.name for f in fields(Decision)), "undone_by"))
    writer.writerow(names)
    for entry in found:
        values = entry.described()
        writer.writerow([defused(v) if isinstance(v := values[n], str) else "" if v is None else v for n in names])
    return text.getvalue()


def as_text(found: Sequence[Entry], *, width: int = 100) -> str:
    """A table of at most ``width`` columns (or 100), with notes on lines of their own."""
    head = ("row", "when (UTC)", "who", "what", "", "item", "why")
    table = [
        [
            str(e.row.seq),
            clipped(e.row.at[:16].replace("T", " "), 16),
            clipped(e.row.actor, 14),
            visible(e.what),
            "undone" if e.undone_by else "",
            visible(e.row.item_id),
            clipped(f"{e.row.rule} {e.row.score:.2f}" if e.row.rule and e.row.score is not None else e.row.rule, 16),
        ]
        for e in found
    ]
    widths = [max(map(cells, column)) for column in zip(head, *table, strict=True)]
    room = width - 2 * (sum(w > 0 for w in widths) - 1) - sum(w for c, w in enumerate(widths) if c not in (3, 5))
    widths[3] = min(widths[3], max(10, min(32, room - 16)))
    widths[5] = min(widths[5], max(12, room - widths[3]))
    lines = []
    for k, row in enumerate((head, *table)):
        fitted = [clipped(t, w, keep_end=c == 5) for c, (t, w) in enumerate(zip(row, widths, strict=True))]
        spaces = [" " * (w - cells(t)) for t, w in zip(fitted, widths, strict=True)]
        columns = [
            spaces[0] + fitted[0],
            *(t + s for t, s, w in zip(fitted[1:], spaces[1:], widths[1:], strict=True) if w),
        ]
        lines.append("  ".join(columns).rstrip())
        if k and (note := found[k - 1].row.note):
            lines.append(" " * (widths[0] + 2) + clipped(f"“{note}”", width - widths[0] - 2))
    return "\n".join(lines)


def visible(text: str) -> str:
    """Text whose control and direction characters cannot disturb a terminal."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def cells(text: str) -> int:
    """Columns that a text takes on a terminal."""
    return sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def clipped(text: str, width: int, *, keep_end: bool = False) -> str:
    """Text of at most ``width`` columns, with … where something was left out."""
    text = visible(text)
    if cells(text) <= width:
        return text
    while text and cells(text) >= width:
        text = text[1:] if keep_end else text[:-1]
    return f"…{text}" if keep_end else f"{text}…"
