"""A ledger as a JSONL file, one row a line, and back: as a copy, or merged into another ledger."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dsaudit.dataset.text import in_one_line
from dsaudit.errors import LedgerError
from dsaudit.relabel.ledger.chain import SAID, fault, verified
from dsaudit.relabel.ledger.migrations import ADDED
from dsaudit.relabel.ledger.place import is_sqlite
from dsaudit.relabel.memory import Memory, key, of_one_copy
from dsaudit.store.files import digest, write_atomic
from dsaudit.types import NO_OPINION, OF_FIELDS, Decision

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from dsaudit.relabel.ledger.ledger import Ledger

IMPORTER = "dsaudit"
"""Who takes back, on import, what the same person said later in this ledger."""

_FIELDS = {f.name: str(f.type) for f in fields(Decision)}
_KINDS: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "Action": (str,),
    "str | None": (str, type(None)),
    "int": (int,),
    "int | None": (int, type(None)),
    "float | None": (int, float, type(None)),
    "bool": (bool,),
}


@dataclass(frozen=True, slots=True)
class Merged:
    """What an import did.

    Attributes
    ----------
    n : int
        Rows in the file.
    added : tuple of Decision
        Rows that are new in this ledger, as stored.
    n_older : int
        Of these, decisions that the same person has since replaced here: they are kept, and taken back at once.
    """

    n: int
    added: tuple[Decision, ...]
    n_older: int


def lines(rows: Iterable[Decision]) -> Iterator[str]:
    """Each row as one line of JSON, with every field."""
    for row in rows:
        yield json.dumps(asdict(row), ensure_ascii=False, allow_nan=False)


def export_rows(ledger: Ledger, path: Path) -> int:
    """Write every row as JSONL, whole or not at all; returns their number.

    Raises
    ------
    LedgerError
        ``path`` is a database, perhaps the ledger itself.
    StoreError
        It cannot be written.
    """
    if path.is_file() and path.stat().st_size and is_sqlite(path):
        raise LedgerError(f"{path} is a database and is not written over", hint="name another file")
    rows = ledger.rows()

    def write(partial: Path) -> None:
        with partial.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(line + "\n" for line in lines(rows))

    write_atomic(path, write)
    return len(rows)


def import_rows(ledger: Ledger, path: Path) -> Merged:
    """Add the rows of an exported ledger that this one does not have, in one transaction.

    A row is known by its request id, which it keeps, as it keeps who and when; place and hash are new, and a
    revert follows the row that it takes back. What a person said there before they said something else of the
    same item here is added too, and taken back at once, so that their latest word stands.

    Raises
    ------
    LedgerError
        The file is not a whole export, was changed, or contradicts the ledger; nothing is added.
    """
    incoming = read_rows(path)
    n_older = 0

    def choose(existing: list[Decision]) -> list[Decision]:
        nonlocal n_older
        new, n_older = merged(existing, incoming, source=path.name)
        return new

    added = tuple(ledger.append_after(choose))
    return Merged(len(incoming), added, n_older)


@in_one_line
def read_rows(path: Path) -> list[Decision]:
    """The rows of an exported ledger.

    Raises
    ------
    LedgerError
        It cannot be read, is not an export, or its chain of hashes is broken.
    """
    rows: list[Decision] = []
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    rows.append(_row(line, f"{path.name}, line {number}"))
    except OSError as error:
        raise LedgerError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise LedgerError(
            f"{path} is not text in UTF-8", hint="import takes what `dsaudit ledger export` wrote"
        ) from error
    found = verified(rows)
    if not found.ok:
        raise LedgerError(
            f"{path.name} is no whole, unchanged export: row {found.broken_seq}: {found.reason}; nothing was added",
            hint="export the other ledger again",
        )
    return rows


def merged(existing: Sequence[Decision], incoming: Sequence[Decision], *, source: str) -> tuple[list[Decision], int]:
    """Rows to append to ``existing`` so that it contains ``incoming``, and how many of them are out of date.

    Raises
    ------
    LedgerError
        A request id stands for something else in each.
    """
    known = {row.request_id: row for row in existing}
    there, memory = Memory(incoming), Memory(existing)
    seqs: dict[int, int] = {}
    new: list[Decision] = []
    n_older = 0
    for row in incoming:
        mapped = replace(row, reverts=None if row.reverts is None else seqs[row.reverts])
        if (here := known.get(row.request_id)) is not None:
            # two imports may each have taken the same row back
            said = ("reverts",) if row.actor == IMPORTER else (*SAID, "at")
            if any(getattr(here, name) != getattr(mapped, name) for name in said):
                raise LedgerError(
                    f"row {row.seq} of {source} and row {here.seq} here have the same request id and say"
                    " different things; nothing was added"
                )
            seqs[row.seq] = here.seq
            continue
        new.append(mapped)
        seqs[row.seq] = len(existing) + len(new)
        if row.reverts is None and there.history.stands(row.seq) and (newer := _newer(memory, row)) is not None:
            n_older += 1
            new.append(
                Decision(
                    IMPORTER,
                    "revert",
                    row.item_id,
                    row.content_hash,
                    note=f"row {newer.seq} is later",
                    reverts=seqs[row.seq],
                    request_id=f"older-{digest(row.request_id)}",
                )
            )
    return new, n_older


def _newer(memory: Memory, row: Decision) -> Decision | None:
    """A later word of the same person on the same item, or a later one that settled it."""
    about = key(row.item_id, row.content_hash)
    if row.action in OF_FIELDS:
        said = [d for d in memory.standing(about) if d.action in OF_FIELDS and d.field == row.field]
    elif row.action in NO_OPINION:
        return None
    else:
        said = memory.said(about)
    rivals = [d for d in said if d.actor == row.actor] + [d for d in said if d.settles and row.settles]
    for rival in reversed(rivals):
        same = rival.item_id == row.item_id or not (of_one_copy(rival) or of_one_copy(row))
        if same and datetime.fromisoformat(rival.at) > datetime.fromisoformat(row.at):
            return rival
    return None


def _row(line: str, place: str) -> Decision:
    """One line of the file, every field of the kind that it must be."""

    def refuse(why: str) -> LedgerError:
        return LedgerError(f"{place}: {why}; nothing was added", hint="import takes what `dsaudit ledger export` wrote")

    try:
        values: Any = json.loads(line)
    except (ValueError, RecursionError):
        raise refuse("not JSON") from None
    if not isinstance(values, dict):
        raise refuse("not a row of a ledger")
    if unknown := sorted(values.keys() - _FIELDS.keys()):
        raise refuse(f"has the field {unknown[0]!r}, which this version of dsaudit does not know")
    for name, kind in _FIELDS.items():
        if name in ADDED:  # an older version did not know it
            values.setdefault(name, "")
        if name not in values:
            raise refuse(f"has no field {name!r}")
        value = values[name]
        if not isinstance(value, _KINDS[kind]) or (isinstance(value, bool) and kind != "bool"):
            raise refuse(f"the field {name!r} is of the wrong kind")
    row = Decision(**values)
    if not row.request_id or (reason := fault(row)):
        raise refuse(reason if row.request_id else "has no request id")
    try:
        zone = datetime.fromisoformat(row.at).tzinfo
    except ValueError:
        zone = None
    if zone is None:
        raise refuse(f"{row.at!r} is not a time with its zone")
    return row
