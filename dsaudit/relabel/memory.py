"""Review memory: what people's decisions, taken together, say of each item. Looked up by content, not by name.

What a model put into the ledger is no decision: it can be taken back, and says nothing here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Literal

from dsaudit.relabel.ledger.history import History, batch_of
from dsaudit.types import EXCHANGED, MODEL, NO_OPINION, OF_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from dsaudit.types import Decision

Outcome = Literal["label", "exclude", "unsure", "disputed"]


@dataclass(frozen=True, slots=True)
class Resolution:
    """What stands on one item.

    Attributes
    ----------
    outcome : Outcome
        ``label``: people say that ``label`` is right; ``exclude``: not to be used; ``unsure``: heard, and nobody
        can tell; ``disputed``: people say different things and nobody has settled it.
    label : str or None
        The label in force by people's decisions; None unless ``outcome`` is ``label``.
    opinions : tuple of Decision
        Each person's last word on it, the oldest first.
    decided : Decision
        The row that counts: the settling one, else the latest that says ``outcome``.
    """

    outcome: Outcome
    label: str | None
    opinions: tuple[Decision, ...]
    decided: Decision

    @property
    def actors(self) -> tuple[str, ...]:
        """Who has a standing opinion, sorted."""
        return tuple(sorted({d.actor for d in self.opinions}))

    @property
    def causes(self) -> frozenset[str]:
        """Fingerprints of the findings that these opinions answer."""
        return frozenset(d.cause for d in self.opinions if d.cause)


def key(item_id: str, content_hash: str | None) -> str:
    """What an item is remembered by: its bytes; its name only where they could not be read."""
    return content_hash if isinstance(content_hash, str) and content_hash else f"id:{item_id}"


def of_one_copy(decision: Decision) -> bool:
    """Whether it speaks of one copy among several, not of the bytes that they share."""
    return decision.action == "exclude" and decision.rule[:3] in ("DUP", "SPL")


class Memory:
    """What stands on each item by everything decided so far, kept up to date row by row as a ledger grows.

    Parameters
    ----------
    rows : iterable of Decision
        The whole ledger, reverts included.

    Attributes
    ----------
    history : History
        Which rows are in force, and what each person can undo and redo.
    """

    def __init__(self, rows: Iterable[Decision] = ()) -> None:
        self.history = History()
        self._rows: dict[int, Decision] = {}
        self._by_key: dict[str, list[Decision]] = {}
        self._apart: list[Decision] = []
        self.add(rows)

    def __len__(self) -> int:
        return sum(1 for k in self._by_key if self.said(k))

    @property
    def n_rows(self) -> int:
        """Rows taken in."""
        return len(self._rows)

    def add(self, rows: Iterable[Decision]) -> set[str]:
        """Take in the next rows, in any order; those known are passed over. Returns the keys on which more or less
        stands now."""
        moved: set[int] = set()
        for row in sorted(rows, key=_seq):
            if row.seq > self.history.seq:
                if row.actor != MODEL:
                    self._rows[row.seq] = row
                    if row.action == "apart":
                        self._apart.append(row)
                moved.add(self.history.add(row.seq, row.actor, row.reverts, row.request_id))
        touched: set[str] = set()
        for decision in (self._rows[seq] for seq in sorted(moved) if seq in self._rows):
            about = key(decision.item_id, decision.content_hash)
            standing = self._by_key.setdefault(about, [])
            k = bisect_left(standing, decision.seq, key=_seq)
            listed = k < len(standing) and standing[k].seq == decision.seq
            if listed == self.history.stands(decision.seq):
                continue
            touched.add(about)
            if listed:
                del standing[k]
            else:
                standing.insert(k, decision)
        return touched

    def standing(self, about: str) -> Sequence[Decision]:
        """Rows in force on what ``key`` gives, in order, those included that skip it."""
        return self._by_key.get(about, ())

    def said(self, about: str) -> list[Decision]:
        """Rows in force that say something of it, in order."""
        return [row for row in self._by_key.get(about, ()) if row.action not in NO_OPINION]

    def of_fields(self) -> list[Decision]:
        """Rows in force that speak of fields of items, in order."""
        found = [row for k in self._by_key for row in self._by_key[k] if row.action in OF_FIELDS]
        return sorted(found, key=_seq)

    def apart(self) -> list[tuple[Decision, ...]]:
        """Rows in force that say of items that they are no copies of one another, those decided together in one."""
        found: dict[tuple[str, str], list[Decision]] = defaultdict(list)
        for row in self._apart:
            if self.history.stands(row.seq):
                found[row.actor, batch_of(row.request_id)].append(row)
        return [tuple(rows) for rows in found.values() if len(rows) > 1]

    def key_of(self, row: Decision) -> str:
        """What a row speaks of; a revert, of what the decision speaks of that it takes back or brings back."""
        row = self._rows.get(self.history.decision_of(row.seq), row)
        return key(row.item_id, row.content_hash)

    def since(self, seq: int) -> list[Decision]:
        """Decisions after row ``seq`` that stand, in order."""
        rows = (self._rows[s] for s in range(seq + 1, self.history.seq + 1) if s in self._rows)
        return [row for row in rows if row.reverts is None and self.history.stands(row.seq)]

    def latest(self, actor: str) -> Iterator[Decision]:
        """The person's decisions of items and of their fields that stand, skips left out, the last first."""
        rows = (self._rows[seq] for seq in self.history.standing(actor))
        return (row for row in rows if row.action not in NO_OPINION - OF_FIELDS)

    def opinions(self, items: Mapping[str, str | None]) -> dict[str, tuple[Decision, ...]]:
        """Each person's last word on each of ``items`` (item id to content hash); undecided items are absent.

        A label is a statement about the bytes and holds for every copy and under every name. So does an
        exclusion, unless it was the copy that was superfluous: that one holds for one item, found again
        by its name or, renamed, among the copies that the ledger does not know.
        """
        groups: dict[str, list[str]] = defaultdict(list)
        for item_id, content_hash in items.items():
            k = self._about(item_id, content_hash)
            if k in self._by_key:
                groups[k].append(item_id)
        found: dict[str, tuple[Decision, ...]] = {}
        for k, ids in groups.items():
            rows = self.said(k)
            now = _renamed(rows, ids)
            for item_id in ids:
                last: dict[str, Decision] = {}
                for row in rows:
                    own = now.get(row.item_id) == item_id
                    if not own and (of_one_copy(row) or of_one_copy(last.get(row.actor, row))):
                        continue
                    last.pop(row.actor, None)
                    last[row.actor] = row
                if last:
                    found[item_id] = tuple(last.values())
        return found

    def resolve(self, items: Mapping[str, str | None]) -> dict[str, Resolution]:
        """What stands on each of ``items`` (item id to content hash); undecided items are absent."""
        return {item_id: resolved(opinions) for item_id, opinions in self.opinions(items).items()}

    def changed(self, items: Mapping[str, str | None]) -> list[str]:
        """Ids that were decided under other bytes, now gone, and are undecided as they are; sorted."""
        gone = {row.item_id for row in self._absent(items)}
        return sorted(i for i, known in items.items() if i in gone and not self.said(self._about(i, known)))

    def n_gone(self, items: Mapping[str, str | None]) -> int:
        """How many decided items have neither their bytes nor their name among ``items``."""
        return len({key(d.item_id, d.content_hash) for d in self._absent(items) if d.item_id not in items})

    def bytes_of(self, item_id: str) -> str | None:
        """Under which content hash the item was last decided; None where it never was."""
        rows = (row for row in reversed(self._rows.values()) if row.item_id == item_id and row.content_hash)
        return next((row.content_hash for row in rows), None)

    def _about(self, item_id: str, content_hash: str | None) -> str:
        """The key of an item; its name where it was decided while nobody had read its bytes."""
        k, named = key(item_id, content_hash), f"id:{item_id}"
        if k in self._by_key or named not in self._by_key:
            return k
        return named if any(row.rule[:3] != "FIL" for row in self.said(named)) else k

    def _absent(self, items: Mapping[str, str | None]) -> Iterator[Decision]:
        """What was said of bytes that none of ``items`` has."""
        present = {self._about(item_id, content_hash) for item_id, content_hash in items.items()}
        return (row for k in self._by_key if k not in present for row in self.said(k))


