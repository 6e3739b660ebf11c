"""A hub that serves as users start it, for clients that are not ours."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from hub.serving import free_port
from tests.cli.commands import Hub


@dataclass(frozen=True, slots=True)
class Served:
    """A hub under its address, and the command line over its data."""

    url: str
    hub: Hub

    def made(self, *command: str) -> dict[str, Any]:
        """What a command prints as JSON."""
        code, out, err = self.hub(*command)
        assert code == 0, err
        found: dict[str, Any] = json.loads(out)
        return found

    def token(self, *grant: str) -> str:
        """An access token of a new client with these options of `hub client create`."""
        made = self.made("client", "create", "Uji", *grant)
        answer = httpx2.post(
            f"{self.url}/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(made["client_id"], made["client_secret"]),
        )
        return str(answer.json()["access_token"])


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    (folder / "connectors_config").mkdir()
    port = free_port(0)
    hub = Hub(folder, {"HUB_PORT": str(port)})
    with hub.start("serve") as server:
        assert server.stderr
        while "Serving" not in server.stderr.readline():
            assert server.poll() is None
        yield Served(f"http://127.0.0.1:{port}", hub)
