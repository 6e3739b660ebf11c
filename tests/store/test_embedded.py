"""The hub's own mongod: found again, shared, healed, and stopped by whoever leaves last."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import anyio
import pytest

from hub.store import embedded
from hub.store.embedded import embedded_mongod, sole_hub
from hub.store.mongo import Driver, StoreUnavailableError, connect


async def note(uri: str) -> int:
    """Leaves a document behind and counts those that were left before."""
    async with connect(uri, Driver.PYMONGO, "visits") as database:
        before = await database["visits"].count_documents({})
        await database["visits"].insert_one({})
        return before


def pid_in(folder: Path) -> int:
    return int((folder / "mongo" / "pid").read_text())


def runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


async def test_the_next_start_finds_the_data_and_the_process_ends_with_the_hub(
    tmp_path: Path,
) -> None:
    async with embedded_mongod(tmp_path) as uri:
        assert await note(uri) == 0
        pid = pid_in(tmp_path)
        assert runs(pid)
    assert not runs(pid)
    async with embedded_mongod(tmp_path) as uri:
        assert await note(uri) == 1


async def test_a_killed_mongod_comes_back_where_everybody_looks_for_it(tmp_path: Path) -> None:
    """Though connections of its clients linger."""
    async with embedded_mongod(tmp_path):
        port = int((tmp_path / "mongo" / "port").read_text())
        _, client = await asyncio.open_connection("127.0.0.1", port)
        os.kill(pid_in(tmp_path), signal.SIGKILL)
    async with embedded_mongod(tmp_path):
        assert int((tmp_path / "mongo" / "port").read_text()) == port
    client.close()


async def test_a_taken_port_is_changed_and_a_killed_mongod_heals(tmp_path: Path) -> None:
    async with embedded_mongod(tmp_path) as uri:
        await note(uri)
        os.kill(pid_in(tmp_path), signal.SIGKILL)  # leaves its lock file behind
    port = int((tmp_path / "mongo" / "port").read_text())

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    taken = await asyncio.start_server(hang_up, "127.0.0.1", port)
    async with taken, embedded_mongod(tmp_path) as uri:
        assert int((tmp_path / "mongo" / "port").read_text()) != port
        assert await note(uri) == 1


async def test_commands_share_one_mongod_and_the_last_stops_it(tmp_path: Path) -> None:
    async with embedded_mongod(tmp_path) as first:
        async with embedded_mongod(tmp_path) as second:
            assert first == second
        pid = pid_in(tmp_path)
        assert runs(pid)
        assert await note(first) == 0
    assert not runs(pid)


async def test_a_directory_is_the_same_however_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with embedded_mongod(Path("hub")) as first, embedded_mongod(tmp_path / "hub") as second:
        assert first == second


async def test_a_mongod_that_a_killed_hub_left_running_is_found(tmp_path: Path) -> None:
    script = (
        "import anyio, sys, pathlib\n"
        "from hub.store.embedded import embedded_mongod\n"
        "async def main():\n"
        "    async with embedded_mongod(pathlib.Path(sys.argv[1])):\n"
        "        print('up', flush=True)\n"
        "        await anyio.sleep_forever()\n"
        "anyio.run(main)\n"
    )
    hub = await anyio.open_process([sys.executable, "-c", script, str(tmp_path)], stderr=None)
    assert hub.stdout
    assert (await hub.stdout.receive()).strip() == b"up"
    hub.kill()
    await hub.wait()
    await hub.aclose()
    pid = pid_in(tmp_path)
    assert runs(pid)
    async with embedded_mongod(tmp_path) as uri:
        assert pid_in(tmp_path) == pid
        assert await note(uri) == 0
    assert not runs(pid)


async def test_strangers_on_the_machine_are_refused(tmp_path: Path) -> None:
    async with embedded_mongod(tmp_path) as uri:
        address = uri.partition("@")[2]
        with pytest.raises(StoreUnavailableError):
            async with connect(f"mongodb://{address}", Driver.PYMONGO):
                pass
    assert (tmp_path / "mongo" / "secret").stat().st_mode & 0o077 == 0


def test_a_second_hub_on_a_data_directory_is_refused(tmp_path: Path) -> None:
    refused = pytest.raises(StoreUnavailableError, match=f"process {os.getpid()}.*HUB_DATA_DIR")
    with sole_hub(tmp_path), refused, sole_hub(tmp_path):
        pass
    with sole_hub(tmp_path):
        pass


async def test_a_machine_without_mongod_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("sysconfig.get_path", lambda _: str(tmp_path))
    with pytest.raises(StoreUnavailableError, match="HUB_MONGODB_URI"):
        async with embedded_mongod(tmp_path / "data"):
            pass


async def test_a_mongod_that_cannot_start_shows_where_its_log_is(tmp_path: Path) -> None:
    data = tmp_path / "mongo" / "data"
    data.mkdir(parents=True)
    (data / "WiredTiger").write_text("not a database")
    (data / "storage.bson").write_text("nor this")
    with pytest.raises(StoreUnavailableError, match=r"mongod\.log"):
        async with embedded_mongod(tmp_path):
            pass


async def test_a_mongod_that_does_not_answer_is_not_joined_by_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "_START_SECONDS", 3.0)
    async with embedded_mongod(tmp_path) as uri:
        pid = pid_in(tmp_path)
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(StoreUnavailableError, match=f"process {pid}.*does not answer"):
            async with embedded_mongod(tmp_path):
                pass
        os.kill(pid, signal.SIGCONT)
        assert pid_in(tmp_path) == pid
        assert await note(uri) == 0
    assert not runs(pid)
