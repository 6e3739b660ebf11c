"""`python -m bench.token_cost`: what it costs to verify a token, against a page of 50 in the same
process: the query alone, without HTTP, which would only make the share smaller."""

import asyncio
import gc
import secrets
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median

import anyio
from joserfc import jwt
from joserfc.jwk import ECKey
from uvicorn import Config

from bench import asks
from bench.data import KEY, fill
from hub.auth.clients import create_client
from hub.auth.issuers import Issuer
from hub.auth.keys import KeyRing
from hub.auth.middleware import Bearers
from hub.auth.tokens import OwnTokens, TokenVerifier
from hub.domain.scope import DEFAULT_PERMISSIONS, Grant, Role, Scope
from hub.schema.answering import Answering
from hub.schema.compiled.execution import Executor
from hub.schema.context import Context
from hub.schema.schema import core_schema
from hub.store.embedded import embedded_mongod
from hub.store.grants import grant_documents
from hub.store.mongo import Driver, connect
from hub.store.store import Store
from hub.store.vault import Vault

HUB = "http://127.0.0.1"
GRANT = Grant(Role.PROVINCE, (asks.PROVINCE,))
ROUNDS = 15


async def measure(store: Store) -> None:
    """Prints the median of some rounds for each, in microseconds."""
    key = ECKey.generate_key("P-256", auto_kid=True)
    client_id, _ = await create_client(store.clients, "bench", GRANT)

    def token() -> bytes:
        claims = {
            "iss": HUB,
            "aud": HUB,
            "sub": client_id,
            "client_id": client_id,
            "jti": secrets.token_urlsafe(12),
            "exp": int(time.time()) + 900,
            "scope": " ".join(sorted(DEFAULT_PERMISSIONS[GRANT.role])),
            "grants": grant_documents((GRANT,)),
        }
        header = {"alg": "ES256", "typ": "at+jwt", "kid": key.kid}
        return f"Bearer {jwt.encode(header, claims, key)}".encode()

    remembered = store.principals.remembered
    await store.signing_keys.add(key.as_pem(private=True))
    ring = KeyRing(store.signing_keys)
    verifier = TokenVerifier([OwnTokens(Issuer(HUB, HUB, ring), store.principals)])
    bearers = Bearers(verifier, remembered)

    async def seen(header: bytes) -> Scope:
        viewer = bearers.known(header) or await bearers.viewer(header)
        assert viewer
        return viewer.scope

    known = token()
    scope = await seen(known)
    page, executor = asks.page(50), Executor(core_schema)
    desks = Answering(store).desks(scope)

    async def query() -> None:
        result = await executor.execute(page.document, page.variables, None, Context(desks))
        assert result.data and len(result.data["complaints"]["nodes"]) == 50  # noqa: PLR2004

    async def first_seen() -> None:
        await seen(fresh.pop())

    async def seen_before() -> None:
        await seen(known)

    whole = await _microseconds(query, 100)
    print(f"a page of 50: {whole:,.0f} µs")

    def told(name: str, cost: float) -> None:
        print(f"{name}: {cost:,.1f} µs, {100 * cost / whole:.2f} % of the page")

    async with anyio.create_task_group() as group:
        told("seen before, while no changes are told", await _microseconds(seen_before, 200))
        group.start_soon(remembered.watch)
        while not remembered.live:
            await remembered.next_change.wait()
        told("seen before", await _microseconds(seen_before, 2_000))
        fresh = [token() for _ in range(ROUNDS * 50)]
        told("seen for the first time", await _microseconds(first_seen, 50))
        group.cancel_scope.cancel()


async def _microseconds(work: Callable[[], Awaitable[None]], times: int) -> float:
    """The median of rounds, of the mean in each."""
    rounds = []
    for _ in range(ROUNDS):
        gc.collect()
        began = time.perf_counter()
        for _ in range(times):
            await work()
        rounds.append((time.perf_counter() - began) / times * 1e6)
    return median(rounds)


async def run() -> None:
    """Over 20,000 complaints in a mongod of its own."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        uri = await stack.enter_async_context(embedded_mongod(Path(folder)))
        name = await asyncio.to_thread(fill, uri, 20_000)
        database = await stack.enter_async_context(connect(uri, Driver.PYMONGO, name))
        await measure(Store(database, Vault(KEY)))


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=Config("").get_loop_factory()) as runner:
        runner.run(run())
