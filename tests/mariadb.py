"""A real MariaDB of the tests' own, from whatever the machine has installed."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa

from hub.serving import free_port
from tests.sql_server import PASSWORD, USER, SqlServer

_START_SECONDS = 30


def binaries() -> tuple[str, str] | None:
    """The installed server, and what makes its data; None where it is not, and its tests are not
    collected."""
    folders = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin"))
    found = [shutil.which(name, path=folders) for name in ("mariadbd", "mariadb-install-db")]
    server, install = found
    return (server, install) if server and install else None


@contextmanager
def running_mariadb() -> Iterator[SqlServer]:
    """A server on loopback that asks for a password, with an empty database."""
    with TemporaryDirectory(prefix="hub-mariadb-") as folder, _serving(Path(folder)) as server:
        yield server


@contextmanager
def _serving(folder: Path) -> Iterator[SqlServer]:
    found, port = binaries(), free_port(0)
    assert found, "apt-get install mariadb-server"
    program, install = found
    data, first = folder / "data", folder / "first.sql"
    first.write_text(
        "CREATE DATABASE kota;\n"
        f"CREATE USER '{USER}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
        f"GRANT ALL ON kota.* TO '{USER}'@'127.0.0.1';\n"
    )
    # It does not run as root unless it is told to.
    as_root = ["--user=root"] if os.geteuid() == 0 else []
    subprocess.run(
        [install, "--no-defaults", *as_root, f"--datadir={data}", "--skip-test-db"],
        check=True,
        capture_output=True,
    )
    options = [
        *(f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1"),
        *(f"--socket={folder / 's'}", f"--init-file={first}", f"--pid-file={folder / 'pid'}"),
        *(
            "--skip-name-resolve",
            "--innodb-flush-log-at-trx-commit=0",
            "--character-set-server=utf8mb4",
        ),
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, "--no-defaults", *as_root, *options], stdout=log, stderr=log
        )
    server = SqlServer.at(port, "mariadb+pymysql", "kota")
    try:
        _until_it_answers(process, server.engine)
        yield server
    finally:
        process.kill()
        process.wait()


def _until_it_answers(process: "subprocess.Popen[bytes]", engine: sa.Engine) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            engine.connect().close()
        except sa.exc.OperationalError:
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return
