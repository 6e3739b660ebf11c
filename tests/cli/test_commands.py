"""The commands that operators and administrators type."""

import base64
import csv
import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from hub.serving import free_port
from tests.cli.commands import Hub

YAML = """version: "1"
name: ekspor
type: filesystem
bucket_url: exports
resources:
  - name: laporan
    file_glob: "*.csv"
    timezone: Asia/Makassar
    datetime_format: "%d %b %Y %H:%M:%S"
    select:
      external_id: Tracking ID
      status: Status
      title: Judul
      received_at: [Tanggal, Waktu]
      district: Kota/Kabupaten
    status_mapping: {Ditutup oleh Sistem: closed}
"""
COLUMNS = ["Tracking ID", "Tanggal", "Waktu", "Judul", "Status", "Kota/Kabupaten"]


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    (tmp_path / "connectors_config").mkdir()
    return Hub(tmp_path, {"HUB_PORT": str(free_port(0))})


def write_export(folder: Path, rows: int) -> None:
    (folder / "exports").mkdir(exist_ok=True)
    with (folder / "exports" / "laporan.csv").open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for n in range(rows):
            place = "Kota Makassar" if n % 100 else "Kota Antah"
            day = f"{1 + n % 28} Jul 2020"
            table.writerow([n, day, "07:30:00", f"Laporan {n}", "Ditutup oleh Sistem", place])


def write_yaml(folder: Path, text: str = YAML) -> Path:
    path = folder / "ekspor.yaml"
    path.write_text(text)
    return path


def write_registered_yaml(folder: Path) -> None:
    """The connector in the folder that every command registers from."""
    path = folder / "connectors_config" / "ekspor.yaml"
    path.write_text(YAML.replace("bucket_url: exports", "bucket_url: ../exports"))


def ledger(output: str) -> dict[str, int]:
    told = json.loads(output)
    names = ("read", "inserted", "updated", "unchanged", "dead_lettered")
    return {name: told[name] for name in names}


@pytest.fixture
def served(hub: Hub) -> Iterator[Hub]:
    """A hub that serves while commands run beside it, as in operation; its mongod is theirs."""
    with serving(hub):
        yield hub


@contextmanager
def serving(hub: Hub) -> "Iterator[subprocess.Popen[str]]":
    """A hub that serves, until the block ends; it must end in order."""
    with hub.start("serve") as server:
        assert server.stderr
        while "Serving" not in server.stderr.readline():
            assert server.poll() is None
        yield server
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=60)
    assert server.returncode == 0


def test_a_connector_from_its_yaml_to_a_green_run(served: Hub) -> None:
    hub = served
    write_export(hub.folder, 160)
    path = str(write_yaml(hub.folder))
    assert hub("connector", "validate", path)[0] == 0
    code, out, _ = hub("connector", "check", path)
    assert code == 0
    assert "laporan.csv" in out
    code, out, _ = hub("connector", "preview", path, "--limit", "3", "--json")
    assert code == 0
    first, second, _ = [json.loads(line) for line in out.splitlines()]
    assert "Kota Antah" in first["refused"]
    assert second["complaint"]["received_at"] == "2020-07-01T23:30:00+00:00"
    assert second["complaint"]["district"] == "73.71"
    code, out, err = hub("sync", "ekspor")
    assert code == 2
    assert "no connector of this name is registered" in err
    assert hub("connector", "register", path)[0] == 0
    code, out, _ = hub("sync", "ekspor", "--json")
    assert code == 0
    nothing = {"read": 160, "inserted": 0, "updated": 0, "unchanged": 0, "dead_lettered": 2}
    assert ledger(out) == nothing | {"inserted": 158}
    code, out, _ = hub("sync", "ekspor", "--json")
    assert code == 0
    assert ledger(out) == dict.fromkeys(nothing, 0)  # a file that did not change is not read
    write_export(hub.folder, 160)
    code, out, _ = hub("sync", "ekspor", "--json")
    assert code == 0
    assert ledger(out) == nothing | {"unchanged": 158}
    code, out, _ = hub("sync", "ekspor")
    assert code == 0
    assert "succeeded" in out


