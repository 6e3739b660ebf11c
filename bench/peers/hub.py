"""The hub as it is; or, with `--open`, the same endpoint without token and scope."""

import argparse
import asyncio
import math
import os
import socket
import subprocess
import sys
from pathlib import Path

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as AsgiScope

from bench.data import KEY
from hub.app import make_app
from hub.auth.clients import create_client
from hub.auth.middleware import Challenge, Viewer
from hub.domain.scope import Grant, Permission, Role, Scope
from hub.ingest.upkeep import upkeep
from hub.schema.http import GraphQLEndpoint
from hub.schema.limits import Limits
from hub.serving import bound, listening_on
from hub.store.mongo import Driver, connect
from hub.store.store import Store
from hub.store.vault import Vault

GRANTS = {"ministry": Grant(Role.MINISTRY), "province_73": Grant(Role.PROVINCE, ("73",))}
_NO_RATE = Limits(requests_per_second=1_000_000)
EVERYTHING = Scope("bench", (Grant(Role.MINISTRY),), frozenset(Permission))


def without_auth(store: Store) -> ASGIApp:
    """The hub's endpoint with no token looked at: whoever asks reads the nation."""
    graphql = GraphQLEndpoint(store, Challenge("http://127.0.0.1"), limits=_NO_RATE)
    routed = Starlette(routes=[Route("/graphql", graphql, methods=["POST"])])

    async def everything() -> Scope:
        return EVERYTHING

    viewer = Viewer(EVERYTHING, None, math.inf, everything)

    async def app(scope: AsgiScope, receive: Receive, send: Send) -> None:
        scope["user"] = viewer
        await routed(scope, receive, send)

    return app


async def serve(
    uri: str, database: str, port: int, driver: Driver, *, is_open: bool, listener: socket.socket
) -> None:
    """Serves until killed, or alone; prints the clients that tokens can be had for."""
    async with connect(uri, driver, database) as opened:
        store = Store(opened, Vault(KEY))
        app: ASGIApp
        clients: dict[str, tuple[str, str]] = {}
        if is_open:
            app = without_auth(store)
        else:
            app = await make_app(store, f"http://127.0.0.1:{port}", 3600, limits=_NO_RATE)
            clients = {n: await create_client(store.clients, n, g) for n, g in GRANTS.items()}
        async with upkeep(store), listening_on(app, listener):
            print(orjson.dumps(clients).decode(), flush=True)
            parent = os.getppid()
            while os.getppid() == parent:  # noqa: ASYNC110 - ends with whoever started it
                await asyncio.sleep(0.5)


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("uri", help="a file that holds it")
    parser.add_argument("database")
    parser.add_argument("port", type=int)
    parser.add_argument("--open", action="store_true")
    parser.add_argument("--motor", action="store_true", help="by Motor instead of PyMongo")
    parser.add_argument("--two", action="store_true", help="processes, as `hub serve --workers 2`")
    parser.add_argument("--socket", type=int, help="that of the process that started this one")
    given = parser.parse_args()
    uri = Path(given.uri).read_text()
    if given.socket is not None:
        listener = socket.socket(fileno=given.socket)
    else:
        listener = bound("127.0.0.1", given.port)
    if given.two:
        shared = listener.fileno()
        command = [sys.executable, "-m", "bench.peers.hub", given.uri, given.database]
        command += [str(given.port), "--socket", str(shared)]
        subprocess.Popen(command, pass_fds=[shared], stdout=subprocess.DEVNULL)
    driver = Driver.MOTOR if given.motor else Driver.PYMONGO
    work = serve(uri, given.database, given.port, driver, is_open=given.open, listener=listener)
    with asyncio.Runner(loop_factory=uvicorn.Config("").get_loop_factory()) as runner:
        runner.run(work)


if __name__ == "__main__":
    main()
