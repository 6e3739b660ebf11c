"""A mongod of the hub's own: found, started, shared by this machine's hub commands, stopped."""

import asyncio
import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sysconfig
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote_plus

import anyio
from anyio import to_thread
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError

from hub.store.mongo import Document, StoreUnavailableError

_REPLICA_SET = "hub"
_USER = "hub"
_NOT_YET_INITIALIZED = 94
_DATA_IS_HELD = 100
_START_SECONDS = 60.0
_STOP_SECONDS = 30.0


@asynccontextmanager
async def embedded_mongod(data_dir: Path) -> AsyncIterator[str]:
    """The URI of a mongod over `data_dir`/mongo, started if none runs there.

    Hub commands on one data directory share it; whoever leaves last stops it. What a killed
    command left running is found again. Raises StoreUnavailableError.
    """
    folder = data_dir / "mongo"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "users.lock").open("w") as users:
        await to_thread.run_sync(fcntl.flock, users, fcntl.LOCK_SH)
        mongod = _Mongod(folder)
        try:
            yield await mongod.ensure_running()
        finally:
            with anyio.CancelScope(shield=True), suppress(BlockingIOError):
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                await mongod.stop()


@contextmanager
def sole_hub(data_dir: Path) -> Iterator[None]:
    """Holds the data directory for one serving hub. Raises StoreUnavailableError for a second."""
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (data_dir / "hub.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise StoreUnavailableError(
                f"Another hub (process {lock.read() or 'unknown'}) already serves {data_dir}. "
                "Stop it, or give this one a directory of its own with HUB_DATA_DIR."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


class _Mongod:
    def __init__(self, folder: Path) -> None:
        # However the directory was named: the process is known by its path.
        folder = folder.absolute()
        self._folder = folder
        self._secret = folder / "secret"
        self._port_file = folder / "port"
        self._pid_file = folder / "pid"
        self._process: subprocess.Popen[bytes] | None = None

    async def ensure_running(self) -> str:
        with (self._folder / "start.lock").open("w") as lock:
            await to_thread.run_sync(fcntl.flock, lock, fcntl.LOCK_EX)
            password = self._password()
            port = self._remembered_port()
            pid = self._running_pid()
            if pid and port:
                # Never a second one on the same data, however long the first takes to answer.
                await self._until_it_answers(pid, port, password)
            else:
                port = await self._start(port)
                await self._form_replica_set(port, password)
            return self._uri(port, password)

    async def stop(self) -> None:
        """Asks for an orderly end; only past the limit is it killed (the journal heals that)."""
        pid = self._running_pid()
        if pid is None:
            return
        for number, seconds in ((signal.SIGTERM, _STOP_SECONDS), (signal.SIGKILL, _STOP_SECONDS)):
            with suppress(ProcessLookupError), anyio.move_on_after(seconds):
                os.kill(pid, number)
                while not self._has_exited(pid):  # noqa: ASYNC110 - it has no event for us
                    await anyio.sleep(0.05)
                break
        self._pid_file.unlink(missing_ok=True)

    def _has_exited(self, pid: int) -> bool:
        if self._process and self._process.pid == pid:
            return self._process.poll() is not None
        os.kill(pid, 0)  # raises ProcessLookupError once it has
        return False

    def _password(self) -> str:
        """The password, which is also the key file of the replica set's members."""
        with suppress(FileExistsError):
            descriptor = os.open(self._secret, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(32))
        return self._secret.read_text()

    def _remembered_port(self) -> int | None:
        try:
            return int(self._port_file.read_text())
        except (FileNotFoundError, ValueError):
            return None

    def _running_pid(self) -> int | None:
        """The pid that we noted, if it is still a mongod and ours (not a reused number)."""
        try:
            pid = int(self._pid_file.read_text())
        except (FileNotFoundError, ValueError):
            return None
        if self._process and self._process.pid == pid:
            return pid
        return pid if str(self._folder / "data") in _command_of(pid) else None

    async def _until_it_answers(self, pid: int, port: int, password: str) -> None:
        """Waits for a mongod that runs, and may just be starting. Raises StoreUnavailableError."""
        with anyio.move_on_after(_START_SECONDS):
            while True:
                try:
                    async with _client(self._uri(port, password)) as client:
                        await _until_primary(client)
                        return
                except PyMongoError:
                    await anyio.sleep(0.2)
        raise StoreUnavailableError(
            f"The embedded mongod (process {pid}) runs, but does not answer on port {port}. "
            f"Its log: {self._folder / 'mongod.log'}. Stop it to have another one started."
        )

    async def _start(self, preferred: int | None) -> int:
        binary = _find_mongod()
        data = self._folder / "data"
        data.mkdir(exist_ok=True)
        port = _free_port(preferred)
        with (self._folder / "mongod.log").open("ab") as log:
            # Returns at once; the process may outlive us.
            process = self._process = subprocess.Popen(  # noqa: S603, ASYNC220
                [
                    binary,
                    *("--dbpath", str(data)),
                    *("--port", str(port), "--bind_ip", "127.0.0.1"),
                    *("--replSet", _REPLICA_SET, "--keyFile", str(self._secret)),
                    *("--oplogSize", "256", "--wiredTigerCacheSizeGB", "1"),
                    "--nounixsocket",
                    "--quiet",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches the hub, which stops it in order
            )
        self._pid_file.write_text(str(process.pid))
        self._port_file.write_text(str(port))
        deadline = asyncio.get_running_loop().time() + _START_SECONDS
        while not _listens(port):
            if process.poll() is not None or asyncio.get_running_loop().time() > deadline:
                process.kill()
                held = process.returncode == _DATA_IS_HELD
                why = "another mongod holds its data." if held else _last_line(log)
                raise StoreUnavailableError(
                    f"The embedded mongod did not start: {why} "
                    f"Its log: {self._folder / 'mongod.log'}. "
                    "Or set HUB_MONGODB_URI to a MongoDB of your own."
                )
            await anyio.sleep(0.05)
        return port

    async def _form_replica_set(self, port: int, password: str) -> None:
        """Makes the set and its user at the first start; tells it of a new port at later ones."""
        member = {"_id": 0, "host": f"127.0.0.1:{port}"}
        try:
            async with _client(f"mongodb://127.0.0.1:{port}/?directConnection=true") as client:
                # Only before there is a user, and only from this machine, may this be done.
                config = {"_id": _REPLICA_SET, "members": [member]}
                await client.admin.command("replSetInitiate", config)
                await _until_primary(client)
                await client.admin.command("createUser", _USER, pwd=password, roles=["root"])
                return
        except OperationFailure:
            pass  # it has been made before: a user is needed
        async with _client(self._uri(port, password)) as client:
            known = await _known_config(client)
            if known["members"][0]["host"] != member["host"]:
                known["members"][0]["host"] = member["host"]
                known["version"] += 1
                await client.admin.command("replSetReconfig", known, force=True)
            await _until_primary(client)

    def _uri(self, port: int, password: str) -> str:
        return (
            f"mongodb://{_USER}:{quote_plus(password)}@127.0.0.1:{port}/"
            "?authSource=admin&directConnection=true"
        )


@asynccontextmanager
async def _client(uri: str) -> AsyncIterator[AsyncMongoClient[Document]]:
    async with AsyncMongoClient[Document](
        uri, serverSelectionTimeoutMS=5_000, socketTimeoutMS=10_000
    ) as client:
        yield client


async def _known_config(client: AsyncMongoClient[Document]) -> Document:
    """The set's configuration. A member first asks at its old port whether it is itself, which
    takes it half a minute where something else listens there and never answers."""
    with anyio.fail_after(_START_SECONDS):
        while True:
            try:
                found = await client.admin.command("replSetGetConfig")
            except OperationFailure as error:
                if error.code != _NOT_YET_INITIALIZED:
                    raise
                await anyio.sleep(0.1)
            else:
                return dict(found["config"])


async def _until_primary(client: AsyncMongoClient[Document]) -> None:
    with anyio.fail_after(_START_SECONDS):
        while True:
            hello: dict[str, Any] = await client.admin.command("hello")
            if hello.get("isWritablePrimary"):
                return
            await anyio.sleep(0.05)


def _find_mongod() -> str:
    """A mongod on PATH, else the one of the `embedded` extra."""
    if found := shutil.which("mongod"):
        return found
    bundled = Path(sysconfig.get_path("purelib")) / "fiftyone" / "db" / "bin" / "mongod"
    if bundled.exists():
        bundled.chmod(bundled.stat().st_mode | 0o111)
        return str(bundled)
    raise StoreUnavailableError(
        "There is no mongod on this machine. Install the extra 'complaint-hub[embedded]', put a "
        "mongod on PATH, or set HUB_MONGODB_URI to a replica set."
    )


def _command_of(pid: int) -> str:
    """The command line of a process, empty if there is none."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    listed = subprocess.run(  # noqa: S603 - macOS has no /proc
        ["/bin/ps", "-ww", "-o", "args=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    return listed.stdout


def _free_port(preferred: int | None) -> int:
    for candidate in (preferred or 0, 0):
        with socket.socket() as probe, suppress(OSError):
            # As mongod itself does: connections of one that was killed do not hold its port, which
            # is where everybody looks for the next one.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", candidate))
            return int(probe.getsockname()[1])
    raise StoreUnavailableError("No free port on 127.0.0.1 for the embedded mongod.")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _last_line(log: IO[bytes]) -> str:
    lines = Path(log.name).read_text(errors="replace").splitlines()
    return lines[-1][:300] if lines else "it printed nothing."
