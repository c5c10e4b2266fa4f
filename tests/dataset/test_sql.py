"""Rows of a database: one query that reads; whatever writes is refused, and nothing is changed."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest
from relabel import conftest

from dsaudit import inspect
from dsaudit.cli import run
from dsaudit.dataset.sql import read_sql
from dsaudit.errors import DatasetError, UsageError

SALES = [("Bern", 3.5, None), ("Graz", 2.0, 2**62)]


postgres_server, postgres, own_postgres = conftest.postgres_server, conftest.postgres, conftest.own_postgres


@pytest.fixture
def shop(tmp_path):
    with contextlib.closing(sqlite3.connect(tmp_path / "shop.db")) as base, base:
        base.execute("CREATE TABLE sale (town TEXT, paid REAL, code INTEGER)")
        base.executemany("INSERT INTO sale VALUES (?, ?, ?)", SALES)
    return f"sqlite:///{tmp_path / 'shop.db'}"


WRITES = [
    "DELETE FROM sale",
    "INSERT INTO sale VALUES ('Ulm', 1, 1)",
    "WITH x AS (SELECT 1) DELETE FROM sale",
    "-- SELECT\nDROP TABLE sale",
    "SELECT 1; DROP TABLE sale",
    "PRAGMA user_version = 3",
    "",
]


def test_what_a_query_answers_is_a_table(shop):
    frame = read_sql(shop, "SELECT * FROM sale WHERE town <> ';' ORDER BY town;")
    assert [tuple(row) for row in frame.itertuples(index=False)] == SALES
    assert inspect(sql=shop, query="SELECT * FROM sale", modality="table").n_items == 2
    with pytest.raises(DatasetError, match="the query's answer has no column 'twon'; its columns are: 'town'"):
        inspect(sql=shop, query="SELECT * FROM sale", modality="table", label_column="twon")


@pytest.mark.parametrize("query", WRITES)
def test_a_query_that_writes_is_refused(shop, query):
    with pytest.raises(UsageError) as caught:
        read_sql(shop, query)
    assert "\n" not in str(caught.value)
    assert len(read_sql(shop, "SELECT * FROM sale")) == 2


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:////no/such/shop.db", "does not exist"),
        ("nothing", "cannot be read"),
        ("fancy://x/y", "no such kind of database"),
        ("postgres//me:secret@127.0.0.1/shop", "cannot be read"),
        ("postgresql://me:secret@127.0.0.1:1/shop", "failed or was lost"),
        ("postgresql://me:p@secret@127.0.0.1:1/shop", "failed or was lost"),
    ],
)
def test_what_cannot_be_reached_is_one_line_without_the_password(url, said):
    with pytest.raises(UsageError, match=said) as caught:
        read_sql(url, "SELECT 1")
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_postgresql_reads_and_refuses_as_well(postgres):
    signs = "SELECT '10:30' AS at, 3::text AS n, 'a%s' LIKE 'a%' AS alike, NULL AS b"
    assert read_sql(postgres, signs).to_dict("records") == [{"at": "10:30", "n": "3", "alike": True, "b": None}]
    for query in (
        "CREATE TABLE x (a int)",
        "SELECT 1 AS a INTO x",
        "WITH x AS (SELECT 1) SELECT setval('s', 1) FROM x",
    ):
        with pytest.raises(UsageError) as caught:
            read_sql(postgres, query)
        assert "\n" not in str(caught.value)
    with pytest.raises(UsageError, match="refused"):
        read_sql(postgres, "SELECT 1 AS a INTO x")


def test_a_connection_that_ends_halfway_is_one_line(postgres):
    with pytest.raises(UsageError, match="failed or was lost") as caught:
        read_sql(postgres, "SELECT pg_terminate_backend(pg_backend_pid()) FROM generate_series(1, 3)")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "words"), [("ge%2Fheim", "refuses the user or the password"), ("geh@heim", "failed or was lost")]
)
def test_a_wrong_password_is_one_line_and_shown_nowhere(own_postgres, tmp_path, capsys, monkeypatch, wrong, words):
    monkeypatch.chdir(tmp_path)
    host = own_postgres.partition("@")[2]
    asked = ("--query", "SELECT n, n % 2 AS odd FROM generate_series(1, 9) AS n", "--modality", "table")
    assert run(["inspect", "--sql", f"postgresql://guarded:open%2Fsesame%401@{host}", *asked]) == 0
    assert "sesame" not in "".join(capsys.readouterr())
    for command in ("inspect", "audit"):
        assert run([command, "--sql", f"postgresql://guarded:{wrong}@{host}", *asked]) == 2
        out, error = capsys.readouterr()
        said, hint = error.splitlines()
        assert words in said
        assert out == ""
        assert hint.strip().startswith("hint:")
        assert "heim" not in error
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(b"heim" in content or b"sesame" in content for content in written)


def test_what_the_database_does_not_know_is_said(shop):
    with pytest.raises(DatasetError, match="no such column: twon"):
        read_sql(shop, "SELECT twon FROM sale")


def test_a_dataset_and_a_query_are_not_both_named(shop, tmp_path):
    with pytest.raises(UsageError, match="both a dataset and a query"):
        inspect(tmp_path, sql=shop, query="SELECT 1")
    with pytest.raises(UsageError, match="no dataset is named"):
        inspect()
    with pytest.raises(UsageError, match="needs a --query"):
        inspect(sql=shop)
