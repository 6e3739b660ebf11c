"""How clients prove who they are, and which proofs are none."""

import base64
import hmac
import time
from typing import Any

import httpx2
import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey

from hub.auth.clients import register_client
from hub.domain.scope import Grant, Role
from tests.running_hub import RunningHub

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MINISTRY = Grant(Role.MINISTRY)


def issuer(hub: RunningHub) -> str:
    return str(hub.http.base_url).rstrip("/")


class Signer:
    """A client that signs."""

    def __init__(self, hub: RunningHub, client_id: str, key: ECKey) -> None:
        self.hub, self.id, self.key = hub, client_id, key
        self._serial = 0

    def claims(self, **changed: Any) -> dict[str, Any]:
        self._serial += 1
        good = {
            "iss": self.id,
            "sub": self.id,
            "aud": issuer(self.hub),
            "exp": int(time.time()) + 60,
            "jti": f"{self.id}-{self._serial}",
        }
        return {k: v for k, v in (good | changed).items() if v is not None}

    def sign(self, alg: str = "ES256", key: Any = None, **changed: Any) -> str:
        return jwt.encode({"alg": alg}, self.claims(**changed), key or self.key)

    async def ask(self, assertion: str, **more: str) -> httpx2.Response:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
        }
        return await self.hub.http.post("/oauth/token", data=form | more)


@pytest.fixture
async def signer(hub: RunningHub) -> Signer:
    key = ECKey.generate_key("P-256")
    jwks: Any = KeySet([key]).as_dict(private=False)
    client_id, secret = await register_client(hub.store.clients, "Dinas", (MINISTRY,), jwks=jwks)
    assert secret == ""
    return Signer(hub, client_id, key)


async def test_an_assertion_for_the_hub_or_its_token_endpoint_is_a_proof(signer: Signer) -> None:
    for aud in (issuer(signer.hub), f"{issuer(signer.hub)}/oauth/token", [issuer(signer.hub), "x"]):
        answer = await signer.ask(signer.sign(aud=aud))
        assert answer.status_code == 200, answer.text


async def test_an_assertion_is_good_once(signer: Signer) -> None:
    assertion = signer.sign()
    assert (await signer.ask(assertion)).status_code == 200
    answer = await signer.ask(assertion)
    assert answer.json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "https://elsewhere.example"},
        {"aud": None},
        {"exp": 1},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": int(time.time()) + 10 * 24 * 3600},
        {"jti": None},
        {"iss": "somebody"},
        {"iss": None},
        {"sub": None},
        {"sub": ["x"]},
        {"sub": "nobody", "iss": "nobody"},
    ],
)
async def test_wrong_claims_prove_nothing(signer: Signer, changed: dict[str, Any]) -> None:
    answer = await signer.ask(signer.sign(**changed))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")


async def test_no_other_key_and_no_other_algorithm_will_do(signer: Signer) -> None:
    def part(value: object) -> bytes:
        return base64.urlsafe_b64encode(orjson.dumps(value)).rstrip(b"=")

    public = signer.key.as_pem(private=False)
    confused = b".".join([part({"alg": "HS256", "kid": signer.key.kid}), part(signer.claims())])
    mac = base64.urlsafe_b64encode(hmac.digest(public, confused, "sha256")).rstrip(b"=")
    unsigned = b".".join([part({"alg": "none"}), part(signer.claims()), b""])
    for assertion in (
        signer.sign(key=ECKey.generate_key("P-256")),
        signer.sign(alg="HS256", key=OctKey.import_key(b"k" * 32)),
        (confused + b"." + mac).decode(),
        unsigned.decode(),
        "x",
        "..",
        "\u2603.\u2603.\u2603",
    ):
        answer = await signer.ask(assertion)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")


async def test_an_assertion_speaks_for_its_own_client_only(signer: Signer) -> None:
    answer = await signer.ask(signer.sign(), client_id="somebody")
    assert answer.json()["error"] == "invalid_client"
    assert (await signer.ask(signer.sign(), client_id=signer.id)).status_code == 200


