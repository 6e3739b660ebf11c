"""The hub as it is; or, with `--open`, the same endpoint without token and scope."""

import argparse
import asyncio
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
from hub.serving import listening
from hub.store.mongo import Driver, connect
from hub.store.store import Store
from hub.store.vault import Vault

GRANTS = {"ministry": Grant(Role.MINISTRY), "province_73": Grant(Role.PROVINCE, ("73",))}
EVERYTHING = Scope("bench", (Grant(Role.MINISTRY),), frozenset(Permission))


def without_auth(store: Store) -> ASGIApp:
    """The hub's endpoint with no token looked at: whoever asks reads the nation."""
    graphql = GraphQLEndpoint(store, Challenge("http://127.0.0.1"))
    routed = Starlette(routes=[Route("/graphql", graphql, methods=["POST"])])
    viewer = Viewer(EVERYTHING)

    async def app(scope: AsgiScope, receive: Receive, send: Send) -> None:
        scope["user"] = viewer
        await routed(scope, receive, send)

    return app


async def serve(uri: str, database: str, port: int, *, is_open: bool) -> None:
    """Serves until killed; prints the clients that tokens can be had for, then a line."""
    async with connect(uri, Driver.PYMONGO, database) as opened:
        store = Store(opened, Vault(KEY))
        app: ASGIApp
        clients: dict[str, tuple[str, str]] = {}
        if is_open:
            app = without_auth(store)
        else:
            app = await make_app(store, f"http://127.0.0.1:{port}", 3600)
            clients = {n: await create_client(store.clients, n, g) for n, g in GRANTS.items()}
        async with upkeep(store), listening(app, "127.0.0.1", port):
            print(orjson.dumps(clients).decode(), flush=True)
            await asyncio.Event().wait()


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("uri", help="a file that holds it")
    parser.add_argument("database")
    parser.add_argument("port", type=int)
    parser.add_argument("--open", action="store_true")
    given = parser.parse_args()
    uri = Path(given.uri).read_text()
    work = serve(uri, given.database, given.port, is_open=given.open)
    with asyncio.Runner(loop_factory=uvicorn.Config("").get_loop_factory()) as runner:
        runner.run(work)


if __name__ == "__main__":
    main()
