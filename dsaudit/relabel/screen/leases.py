"""Which items are on whose screen, so that two people at work at once do not hear the same one needlessly."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

HELD_S = 300.0
"""How long items wait for a person of whom nothing is heard."""


class Leases:
    """Items handed out and not decided yet, in memory only: losing them costs nothing but a second hearing.

    Parameters
    ----------
    clock : callable
        Seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._held: dict[str, dict[str, set[int]]] = {}
        self._seen: dict[str, float] = {}

    def touch(self, actor: str) -> None:
        """The person is there."""
        self._seen[actor] = self._clock()

    def hold(self, actor: str, ks: Iterable[int], *, where: str) -> None:
        """The items on a part of the person's screen (``where``) are now these and no others."""
        self._held.setdefault(actor, {})[where] = set(ks)

    def release(self, actor: str, ks: Iterable[int]) -> None:
        """The person has decided on these."""
        for held in self._held.get(actor, {}).values():
            held.difference_update(ks)

    def others(self, actor: str) -> Counter[int]:
        """How many other people who are still there have each item on their screen."""
        since = self._clock() - HELD_S
        counts: Counter[int] = Counter()
        for other, parts in self._held.items():
            if other != actor and self._seen.get(other, since) > since:
                counts.update(set().union(*parts.values()))
        return counts
