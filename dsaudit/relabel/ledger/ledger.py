"""The ledger: what people decided, row after row, never changed and never deleted.

SQLite in a file by default, PostgreSQL for teams. Undo is a row that takes an earlier one back. Every row carries
the hash of the one before, so that a change made behind the ledger's back shows (``Ledger.verify``).
"""

from __future__ import annotations

import json
import threading
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import sqlalchemy as sa

from dsaudit import __version__
from dsaudit.errors import LedgerError, RequestTakenError
from dsaudit.relabel.ledger.chain import SAID, Verification, fault, sealed, storable, verified
from dsaudit.relabel.ledger.database import Database, damage_of
from dsaudit.relabel.ledger.history import History, batch_of
from dsaudit.relabel.ledger.leases import Leases, SharedLeases
from dsaudit.relabel.ledger.migrations import ADDED
from dsaudit.relabel.ledger.place import ledger_url, place_of
from dsaudit.types import Decision

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType
    from typing import Self

__all__ = ["Ledger", "Verification", "ledger_url"]

_NAMES = tuple(f.name for f in fields(Decision))
_TYPES = {"seq": sa.BigInteger, "reverts": sa.BigInteger, "score": sa.Double, "settles": sa.SmallInteger}
_TYPES["blind"] = sa.SmallInteger
TABLE = sa.Table(
    "dsaudit_decisions",
    sa.MetaData(),
    *(sa.Column(name, _TYPES.get(name, sa.Text), primary_key=name == "seq") for name in _NAMES),
)
_FLAGS = (_NAMES.index("settles"), _NAMES.index("blind"))
_TRUTH = {0: False, 1: True}
_CHUNK = 500


