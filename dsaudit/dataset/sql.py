"""The rows that a database answers a query with. Nothing is ever written there."""

from __future__ import annotations

import re
import sqlite3
import ssl
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.exc import NoSuchModuleError, SQLAlchemyError

from dsaudit.errors import DatasetError, MissingExtraError, UsageError
from dsaudit.settings import shown

if TYPE_CHECKING:
    from collections.abc import Callable

_READS = frozenset({"select", "with", "values", "table"})
_ASIDE = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\$(\w*)\$.*?\$\1\$", re.DOTALL)
_ANSWER_S = 30.0
_AT_ONCE = 50_000
_REFUSED = "a query that writes is refused: nothing is changed in a database"
_READ_ONLY = re.compile(r"read-?only|25006", re.IGNORECASE)


def read_sql(url: str, query: str) -> pd.DataFrame:
    """What a database answers one query with, read in a transaction that cannot write.

    Parameters
    ----------
    url : str
        As SQLAlchemy takes it: ``postgresql://user:password@host/database``, ``sqlite:///PATH`` …
    query : str
        One ``SELECT``.

    Returns
    -------
    DataFrame
        Its columns in their order, of objects as the database gives them.

    Raises
    ------
    UsageError
        The query writes, is several, or is none.
    DatasetError
        The database cannot be reached, breaks off, or does not understand the query.
    MissingExtraError
        Its driver is not installed.

    Examples
    --------
    >>> import contextlib, sqlite3
    >>> with contextlib.closing(sqlite3.connect("shop.db")) as shop, shop:
    ...     _ = shop.execute("CREATE TABLE sale (town, paid)")
    ...     _ = shop.execute("INSERT INTO sale VALUES ('Bern', 3)")
    >>> read_sql("sqlite:///shop.db", "SELECT town, paid FROM sale").to_dict("records")
    [{'town': 'Bern', 'paid': 3}]
    """
    asked = _one_query(query)
    engine = _engine(url)
    try:
        with engine.connect() as connection, connection.begin():
            if engine.dialect.name in ("postgresql", "mysql", "mariadb"):
                connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            answer = connection.execute(sa.text(asked.replace(":", "\\:")))
            if not answer.returns_rows:
                raise UsageError(_REFUSED, hint="--query takes one SELECT")
            names, rows = list(answer.keys()), []
            while part := answer.fetchmany(_AT_ONCE):
                rows += [tuple(row) for row in part]
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise _explained(error, url) from error
    finally:
        engine.dispose()
    frame = pd.DataFrame(rows, columns=pd.Index(names, dtype=object), dtype=object)
    frame.attrs["called"] = "the query's answer"  # in messages
    return frame


def _one_query(query: str) -> str:
    """The query without what stands after it; refuses several, and those that begin as one that writes does."""
    bare = _ASIDE.sub(" ", _QUOTED.sub("''", query)).strip().rstrip(";").strip()
    first = re.match(r"[(\s]*(\w*)", bare)
    if not bare or first is None:
        raise UsageError("the query is empty", hint="as in: --query 'SELECT * FROM orders'")
    if ";" in bare:
        raise UsageError("there are several queries", hint="--query takes one SELECT")
    if first[1].casefold() not in _READS:
        raise UsageError(_REFUSED, hint="--query takes one SELECT")
    return query.strip().rstrip(";")


def _engine(url: str) -> sa.Engine:
    try:
        address = sa.make_url(re.sub(r"^postgres://", "postgresql://", url))
        if address.get_backend_name() == "sqlite":
            return sa.create_engine("sqlite://", creator=_sqlite(address.database or "", url))
        if address.get_backend_name() != "postgresql" or "+" in address.drivername:
            return sa.create_engine(address, hide_parameters=True)
    except NoSuchModuleError:
        raise UsageError(
            f"{shown(url)}: no such kind of database is known", hint="as in: postgresql://… or sqlite:///PATH"
        ) from None
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"{shown(url)} needs the package {error.name}", hint=f"pip install {error.name}"
        ) from None
    except (SQLAlchemyError, ValueError):
        hint = "as in: postgresql://user:password@host:5432/database or sqlite:///PATH"
        raise UsageError("the address of the database cannot be read", hint=hint) from None  # it may hold a password
    if find_spec("pg8000") is None:
        raise MissingExtraError("PostgreSQL needs the package pg8000", hint="pip install 'dsaudit[postgres]'")
    arguments: dict[str, Any] = {"timeout": _ANSWER_S, "application_name": "dsaudit"}
    mode = address.query.get("sslmode")
    if mode in ("require", "verify-ca", "verify-full", "disable"):
        arguments["ssl_context"] = False if mode == "disable" else _context(whole=mode != "require")
    plain = address.set(drivername="postgresql+pg8000", query={})
    return sa.create_engine(plain, connect_args=arguments, hide_parameters=True)


def _context(*, whole: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not whole:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _sqlite(database: str, url: str) -> Callable[[], sqlite3.Connection]:
    path = Path(database).expanduser().absolute()
    if not path.is_file():
        raise DatasetError(f"{path} does not exist", hint=f"--sql {url!r} names the file of an SQLite database")
    address = f"file:{quote(path.as_posix())}?mode=ro"
    return lambda: sqlite3.connect(address, uri=True, timeout=_ANSWER_S)


def _explained(error: Exception, url: str) -> DatasetError | UsageError:
    """The error as one line, without the password and without the query."""
    cause = getattr(error, "orig", None) or error
    details = cause.args[0] if cause.args else ""
    said = str(details.get("M", details)) if isinstance(details, dict) else str(details)
    code = str(details.get("C", "")) if isinstance(details, dict) else ""
    if _READ_ONLY.search(f"{said} {code}"):
        return UsageError(_REFUSED, hint="--query takes one SELECT")
    # of a password with an @ the driver takes the rest for the host
    where, words = shown(url).partition("?")[0], " ".join(re.sub(r"\S*@", "", said).split())[:300]
    lost = (
        isinstance(cause, OSError) or "connect" in words.lower() or "network" in words.lower() or code.startswith("57P")
    )
    if lost:
        return DatasetError(
            f"the connection to {where} failed or was lost: {words}",
            hint="is it up, and are host and port right? An @ in the password is written %40",
        )
    if code.startswith("28"):
        return DatasetError(f"{where} refuses the user or the password", hint="check them in --sql, or DSAUDIT_SQL")
    return DatasetError(f"{where} cannot answer the query: {words}", hint="try the query in the database's own shell")
