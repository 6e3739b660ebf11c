"""Who gets a token, what it says, and which tokens open nothing."""

import base64
from typing import Any

import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from hub.auth.clients import create_client
from hub.auth.keys import KeyRing
from hub.domain.scope import Grant, Permission, Role, allowed_permissions
from hub.store.mongo import Database
from hub.store.store import Store
from tests.running_hub import RunningHub

MINISTRY = Grant(Role.MINISTRY)


async def ask_for_token(hub: RunningHub, client: tuple[str, str], **form: str) -> Any:
    form = {"grant_type": "client_credentials"} | form
    return await hub.http.post("/oauth/token", data=form, auth=client)


async def test_a_client_gets_a_token_of_rfc_9068(hub: RunningHub) -> None:
    client = await create_client(hub.store.clients, "Konsol", Grant(Role.PROVINCE, ("73",)))
    answer = await ask_for_token(hub, client)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 900)
    keys = (await hub.http.get("/.well-known/jwks.json")).json()
    assert all("d" not in key for key in keys["keys"])
    token = jwt.decode(body["access_token"], ECKey.import_key(keys["keys"][0]))
    assert token.header["typ"] == "at+jwt"
    assert token.claims["aud"] == token.claims["iss"] == str(hub.http.base_url).rstrip("/")
    assert token.claims["sub"] == token.claims["client_id"] == client[0]
    assert token.claims["grants"] == [{"role": "province", "regions": ["73"], "channels": []}]
    assert set(body["scope"].split()) == set(token.claims["scope"].split())


async def test_the_secret_may_come_in_the_form(hub: RunningHub) -> None:
    client_id, secret = await create_client(hub.store.clients, "x", MINISTRY)
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    assert (await hub.http.post("/oauth/token", data=form)).status_code == 200


async def test_a_client_may_ask_for_less_but_not_for_more(hub: RunningHub) -> None:
    client = await create_client(hub.store.clients, "x", MINISTRY)
    less = await ask_for_token(hub, client, scope="complaints:read")
    assert less.json()["scope"] == "complaints:read"
    more = await ask_for_token(hub, client, scope="complaints:read clients:write")
    assert (more.status_code, more.json()["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "unsupported_grant_type"),
        ({"grant_type": ["client_credentials", "password"]}, "invalid_request"),
    ],
)
async def test_other_grants_are_refused(hub: RunningHub, form: dict[str, Any], error: str) -> None:
    client = await create_client(hub.store.clients, "x", MINISTRY)
    answer = await hub.http.post("/oauth/token", data=form, auth=client)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


async def test_a_wrong_secret_and_an_unknown_client_get_the_same_answer(hub: RunningHub) -> None:
    client_id, _ = await create_client(hub.store.clients, "x", MINISTRY)
    wrong = await ask_for_token(hub, (client_id, "wrong"))
    unknown = await ask_for_token(hub, ("nobody", "wrong"))
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert wrong.headers["www-authenticate"] == unknown.headers["www-authenticate"]


async def test_without_a_valid_token_nothing_is_executed(hub: RunningHub) -> None:
    for headers in ({}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer"}):
        answer = await hub.http.post("/graphql", content=b"not even JSON", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer ")
        assert "/.well-known/oauth-protected-resource" in answer.headers["www-authenticate"]


async def test_tokens_that_were_tampered_with_are_refused(hub: RunningHub) -> None:
    head, payload, signature = (await hub.token(Grant(Role.PROVINCE, ("73",)))).split(".")
    claims = orjson.loads(base64.urlsafe_b64decode(payload + "=="))
    claims["grants"] = [{"role": "ministry", "regions": [], "channels": []}]
    forged = base64.urlsafe_b64encode(orjson.dumps(claims)).rstrip(b"=").decode()
    nothing = base64.urlsafe_b64encode(b'{"alg":"none","typ":"at+jwt"}').rstrip(b"=").decode()
    for token in (
        f"{head}.{forged}.{signature}",
        f"{nothing}.{forged}.",
        f"{head}.{payload}.",
        "x",
        "..",
    ):
        assert (await hub.post(token, "{ viewer { id } }")).status_code == 401


async def key_ring(store: Store) -> KeyRing:
    ring = KeyRing(store.signing_keys)
    await ring.refresh()
    return ring


def newest(ring: KeyRing) -> ECKey:
    key = ring.published.keys[0]
    assert isinstance(key, ECKey)
    return key


async def test_the_signing_key_outlives_the_hub_and_lies_sealed(
    store: Store, database: Database
) -> None:
    key = newest(await key_ring(store))
    assert newest(await key_ring(store)).as_dict() == key.as_dict()
    assert b"PRIVATE KEY" not in repr(await database["keys"].find_one()).encode()


async def test_the_metadata_says_where_everything_is(hub: RunningHub) -> None:
    server = (await hub.http.get("/.well-known/oauth-authorization-server")).json()
    resource = (await hub.http.get("/.well-known/oauth-protected-resource")).json()
    assert server["issuer"] in resource["authorization_servers"]
    assert (await hub.http.get(server["jwks_uri"])).status_code == 200
    assert (await hub.http.post(server["token_endpoint"])).status_code == 400


@pytest.mark.parametrize("role", list(Role))
async def test_no_client_can_be_made_with_more_than_its_role_allows(
    store: Store, role: Role
) -> None:
    regions = {Role.PROVINCE: ("73",), Role.DISTRICT: ("73.71",)}.get(role, ())
    grant = Grant(role, regions, ("lapor",) if role is Role.OPERATOR else ())
    for permission in set(Permission) - allowed_permissions(role):
        with pytest.raises(ValueError, match=permission):
            await create_client(store.clients, "x", grant, [permission])
    client_id, secret = await create_client(store.clients, "x", grant)
    client = await store.clients.get(client_id)
    assert client is not None
    assert client.grants == (grant,)
    assert secret not in repr(client)
