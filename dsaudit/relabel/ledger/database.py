"""The database under a ledger: connections, transactions that write one after the other, and errors in one line."""

from __future__ import annotations

import contextlib
import getpass
import ipaddress
import logging
import os
import re
import sqlite3
import ssl
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from dsaudit.errors import LedgerError, MissingExtraError
from dsaudit.relabel.ledger import migrations
from dsaudit.relabel.ledger.place import is_sqlite, may, uri_of
from dsaudit.relabel.ledger.refusals import explained

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dsaudit.relabel.ledger.place import Place

# connections that break are told of by our errors; without a handler, Python would print the pool's too
logging.getLogger("sqlalchemy.pool").addHandler(logging.NullHandler())

BUSY_S = 10.0
"""How long a writer waits for another one before it gives up."""
_ANSWER_S = 30.0
_WRITE, _CLAIM = 0x64736175_64697401, 0x64736175_64697402
"""PostgreSQL's locks: any numbers will do, as long as every version of dsaudit takes the same."""


class Database:
    """An open ledger's database, with its schema brought up to date.

    Raises
    ------
    LedgerError, MissingExtraError
    """

    def __init__(self, place: Place, *, create: bool = True, read_only: bool = False) -> None:
        self.place = place
        self.read_only = read_only
        self._file: tuple[int, int] | None = None
        if place.path is not None:
            _prepare(place.path, create=create, read_only=read_only)
            self.engine = self._at_once = _sqlite_engine(place.path, read_only=read_only)
        else:
            self.engine = _postgres_engine(place)
            self._at_once = _postgres_engine(place, isolation_level="AUTOCOMMIT")
        try:
            self._open(create=create)
        except BaseException:
            self.engine.dispose()
            raise

    def _open(self, *, create: bool) -> None:
        with self.reading() as connection:
            version = migrations.version_of(connection)
            self._check(version, create=create)
        # an older one that is only read is read as it is
        known = {"dsaudit_version": version if self.read_only else migrations.NEWEST}
        self.engine, self._at_once = (e.execution_options(**known) for e in (self.engine, self._at_once))
        if not self.read_only:
            if self.place.path is not None:
                with self._clear():
                    _write_ahead(self.engine)
            with self.writing() as connection:  # finds out now whether it can be written to
                self._check(migrations.version_of(connection), create=create)
                migrations.migrate(connection)
        if self.place.path is not None:
            self._file = _identity(self.place.path)

    def _check(self, version: int | None, *, create: bool) -> None:
        if version is None or (version == 0 and (self.read_only or not create)):
            what = "is not a ledger of dsaudit" if self.place.path else "holds no ledger of dsaudit"
            raise LedgerError(f"{self.place.where} {what}", hint="name another place with --ledger")
        if version > migrations.NEWEST:
            raise LedgerError(
                f"the ledger {self.place.where} was written by a newer dsaudit"
                f" (schema {version}, known up to {migrations.NEWEST})",
                hint="pip install -U dsaudit",
            )

    @classmethod
    def holds_ledger(cls, place: Place) -> bool:
        """Whether a PostgreSQL database holds a ledger."""
        database = cls.__new__(cls)
        database.place, database.engine = place, _postgres_engine(place)
        database._at_once = database.engine
        try:
            with database.reading() as connection:
                return bool(migrations.version_of(connection))
        finally:
            database.close()

    @contextlib.contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection that sees the ledger as it is now."""
        with self._clear(), self._connected(self.engine) as connection, connection.begin():
            yield connection

    @contextlib.contextmanager
    def asking(self) -> Iterator[sa.Connection]:
        """A connection for one short question, as of now; PostgreSQL answers it without a transaction around it."""
        with self._clear(), self._connected(self._at_once) as connection, connection.begin():
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that no other writer runs beside; stored when it ends, or not at all."""
        if self.read_only:
            raise LedgerError(f"the ledger {self.place.where} was opened for reading only")
        if self._file is not None and self.place.path is not None and _identity(self.place.path) != self._file:
            # a database that was removed takes rows without complaint, and they are gone when it is closed
            raise LedgerError(
                f"the ledger {self.place.where} was removed or replaced while in use; nothing was stored",
                hint="put it back, or start again",
            )
        writer = self.engine.execution_options(dsaudit_writes=True)
        with self._clear(), self._connected(writer) as connection, connection.begin():
            if connection.dialect.name == "postgresql":
                _alone(connection, _WRITE)
            yield connection

    @contextlib.contextmanager
    def claiming(self) -> Iterator[sa.Connection]:
        """A transaction on PostgreSQL's ``dsaudit_claims`` that no other claim runs beside, while rows are written."""
        with self._clear(), self._connected(self.engine) as connection, connection.begin():
            _alone(connection, _CLAIM)
            yield connection

    def _connected(self, engine: sa.Engine) -> sa.Connection:
        try:
            return engine.connect()
        except OSError:  # pg8000's own way to say that a connection of the pool was cut; nothing was sent on it yet
            engine.dispose()
            return engine.connect()

    @contextlib.contextmanager
    def _clear(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error, OSError, UnicodeDecodeError) as error:
            raise explained(error, self.place.where) from error

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()
        self._at_once.dispose()