_seq = attrgetter("seq")


def resolved(opinions: Sequence[Decision]) -> Resolution:
    """One outcome of several opinions, at least one: the last that settles, else what all who can tell agree on."""
    settling = [d for d in opinions if d.settles]
    telling = [settling[-1]] if settling else [d for d in opinions if d.action != "unsure"]
    telling = [d for d in telling if d.rule != EXCHANGED] or telling  # who has looked at the item itself knows better
    if not telling:
        return Resolution("unsure", None, tuple(opinions), opinions[-1])
    decided = telling[-1]
    if len({_said(d) for d in telling}) > 1:
        return Resolution("disputed", None, tuple(opinions), decided)
    if decided.action == "exclude":
        return Resolution("exclude", None, tuple(opinions), decided)
    if decided.action == "unsure":
        return Resolution("unsure", None, tuple(opinions), decided)
    return Resolution("label", decided.new_label, tuple(opinions), decided)


def looked_at(opinions: Iterable[Decision], label: str | None) -> list[Decision]:
    """Opinions of an item itself: classes put right all at once, in force as ``label``, leave it to be looked at."""
    return [d for d in opinions if d.rule != EXCHANGED or d.new_label != label]


def _said(decision: Decision) -> tuple[str, str | None]:
    return ("exclude", None) if decision.action == "exclude" else ("label", decision.new_label)


def _renamed(rows: Sequence[Decision], present: Sequence[str]) -> dict[str, str]:
    """Names in the ledger to names now: the same where it is still there, else in order among the unknown ones."""
    known = {row.item_id for row in rows}
    here = set(present)
    gone, unknown = sorted(known - here), sorted(here - known)
    return {name: name for name in known & here} | dict(zip(gone, unknown, strict=False))
