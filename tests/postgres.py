"""A real PostgreSQL of the tests' own, from whatever the machine has installed."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from hub.serving import free_port
from tests.sql_server import PASSWORD, USER, SqlServer


def binaries() -> Path | None:
    """Where the newest installed server is; None where none is, and its tests are not collected."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    if found:
        return found[-1].parent
    return Path(on_path).parent if on_path else None


@contextmanager
def running_postgres() -> Iterator[SqlServer]:
    """A server on loopback that asks for a password. Its data are not under pytest's folder, which
    a pytest that starts beside this one closes to other users."""
    with TemporaryDirectory(prefix="hub-postgres-") as folder, _serving(Path(folder)) as server:
        yield server


@contextmanager
def _serving(folder: Path) -> Iterator[SqlServer]:
    where, port = binaries(), free_port(0)
    assert where, "apt-get install postgresql"
    data, secret = folder / "data", folder / "password"
    secret.write_text(PASSWORD)
    # PostgreSQL does not run as root.
    other = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if other:
        shutil.chown(folder, "postgres")
        shutil.chown(secret, "postgres")
    made = [*other, str(where / "initdb"), "-D", str(data), "-U", USER, "--pwfile", str(secret)]
    quick = ["--auth", "scram-sha-256", "--no-sync", "--encoding", "UTF8", "--locale", "C"]
    subprocess.run([*made, *quick], check=True, capture_output=True, cwd="/")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
    control = [*other, str(where / "pg_ctl"), "-D", str(data)]
    log = ["-l", str(folder / "log")]
    subprocess.run(
        [*control, *log, "-w", "-o", options, "start"], check=True, capture_output=True, cwd="/"
    )
    try:
        yield SqlServer.at(port, "postgresql+psycopg", "postgres")
    finally:
        subprocess.run(
            [*control, "-m", "immediate", "stop"], check=True, capture_output=True, cwd="/"
        )
