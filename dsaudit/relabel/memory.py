"""Review memory: what people's decisions, taken together, say of each item. Looked up by content, not by name."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

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


def alive(decisions: Iterable[Decision]) -> list[Decision]:
    """Rows in force, in order: no reverts, and nothing that a revert in force takes back.

    A revert may take back a revert: that is a redo. Rows only ever revert earlier rows.
    """
    rows = sorted(decisions, key=lambda d: d.seq)
    dead: set[int] = set()
    for row in reversed(rows):
        if row.action == "revert" and row.reverts is not None and row.seq not in dead:
            dead.add(row.reverts)
    return [row for row in rows if row.action != "revert" and row.seq not in dead]


def key(item_id: str, content_hash: str | None) -> str:
    """What an item is remembered by: its bytes; its name only where they could not be read."""
    return content_hash if isinstance(content_hash, str) and content_hash else f"id:{item_id}"


def of_one_copy(decision: Decision) -> bool:
    """Whether it speaks of one copy among several, not of the bytes that they share."""
    return decision.action == "exclude" and decision.rule[:3] in ("DUP", "SPL")


class Memory:
    """Everything decided so far, ready to be asked about the items of any dataset.

    Parameters
    ----------
    decisions : iterable of Decision
        The whole ledger, reverts included.
    """

    def __init__(self, decisions: Iterable[Decision]) -> None:
        self._by_key: dict[str, list[Decision]] = defaultdict(list)
        self._keys_of_id: dict[str, set[str]] = defaultdict(set)
        for decision in alive(decisions):
            if decision.action == "skip":
                continue
            k = key(decision.item_id, decision.content_hash)
            self._by_key[k].append(decision)
            self._keys_of_id[decision.item_id].add(k)

    def __len__(self) -> int:
        return len(self._by_key)

    def opinions(self, items: Mapping[str, str | None]) -> dict[str, tuple[Decision, ...]]:
        """Each person's last word on each of ``items`` (item id to content hash); undecided items are absent.

        A label is a statement about the bytes and holds for every copy and under every name. So does an
        exclusion, unless it was the copy that was superfluous: that one holds for one item, found again
        by its name or, renamed, among the copies that the ledger does not know.
        """
        groups: dict[str, list[str]] = defaultdict(list)
        for item_id, content_hash in items.items():
            k = key(item_id, content_hash)
            if k in self._by_key:
                groups[k].append(item_id)
        found: dict[str, tuple[Decision, ...]] = {}
        for k, ids in groups.items():
            rows = self._by_key[k]
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
        present = {key(item_id, content_hash) for item_id, content_hash in items.items()}
        return sorted(
            item_id
            for item_id, content_hash in items.items()
            if key(item_id, content_hash) not in self._by_key
            and any(k not in present for k in self._keys_of_id.get(item_id, ()))
        )


def resolved(opinions: Sequence[Decision]) -> Resolution:
    """One outcome of several opinions, at least one: the last that settles, else what all who can tell agree on."""
    settling = [d for d in opinions if d.settles]
    telling = [settling[-1]] if settling else [d for d in opinions if d.action != "unsure"]
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


def _said(decision: Decision) -> tuple[str, str | None]:
    return ("exclude", None) if decision.action == "exclude" else ("label", decision.new_label)


def _renamed(rows: Sequence[Decision], present: Sequence[str]) -> dict[str, str]:
    """Names in the ledger to names now: the same where it is still there, else in order among the unknown ones."""
    known = {row.item_id for row in rows}
    here = set(present)
    gone, unknown = sorted(known - here), sorted(here - known)
    return {name: name for name in known & here} | dict(zip(gone, unknown, strict=False))
