"""The chain of hashes that makes any later change of a ledger show."""

from __future__ import annotations

import math
from dataclasses import MISSING, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, get_args

from dsaudit.dataset.names import safe_text
from dsaudit.store.files import digest
from dsaudit.types import OF_FIELDS, Action, Decision

if TYPE_CHECKING:
    from collections.abc import Iterable

_DEFAULTS = {f.name: f.default for f in fields(Decision) if f.default is not MISSING}
_NEEDED = object()
_HASHED = tuple(f.name for f in fields(Decision) if f.name not in ("prev_hash", "hash"))
_TEXTS = tuple(f.name for f in fields(Decision) if f.type in ("str", "str | None", "Action"))
_OPTIONAL = ("old_label", "new_label")
_ACTIONS = get_args(Action)
SAID = (
    *("actor", "action", "item_id", "content_hash", "old_label", "new_label"),
    *("note", "cause", "reverts", "settles", "blind", "field"),
)
"""What a request says: the same once more, it is answered with the same row."""
MAX_ID = 200
"""Longest request id and name of a person, in characters."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What reading a whole ledger against its hashes has shown.

    Attributes
    ----------
    n : int
        Rows found.
    head : str
        Hash of the last row; empty where there is none.
    broken_seq : int or None
        First place where the chain does not hold; None where it holds, which the file around it may not.
    reason : str
        What is wrong there, in words; empty where nothing is.
    """

    n: int
    head: str
    broken_seq: int | None = None
    reason: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing was changed, removed, moved or put in."""
        return not self.reason


def canonical(decision: Decision) -> dict[str, Any]:
    """What is hashed of a row: every field but the two hashes, and those with their default value left out.

    So a field that a later version adds does not change the hashes of rows that were written before it.
    """
    found = {}
    for name in _HASHED:
        value = getattr(decision, name)
        default = _DEFAULTS.get(name, _NEEDED)
        if value != default or type(value) is not type(default):
            found[name] = value
    return found


def hash_of(decision: Decision) -> str:
    """Digest of the row before and of this row; 32 hex digits."""
    return digest(decision.prev_hash, canonical(decision))


def sealed(decision: Decision, *, seq: int, prev_hash: str) -> Decision:
    """The row with its place in the chain, and its hash."""
    row = replace(decision, seq=seq, prev_hash=prev_hash, hash="")
    return replace(row, hash=hash_of(row))


def storable(decision: Decision) -> Decision:
    """The row with values that every backend returns as they were stored.

    Lone surrogates become escapes, as in item ids, and so does the NUL that PostgreSQL refuses; a score that
    is not a number becomes None. Numpy's numbers and texts become Python's.
    """
    changes: dict[str, Any] = {}
    for name in _TEXTS:
        text = getattr(decision, name)
        if isinstance(text, str) and (type(text) is not str or "\0" in text or not text.isascii()):
            changes[name] = safe_text(str(text)).replace("\0", "\\x00")
    if decision.score is not None:
        score = float(decision.score)
        changes["score"] = score if math.isfinite(score) else None
    if decision.reverts is not None:
        changes["reverts"] = int(decision.reverts)
    for name in ("settles", "blind"):
        if type(flag := getattr(decision, name)) is not bool:
            changes[name] = bool(flag)
    return replace(decision, **changes) if changes else decision


def fault(decision: Decision) -> str:
    """Why a decision cannot be stored; empty where it can."""
    for name in _TEXTS:
        value = getattr(decision, name)
        if not isinstance(value, str) and not (value is None and name in _OPTIONAL):
            return f"{name} is {value!r} and not text"
    if decision.action not in _ACTIONS:
        return f"there is no action {decision.action!r}"
    if not decision.actor.strip():
        return "nobody is named who decided"
    if len(decision.actor) > MAX_ID or len(decision.request_id) > MAX_ID:
        return f"a name or request id is longer than {MAX_ID} characters"
    if not decision.item_id:
        return "no item is named"
    if (decision.action == "revert") != (decision.reverts is not None):
        return "a revert, and nothing else, names the row that it takes back"
    if decision.action == "relabel" and not decision.new_label:
        return "a relabelling needs the new label"
    if decision.action == "confirm" and decision.new_label != decision.old_label:
        return "what is confirmed is the old label, so both labels must be the same"
    if decision.field and decision.action not in OF_FIELDS:
        return f"{decision.action} speaks of the whole item, but a field is named"
    if decision.action == "correct" and (not decision.field or decision.new_label == decision.old_label):
        return "a correction names a field, and another value than the one that is there"
    if decision.action == "keep" and (
        decision.new_label != decision.old_label or (not decision.field and decision.new_label is not None)
    ):
        return "what is kept is the old value of a field, or all that the item has"
    if decision.action in ("exclude", "unsure", "skip", "apart") and decision.new_label is not None:
        return f"{decision.action} says no label, but a new label was given"
    return ""


def verified(rows: Iterable[Decision], *heads: str) -> Verification:
    """Check rows, in order of ``seq``, against their hashes.

    Parameters
    ----------
    *heads : str
        Hashes of last rows noted earlier. The chain alone cannot show that its tail was cut off; that it no
        longer contains such a row does.
    """
    n, last = 0, ""
    missing = {head: None for head in heads if head}
    broken: tuple[int, str] | None = None
    for row in rows:
        n += 1
        if broken is None and (reason := _fault_in_chain(row, n, last)):
            broken = (n, reason)
        last = row.hash
        if broken is None:
            missing.pop(row.hash, None)
    if broken is not None:
        return Verification(n, last, *broken)
    if missing:
        reason = f"it has no row with hash {next(iter(missing))}: rows were cut off at the end, or all were rewritten"
        return Verification(n, last, n + 1, reason)
    return Verification(n, last)


def _fault_in_chain(row: Decision, n: int, last: str) -> str:
    if row.seq != n:
        return f"row {n} is missing" if isinstance(row.seq, int) and row.seq > n else f"row {row.seq} is out of place"
    if row.prev_hash != last:
        return "it does not follow from the row before: a row was removed, put in, moved or rewritten here"
    if row.hash != hash_of(row):
        return "it was changed after it was written"
    if row.reverts is not None and not 0 < row.reverts < n:
        return "it takes back a row that does not come before it"
    return ""
