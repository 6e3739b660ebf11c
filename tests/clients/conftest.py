"""A hub that serves as users start it, for clients that are not ours."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from hub.serving import free_port
from tests.cli.commands import Hub

FOLDER = Path(__file__).parent
YAML = """version: "1"
name: ekspor
type: filesystem
bucket_url: exports
resources:
  - name: laporan
    file_glob: "*.csv"
    timezone: Asia/Makassar
    select: {external_id: id, status: status, received_at: at, district: district}
    status_mapping: {Diterima: received, Selesai: closed}
"""
EXPORT = """id,status,at,district
73-1,Diterima,2020-07-01 08:00:00,Kota Makassar
73-2,Diterima,2020-07-02 08:00:00,Kabupaten Maros
73-3,Selesai,2020-07-03 08:00:00,Kota Makassar
74-1,Diterima,2020-07-04 08:00:00,Kota Kendari
"""


def run(*command: str | Path, told: object = None, folder: Path = FOLDER) -> str:
    """What a command prints that is told something as JSON; it has to succeed."""
    process = subprocess.run(
        [*command],
        input=json.dumps(told),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


def node(script: str, told: object, *arguments: str) -> Any:
    """What a script of this folder prints as JSON."""
    return json.loads(run("node", FOLDER / script, *arguments, told=told))


def npm(name: str, *arguments: str, folder: Path) -> None:
    """Runs a command that an npm package brings."""
    run(FOLDER / "node_modules" / ".bin" / name, *arguments, folder=folder)


@dataclass(frozen=True, slots=True)
class Served:
    """A hub under its address, and the command line over its data."""

    url: str
    hub: Hub

    def done(self, *command: str) -> str:
        """What a command prints, which has to succeed."""
        code, out, err = self.hub(*command)
        assert code == 0, err
        return out

    def made(self, *command: str) -> dict[str, Any]:
        """What a command prints as JSON."""
        found: dict[str, Any] = json.loads(self.done(*command))
        return found

    def client(self, *options: str) -> dict[str, Any]:
        """The id and the secret of a new client."""
        return self.made("client", "create", "Uji", *options)

    def token(self, *grant: str) -> str:
        """An access token of a new client with these options of `hub client create`."""
        return self.token_of(self.client(*grant))

    def token_of(self, made: dict[str, Any]) -> str:
        """An access token of a client."""
        answer = httpx2.post(
            f"{self.url}/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(made["client_id"], made["client_secret"]),
        )
        return str(answer.json()["access_token"])


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A hub with three complaints of province 73 and one of 74."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "connectors_config" / "exports").mkdir(parents=True)
    (folder / "connectors_config" / "ekspor.yaml").write_text(YAML)
    (folder / "connectors_config" / "exports" / "laporan.csv").write_text(EXPORT)
    port = free_port(0)
    hub = Hub(folder, {"HUB_PORT": str(port), "HUB_GRAPHIQL": "true"})
    with hub.start("serve") as server:
        assert server.stderr
        while "Serving" not in server.stderr.readline():
            assert server.poll() is None
        served = Served(f"http://127.0.0.1:{port}", hub)
        assert served.made("sync", "ekspor", "--json")["inserted"] == 4
        yield served


@pytest.fixture(scope="session")
def province(served: Served) -> dict[str, str]:
    """Where the hub is, and a token of province 73."""
    return {"url": served.url, "token": served.token("--role", "province", "--region", "73")}
