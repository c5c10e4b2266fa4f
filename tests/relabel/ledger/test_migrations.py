"""Ledgers of older versions come along, with their rows."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa
from fabric_ledger import behind_its_back, decision

from dsaudit.errors import LedgerError
from dsaudit.relabel.ledger import migrations
from dsaudit.relabel.ledger.ledger import Ledger
from dsaudit.relabel.ledger.migrations import MIGRATIONS, NEWEST, Migration
from dsaudit.relabel.memory import Memory


def tables_of(place: str) -> set[tuple]:
    if "://" in place:
        rows = behind_its_back(place, "SELECT tgname, '' FROM pg_trigger WHERE NOT tgisinternal")
        return {tuple(r) for r in rows}
    return set(behind_its_back(place, "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"))


def opened_by(monkeypatch, steps: tuple[Migration, ...], place: str) -> Ledger:
    """The ledger as a version of dsaudit that knows only ``steps`` opens it."""
    with monkeypatch.context() as older:
        older.setattr(migrations, "NEWEST", steps[-1].version)
        older.setattr(migrations.migrate, "__defaults__", (steps,))
        return Ledger.open(place)


def test_versions_are_numbered_from_1():
    assert [m.version for m in MIGRATIONS] == list(range(1, NEWEST + 1))
    assert all(m.sqlite or m.postgresql for m in MIGRATIONS)


@pytest.mark.parametrize("version", range(1, NEWEST))
def test_an_older_ledger_comes_along_with_its_rows(monkeypatch, new_place, version):
    place, fresh = new_place(), new_place()
    with opened_by(monkeypatch, MIGRATIONS[:version], place) as ledger:
        rows = ledger.append([decision(item=str(k), note="old", score=0.5) for k in range(20)])
        ledger.undo("alice")
    with Ledger.open(place, read_only=True) as ledger:  # reading changes nothing
        assert ledger.rows()[:20] == rows
    assert behind_its_back(place, "SELECT max(version) FROM dsaudit_schema")[0][0] == version
    with Ledger.open(place) as ledger, Ledger.open(fresh):
        assert ledger.rows()[:20] == rows
        assert ledger.verify(rows[-1].hash).ok
        assert len(ledger.redo("alice")) == 1
        assert len(Memory(ledger.rows())) == 20
    assert tables_of(place) == tables_of(fresh)
    applied = [v for (v,) in behind_its_back(place, "SELECT version FROM dsaudit_schema ORDER BY version")]
    assert applied == list(range(1, NEWEST + 1))


def test_a_field_that_a_later_version_adds_leaves_the_chain_whole(monkeypatch, place):
    added = "ALTER TABLE dsaudit_decisions ADD COLUMN place TEXT NOT NULL DEFAULT ''"
    later = (*MIGRATIONS, Migration(NEWEST + 1, (added,), (added,)))
    with Ledger.open(place) as ledger:
        ledger.append([decision()])
    with opened_by(monkeypatch, later, place) as ledger:
        assert ledger.append([decision()])[0].seq == 2
        assert ledger.verify().ok
    with pytest.raises(LedgerError, match=f"schema {NEWEST + 1}, known up to {NEWEST}"):
        Ledger.open(place)


def test_a_step_that_fails_changes_nothing(monkeypatch, place):
    with Ledger.open(place) as ledger:
        (row,) = ledger.append([decision()])
    good = "CREATE TABLE dsaudit_more (x INTEGER)"
    broken = (*MIGRATIONS, Migration(NEWEST + 1, (good, "CREATE NONSENSE"), (good, "CREATE NONSENSE")))
    with pytest.raises(LedgerError, match="cannot be used"):
        opened_by(monkeypatch, broken, place)
    with Ledger.open(place) as ledger:
        assert ledger.rows() == [row]
        with ledger._database.reading() as connection:
            assert not sa.inspect(connection).has_table("dsaudit_more")


def test_opened_twice_at_once_is_made_once(new_place):
    import threading

    place = new_place()
    failures = []

    def work(k: int) -> None:
        try:
            with Ledger.open(place) as ledger:
                ledger.append([replace(decision(), item_id=str(k))])
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    with Ledger.open(place) as ledger:
        assert ledger.verify().n == 6
