"""Where a ledger is: a file, or a PostgreSQL database. Knows no database, so it is cheap to ask."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from dsaudit.errors import LedgerError
from dsaudit.settings import load_settings

LEDGER_FILE = "ledger.sqlite"

_POSTGRES = re.compile(r"^postgres(?:ql)?(?:\+\w+)?://", re.IGNORECASE)
_SMALLEST = 512  # bytes; SQLite takes a file that is smaller for an empty one, and would write over it
_SQLITE = re.compile(r"^sqlite(?:\+\w+)?:///", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """A ledger's address; exactly one of the two is set.

    Attributes
    ----------
    path : Path or None
        File of an SQLite ledger.
    url : str
        Address of a PostgreSQL database, as the user wrote it; may hold a password and is never shown.
    """

    path: Path | None
    url: str = ""

    @property
    def where(self) -> str:
        """Fit to show: without password and options."""
        return str(self.path) if self.path else without_password(self.url)


def place_of(where: str | os.PathLike[str]) -> Place:
    """What ``where`` means: a path, ``sqlite:///PATH`` or ``postgresql://…``.

    Raises
    ------
    LedgerError
        For an address of another kind.
    """
    text = os.fspath(where)
    if _POSTGRES.match(text):
        return Place(None, text)
    if (found := _SQLITE.match(text)) is not None:
        text = text[found.end() :]
    elif re.match(r"^[a-z][a-z0-9+.]+://", text, re.IGNORECASE):
        raise LedgerError(
            f"no ledger can be kept at {text.partition('://')[0]}://…", hint="give a file or a postgresql:// address"
        )
    if not text.strip():
        raise LedgerError("the name of the ledger is empty", hint="give a file or a postgresql:// address")
    return Place(Path(text).expanduser().absolute())


def ledger_url(where: str | os.PathLike[str] | None, *, beside: Path) -> str:
    """The address that ``Ledger.open`` takes.

    Parameters
    ----------
    where : path or str, optional
        What the user named: a file, or ``postgresql://…``, which is returned as it is. None: the usual file.
    beside : Path
        The ``.dsaudit`` folder.
    """
    place = place_of(beside / LEDGER_FILE if where is None else where)
    return str(place.path) if place.path else place.url


def ledger_of(source: str | os.PathLike[str], *, ledger: str | None = None) -> str:
    """The ledger of whatever the user points at.

    Parameters
    ----------
    source : path
        A run folder, a ``.dsaudit`` folder or what stands for one, a dataset's folder or manifest, or a ledger file.
    ledger : str, optional
        Where the user says it is; it wins. Then come the environment (``DSAUDIT_LEDGER``) and the settings file.

    Raises
    ------
    LedgerError
        There is nothing at ``source``.
    """
    start = Path(source).expanduser().absolute()
    if not start.exists():
        raise LedgerError(f"{start} does not exist", hint="name a run, a dataset, or the ledger itself")
    if ledger is None and start.is_file() and start.stat().st_size and is_sqlite(start):
        return str(start)
    return ledger_url(load_settings(start, flags={"ledger": ledger}).ledger, beside=results_of(start))


def results_of(start: Path) -> Path:
    """The ``.dsaudit`` folder that belongs to a run folder, to itself, to a dataset's folder or to a manifest."""
    if start.is_file():
        return start.parent / ".dsaudit"
    if (start / "run.json").is_file():
        return start.parent.parent
    if (start / "runs").is_dir() or (start / LEDGER_FILE).is_file() or start.name == ".dsaudit":
        # a dataset may have a class called "runs"; its own results then decide
        return start / ".dsaudit" if (start / ".dsaudit").is_dir() else start
    return start / ".dsaudit"


def without_password(url: str) -> str:
    """An address fit to show: whatever stands between the user's name and the last ``@`` is a secret."""
    scheme, _, rest = url.partition("://")
    credentials, at, host = rest.rpartition("@")
    user = credentials.partition(":")[0]
    return f"{scheme.partition('+')[0]}://{user}{at}{host.partition('?')[0]}"


def is_sqlite(path: Path) -> bool:
    """Whether the file is an SQLite database; an empty file is one to be.

    SQLite looks by itself: opening the file here and closing it would drop the locks that this process has on it.
    """
    if 0 < path.stat().st_size < _SMALLEST:
        return False
    connection = sqlite3.connect(uri_of(path, "ro"), uri=True)
    try:
        connection.execute("PRAGMA schema_version")
    except sqlite3.DatabaseError as error:
        return getattr(error, "sqlite_errorname", "") != "SQLITE_NOTADB"
    finally:
        connection.close()
    return True


def uri_of(path: Path, mode: str) -> str:
    """The file as SQLite's ``file:`` address, whatever characters its name has."""
    return f"file:{quote(os.fsencode(path.as_posix()))}?mode={mode}"


def may(path: Path, mode: int) -> bool:
    """Whether permissions let this process do ``os.R_OK`` or ``os.W_OK``; the file is not opened."""
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def heads_noted(results: Path, where: str) -> list[str]:
    """Hashes of the last row of the ledger ``where``, as the audits in a ``.dsaudit`` folder saw it."""
    heads = []
    for path in sorted((results / "runs").glob("[!.]*/run.json")):
        try:
            noted = json.loads(path.read_text(encoding="utf-8")).get("review") or {}
            if noted.get("ledger") == where and noted.get("head"):
                heads.append(str(noted["head"]))
        except (OSError, ValueError, AttributeError):  # a damaged run says nothing of the ledger
            continue
    return heads