class Ledger:
    """An open ledger. Safe to use from several threads; close it, or use it in a ``with`` statement."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.RLock()
        self._history = History()

    @classmethod
    def open(cls, where: str | os.PathLike[str], *, create: bool = True, read_only: bool = False) -> Ledger:
        """Open a ledger, and bring its schema up to date unless it is only read.

        Parameters
        ----------
        where : path or str
            A file, or ``postgresql://user:password@host/database`` (needs ``dsaudit[postgres]``; the password
            may be in ``PGPASSWORD``, ``PGPASSFILE`` or ``~/.pgpass`` instead).
        create : bool
            Make it where there is none.

        Raises
        ------
        LedgerError
            It is not there, is no ledger, is locked, read-only, out of reach, or of a newer version.
        MissingExtraError
            PostgreSQL's driver is not installed.
        """
        return cls(Database(place_of(where), create=create, read_only=read_only))

    @staticmethod
    def exists(where: str | os.PathLike[str]) -> bool:
        """Whether there is a ledger to open. For a file only its presence is looked at.

        Raises
        ------
        LedgerError
            A database cannot be asked.
        """
        place = place_of(where)
        if place.path is not None:
            return place.path.is_file()
        return Database.holds_ledger(place)

    @property
    def where(self) -> str:
        """Address without password, fit to show."""
        return self._database.place.where

    def append(self, decisions: Sequence[Decision]) -> list[Decision]:
        """Store decisions: all of them or none, in one transaction.

        Parameters
        ----------
        decisions : sequence of Decision
            ``seq``, ``prev_hash`` and ``hash`` are filled in, and ``at``, ``tool_version`` and ``request_id``
            where they are empty.

        Returns
        -------
        list of Decision
            As stored, in the order given. For a request id that the ledger knows, the row it has; nothing is added.

        Raises
        ------
        RequestTakenError
            A request id stands for something else, in the ledger or in an earlier one of these decisions.
        LedgerError
            A decision that makes no sense, or a ledger that cannot be written.
        """
        prepared = [self._prepared(d) for d in decisions]
        if not prepared:
            return []
        with self._lock, self._database.writing() as connection:
            return self._store(connection, prepared)

    def append_after(self, choose: Callable[[list[Decision]], Sequence[Decision]]) -> list[Decision]:
        """Store what ``choose`` makes of all rows so far; nobody else writes in between."""
        with self._lock, self._database.writing() as connection:
            prepared = [self._prepared(d) for d in choose(list(_read(connection, many=True)))]
            return self._store(connection, prepared) if prepared else []

    def undo(self, actor: str, *, request_id: str = "", seq: int | None = None) -> list[Decision]:
        """Take back the person's last standing decision, with all that was decided together with it.

        Parameters
        ----------
        request_id : str, optional
            The same request said twice is done once, and answered with the same rows.
        seq : int, optional
            Take back this row instead, whoever's it is.

        Returns
        -------
        list of Decision
            The reverts stored; none where there is nothing to undo.

        Raises
        ------
        LedgerError
            There is no such row, or the ledger cannot be written.
        """
        return self._revert(actor, request_id, undo=True, seq=seq)

    def redo(self, actor: str, *, request_id: str = "") -> list[Decision]:
        """Take back the person's last undo; a decision made since then leaves nothing to redo."""
        return self._revert(actor, request_id, undo=False, seq=None)

    def rows(self, *, after: int = 0) -> list[Decision]:
        """Every row with ``seq`` above ``after``, in order, reverts included."""
        if not after:
            with self._database.reading() as connection:
                return list(_read(connection, many=True))
        with self._database.asking() as connection:
            return list(_read(connection, TABLE.c.seq > sa.literal_column(str(int(after)))))

    def count(self) -> int:
        """Number of rows."""
        with self._database.reading() as connection:
            return _head(connection)[0]

    def head(self) -> str:
        """Hash of the last row; empty where there is none."""
        with self._database.reading() as connection:
            return _head(connection)[1]

    def history(self) -> History:
        """What stands and what was taken back, as of now."""
        with self._lock, self._database.reading() as connection:
            return self._caught_up(connection)

    def leases(self) -> Leases | SharedLeases:
        """Which items are on whose screen: of a file, of those that this server asks."""
        return Leases() if self._database.place.path else SharedLeases(self._database)

    def verify(self, *heads: str) -> Verification:
        """Read every row against its hash, and the file's indexes and free pages with it.

        Parameters
        ----------
        *heads : str
            Hashes of last rows noted earlier: the ledger must still contain them. Without one, rows cut off at
            the end cannot be seen.
        """
        with self._database.reading() as connection:
            found = verified(_read(connection, many=True), *heads)
            if found.ok and (damage := damage_of(connection)):
                return replace(found, reason=damage)
            return found

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _prepared(self, decision: Decision) -> Decision:
        row = storable(decision)
        if reason := fault(row):
            raise LedgerError(f"a decision on {row.item_id or 'no item'!r} cannot be stored: {reason}")
        return replace(
            row,
            at=row.at or datetime.now(UTC).isoformat(timespec="microseconds"),
            tool_version=row.tool_version or __version__,
            request_id=row.request_id or uuid4().hex,
        )

    def _store(self, connection: sa.Connection, prepared: Sequence[Decision]) -> list[Decision]:
        known: dict[str, Decision] = {}
        asked = sorted({name for d in prepared for name in (d.request_id, *_same_request(d.request_id))})
        for start in range(0, len(asked), _CHUNK):
            for row in _read(connection, TABLE.c.request_id.in_(asked[start : start + _CHUNK])):
                known[row.request_id] = row
        seq, last = _head(connection)
        added: list[Decision] = []
        for decision in prepared:
            if (there := known.get(decision.request_id)) is not None:
                if any(getattr(there, name) != getattr(decision, name) for name in SAID):
                    raise _taken(decision.request_id, there)
            else:
                for name in _same_request(decision.request_id):  # one request decides or takes back, never both
                    if (other := known.get(name)) and (other.action == "revert") != (decision.action == "revert"):
                        raise _taken(decision.request_id, other)
                if decision.reverts is not None and not 0 < decision.reverts <= seq:
                    raise LedgerError(f"row {decision.reverts} cannot be taken back: {self.where} has no such row")
                row = sealed(decision, seq=seq + 1, prev_hash=last)
                seq, last = row.seq, row.hash
                known[row.request_id] = row
                added.append(row)
        names = _names(connection)
        values = [{name: _plain(getattr(row, name)) for name in names} for row in added]
        if connection.dialect.name == "postgresql" and len(values) > 1:  # one round trip for many rows
            many = sa.text(
                f"INSERT INTO dsaudit_decisions ({', '.join(names)}) SELECT {', '.join(names)}"
                " FROM json_populate_recordset(NULL::dsaudit_decisions, CAST(:rows AS json)) ORDER BY seq"
            )
            for start in range(0, len(values), _CHUNK):
                connection.execute(many, {"rows": json.dumps(values[start : start + _CHUNK])})
        elif values:
            connection.execute(sa.insert(TABLE), values)
        return [known[d.request_id] for d in prepared]

    def _revert(self, actor: str, request_id: str, *, undo: bool, seq: int | None) -> list[Decision]:
        named = storable(Decision(actor, "revert", "-", "", request_id=request_id))
        actor, request_id = named.actor, named.request_id
        batch = _batch_to_take_back(request_id) or uuid4().hex
        with self._lock, self._database.writing() as connection:
            if request_id and (done := _rows_of(connection, request_id, batch)):
                target = next(_read(connection, TABLE.c.seq == done[0].reverts), None)
                if target is None or done[0].actor != actor:
                    raise _taken(request_id, done[0])
                if target.seq != seq if seq is not None else undo == (target.action == "revert"):
                    raise _taken(request_id, done[0])
                return done
            history = self._caught_up(connection)
            if seq is None:
                targets = history.undoable(actor) if undo else history.redoable(actor)
            elif not 0 < seq <= history.seq:
                raise LedgerError(f"the ledger {self.where} has no row {seq}", hint="see: dsaudit ledger log")
            else:
                targets = [seq] if history.stands(seq) else []
            if not targets:
                return []
            about = [next(_read(connection, TABLE.c.seq == target)) for target in reversed(targets)]
            reverts = [
                Decision(
                    actor,
                    "revert",
                    row.item_id,
                    row.content_hash,
                    cause=row.cause,
                    rule=row.rule,
                    run_id=row.run_id,
                    reverts=row.seq,
                    request_id=f"{batch}/{k}",
                )
                for k, row in enumerate(about)
            ]
            return self._store(connection, [self._prepared(d) for d in reverts])

    def _caught_up(self, connection: sa.Connection) -> History:
        c = TABLE.c
        query = sa.select(c.seq, c.actor, c.reverts, c.request_id).where(c.seq > self._history.seq).order_by(c.seq)
        for row in connection.execute(query):
            self._history.add(row.seq, row.actor, row.reverts, row.request_id)
        return self._history