def _alone(connection: sa.Connection, lock: int) -> None:
    # in this order, and in one round trip
    timeout = f"set_config('lock_timeout', '{int(BUSY_S * 1000)}', true)"
    connection.exec_driver_sql(f"SELECT {timeout}, pg_advisory_xact_lock({lock})")


def damage_of(connection: sa.Connection) -> str:
    """What is wrong with the file around the rows, where nothing may show until the next one is added; else empty.

    PostgreSQL looks after its own pages.
    """
    if connection.dialect.name != "sqlite":
        return ""
    found = str(connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one())
    if found == "ok":
        return ""
    return f"the rows can be read, but indexes or pages beside them are damaged: {' '.join(found.split())}"


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino


def _prepare(path: Path, *, create: bool, read_only: bool) -> None:
    """Say clearly, before SQLite is asked, what is wrong with the place."""
    try:
        if path.is_dir():
            raise LedgerError(f"the ledger {path} is a folder", hint="name a file, such as ledger.sqlite in it")
        if not path.exists():
            if read_only or not create:
                raise LedgerError(f"there is no ledger at {path}", hint="decisions make one: dsaudit relabel RUN")
            path.parent.mkdir(parents=True, exist_ok=True)
            return
    except OSError as error:
        raise LedgerError(f"the ledger {path} cannot be opened: {error.strerror}") from error
    if not may(path, os.R_OK):
        raise LedgerError(f"the ledger {path} cannot be read: permission denied")
    if not is_sqlite(path):
        raise LedgerError(f"{path} is not a ledger of dsaudit", hint="name another place with --ledger")
    if not read_only and not may(path, os.W_OK):  # SQLite would open it all the same, and refuse the first decision
        raise LedgerError(
            f"the ledger {path} cannot be written: it is read-only", hint="choose another place with --ledger"
        )


