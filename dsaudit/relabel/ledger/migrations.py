"""The ledger's tables, as numbered steps. A step that was ever released is never edited: the next one changes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from dsaudit import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

_TABLES = """
CREATE TABLE dsaudit_decisions (
    seq {key} PRIMARY KEY,
    request_id TEXT NOT NULL UNIQUE,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    item_id TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    old_label TEXT,
    new_label TEXT,
    note TEXT NOT NULL,
    cause TEXT NOT NULL,
    rule TEXT NOT NULL,
    score DOUBLE PRECISION,
    suggestion TEXT NOT NULL,
    run_id TEXT NOT NULL,
    tool_version TEXT NOT NULL,
    reverts BIGINT,
    settles SMALLINT NOT NULL,
    blind SMALLINT NOT NULL,
    at TEXT NOT NULL,
    prev_hash TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE
)"""

_CLAIMS = """
CREATE TABLE dsaudit_claims (
    actor TEXT NOT NULL,
    part TEXT NOT NULL,
    items TEXT[] NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (actor, part)
)"""

_FIELD = "ALTER TABLE dsaudit_decisions ADD COLUMN field TEXT NOT NULL DEFAULT ''"

_SQLITE_GUARDS = (
    "CREATE TRIGGER dsaudit_no_update BEFORE UPDATE ON dsaudit_decisions"
    " BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
    "CREATE TRIGGER dsaudit_no_delete BEFORE DELETE ON dsaudit_decisions"
    " BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
    # INSERT OR REPLACE deletes without asking the trigger above
    "CREATE TRIGGER dsaudit_at_the_end BEFORE INSERT ON dsaudit_decisions"
    " WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM dsaudit_decisions)"
    " OR EXISTS (SELECT 1 FROM dsaudit_decisions WHERE request_id = NEW.request_id OR hash = NEW.hash)"
    " BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
)

_POSTGRES_GUARDS = (
    "CREATE FUNCTION dsaudit_refuse() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$",
    "CREATE TRIGGER dsaudit_no_change BEFORE UPDATE OR DELETE ON dsaudit_decisions"
    " FOR EACH ROW EXECUTE FUNCTION dsaudit_refuse()",
    "CREATE TRIGGER dsaudit_no_truncate BEFORE TRUNCATE ON dsaudit_decisions"
    " FOR EACH STATEMENT EXECUTE FUNCTION dsaudit_refuse()",
    "CREATE FUNCTION dsaudit_at_the_end() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " IF NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM dsaudit_decisions)"
    " THEN RAISE EXCEPTION 'the ledger is append-only'; END IF; RETURN NEW; END $$",
    "CREATE TRIGGER dsaudit_at_the_end BEFORE INSERT ON dsaudit_decisions"
    " FOR EACH ROW EXECUTE FUNCTION dsaudit_at_the_end()",
)


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema: statements for each backend, in order."""

    version: int
    sqlite: tuple[str, ...]
    postgresql: tuple[str, ...]


MIGRATIONS: tuple[Migration, ...] = (
    Migration(1, (_TABLES.format(key="INTEGER"),), (_TABLES.format(key="BIGINT"),)),
    Migration(2, _SQLITE_GUARDS, _POSTGRES_GUARDS),
    Migration(3, (_FIELD,), (_FIELD,)),
    Migration(4, (), (_CLAIMS,)),
)
"""1: the rows. 2: the database itself refuses every change but a next row. 3: rows may speak of a field. 4: what is on
whose screen, where several servers may ask at once."""

NEWEST = MIGRATIONS[-1].version
ADDED = {"field": 3}
"""Columns that the table did not have from the start, and since which version it has them."""
_SCHEMA = "dsaudit_schema"


def version_of(connection: sa.Connection) -> int | None:
    """Version of the ledger in a database; 0 where the database is empty, None where it is something else's.

    A PostgreSQL database may hold other tables: there, no ledger yet is 0 too.
    """
    inspector = sa.inspect(connection)
    if inspector.has_table(_SCHEMA):
        return int(connection.execute(sa.text(f"SELECT coalesce(max(version), 0) FROM {_SCHEMA}")).scalar_one())
    return None if connection.dialect.name == "sqlite" and inspector.get_table_names() else 0


def migrate(connection: sa.Connection, migrations: Sequence[Migration] = MIGRATIONS) -> list[int]:
    """Bring the schema forward, inside the transaction that ``connection`` is in.

    Returns
    -------
    list of int
        Versions applied; none where the schema was up to date.
    """
    version = version_of(connection) or 0
    if version == 0 and not sa.inspect(connection).has_table(_SCHEMA):
        connection.exec_driver_sql(
            f"CREATE TABLE {_SCHEMA} (version INTEGER PRIMARY KEY, at TEXT NOT NULL, tool_version TEXT NOT NULL)"
        )
    applied = []
    for migration in migrations:
        if migration.version <= version:
            continue
        for statement in migration.sqlite if connection.dialect.name == "sqlite" else migration.postgresql:
            connection.exec_driver_sql(statement)
        connection.execute(
            sa.text(f"INSERT INTO {_SCHEMA} VALUES (:version, :at, :tool)"),
            {"version": migration.version, "at": datetime.now(UTC).isoformat(), "tool": __version__},
        )
        applied.append(migration.version)
    return applied
