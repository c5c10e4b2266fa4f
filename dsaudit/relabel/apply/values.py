"""Values of fields that decisions, or accepted proposals, put in the place of others. Pure: nothing is written."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsaudit.dataset.record import fields_of
from dsaudit.errors import UsageError
from dsaudit.relabel.cells import defused
from dsaudit.relabel.correction import known_hashes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dsaudit.dataset.rows import Rows
    from dsaudit.relabel.correction import Rulings
    from dsaudit.store.run import Run

TOOL = "dsaudit"
"""Who takes a proposed repair that nobody has looked at."""


@dataclass(frozen=True, slots=True)
class Change:
    """One value that is replaced.

    Attributes
    ----------
    row : int
        Place in the source, from 0.
    item_id, field : str
    old, new : str or None
        None where there is no value.
    why, who : str
        ``who`` is ``dsaudit`` where a proposal was taken that nobody has looked at.
    """

    row: int
    item_id: str
    field: str
    old: str | None
    new: str | None
    why: str
    who: str


def decided_changes(rows: Rows, of_item: Mapping[str, Rulings]) -> list[Change]:
    """Values that people corrected and that the data do not have yet."""
    found = []
    for k, item_id in enumerate(rows.ids):
        one = of_item.get(item_id)
        values = fields_of(rows.uris[k]) if one is not None else {}
        for name, ruling in one.fields.items() if one is not None else ():
            if ruling.corrected and values[name] != ruling.new:
                notes = dict.fromkeys(" ".join(d.note.split()) for d in ruling.opinions if d.note.strip())
                why = "; ".join((ruling.decided.rule or "by hand", *notes))
                found.append(Change(k, item_id, name, values[name], ruling.new, why, ", ".join(ruling.actors)))
    return found


def proposed_changes(
    rows: Rows, hashes: Sequence[str | None], of_item: Mapping[str, Rulings], run: Run | None, least: float
) -> list[Change]:
    """Repairs that a run proposes with a probability of at least ``least``, of values that nobody decided on.

    An item that is not what the run saw is passed over.

    Raises
    ------
    UsageError
        There is no run, or it says nothing of fields.
    """
    if not 0.0 < least <= 1.0:
        raise UsageError(f"--accept-repairs {least:g} is no probability", hint="as in: --accept-repairs 0.95")
    if run is None or not len(run.field_doubts):
        raise UsageError("no run proposes repairs of values here", hint="audit a table first, and give the run")
    seen = dict(zip(run.items.index, known_hashes(run.items), strict=True))
    told = run.field_doubts
    columns = (told[name] for name in ("fields", "p_fields", "doubts"))
    doubts = {i: one for i, *one in zip(told.index, *columns, strict=True) if isinstance(one[2], str)}
    found = []
    for k, item_id in enumerate(rows.ids):
        one = of_item.get(item_id)
        if item_id not in doubts or seen.get(item_id) != hashes[k] or (one is not None and one.whole is not None):
            continue
        names, p_wrong, said = doubts[item_id]
        place, values = {name: j for j, name in enumerate(names)}, fields_of(rows.uris[k])
        for name, repair, sure, _, why in json.loads(said):
            p = float(p_wrong[place[name]]) * sure
            if repair is not None and p >= least and not (one is not None and name in one.fields):
                new = repair or None
                if name in values and values[name] != new:
                    found.append(Change(k, item_id, name, values[name], new, f"{why} (right with p = {p:.2f})", TOOL))
    return found


def list_of(changes: Iterable[Change]) -> bytes:
    """The changes as CSV, in which no cell is a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("item_id", "column", "old", "new", "why", "who"))
    for one in changes:
        cells = (one.item_id, one.field, one.old or "", one.new or "", one.why, one.who)
        writer.writerow([defused(cell) for cell in cells])
    return text.getvalue().encode("utf-8", "backslashreplace")
