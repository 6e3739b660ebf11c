"""A hub that listens on loopback, and clients that come with tokens of its own."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx2

from hub.app import make_app
from hub.auth.clients import create_client
from hub.auth.tokens import TokenIssuer
from hub.domain.scope import Grant, Permission
from hub.schema.limits import Limits
from hub.serving import free_port, listening
from hub.store.store import Store

Answer = dict[str, Any]
HASTY = Limits(requests_per_second=100_000, seconds=30)
"""For clients in a hurry, on a machine that may be busy."""


class RunningHub:
    """Asks a hub over HTTP."""

    def __init__(self, store: Store, http: httpx2.AsyncClient, ending: asyncio.Event) -> None:
        """`ending` set, its streams end."""
        self.store = store
        self.http = http
        self.ending = ending

    async def token(self, *grants: Grant, permissions: list[Permission] | None = None) -> str:
        """An access token of a new client with these grants."""
        first, *more = grants
        client_id, secret = await create_client(self.store.clients, "t", first, permissions or ())
        if more:
            client = await self.store.clients.get(client_id)
            assert client
            await self.store.clients.add(replace(client, grants=grants))
        answer = await self.http.post(
            "/oauth/token", data={"grant_type": "client_credentials"}, auth=(client_id, secret)
        )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    async def post(self, token: str, query: str, **variables: Any) -> httpx2.Response:
        """The answer to a document."""
        return await self.http.post(
            "/graphql",
            json={"query": query, "variables": variables},
            headers={"Authorization": f"Bearer {token}"},
        )

    async def ask(self, token: str, query: str, **variables: Any) -> Answer:
        """The data that a document gets; it must not have errors."""
        answer: Answer = (await self.post(token, query, **variables)).json()
        assert "errors" not in answer, answer
        data: Answer = answer["data"]
        return data

    async def refused(self, token: str, query: str, **variables: Any) -> Answer:
        """The one error that a document gets."""
        answer = (await self.post(token, query, **variables)).json()
        (error,) = answer["errors"]
        found: Answer = error
        return found


@asynccontextmanager
async def running_hub(
    store: Store,
    external: Iterable[TokenIssuer] = (),
    private_hosts: frozenset[str] = frozenset(),
    limits: Limits = HASTY,
    origins: Sequence[str] = (),
    mail_domains: frozenset[str] = frozenset(),
) -> AsyncIterator[RunningHub]:
    """A hub over a store, for as long as the block runs."""
    port = free_port(0)
    issuer = f"http://127.0.0.1:{port}"
    usual = (store, issuer, 900, external, private_hosts, limits, origins)
    app = await make_app(*usual, mail_domains=mail_domains)
    client = httpx2.AsyncClient(base_url=issuer, timeout=30)
    async with listening(app, "127.0.0.1", port), client as http:
        yield RunningHub(store, http, app.state.ending)
