"""What browsers let pages of other origins do."""

import json
from collections.abc import AsyncIterator

import httpx2
import pytest

from hub.domain.scope import Grant, Role
from hub.settings import SettingsError, load_settings
from hub.store.store import Store
from tests.running_hub import RunningHub, running_hub

OURS, THEIRS = "https://konsol.example", "https://evil.example"
ROWS = {"query": "{ complaints { totalCount } }"}


@pytest.fixture
async def shared(store: Store) -> AsyncIterator[RunningHub]:
    """A hub that pages of one other origin may ask."""
    async with running_hub(store, origins=[OURS]) as hub:
        yield hub


def allowed(answer: httpx2.Response) -> dict[str, str]:
    return {n: v for n, v in answer.headers.items() if n.startswith("access-control-allow")}


async def test_pages_of_listed_origins_alone_may_ask_and_only_there(shared: RunningHub) -> None:
    async def asked_first(path: str, origin: str, method: str = "POST") -> httpx2.Response:
        return await shared.http.options(
            path,
            headers={
                "Origin": origin,
                "Access-Control-Request-Method": method,
                "Access-Control-Request-Headers": "authorization, content-type",
            },
        )

    for path in ("/graphql", "/oauth/token"):
        answer = await asked_first(path, OURS)
        assert answer.status_code == 200
        assert allowed(answer)["access-control-allow-origin"] == OURS
        assert "access-control-allow-credentials" not in answer.headers
        assert (await asked_first(path, OURS, "DELETE")).status_code == 400
        refused = await asked_first(path, THEIRS)
        assert refused.status_code == 400
        assert "access-control-allow-origin" not in refused.headers
    read = await asked_first("/views/latest", OURS, "GET")
    assert allowed(read)["access-control-allow-origin"] == OURS
    assert (await asked_first("/views/latest", OURS)).status_code == 400
    assert (await asked_first("/views/latest", THEIRS, "GET")).status_code == 400
    for path in ("/oauth/introspect", "/oauth/login", "/metrics", "/webhooks/lapor", "/exports/x"):
        assert allowed(await asked_first(path, OURS)) == {}

    token = await shared.token(Grant(Role.PROVINCE, ("73",)))
    for origin, of in ((OURS, OURS), (THEIRS, None)):
        for sent in (token, "wrong"):  # a page has to be able to read that its token expired
            headers = {"Origin": origin, "Authorization": f"Bearer {sent}"}
            answer = await shared.http.post("/graphql", json=ROWS, headers=headers)
            assert answer.status_code == (200 if sent == token else 401)
            assert answer.headers.get("access-control-allow-origin") == of


async def test_what_a_browser_sends_unasked_is_not_executed(shared: RunningHub) -> None:
    """Forms, links and pictures of any page: a GET, or a POST of three kinds of content."""
    store = shared.store
    token = await shared.token(Grant(Role.OPERATOR, regions=("73",), channels=("lapor",)))
    paused = 'mutation { pauseConnector(name: "lapor", reason: "x") { name } }'
    headers = {"Origin": THEIRS, "Authorization": f"Bearer {token}"}
    answer = await shared.http.get("/graphql", params={"query": paused}, headers=headers)
    assert answer.status_code == 405
    body = json.dumps({"query": paused})
    for kind in (
        "text/plain",
        "text/plain; charset=application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ):
        answer = await shared.http.post(
            "/graphql", content=body, headers=headers | {"Content-Type": kind}
        )
        assert answer.status_code == 415, kind
    assert await store.changes.latest(None, 10) == []


@pytest.mark.parametrize("origins", ["*", "konsol.example", "https://konsol.example/", "null"])
def test_what_is_no_origin_is_refused(origins: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_CORS_ORIGINS", origins)
    with pytest.raises(SettingsError, match="HUB_CORS_ORIGINS: write origins as"):
        load_settings()
