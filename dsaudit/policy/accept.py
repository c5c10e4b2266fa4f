"""Findings of a run that are meant by codes or fingerprints, as accepted ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dsaudit.errors import UsageError
from dsaudit.types import Accepted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsaudit.store.run import Run

_FINGERPRINT = re.compile(r"[0-9a-f]{8,32}")


def meant(run: Run, codes: Sequence[str], *, reason: str, by: str, at: str, expires: str = "") -> tuple[Accepted, ...]:
    """The findings that are meant.

    Parameters
    ----------
    codes : sequence of str
        Rule codes, prefixes of codes, rule names, or beginnings of fingerprints of 8 digits or more.
    reason, by, at, expires : str
        As of ``Accepted``.

    Raises
    ------
    UsageError
        One of them means no finding of the run.
    """
    table = run.findings
    rows = list(zip(table["fingerprint"], table["code"], table["name"], table["subject"], strict=True))
    found: dict[str, Accepted] = {}
    for entry in codes:
        told = entry.strip()
        own = [row for row in rows if told.lower() == row[2] or (told and row[1].startswith(told.upper()))]
        if _FINGERPRINT.fullmatch(told):
            own = own or [row for row in rows if row[0].startswith(told)]
        if not own:
            there = ", ".join(dict.fromkeys(row[1] for row in rows)) or "none"
            raise UsageError(f"{run.path.name} has no finding of {entry!r}", hint=f"it has findings of: {there}")
        for print_, code, _, subject in own:
            found[print_] = Accepted(code, print_, reason, by, at, expires, subject)
    return tuple(found.values())
