from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import stamina
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.connectors.http.errors import ErrorHandler
from hub.serving import free_port, listening
from tests import mariadb, postgres
from tests.connectors.channel import Serve
from tests.connectors.taps import Made, tap_maker
from tests.sql_server import SqlServer

_PEERS = {
    "test_sql.py": postgres.binaries(),
    "test_mysql.py": mariadb.binaries(),
    "test_sql_servers.py": postgres.binaries() or mariadb.binaries(),
}
collect_ignore = [name for name, installed in _PEERS.items() if not installed]


class Stage:
    """A server that stays, for the application of one test after another."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.app: ASGIApp = Starlette()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


@pytest.fixture
def tap(tmp_path: Path) -> Made:
    """Makes a tap of a piece of Python."""
    return tap_maker(tmp_path)


@pytest.fixture(scope="session", name="mariadb")
def running_mariadb() -> Iterator[SqlServer]:
    with mariadb.running_mariadb() as server:
        yield server


@pytest.fixture(autouse=True)
def without_waiting() -> Iterator[None]:
    """As many attempts as ever, but no pause between them."""
    with stamina.set_testing(True, attempts=ErrorHandler().max_retries + 1, cap=True):
        yield


@pytest.fixture(scope="session")
async def stages() -> AsyncIterator[list[Stage]]:
    async with AsyncExitStack() as stack:
        found = [Stage(free_port(0)) for _ in range(2)]
        for stage in found:
            await stack.enter_async_context(listening(stage, "127.0.0.1", stage.port))
        yield found


@pytest.fixture
def serve(stages: list[Stage]) -> Serve:
    """Puts an application on a server; at most two at a time."""
    free = iter(stages)

    async def start(app: ASGIApp) -> str:
        stage = next(free)
        stage.app = app
        return f"127.0.0.1:{stage.port}"

    return start
