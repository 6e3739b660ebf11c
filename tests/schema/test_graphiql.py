"""GraphiQL as the hub serves it; tests/clients/test_graphiql.py has it in a browser."""

from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette

from hub.app import make_app
from hub.schema.graphiql.route import CLIENT_ID, GraphiQL
from hub.store.clients import GrantType
from hub.store.store import Store

ISSUER = "https://hub.example"


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html>")
    (tmp_path / "assets" / "index-1f.js").write_text("1")
    (tmp_path / "assets" / "codicon-2e.ttf").write_text("2")
    return tmp_path


def opened(app: Starlette) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=ISSUER)


def page_of(built: Path) -> httpx2.AsyncClient:
    return opened(Starlette(routes=GraphiQL(ISSUER, built).routes))


async def test_what_was_built_is_served_and_nothing_else(built: Path) -> None:
    async with page_of(built) as http:
        page = await http.get("/graphiql")
        assert (page.status_code, page.text) == (200, "<!doctype html>")
        assert page.headers["content-type"].startswith("text/html")
        assert page.headers["cache-control"] == "no-cache"
        part = await http.get("/graphiql/assets/index-1f.js")
        assert part.headers["content-type"].startswith("text/javascript")
        assert "immutable" in part.headers["cache-control"]
        assert (await http.get("/graphiql/assets/codicon-2e.ttf")).status_code == 200
        for name in ("none.js", "..%2findex.html", "%2fetc%2fpasswd", "../index.html", ""):
            assert (await http.get(f"/graphiql/assets/{name}")).status_code == 404


async def test_pages_load_from_the_hub_alone(built: Path) -> None:
    ours = {"'none'", "'self'", "data:", "wss://hub.example"}
    async with page_of(built) as http:
        for address in ("/graphiql", "/graphiql/assets/index-1f.js"):
            policy = (await http.get(address)).headers["content-security-policy"]
            allowed = {name: {*sources} for name, *sources in map(str.split, policy.split(";"))}
            assert allowed["default-src"] == {"'none'"}
            assert allowed["script-src"] == {"'self'"}
            assert allowed.pop("style-src") == {"'self'", "'unsafe-inline'"}
            assert set().union(*allowed.values()) <= ours


async def test_without_its_parts_it_says_how_to_build_them(tmp_path: Path) -> None:
    async with page_of(tmp_path) as http:
        told = await http.get("/graphiql")
        assert told.status_code == 503
        assert "make graphiql" in told.text


async def test_people_log_in_with_it_unless_it_is_disabled(store: Store) -> None:
    await make_app(store, ISSUER, 900)
    assert await store.clients.get(CLIENT_ID) is None
    await make_app(store, ISSUER, 900, graphiql=True)
    client = await store.clients.get(CLIENT_ID)
    assert client and client.public
    assert client.grants == ()
    assert client.grant_types == {GrantType.AUTHORIZATION_CODE}
    assert client.redirect_uris == ("https://hub.example/graphiql",)
    await make_app(store, "https://other.example", 900, graphiql=True)
    moved = await store.clients.get(CLIENT_ID)
    assert moved and moved.redirect_uris == ("https://other.example/graphiql",)
    await store.principals.disable(CLIENT_ID)
    app = await make_app(store, ISSUER, 900, graphiql=True)
    assert await store.clients.get(CLIENT_ID) is None
    async with opened(app) as http:
        assert (await http.get("/graphiql")).status_code in {200, 503}