def _sqlite_engine(path: Path, *, read_only: bool) -> sa.Engine:
    uri = uri_of(path, "ro" if read_only else "rwc")
    if read_only and not path.with_name(path.name + "-wal").exists() and not _readable(uri):
        uri += "&immutable=1"  # SQLite reads no write-ahead database in a folder where it can put nothing

    def connect() -> sqlite3.Connection:
        # None: transactions begin when we say so, not when the driver thinks so
        return sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None, check_same_thread=False)

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=QueuePool, max_overflow=-1)

    @event.listens_for(engine, "connect")
    def _durable(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("dsaudit_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _readable(uri: str) -> bool:
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_S)
    try:
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1")
    except sqlite3.OperationalError as error:
        return not error.sqlite_errorname.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY"))
    except sqlite3.DatabaseError:
        pass  # said when it is opened
    finally:
        connection.close()
    return True


def _write_ahead(engine: sa.Engine) -> None:
    """Readers and the writer do not wait for each other. The file remembers it, so it is mostly done already."""
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        deadline = time.monotonic() + BUSY_S
        while cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            try:
                cursor.execute("PRAGMA journal_mode = WAL")
                break
            except sqlite3.OperationalError as error:  # SQLite does not wait here by itself
                if not error.sqlite_errorname.startswith("SQLITE_BUSY") or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
    finally:
        connection.close()


def _postgres_engine(place: Place, **more: Any) -> sa.Engine:
    if find_spec("pg8000") is None:
        raise MissingExtraError(
            "a ledger in PostgreSQL needs the package pg8000", hint="pip install 'dsaudit[postgres]'"
        )
    try:
        url = sa.make_url(place.url)
    except (SQLAlchemyError, ValueError):
        raise LedgerError(
            f"the address {place.where} cannot be read", hint="as in: postgresql://user:password@host:5432/database"
        ) from None
    options = {k: v if isinstance(v, str) else v[-1] for k, v in url.query.items()}
    arguments: dict[str, Any] = {"timeout": _ANSWER_S, "application_name": options.pop("application_name", "dsaudit")}
    mode = options.pop("sslmode", None) or os.environ.get("PGSSLMODE") or "prefer"
    if mode in ("prefer", "allow") and not _loopback(url.host):  # nobody asked to be read by others on the way
        mode = "require"
    arguments["ssl_context"] = _ssl(mode, options.pop("sslrootcert", None), place)
    if options:
        raise LedgerError(
            f"the address {place.where} has options that are not known: {', '.join(sorted(options))}",
            hint="known: sslmode, sslrootcert, application_name",
        )
    url = url.set(
        drivername="postgresql+pg8000",
        query={},
        username=url.username or os.environ.get("PGUSER") or getpass.getuser(),
    )
    # none at all would be an error inside of pg8000 where one is asked for
    arguments["password"] = url.password or os.environ.get("PGPASSWORD") or _password_of(url) or ""
    more |= {"pool_pre_ping": True, "max_overflow": -1, "hide_parameters": True}
    return sa.create_engine(url, connect_args=arguments, **more)


def _password_of(url: sa.URL) -> str | None:
    """What libpq would find in ``PGPASSFILE`` or ``~/.pgpass``: of the first line that fits, if only its owner may read
    the file."""
    named = os.environ.get("PGPASSFILE")
    wanted = (url.host or "localhost", str(url.port or 5432), url.database or url.username, url.username)
    try:
        path = Path(named) if named else Path.home() / ".pgpass"
        lines = path.read_text(encoding="utf-8").splitlines()
        exposed = os.name != "nt" and path.stat().st_mode & 0o077
    except (OSError, UnicodeDecodeError, RuntimeError):  # the last where nobody has a home
        return None
    for line in lines if not exposed else ():
        told = [re.sub(r"\\(.)", r"\1", part) for part in re.findall(r"((?:[^\\:]|\\.)*)(?::|$)", line)]
        if len(told) > 4 and all(t in ("*", w) for t, w in zip(told, wanted, strict=False)):
            return told[4]
    return None


def _loopback(host: str | None) -> bool:
    """Whether what is sent to a host stays on this machine."""
    if host is None or host.lower() == "localhost" or host.startswith("/"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _ssl(mode: str, root: str | None, place: Place) -> ssl.SSLContext | bool | None:
    """What the usual ``sslmode`` means, as pg8000 takes it: None encrypts where the server does."""
    if mode in ("disable", "allow", "prefer"):
        return False if mode == "disable" else None
    if mode not in ("require", "verify-ca", "verify-full"):
        raise LedgerError(f"the address {place.where} has sslmode {mode!r}", hint="require or verify-full")
    try:
        context = ssl.create_default_context(cafile=root)
    except OSError as error:
        raise LedgerError(f"the certificates in sslrootcert cannot be read: {error.strerror}") from error
    context.check_hostname = mode == "verify-full"
    if mode == "require" and root is None:
        context.verify_mode = ssl.CERT_NONE
    return context
