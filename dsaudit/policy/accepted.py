"""Accepted findings: one text file meant for git, a line of JSON for each, sorted.

A line stands by itself, so that two branches that add some merge into one file; ``merge=union`` in the file of git's
attributes beside it has git do so without asking. Order and repetitions mean nothing to the reader.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, fields
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsaudit.errors import ConfigError
from dsaudit.store.files import write_atomic, writing
from dsaudit.types import Accepted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsaudit.store.run import Run

_MARKERS = re.compile(r"(?:<{7}|={7}|>{7}|\|{7})(?: |$)")
_FIELDS = tuple(field.name for field in fields(Accepted))
_FINGERPRINT = re.compile(r"[0-9a-f]{32}")


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
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}", hint="give another one with --accepted") from error
    found: dict[tuple[str, str], Accepted] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        if _MARKERS.match(line):
            raise ConfigError(
                f"{path}, line {number}: a merge was left half-done",
                hint="keep the lines of both sides and delete the markers: order and repetitions do not matter",
            )
        one = _read(line, f"{path}, line {number}")
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
    lines = []
    for one in _sorted(accepted):
        told = {name: value for name, value in asdict(one).items() if value}
        lines.append(json.dumps({name: told[name] for name in _FIELDS if name in told}, ensure_ascii=False))
    text = "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace")
    with writing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, lambda partial: partial.write_bytes(text))


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


def _read(line: str, where: str) -> Accepted:
    try:
        told: Any = json.loads(line)
        one = Accepted(**{name: told[name] for name in _FIELDS if name in told})
        if not all(isinstance(getattr(one, name), str) for name in _FIELDS) or not one.reason.strip():
            raise ValueError
        if not _FINGERPRINT.fullmatch(one.fingerprint):
            raise ValueError
        if one.expires:
            checked_day(one.expires)
    except (ValueError, TypeError, RecursionError, ConfigError):
        hint = 'as in: {"code": "AUD002", "fingerprint": "…32 hex digits…", "reason": "…", "expires": "2027-01-31"}'
        raise ConfigError(f"{where} is no accepted finding", hint=hint) from None
    return one
