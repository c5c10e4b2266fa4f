"""Places for ledgers: files, and databases of a PostgreSQL that the tests start for themselves."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import uuid
from pathlib import Path

import pytest
from fabric_ledger import on_postgres

# read now: tests run without settings from outside
_POSTGRES = os.environ.get("DSAUDIT_TEST_POSTGRES", "")


@pytest.fixture(scope="session")
def postgres():
    """Address of a PostgreSQL in which databases may be made: DSAUDIT_TEST_POSTGRES, else a throw-away one."""
    if _POSTGRES:
        yield _POSTGRES
        return
    pytest.importorskip("pg8000", reason="pg8000 is not installed")
    programs = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    found = shutil.which("initdb") or next((str(p / "initdb") for p in programs if (p / "initdb").exists()), None)
    if found is None:
        pytest.skip("no PostgreSQL here (install it, or set DSAUDIT_TEST_POSTGRES)")
    other_user = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        try:
            owner = pwd.getpwnam("postgres")
        except KeyError:
            pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
        other_user = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    folder = Path(tempfile.mkdtemp(prefix="dsaudit-pg-"))  # short, for the socket, and not below a private folder
    if other_user:
        os.chown(folder, other_user["user"], other_user["group"])
    data = folder / "data"

    def run(program: str, *arguments: str) -> None:
        command = [str(Path(found).with_name(program)), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd=folder, timeout=60, **other_user)

    try:
        run("initdb", "-D", str(data), "-U", "dsaudit", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        rules = (data / "pg_hba.conf").read_text()
        (data / "pg_hba.conf").write_text(f"host all guarded 127.0.0.1/32 scram-sha-256\n{rules}")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
        run("pg_ctl", "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            address = f"postgresql://dsaudit@127.0.0.1:{port}/postgres"
            on_postgres(address, "CREATE ROLE guarded LOGIN PASSWORD 'open/sesame@1'")
            yield address
        finally:
            run("pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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