@pytest.mark.parametrize(
    ("wrong", "line", "told"),
    [
        (YAML.replace("timezone:", "timezon:"), 8, ["timezon", "'timezone'", "file_glob"]),
        (YAML.replace("type: filesystem", "type: filesytem"), 3, ["'filesystem'", "open311"]),
        (YAML.replace("external_id:", "externl_id:"), 11, ["externl_id", "'external_id'"]),
        (YAML.replace("closed}", "shut}"), 16, ["closed", "archived"]),
    ],
)
def test_what_is_wrong_in_a_yaml_is_told_by_file_line_and_key(
    hub: Hub, wrong: str, line: int, told: list[str]
) -> None:
    path = write_yaml(hub.folder, wrong)
    code, _, err = hub("connector", "validate", str(path))
    assert code == 2
    assert f"ekspor.yaml:{line}:" in err
    assert all(word in err for word in told)
    path.rename(hub.folder / "connectors_config" / "ekspor.yaml")
    code, out, err = hub("serve")
    assert (code, out) == (2, "")
    assert f"ekspor.yaml:{line}:" in err
    assert not (hub.folder / "data").exists()  # nothing was started


def test_a_run_that_is_not_green_ends_with_1(hub: Hub) -> None:
    write_registered_yaml(hub.folder)
    code, out, err = hub("sync", "ekspor", "--json")
    assert code == 1
    assert json.loads(out)["green"] is False
    assert "No file matches" in json.loads(out)["error"]
    assert "Traceback" not in err


def test_killed_in_the_middle_the_next_run_completes_it(hub: Hub) -> None:
    rows = 20_000
    write_export(hub.folder, rows)
    write_registered_yaml(hub.folder)
    with serving(hub):
        for _ in range(3):
            with hub.start("sync", "ekspor") as process:
                time.sleep(random.uniform(1.0, 3.0))
                process.send_signal(signal.SIGKILL)
        code, out, _ = hub("sync", "ekspor", "--json")
        assert code == 0
        write_export(hub.folder, rows)
        code, out, _ = hub("sync", "ekspor", "--json")
    # All of it is there: a run over the file, written anew, finds nothing to insert and nothing
    # changed.
    assert ledger(out) == {
        "read": rows,
        "inserted": 0,
        "updated": 0,
        "unchanged": rows - rows // 100,
        "dead_lettered": rows // 100,
    }


def test_clients_are_made_for_a_role_and_its_places(served: Hub) -> None:
    hub = served
    code, out, _ = hub("client", "create", "Konsol", "--role", "province", "--region", "73")
    assert code == 0
    assert json.loads(out).keys() == {"client_id", "client_secret"}
    for wrong, told in (
        (["--role", "province"], "needs a region"),
        (["--role", "province", "--region", "99"], "no region has this code"),
        (["--role", "province", "--region", "73.71"], "no province code"),
        (["--role", "operator"], "needs a channel"),
        (["--role", "ministry", "--region", "73"], "takes no region"),
        (["--role", "statistics", "--scope", "complaints:pii"], "statistics:read"),
    ):
        code, out, err = hub("client", "create", "x", *wrong)
        assert (code, out) == (2, "")
        assert told in err


def test_a_disabled_client_is_shut_out_of_a_hub_that_serves(served: Hub) -> None:
    hub = served
    url = f"http://127.0.0.1:{hub.environment['HUB_PORT']}"
    made = json.loads(hub("client", "create", "x", "--role", "ministry")[1])
    client = (made["client_id"], made["client_secret"])
    form = {"grant_type": "client_credentials"}
    answer = httpx2.post(f"{url}/oauth/token", data=form, auth=client, timeout=30)
    token = answer.json()["access_token"]

    def asked() -> httpx2.Response:
        question = {"query": "{ viewer { grants { role regions { code } } } }"}
        headers = {"Authorization": f"Bearer {token}"}
        return httpx2.post(f"{url}/graphql", json=question, headers=headers, timeout=30)

    def status() -> int:
        return asked().status_code

    assert status() == 200
    assert hub("client", "grant", client[0], "--role", "province", "--region", "73")[0] == 0
    assert asked().json()["data"]["viewer"]["grants"] == []  # its token is for the ministry
    assert hub("client", "grant", client[0], "--role", "ministry")[0] == 0
    assert [g["role"] for g in asked().json()["data"]["viewer"]["grants"]] == ["MINISTRY"]
    assert hub("client", "disable", client[0])[0] == 0
    assert status() == 401
    assert httpx2.post(f"{url}/oauth/token", data=form, auth=client, timeout=30).status_code == 401
    assert hub("client", "enable", client[0])[0] == 0
    assert status() == 200
    code, _, err = hub("client", "disable", "nobody")
    assert (code, "no client or person" in err) == (2, True)


def test_a_wrong_file_of_issuers_is_told_before_anything_starts(hub: Hub) -> None:
    path = hub.folder / "issuers.yaml"
    path.write_text('version: "1"\nissuers:\n  - issuer: http://id.example\n')
    hub.environment["HUB_EXTERNAL_ISSUERS_FILE"] = str(path)
    code, out, err = hub("serve", "--workers", "2")
    assert (code, out) == (2, "")
    assert "issuers.yaml:3:" in err
    assert not (hub.folder / "data").exists()


