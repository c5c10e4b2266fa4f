"""What stands on each item of a run, as arrays that grow with the ledger."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import numpy as np

from dsaudit.relabel.memory import Memory, looked_at, resolved
from dsaudit.relabel.queue.items import ID

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence, Set

    from dsaudit.relabel.memory import Resolution
    from dsaudit.relabel.queue.items import Items
    from dsaudit.types import Decision


VERDICTS = ("", "confirm", "relabel", "exclude", "unsure", "disputed")
"""What stands on an item; the first is: nothing."""


class DecisionState:
    """Everybody's last word on every item of a run, by position: ``Memory``, asked again of what has changed only.

    Parameters
    ----------
    items : Items
        All items of the run.

    Attributes
    ----------
    memory : Memory
        Every row of the ledger.
    opinions : dict of position to tuple of Decision
        The last word of each person, the oldest first; undecided items are absent.
    n_opinions : int array (n,)
    settled : bool array (n,)
        Whether a disagreement was settled.
    verdicts : int8 array (n,)
        What stands on each item, as a position in ``VERDICTS``.
    disputed : set of int
        Positions of items on which people say different things.
    """

    def __init__(self, items: Items) -> None:
        n = len(items)
        self.ids: Sequence[str] = items.column(ID)  # type: ignore[assignment]  # every item has one
        self.hashes = items.hashes
        self.memory = Memory()
        self.opinions: dict[int, tuple[Decision, ...]] = {}
        self.n_opinions = np.zeros(n, dtype=np.int32)
        self.settled = np.zeros(n, dtype=bool)
        self.verdicts = np.zeros(n, dtype=np.int8)
        self.disputed: set[int] = set()
        self.labels = items.column("label")
        self.changed_at = 0
        self._resolutions: dict[int, Resolution] = {}
        self._ks = items.known_as
        self._own: dict[str, set[int]] = defaultdict(set)
        # kept, for they are told after every decision, and counting millions takes longer
        self._n_found, self._n_labels = Counter[str](), Counter[str]()
        self._several: set[int] = set()
        self._skipped: dict[str, dict[int, int]] = defaultdict(dict)

    @property
    def seq(self) -> int:
        """Last row taken in."""
        return self.memory.history.seq

    def found(self) -> dict[str, int]:
        """Items by what stands on them."""
        return {verdict: self._n_found[verdict] for verdict in VERDICTS[1:]}

    def new_labels(self) -> dict[str, int]:
        """Labels in force by people's decisions that differ from the run's, and on how many items."""
        return {label: n for label, n in self._n_labels.items() if n}

    def resolution(self, k: int) -> Resolution | None:
        """What stands on the item at position ``k``."""
        return self._resolutions.get(k)

    def own(self, actor: str) -> Set[int]:
        """Which items the person has an opinion on."""
        return self._own[actor]

    def skipped(self, actor: str) -> dict[int, int]:
        """Items that the person skipped and has no opinion on, with the row that did it."""
        return self._skipped.get(actor, {})

    def people(self) -> list[tuple[str, int]]:
        """Who has an opinion on how many items, the busiest first."""
        return sorted(((name, len(ks)) for name, ks in self._own.items() if ks), key=lambda p: (-p[1], p[0]))

    def shared(self) -> list[tuple[Decision, ...]]:
        """Opinions on the items that several people have heard."""
        return [self.opinions[k] for k in sorted(self._several)]

    def positions(self, decision: Decision) -> list[int]:
        """Items of the run that a row speaks of: under the same name, or else all with these bytes."""
        ks = self._ks(self.memory.key_of(decision))
        return [k for k in ks if self.ids[k] == decision.item_id] or list(ks)

    def apart_from(self, k: int) -> set[int]:
        """Items that people decided to be no copies of the one at position ``k``."""
        together = [{j for row in rows for j in self.positions(row)} for rows in self.memory.apart()]
        return {j for ks in together if k in ks for j in ks if j != k}

    def add(self, rows: Iterable[Decision]) -> list[int]:
        """Take in the next rows of the ledger; those known already are passed over. Returns the items concerned."""
        here = [about for about in self.memory.add(rows) if self._ks(about)]
        if here:
            self._look_again(here)
            self.changed_at = self.seq
        return [k for about in here for k in self._ks(about)]

    def _look_again(self, keys: list[str]) -> None:
        ks = [k for about in keys for k in self._ks(about)]
        opinions = self.memory.opinions({self.ids[k]: self.hashes[k] for k in ks})
        for k in ks:
            self._forget(k)
            if said := opinions.get(self.ids[k]):
                self._note(k, said)
        for about in keys:
            for row in self.memory.standing(about):
                if row.action == "skip":
                    for k in self._ks(about):
                        if k not in self.own(row.actor):
                            self._skipped[row.actor][k] = row.seq

    def _forget(self, k: int) -> None:
        for decision in looked_at(self.opinions.pop(k, ()), self.labels[k]):
            self._own[decision.actor].discard(k)
        for skipped in self._skipped.values():
            skipped.pop(k, None)
        self._count(k, -1)
        self._resolutions.pop(k, None)
        self.disputed.discard(k)
        self._several.discard(k)
        self.n_opinions[k], self.settled[k], self.verdicts[k] = 0, False, 0

    def _note(self, k: int, said: tuple[Decision, ...]) -> None:
        self.opinions[k] = said
        of_it = looked_at(said, self.labels[k])
        self.n_opinions[k] = len(of_it)
        if len(of_it) > 1:
            self._several.add(k)
        self.settled[k] = any(d.settles for d in said)
        stands = self._resolutions[k] = resolved(said)
        if stands.outcome == "disputed":
            self.disputed.add(k)
        word = (
            ("confirm" if stands.label == self.labels[k] else "relabel")
            if stands.outcome == "label"
            else stands.outcome
        )
        self.verdicts[k] = VERDICTS.index(word)
        self._count(k, 1)
        for decision in of_it:
            self._own[decision.actor].add(k)

    def _count(self, k: int, by: int) -> None:
        if verdict := VERDICTS[self.verdicts[k]]:
            self._n_found[verdict] += by
        if verdict == "relabel":
            self._n_labels[str(self._resolutions[k].label)] += by