def _batch_to_take_back(request_id: str) -> str:
    """What the rows of an undo have before their ``/``."""
    return request_id.replace("%", "%25").replace("/", "%2F") if "/" in request_id else request_id


def _rows_of(connection: sa.Connection, request_id: str, batch: str) -> list[Decision]:
    """Rows that a request to undo may be answered with, or that its id stands for already."""
    c = TABLE.c.request_id
    found = _read(connection, c.startswith(f"{batch}/", autoescape=True) | (c == request_id))
    # SQLite's LIKE knows no upper case
    return [row for row in found if row.request_id == request_id or row.request_id.startswith(f"{batch}/")]


def _same_request(request_id: str) -> tuple[str, str, str]:
    """Ids of rows that would be of the same request: said alone, decided together, or taken back."""
    batch = batch_of(request_id)
    return batch, f"{batch}/0", f"{_batch_to_take_back(request_id)}/0"


def _taken(request_id: str, row: Decision) -> RequestTakenError:
    return RequestTakenError(
        f"the request id {request_id!r} stands for another decision, in row {row.seq}; nothing was stored",
        hint="a new decision needs an id of its own",
    )


def _head(connection: sa.Connection) -> tuple[int, str]:
    row = connection.execute(sa.select(TABLE.c.seq, TABLE.c.hash).order_by(TABLE.c.seq.desc()).limit(1)).first()
    return (row[0], row[1]) if row else (0, "")


def _read(connection: sa.Connection, *where: sa.ColumnElement[bool], many: bool = False) -> Iterator[Decision]:
    there = _names(connection)
    columns = (TABLE.c[name] if name in there else sa.literal("").label(name) for name in _NAMES)
    query = sa.select(*columns).where(*where).order_by(TABLE.c.seq)
    settles, blind = _FLAGS
    for found in connection.execute(query, execution_options={"yield_per": 10_000} if many else {}):
        values: list[Any] = list(found)
        values[settles] = _TRUTH.get(values[settles], values[settles])
        values[blind] = _TRUTH.get(values[blind], values[blind])
        yield Decision(*values)


def _names(connection: sa.Connection) -> list[str]:
    """The columns that the ledger has in its version."""
    version = connection.get_execution_options()["dsaudit_version"]
    return [name for name in _NAMES if ADDED.get(name, 0) <= version]


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else value