def test_settings_that_are_wrong_are_named_without_their_value(hub: Hub) -> None:
    hub.environment = {"HUB_PORT": "eighty", "HUB_MONGODB_DRIVER": "s3cret"}
    code, _, err = hub("serve")
    assert code == 2
    assert "HUB_PORT" in err
    assert "HUB_MONGODB_DRIVER" in err
    assert "s3cret" not in err


def test_a_database_of_ones_own_needs_a_key_and_an_answer(hub: Hub) -> None:
    hub.environment |= {"HUB_MONGODB_URI": "mongodb://127.0.0.1:9/?directConnection=true"}
    code, _, err = hub("serve")
    assert (code, "HUB_ENCRYPTION_KEY" in err) == (2, True)
    hub.environment["HUB_ENCRYPTION_KEY"] = "a2" * 21 + "a="
    code, _, err = hub("serve")
    assert (code, "MongoDB does not answer" in err) == (1, True)


def test_help_has_an_example_for_each_command(hub: Hub) -> None:
    code, out, _ = hub("--help")
    assert code == 0
    for command in ("serve", "demo", "sync", "connector", "client", "schema"):
        assert command in out
    assert "Example" in hub("sync", "--help")[1]


def test_only_one_hub_serves_a_data_directory(hub: Hub) -> None:
    with serving(hub) as first:
        code, _, err = hub("serve")
        assert code == 1
        assert f"process {first.pid}" in err


def children_of(parent: int) -> set[int]:
    return {int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()}


def eventually(holds: Callable[[], bool]) -> None:
    for _ in range(200):
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError(holds)


def test_several_processes_answer_and_a_dead_one_is_replaced(hub: Hub) -> None:
    url = f"http://127.0.0.1:{hub.environment['HUB_PORT']}"

    def answers() -> bool:
        try:
            return httpx2.get(f"{url}/readyz", timeout=5).status_code == 200
        except httpx2.HTTPError:
            return False

    with hub.start("serve", "--workers", "2") as parent:
        eventually(answers)
        mongod = int((hub.folder / "data" / "mongo" / "pid").read_text())
        before = children_of(parent.pid) - {mongod}
        assert len(before) == 3  # and one that runs connectors
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        eventually(lambda: len(children_of(parent.pid) - {mongod} - before) == 3)
        eventually(answers)
        parent.send_signal(signal.SIGTERM)
        parent.communicate(timeout=60)
    assert parent.returncode == 0
    assert not answers()


def test_nothing_outlives_a_killed_hub(hub: Hub) -> None:
    with hub.start("serve", "--workers", "2") as parent:
        # Two that answer, one that runs connectors, and mongod.
        eventually(lambda: len(children_of(parent.pid)) == 4)
        children = children_of(parent.pid)
        parent.kill()
        # They share the pipe of its standard error: it ends once all of them have.
        parent.communicate(timeout=60)
    eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children))


def test_personal_data_is_purged_and_accounted_for(served: Hub) -> None:
    hub = served
    write_export(hub.folder, 20)
    dated = YAML.replace("received_at:", "updated_at: [Tanggal, Waktu]\n      received_at:")
    assert hub("connector", "register", str(write_yaml(hub.folder, dated)))[0] == 0
    hub("sync", "ekspor")
    purge = ("privacy", "purge", "--older-than", "30")
    everything, nothing = ({"complaints": n, "dead_letters": 0} for n in (19, 0))
    assert json.loads(hub(*purge, "--json", "--dry-run")[1]) == everything
    assert hub(*purge)[1].startswith("19 complaints lost their reporter and raw record")
    assert json.loads(hub(*purge, "--json")[1]) == nothing
    code, out, _ = hub("privacy", "audit", "--since", "2026-01-01")
    assert (code, out.strip()) == (0, "at,subject,operation,document,province,district,rows")


def test_the_encryption_key_can_be_changed(hub: Hub) -> None:
    write_export(hub.folder, 20)
    hub("connector", "register", str(write_yaml(hub.folder)))
    hub("sync", "ekspor")
    path = hub.folder / "data" / "encryption.key"
    old, new = path.read_text().strip(), base64.b64encode(b"n" * 32).decode()
    path.write_text(f"{new}\n{old}\n")
    assert "Sealed 21 records" in hub("privacy", "reseal")[1]  # and the root of other keys
    path.write_text(new)
    write_export(hub.folder, 20)
    ledger = json.loads(hub("sync", "ekspor", "--json")[1])
    assert (ledger["unchanged"], ledger["dead_lettered"]) == (19, 1)
    path.write_text(old)
    code, _, err = hub("sync", "ekspor")
    assert code == 2
    assert "sealed with another key" in err
