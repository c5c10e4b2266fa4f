"""What databases say when they refuse, as one clear line."""

from __future__ import annotations

import sqlite3

from dsaudit.errors import LedgerError

_SQLITE = {
    "SQLITE_BUSY": ("is locked by another program", "close what else has it open, and try again"),
    "SQLITE_LOCKED": ("is locked by another program", "close what else has it open, and try again"),
    "SQLITE_READONLY": ("cannot be written: it or its folder is read-only", "choose another place with --ledger"),
    "SQLITE_PERM": ("may not be opened: permission denied", ""),
    "SQLITE_CANTOPEN": (
        "cannot be opened: it or its folder is missing, or may not be read or written",
        "choose another place with --ledger",
    ),
    "SQLITE_NOTADB": ("is not a ledger of dsaudit", "name another place with --ledger"),
    "SQLITE_CORRUPT": ("is damaged", "bring it back from a copy or an export"),
    "SQLITE_FULL": ("cannot be written: the disk is full; nothing was stored", "make room, and try again"),
    "SQLITE_IOERR": ("cannot be read or written: the disk reports an error", ""),
    "SQLITE_TOOBIG": ("does not take a text this long", ""),
}

_POSTGRES = {
    "28P01": (
        "refuses the user or the password",
        "check them; the password may also be in PGPASSWORD or ~/.pgpass (mode 600)",
    ),
    "3D": ("cannot be opened: there is no such database", "make it first: createdb NAME"),
    "55P03": ("is locked by another program", "try again when the other one is done"),
    "53100": ("cannot be written: the disk is full; nothing was stored", "make room, and try again"),
    "53300": ("takes no more connections", "try again later"),
    "25006": ("is read-only", "choose another place with --ledger"),
    "42501": (
        "may not be used by this user: permission denied",
        "the user must read and insert, change dsaudit_claims, and once create",
    ),
    "57P": ("is starting up or shutting down", "try again in a moment"),
}


def explained(error: Exception, where: str) -> LedgerError:
    """The error as one line about the ledger ``where``. Passwords and rows are not repeated.

    Parameters
    ----------
    error : sqlalchemy.exc.SQLAlchemyError, sqlite3.Error, OSError or UnicodeDecodeError
    """
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, UnicodeDecodeError):
        return LedgerError(f"the ledger {where} is damaged", hint=_SQLITE["SQLITE_CORRUPT"][1])
    if isinstance(cause, sqlite3.Error):
        name = getattr(cause, "sqlite_errorname", None) or ""
        for start, (words, hint) in _SQLITE.items():
            if name.startswith(start):
                return LedgerError(f"the ledger {where} {words}", hint=hint)
        if "decode" in str(cause):
            return LedgerError(f"the ledger {where} is damaged", hint=_SQLITE["SQLITE_CORRUPT"][1])
        return LedgerError(f"the ledger {where} cannot be used: {cause}")
    if isinstance(cause.__cause__, OSError) and cause.__cause__.strerror:  # pg8000 tells its own settings with it
        cause = cause.__cause__
    details = cause.strerror if isinstance(cause, OSError) else cause.args[0] if cause.args else ""
    if isinstance(details, dict):  # pg8000: the fields of PostgreSQL's message, C its code, M its words
        code = str(details.get("C", ""))
        if code == "28000":  # names user, host and database, never the password
            hint = "is the user right? where encryption is demanded, add ?sslmode=require"
            return LedgerError(f"the ledger {where} refuses this connection: {details.get('M', code)}", hint=hint)
        for start, (words, hint) in _POSTGRES.items():
            if code.startswith(start):
                return LedgerError(f"the ledger {where} {words}", hint=hint)
        return LedgerError(f"the ledger {where} cannot be used: {details.get('M', code)}")
    if "refuses ssl" in str(details).lower():
        hint = "encrypt it there, or accept that others may read on the way: add ?sslmode=disable"
        return LedgerError(f"the ledger {where} does not encrypt connections", hint=hint)
    return LedgerError(
        f"the ledger {where} cannot be reached: {' '.join(str(details).split())}"[:300],
        hint="is PostgreSQL running there, and are host and port right?",
    )
