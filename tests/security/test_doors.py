"""Attempts to get in where there is no door. docs/security.md lists each."""

import hashlib
import json
from typing import Any

import httpx2
import pytest
from joserfc import jwt
from starlette.routing import Route, WebSocketRoute

from hub.app import make_app
from hub.auth.keys import KeyRing
from hub.domain.scope import Grant, Role
from hub.store.mongo import Database
from hub.store.store import Store
from tests.security.conftest import HIDDEN, World

ROWS = "{ complaints { totalCount } }"
INTROSPECTION = "{ __schema { types { name } } }"


async def sent(world: World, body: Any, **headers: str) -> httpx2.Response:
    return await world.hub.http.post(
        "/graphql", json=body, headers={"Authorization": f"Bearer {world.token}", **headers}
    )


@pytest.mark.parametrize("graphiql", [False, True])
async def test_every_address_is_known(store: Store, graphiql: bool) -> None:
    """A new one is a new way in: it is added here beside a test of what it lets out."""
    app = await make_app(store, "https://hub.example", 900, graphiql=graphiql)
    found = {(r.path, *sorted(r.methods or ())) for r in app.routes if isinstance(r, Route)}
    sockets = {r.path for r in app.routes if isinstance(r, WebSocketRoute)}
    assert sockets == {"/graphql"}
    assert len(found) + len(sockets) == len(app.routes)
    pages = {("/graphiql", "GET", "HEAD"), ("/graphiql/assets/{name}", "GET", "HEAD")}
    assert found == (pages if graphiql else set()) | {
        ("/graphql", "POST"),
        ("/views/{name}", "GET", "HEAD"),
        ("/exports/{id}", "GET", "HEAD"),
        ("/letters/{id}.pdf", "GET", "HEAD"),
        ("/readiness/attachments/{id}", "GET", "HEAD"),
        ("/readiness/{region}/{item}/attachments", "POST"),
        ("/webhooks/{connector}", "POST"),
        ("/oauth/token", "POST"),
        ("/oauth/introspect", "POST"),
        ("/oauth/revoke", "POST"),
        ("/oauth/device_authorization", "POST"),
        ("/oauth/authorize", "GET", "HEAD", "POST"),
        ("/oauth/device", "GET", "HEAD", "POST"),
        ("/oauth/login", "POST"),
        ("/oauth/logout", "POST"),
        ("/.well-known/oauth-authorization-server", "GET", "HEAD"),
        ("/.well-known/oauth-protected-resource", "GET", "HEAD"),
        ("/.well-known/jwks.json", "GET", "HEAD"),
        ("/healthz", "GET", "HEAD"),
        ("/readyz", "GET", "HEAD"),
        ("/metrics", "GET", "HEAD"),
    }


@pytest.mark.parametrize(
    "operation", ["subscription { complaints { totalCount } }", "mutation { delete }"]
)
async def test_operations_that_are_not_offered_are_refused(world: World, operation: str) -> None:
    answer = (await sent(world, {"query": operation})).json()
    assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert "data" not in answer


async def test_a_websocket_of_another_page_is_not_opened(world: World) -> None:
    for origin in ("https://evil.example", "null"):
        answer = await world.hub.http.get(
            "/graphql",
            headers={
                "Authorization": f"Bearer {world.token}",
                "Origin": origin,
                "Connection": "Upgrade",
                "Upgrade": "websocket",
                "Sec-WebSocket-Version": "13",
                "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
                "Sec-WebSocket-Protocol": "graphql-transport-ws",
            },
        )
        assert answer.status_code == 403


@pytest.mark.parametrize("as_first", [True, False])
async def test_no_query_is_kept_for_others_to_run(world: World, as_first: bool) -> None:
    """Neither by the hash of a query that the ministry has just asked, nor by an id."""
    digest = hashlib.sha256(ROWS.encode()).hexdigest()
    stored = {"persistedQuery": {"version": 1, "sha256Hash": digest}}
    if as_first:
        ministry = await world.hub.token(Grant(Role.MINISTRY))
        await world.hub.http.post(
            "/graphql",
            json={"query": ROWS, "extensions": stored},
            headers={"Authorization": f"Bearer {ministry}"},
        )
    found = "PERSISTED_OPERATION_NOT_FOUND"
    for body, code in (
        ({"extensions": stored}, "PERSISTED_QUERY_NOT_SUPPORTED"),
        ({"documentId": digest}, found),
        ({"id": digest}, found),
    ):
        answer = await sent(world, body)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["extensions"]["code"] == code


@pytest.mark.parametrize(
    "path",
    [
        "/export",
        "/exports",
        "/complaints",
        "/complaints.csv",
        "/graphql/schema",
        "/graphiql",
        "/admin",
        "/debug",
    ],
)
async def test_there_is_no_export_and_no_other_page(world: World, path: str) -> None:
    answer = await world.hub.http.get(path, headers={"Authorization": f"Bearer {world.token}"})
    assert answer.status_code == 404
    assert answer.text == "Not Found"


