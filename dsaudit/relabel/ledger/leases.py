"""Which items are on whose screen, so that two people at work at once do not hear the same one needlessly."""

from __future__ import annotations

import math
import threading
import time
from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from dsaudit.relabel.ledger.database import Database

    Turn = tuple[Mapping[str, set[str]], Callable[[Iterable[str]], None]]

HELD_S = 300.0
"""How long items wait for a person of whom nothing is heard."""
WATCHED_S = 1_800.0
"""How long they wait for one whose page is open and who does nothing."""
_ALL = f"SELECT actor, items FROM dsaudit_claims WHERE at > clock_timestamp() - interval '{HELD_S} seconds'"
_HOLD = (
    "INSERT INTO dsaudit_claims VALUES (%s, %s, CAST(%s AS TEXT[]), clock_timestamp())"
    " ON CONFLICT (actor, part) DO UPDATE SET items = excluded.items, at = excluded.at"
)
_RENEW = (
    "UPDATE dsaudit_claims SET at = clock_timestamp()"
    f" WHERE actor = %s AND at > clock_timestamp() - interval '{HELD_S} seconds'"
)


class Leases:
    """Items handed out, in memory: for one server. Losing them costs nothing but a second hearing.

    Parameters
    ----------
    clock : callable
        Seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._held: dict[str, dict[str, set[str]]] = defaultdict(dict)
        self._asked: dict[str, float] = {}
        self._seen: dict[str, float] = {}

    @contextmanager
    def turn(self, actor: str, part: str) -> Iterator[Turn]:
        """A person is given items; nobody else is meanwhile.

        What others decide may be seen late, so the ledger is to be read after this has begun: whoever gives an item
        up has decided on it before.

        Parameters
        ----------
        part : str
            Of the person's screen: ``queue`` or ``grid``.

        Returns
        -------
        (mapping, callable)
            Who else has an item, by what it is remembered by (``memory.key``), people left out of whom nothing was
            heard for ``HELD_S``; and what is told the items that this part of the screen holds from now on, and no
            others.
        """
        with self._lock:
            self._seen[actor] = self._asked[actor] = now = self._clock()
            found: dict[str, set[str]] = defaultdict(set)
            for other, parts in self._held.items():
                if other != actor and self._seen[other] > now - HELD_S:
                    for about in set().union(*parts.values()):
                        found[about].add(other)
            yield found, lambda items: self._held[actor].update({part: set(items)})

    def renew(self, actor: str) -> None:
        """The person's page is open: what they hold waits for ``HELD_S`` more, but for no longer than ``WATCHED_S``
        after they were last given something."""
        with self._lock:
            now = self._clock()
            if now - self._asked.get(actor, -math.inf) < WATCHED_S and now - self._seen[actor] < HELD_S:
                self._seen[actor] = now


class SharedLeases:
    """Items handed out, in PostgreSQL: for all servers on one ledger. As ``Leases``; a restart loses none."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database, self._clock = database, clock
        self._asked: dict[str, float] = {}

    @contextmanager
    def turn(self, actor: str, part: str) -> Iterator[Turn]:
        """See ``Leases.turn``. Where its body fails, nothing is held that was not before.

        Raises
        ------
        LedgerError
            The database cannot be asked, or others did not end their turn in time.
        """
        held: list[str] = []
        with self._database.claiming() as connection:
            found: dict[str, set[str]] = defaultdict(set)
            for other, items in connection.exec_driver_sql(_ALL):
                for about in items if other != actor else ():
                    found[about].add(other)
            yield found, held.extend
            connection.exec_driver_sql(_HOLD, (actor, part, held))
        self._asked[actor] = self._clock()

    def renew(self, actor: str) -> None:
        """See ``Leases.renew``; by the server that gave it.

        Raises
        ------
        LedgerError
            As ``turn``.
        """
        if self._clock() - self._asked.get(actor, -math.inf) < WATCHED_S:
            with self._database.claiming() as connection:
                connection.exec_driver_sql(_RENEW, (actor,))
