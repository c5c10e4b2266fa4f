"""A PostgreSQL of one's own on loopback, for tests and benchmarks."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fabric_ledger import on_postgres

if TYPE_CHECKING:
    from collections.abc import Iterator


class NoPostgresError(Exception):
    """None can be started here, and why."""


@dataclass
class Postgres:
    """A server that is up; in it ``guarded`` is asked for the password ``open/sesame@1``, others for none."""

    folder: Path
    address: str
    programs: Path
    options: str
    as_user: dict[str, Any] = field(default_factory=dict)

    def run(self, program: str, *arguments: str) -> None:
        command = [str(self.programs / program), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder, timeout=60, **self.as_user)

    def control(self, *arguments: str) -> None:
        data = ["-D", str(self.folder / "data"), "-w", "-l", str(self.folder / "log"), "-o", self.options]
        self.run("pg_ctl", *data, *arguments)


@contextlib.contextmanager
def started_postgres(*, settings: str = "-c fsync=off") -> Iterator[Postgres]:
    """A throw-away server.

    Raises
    ------
    NoPostgresError
    """
    places = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    found = shutil.which("initdb") or next((str(p / "initdb") for p in places if (p / "initdb").exists()), None)
    if found is None:
        raise NoPostgresError("no PostgreSQL here (install it, or set DSAUDIT_TEST_POSTGRES)")
    other_user: dict[str, Any] = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        try:
            owner = pwd.getpwnam("postgres")
        except KeyError:
            raise NoPostgresError("PostgreSQL does not run as root, and there is no user postgres") from None
        other_user = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    folder = Path(tempfile.mkdtemp(prefix="dsaudit-pg-"))  # short, for the socket, and not below a private folder
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} {settings}"
    address = f"postgresql://dsaudit@127.0.0.1:{port}/postgres"
    server = Postgres(folder, address, Path(found).parent, options, other_user)
    try:
        if other_user:
            os.chown(folder, other_user["user"], other_user["group"])
        data = folder / "data"
        server.run("initdb", "-D", str(data), "-U", "dsaudit", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        rules = (data / "pg_hba.conf").read_text()
        (data / "pg_hba.conf").write_text(f"host all guarded 127.0.0.1/32 scram-sha-256\n{rules}")
        server.control("start")
        try:
            on_postgres(address, "CREATE ROLE guarded LOGIN PASSWORD 'open/sesame@1'")
            yield server
        finally:
            server.control("-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
