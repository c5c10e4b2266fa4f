"""What stands and what was taken back: undo and redo as every editor has them, for each person apart."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def batch_of(request_id: str) -> str:
    """What rows that were decided together have in common: the part before the first ``/``."""
    return request_id.partition("/")[0]


class History:
    """The reverts among the rows of a ledger, kept up to date row by row.

    A row stands unless a standing revert takes it back. A person's undo takes back the last of their standing
    decisions, with all that was decided together with it; redo takes back the last of their standing undos
    since their last decision.
    """

    def __init__(self) -> None:
        self.seq = 0
        self._target: dict[int, int] = {}
        self._reverters: dict[int, list[int]] = {}
        self._root: dict[int, int] = {}
        self._about: dict[int, list[int]] = defaultdict(list)
        self._unsettled: set[int] = set()
        self._fallen: set[int] = set()
        self._decided: dict[str, list[int]] = defaultdict(list)
        self._undone: dict[str, list[int]] = defaultdict(list)
        self._ungrouped: list[tuple[int, str, str]] = []
        self._batch: dict[int, str] = {}
        self._members: dict[tuple[str, str], list[int]] = defaultdict(list)

    def add(self, seq: int, actor: str, reverts: int | None, request_id: str) -> int:
        """Take in the next row; ``reverts`` is None for a decision.

        Returns
        -------
        int
            The decision that may stand or fall by it.
        """
        self.seq = seq
        self._ungrouped.append((seq, actor, request_id))
        if reverts is None:
            self._decided[actor].append(seq)
            self._undone[actor].clear()
            return seq
        root = self._root.get(reverts, reverts)
        self._target[seq], self._root[seq] = reverts, root
        self._about[root].append(seq)
        self._unsettled.add(root)
        self._reverters.setdefault(reverts, []).append(seq)
        if reverts not in self._target:
            self._undone[actor].append(seq)
        return root

    @property
    def _dead(self) -> set[int]:
        """Rows that a standing revert takes back; worked out when asked for, however long a chain of reverts is."""
        for root in self._unsettled:
            rows = self._about[root]
            self._fallen.discard(root)
            self._fallen.difference_update(rows)
            for seq in reversed(rows):  # whatever takes a row back comes after it
                if seq not in self._fallen:
                    self._fallen.add(self._target[seq])
        self._unsettled.clear()
        return self._fallen

    def decision_of(self, seq: int) -> int:
        """The decision that a row makes, takes back or brings back."""
        return self._root.get(seq, seq)

    def stands(self, seq: int) -> bool:
        """Whether the row is in force."""
        return seq not in self._dead

    def undone_by(self, seq: int) -> int | None:
        """The revert that took the row back; None for a row that stands."""
        dead = self._dead
        return next((r for r in reversed(self._reverters.get(seq, ())) if r not in dead), None)

    def undoable(self, actor: str) -> list[int]:
        """Rows that the person's undo takes back now, the first first; none where there is nothing to undo."""
        return next(self.units(actor), [])

    def redoable(self, actor: str) -> list[int]:
        """Reverts that the person's redo takes back now."""
        return next(self.undone_units(actor), [])

    def people(self) -> list[str]:
        """Who has ever decided, sorted."""
        return sorted(self._decided)

    def standing(self, actor: str) -> Iterator[int]:
        """The person's standing decisions, the last first."""
        dead = self._dead
        return (seq for seq in reversed(self._decided.get(actor, ())) if seq not in dead)

    def units(self, actor: str) -> Iterator[list[int]]:
        """The person's standing decisions, the last first, each with what was decided together with it."""
        return self._units(actor, self._decided.get(actor, []))

    def undone_units(self, actor: str) -> Iterator[list[int]]:
        """The standing undos since the person's last decision, the last first, each with all that it took back."""
        return self._units(actor, self._undone.get(actor, []))

    def _units(self, actor: str, rows: Sequence[int]) -> Iterator[list[int]]:
        for seq, who, request_id in self._ungrouped:  # only those who undo need batches
            self._batch[seq] = batch_of(request_id)
            self._members[who, self._batch[seq]].append(seq)
        self._ungrouped.clear()
        seen: set[str] = set()
        dead = self._dead
        for seq in reversed(rows):
            batch = self._batch[seq]
            if seq not in dead and batch not in seen:
                seen.add(batch)
                revert, members = seq in self._target, self._members[actor, batch]
                yield [r for r in members if r >= rows[0] and r not in dead and (r in self._target) == revert]