async def test_graphiql_and_queries_by_get_are_absent(world: World) -> None:
    for accept in ("text/html", "*/*"):
        answer = await world.hub.http.get(
            "/graphql",
            params={"query": ROWS},
            headers={"Authorization": f"Bearer {world.token}", "Accept": accept},
        )
        assert answer.status_code == 405
        assert "graphiql" not in answer.text.lower()


async def test_a_token_counts_in_the_header_only(world: World) -> None:
    tries: list[dict[str, Any]] = [
        {"params": {"access_token": world.token}, "json": {"query": ROWS}},
        {"json": {"query": ROWS, "access_token": world.token}},
        {"headers": {"Cookie": f"access_token={world.token}"}, "json": {"query": ROWS}},
        {"data": {"access_token": world.token, "query": ROWS}},
    ]
    for attempt in tries:
        answer = await world.hub.http.request("POST", "/graphql", **attempt)
        assert answer.status_code == 401


async def test_no_header_or_variable_changes_who_asks(world: World) -> None:
    headers = {
        "X-Hasura-Role": "admin",
        "X-Forwarded-User": "ministry",
        "X-Scope": "nation",
        "X-HTTP-Method-Override": "GET",
    }
    claimed = {"scope": {"nation": True}, "grants": [{"role": "ministry"}], "viewer": "ministry"}
    body = {"query": ROWS, "variables": claimed, "extensions": claimed}
    assert (await sent(world, body, **headers)).json()["data"]["complaints"]["totalCount"] == 3


async def test_introspection_needs_a_token_and_tells_no_data(world: World) -> None:
    assert (await world.hub.http.post("/graphql", json={"query": INTROSPECTION})).status_code == 401
    told = (await sent(world, {"query": INTROSPECTION})).text
    assert not any(word in told for word in HIDDEN)


async def test_metrics_have_no_label_of_a_place_a_channel_or_a_viewer(world: World) -> None:
    await sent(world, {"query": ROWS})
    await sent(world, {"query": "{ indicators(groupBy: [DISTRICT]) { received } }"})
    lines = (await world.hub.http.get("/metrics")).text.splitlines()
    ours = [line for line in lines if line.startswith("hub_")]
    labels = {part.split('"')[0] for line in ours for part in line.partition("{")[2].split(",")}
    assert {label for label in labels if label} <= {"way=", "collection="}
    told = "\n".join(line.rpartition(" ")[0] for line in ours)  # numbers may have any digits
    assert not any(word in told for word in (*HIDDEN, "73", "74", "lapor", "province"))


async def test_answers_are_kept_by_no_cache_and_shared_with_no_page(world: World) -> None:
    answer = await sent(world, {"query": ROWS}, Origin="https://evil.example")
    assert answer.headers["cache-control"] == "no-store"
    assert not [name for name in answer.headers if name.startswith("access-control-")]


async def test_a_token_with_no_grant_or_an_empty_one_reads_nothing(world: World) -> None:
    hub = world.hub
    ring = KeyRing(hub.store.signing_keys)
    await ring.refresh()
    key, issuer = ring.published.keys[0], str(hub.http.base_url).rstrip("/")
    claims = jwt.decode(world.token, key).claims

    def with_grants(grants: Any) -> str:
        return jwt.encode({"alg": "ES256", "typ": "at+jwt"}, claims | {"grants": grants}, key)

    assert claims["iss"] == issuer
    told = await hub.ask(with_grants([]), "{ complaints { totalCount } channels { name } }")
    assert told == {"complaints": {"totalCount": 0}, "channels": []}
    refused: list[Any] = [
        None,
        "ministry",
        [{}],
        [{"role": "province", "regions": [], "channels": []}],
        [{"role": "province", "regions": ["７３"], "channels": []}],
        [{"role": "province", "regions": [["73", "74"]], "channels": []}],
        [{"role": "operator", "regions": [], "channels": [""]}],
        [{"role": "statistics", "regions": ["73"], "channels": []}],
    ]
    for grants in refused:
        answer = await hub.post(with_grants(grants), ROWS)
        assert answer.status_code == 401, (grants, answer.text)


async def test_errors_name_nothing_that_is_hidden(world: World) -> None:
    documents = [
        "{ complaints(filter: {number: {eq: 1}}) { totalCount } }",
        '{ complaints(filter: {province: {eq: "７３"}}) { totalCount } }',
        "{ complaints { nodes { reporterName } } }",
        f'{{ complaint(id: "{world.foreign}") {{ raw }} }}',
        '{ complaints(after: "x") { totalCount } }',
        "{ runs { nodes { id } } }",
    ]
    for query in documents:
        answer = await sent(world, {"query": query})
        assert json.loads(answer.text)["errors"]
        assert not any(word in answer.text for word in (*HIDDEN, "mongodb", "Traceback", "/hub/"))


async def test_a_stored_value_that_can_not_be_told_is_not_quoted(
    world: World, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    await database["complaints"].update_many({}, {"$set": {"status": "Pungutan liar"}})
    answer = await sent(world, {"query": "{ complaints { nodes { status } } }"})
    (error,) = {e["message"]: e for e in answer.json()["errors"]}.values()
    assert error["extensions"] == {"code": "INTERNAL_ERROR"}
    assert error["message"].rpartition(" ")[2] in (logged := capsys.readouterr().out)
    assert "Pungutan" not in answer.text + logged
