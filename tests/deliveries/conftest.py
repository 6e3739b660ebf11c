"""A hub, a console that it may call, and a client that registers webhooks there."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import anyio
import pytest

from hub.auth.clients import create_client
from hub.deliveries import deliverer
from hub.deliveries.deliverer import Deliverer
from hub.domain.clock import Clock, utc_now
from hub.domain.complaint import Complaint
from hub.domain.scope import Grant, Role
from hub.schema.answering import Answering
from hub.schema.telling import ApiTeller
from hub.store.hosts import WEBHOOKS
from hub.store.store import Store
from tests.deliveries.console import Console, running_console
from tests.made import provenance, received
from tests.running_hub import RunningHub, running_hub

CREATE = """mutation ($url: String!, $filter: ComplaintFilter) {
  createWebhook(url: $url, filter: $filter) { secret webhook { id url filter state } } }"""
SULSEL = Grant(Role.PROVINCE, ("73",))


@dataclass
class Later:
    """A clock that can be put forward; nobody waits longer than a moment by it."""

    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return utc_now() + self.ahead

    async def sleep(self, _: float) -> None:
        await anyio.sleep(0.02)

    @property
    def clock(self) -> Clock:
        return Clock(self.now, self.sleep)


@dataclass
class Told:
    """A console with a webhook of a client, and what can be done with them."""

    hub: RunningHub
    console: Console
    later: Later = field(default_factory=Later)
    client: str = ""
    token: str = ""

    async def register(self, **filter_: Any) -> dict[str, Any]:
        """A webhook, and its secret."""
        asked = {"filter": filter_} if filter_ else {}
        answer = await self.hub.ask(self.token, CREATE, url=self.console.url, **asked)
        made = answer["createWebhook"]
        return {**made["webhook"], "secret": made["secret"]}

    async def write(self, *complaints: Complaint) -> None:
        """Stores complaints, or changes them."""
        await self.hub.store.writer.write(received(*complaints), provenance())

    async def deliveries(self, state: str | None = None) -> list[dict[str, Any]]:
        """What the client sees of its deliveries, the latest first."""
        query = """query ($state: WebhookDeliveryState) { webhookDeliveries(state: $state) {
          nodes { id kind state tries lastStatus lastError nextAt } } }"""
        answer = await self.hub.ask(self.token, query, state=state)
        found: list[dict[str, Any]] = answer["webhookDeliveries"]["nodes"]
        return found

    async def failed(self, times: int) -> None:
        """Returns once one delivery is known to have failed so often."""

        async def too_few() -> bool:
            return not [each for each in await self.deliveries() if each["tries"] == times]

        await until(too_few)

    async def settled(self) -> None:
        """Returns once nothing waits."""
        await until(lambda: self.deliveries("PENDING"))

    def deliverer(self, store: Store | None = None) -> Deliverer:
        """One that delivers to it."""
        of = store or self.hub.store
        hosts = frozenset({self.console.host})
        lease = timedelta(seconds=2)
        return Deliverer(of, ApiTeller(Answering(of)), hosts, self.later.clock, lease)

    @asynccontextmanager
    async def delivering(self, store: Store | None = None) -> AsyncIterator[None]:
        """Delivers while the block runs."""
        async with anyio.create_task_group() as group:
            group.start_soon(self.deliverer(store).work)
            yield
            group.cancel_scope.cancel()


async def until(still: Callable[[], Awaitable[object]]) -> None:
    """Returns once something is no longer so, as whoever polls an API finds out."""
    with anyio.fail_after(20):
        while await still():  # noqa: ASYNC110 - the hub tells over HTTP alone
            await anyio.sleep(0.05)


async def client_of(told: Told, *grants: Grant) -> tuple[str, str]:
    """A new client's id, and a token of it."""
    store = told.hub.store
    client_id, secret = await create_client(store.clients, "console", grants[0])
    answer = await told.hub.http.post(
        "/oauth/token", data={"grant_type": "client_credentials"}, auth=(client_id, secret)
    )
    return client_id, str(answer.json()["access_token"])


@pytest.fixture(scope="session")
async def console() -> AsyncIterator[Console]:
    """One for all tests, since servers take their time to begin and to end."""
    async with running_console() as console:
        yield console


@pytest.fixture
async def told(
    store: Store, console: Console, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Told]:
    console.begin_again()
    monkeypatch.setattr(deliverer, "POLL_SECONDS", 0.05)
    async with running_hub(store, private_hosts=frozenset({console.host})) as hub:
        await store.hosts.approve("127.0.0.1", WEBHOOKS, "an administrator")
        told = Told(hub, console)
        told.client, told.token = await client_of(told, SULSEL)
        yield told
