"""Accepted findings: one text file meant for git, a line of JSON for each, sorted; see ``dsaudit.store.records``."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from dsaudit.errors import ConfigError
from dsaudit.store.records import read_records, write_records
from dsaudit.types import Accepted

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from dsaudit.store.run import Run

_FINGERPRINT = re.compile(r"[0-9a-f]{32}")
_LINE = 'as in: {"code": "AUD002", "fingerprint": "…32 hex digits…", "reason": "…", "expires": "2027-01-31"}'


def read_accepted(path: Path) -> tuple[Accepted, ...]:
    """The accepted findings in a file, sorted, each once; none where there is no file.

    Raises
    ------
    ConfigError
        It cannot be read, a merge was left half-done, or a line is none of its lines.

    Examples
    --------
    >>> from pathlib import Path
    >>> write_accepted(Path("accepted.jsonl"), [Accepted("AUD002", "0" * 32, "a quiet room", subject="yes/1.wav")])
    >>> read_accepted(Path("accepted.jsonl"))[0].reason
    'a quiet room'
    """
    found: dict[tuple[str, str], Accepted] = {}
    for one in read_records(
        path,
        Accepted,
        check=_checked,
        noun="accepted finding",
        hint=_LINE,
        missing="give another one with --accepted",
    ):
        old = found.get((one.code, one.fingerprint))
        # accepted on two branches: the longer acceptance is in force
        if old is None or (one.expires or "9999") > (old.expires or "9999"):
            found[one.code, one.fingerprint] = one
    return _sorted(found.values())


def write_accepted(path: Path, accepted: Iterable[Accepted]) -> None:
    """Write them, sorted.

    Raises
    ------
    StoreError
        That is not possible.
    """
    write_records(path, _sorted(accepted))


def merged(
    old: Iterable[Accepted], new: Iterable[Accepted], *, run: Run | None = None, today: str = ""
) -> tuple[Accepted, ...]:
    """Both, where the new say of a finding otherwise than the old the new.

    Parameters
    ----------
    run : Run, optional
        Drop the old whose finding it looked for and does not have, and those that ended before ``today``.
    """
    kept = {(one.code, one.fingerprint): one for one in old}
    if run is not None:
        there = set(run.findings["fingerprint"])
        ran = {rule.code for rule in run.rules if rule.outcome == "ran"}
        kept = {
            key: one
            for key, one in kept.items()
            if (one.fingerprint in there or one.code not in ran) and not (one.expires and one.expires < today)
        }
    return _sorted({**kept, **{(one.code, one.fingerprint): one for one in new}}.values())


def checked_day(text: str) -> str:
    """A day as the file has it.

    Raises
    ------
    ConfigError
        It is none.

    Examples
    --------
    >>> checked_day("2026-12-31")
    '2026-12-31'
    """
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        raise ConfigError(f"{text!r} is no day", hint="as in: --expires 2027-01-31") from None


def _sorted(accepted: Iterable[Accepted]) -> tuple[Accepted, ...]:
    return tuple(sorted(accepted, key=lambda one: (one.code, one.subject, one.fingerprint)))


def _checked(one: Accepted) -> None:
    if not one.reason.strip() or not _FINGERPRINT.fullmatch(one.fingerprint):
        raise ValueError
    if one.expires:
        checked_day(one.expires)
