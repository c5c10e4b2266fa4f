"""Places for ledgers: files, and databases of a PostgreSQL that the tests start for themselves."""

from __future__ import annotations

import contextlib
import os
import uuid

import pytest
from fabric_ledger import on_postgres

from relabel.make_postgres import NoPostgresError, started_postgres

# read now: tests run without settings from outside
_POSTGRES = os.environ.get("DSAUDIT_TEST_POSTGRES", "")


@pytest.fixture(scope="session")
def postgres_server():
    """The throw-away PostgreSQL, which may be restarted."""
    pytest.importorskip("pg8000", reason="pg8000 is not installed")
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(started_postgres())
        except NoPostgresError as error:
            pytest.skip(str(error))
        yield server


@pytest.fixture(scope="session")
def postgres(request):
    """Address of a PostgreSQL in which databases may be made: DSAUDIT_TEST_POSTGRES, else a throw-away one."""
    return _POSTGRES or request.getfixturevalue("postgres_server").address


@pytest.fixture
def own_postgres(postgres):
    """The throw-away one, in which people may be made and `guarded` is asked for the password ``open/sesame@1``."""
    if _POSTGRES:
        pytest.skip("only on a PostgreSQL that the tests started")
    return postgres


@pytest.fixture(scope="session")
def new_database(postgres):
    """A function that makes an empty database and returns its address."""
    made = []

    def make() -> str:
        name = f"dsaudit_{uuid.uuid4().hex}"
        on_postgres(postgres, f"CREATE DATABASE {name}")
        made.append(name)
        address, _, options = postgres.partition("?")
        return f"{address.rpartition('/')[0]}/{name}{'?' if options else ''}{options}"

    yield make
    for name in made if _POSTGRES else ():  # a throw-away one goes as a whole
        on_postgres(postgres, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def new_place(request, tmp_path_factory):
    """A function that names a place where no ledger is yet; every test that asks runs on both databases."""
    if request.param == "postgresql":
        return request.getfixturevalue("new_database")
    return lambda: str(tmp_path_factory.mktemp("ledger") / "ledger.sqlite")


@pytest.fixture
def place(new_place):
    """A place where no ledger is yet."""
    return new_place()


@pytest.fixture
def unprivileged():
    """A context in which permissions count, which they do not for root."""

    @contextlib.contextmanager
    def as_nobody():
        if os.geteuid() != 0:
            yield
            return
        os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(0)

    return as_nobody
