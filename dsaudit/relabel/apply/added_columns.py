"""The columns that decisions add to a manifest, and what they are called beside the user's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dsaudit.dataset.columns import CONSENSUS, CORRECTED, DECIDED_BY, EXCLUDED, REASON
from dsaudit.errors import UsageError
from dsaudit.relabel.cells import defused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pandas import DataFrame

    from dsaudit.dataset.columns import Roles
    from dsaudit.relabel.apply.manifest import Sheet
    from dsaudit.relabel.apply.plan import Line

_TRUE = frozenset({"true", "1", "yes", "t", "y"})
ID_NAMES = frozenset({"id", "item_id", "uid", "uuid", "utt_id", "utterance_id"})


def decision_columns(
    sheet: Sheet, lines: Sequence[Line], format: str, *, consensus: DataFrame | None = None
) -> dict[str, list[Any]]:
    """Cells of the added columns by name, for every line; ``consensus`` as of a run, where several people labelled.

    Where an earlier apply added them, rows that are not decided now keep what they have. In CSV and TSV what
    people typed is defused: no cell of theirs is a formula. Labels that the data already had stay as they are.

    Raises
    ------
    UsageError
        The manifest has a column ``excluded`` of its own, which would be taken for the decisions'.
    """
    again = CORRECTED in sheet.names
    if EXCLUDED in sheet.names and not again:
        raise UsageError(
            f"the manifest has a column {EXCLUDED!r} of its own, which would be taken for people's decisions",
            hint="rename it in a copy of the manifest, and apply to that",
        )
    safe = defused if format in ("csv", "tsv") else str
    had = {label for line in lines for label in (line.given_label,)}
    old_label = set(sheet.column(CORRECTED)) if again else set()
    labels = [
        None if (x := line.corrected_label) is None else x if x in had or x in old_label else safe(x) for line in lines
    ]
    columns: dict[str, list[Any]] = {CORRECTED: labels, EXCLUDED: [line.excluded for line in lines]}
    by, why = (_own_name(name, sheet.names, again=again) for name in (DECIDED_BY, REASON))
    columns[by] = [safe(line.decided_by) for line in lines]
    columns[why] = [line.reason for line in lines]
    agreed: dict[str, list[Any]] = {}
    if consensus is not None and len(consensus):
        known = consensus.reindex([line.item_id for line in lines])
        label, sure = (
            _own_name(name, sheet.names, again=again) for name in (f"{CONSENSUS}_label", f"{CONSENSUS}_probability")
        )
        agreed[label] = [safe(x) if isinstance(x, str) else None for x in known["label"]]
        agreed[sure] = [None if p != p else round(float(p), 3) for p in known["probability"].astype(float)]
    for name in columns if again else ():
        if name in sheet.names:
            columns[name] = _kept(name, sheet.column(name), columns[name], lines)
    return columns | agreed


def _kept(name: str, old: Sequence[Any], new: Sequence[Any], lines: Sequence[Line]) -> list[Any]:
    if name == EXCLUDED:  # the same truth keeps its spelling
        return [
            o if (str(o).strip().lower() in _TRUE) == n and o is not None else n for o, n in zip(old, new, strict=True)
        ]
    return [o if line.fate in ("undecided", "changed") else n for o, n, line in zip(old, new, lines, strict=True)]


def _own_name(name: str, names: Sequence[str], *, again: bool) -> str:
    """``name``, or with ``review_`` before it where the user has a column of that name."""
    own = f"review_{name}"
    return own if own in names or (name in names and not again) else name


def id_column(names: Sequence[str], roles: Roles, cells: Sequence[str | None], ids: Sequence[str]) -> str | None:
    """Name of a column to add so that ids stay what they are under other paths; None where they do anyway."""
    if roles.id is not None and list(cells) == list(ids):
        return None
    plain = {name.strip().casefold().replace(" ", "_").replace("-", "_") for name in names}
    if not plain & ID_NAMES:
        return "item_id"
    return "id" if "id" not in plain else None


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would compute it."""
    return defused(text) != text