async def test_who_registered_a_key_needs_it(signer: Signer) -> None:
    """A weaker proof than the one registered is none."""
    form = {"grant_type": "client_credentials", "client_id": signer.id}
    for secret in ({}, {"client_secret": ""}, {"client_secret": "x"}):
        answer = await signer.hub.http.post("/oauth/token", data=form | secret)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_headers_and_forms_that_are_malformed_are_refused(hub: RunningHub) -> None:
    for header in ("Basic /w==", "Basic !", "Basic", "Basic 4piDOng=", "Bearer x"):
        answer = await hub.http.post(
            "/oauth/token",
            data={"grant_type": "client_credentials"},
            headers={"Authorization": header} if header != "Bearer x" else {},
        )
        assert answer.status_code in {400, 401}, header
        assert answer.json()["error"] == "invalid_client"
    large = await hub.http.post("/oauth/token", data={"x": "y" * 70_000})
    assert (large.status_code, large.json()["error"]) == (413, "invalid_request")
    many = await hub.http.post("/oauth/token", data={f"x{n}": "y" for n in range(100)})
    assert (many.status_code, many.json()["error"]) == (400, "invalid_request")
    json = await hub.http.post("/oauth/token", json={"grant_type": "client_credentials"})
    assert (json.status_code, json.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("resource", "good"),
    [("", True), ("/", True), ("/graphql", False), (".evil.example", False)],
)
async def test_tokens_are_for_this_hub_alone(hub: RunningHub, resource: str, good: bool) -> None:
    client = await register_client(hub.store.clients, "x", (MINISTRY,))
    form = {"grant_type": "client_credentials", "resource": f"{issuer(hub)}{resource}"}
    answer = await hub.http.post("/oauth/token", data=form, auth=client)
    if good:
        assert answer.status_code == 200
    else:
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_target")
    two = {"grant_type": "client_credentials", "resource": [issuer(hub), "https://b.example"]}
    answer = await hub.http.post("/oauth/token", data=two, auth=client)
    assert answer.json()["error"] == "invalid_target"


PUBLIC_KEY: dict[str, Any] = {**KeySet([ECKey.generate_key("P-256")]).as_dict(private=False)}
PRIVATE_KEY: dict[str, Any] = {**KeySet([ECKey.generate_key("P-256")]).as_dict(private=True)}
SECRET_KEY: dict[str, Any] = {**KeySet([OctKey.import_key(b"k" * 32)]).as_dict(private=True)}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"public": True, "grant_types": ["client_credentials"]}, "public client can't"),
        ({"public": True, "jwks": PUBLIC_KEY}, "no keys"),
        ({"grants": ()}, "needs a role"),
        ({"grant_types": ["authorization_code"]}, "go together"),
        ({"redirect_uris": ["http://konsol.example/cb"]}, "must be https"),
        ({"redirect_uris": ["https://konsol.example/cb#x"]}, "must be https"),
        ({"redirect_uris": ["com.example.app:/cb"]}, "must be https"),
        ({"redirect_uris": ["javascript:alert(1)"], "public": True}, "must be https"),
        ({"redirect_uris": ["/cb"], "public": True}, "must be https"),
        ({"jwks": PRIVATE_KEY}, "public keys only"),
        ({"jwks": SECRET_KEY}, "public keys only"),
        ({"jwks": {"keys": []}}, "RFC 7517"),
        ({"jwks": {}}, "RFC 7517"),
    ],
)
async def test_clients_that_would_not_be_safe_are_not_made(
    hub: RunningHub, options: dict[str, Any], told: str
) -> None:
    grants = options.get("grants", (MINISTRY,))
    rest = {k: v for k, v in options.items() if k != "grants"}
    with pytest.raises(ValueError, match=told):
        await register_client(hub.store.clients, "x", grants, **rest)
