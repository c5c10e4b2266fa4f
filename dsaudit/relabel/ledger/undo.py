"""Undo from outside the screen, where nobody has given a name."""

from __future__ import annotations

import getpass
from itertools import islice
from typing import TYPE_CHECKING

from dsaudit.errors import LedgerError, UsageError

if TYPE_CHECKING:
    from dsaudit.relabel.ledger.ledger import Ledger


def undo_plan(
    ledger: Ledger, *, actor: str | None = None, last: int = 1, seq: int | None = None, redo: bool = False
) -> tuple[str, list[int]]:
    """Who undoes, and the rows that would be taken back, the latest first.

    Parameters
    ----------
    actor : str, optional
        Without it, the only person in the ledger; for ``seq``, the name that one is logged in under.
    redo : bool
        Take back their undos instead.

    Raises
    ------
    LedgerError
        There is no such row.
    UsageError
        Several people have decided and none is named.
    """
    history = ledger.history()
    if seq is not None:
        if seq > history.seq:
            raise LedgerError(f"the ledger {ledger.where} has no row {seq}", hint="see: dsaudit ledger log")
        return actor or getpass.getuser(), [seq] if history.stands(seq) else []
    people = history.people()
    if actor is None:
        if len(people) > 1:
            raise UsageError("several people have decided", hint=f"say whose: --actor {' or '.join(people[:5])}")
        actor = people[0] if people else getpass.getuser()
    units = history.undone_units(actor) if redo else history.units(actor)
    return actor, [row for unit in islice(units, last) for row in reversed(unit)]


def take_back(ledger: Ledger, actor: str, *, last: int = 1, seq: int | None = None, redo: bool = False) -> list[int]:
    """Undo, or redo, and the rows that were taken back."""
    if seq is not None:
        reverts = ledger.undo(actor, seq=seq)
    else:
        reverts = []
        for _ in range(last):
            step = ledger.redo(actor) if redo else ledger.undo(actor)
            if not step:
                break
            reverts += step
    return [row.reverts for row in reverts if row.reverts is not None]
