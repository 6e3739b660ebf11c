"""A client library that is not ours passes its flows against a hub that is started as users do."""

import json
from typing import Any

import pytest
from joserfc.jwk import ECKey, KeySet

from tests.clients.conftest import Served, node

REDIRECT = "https://konsol.example/kembali"


@pytest.fixture(scope="module")
def told(served: Served, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """All that a client is told of a hub, its clients and a user."""
    key = ECKey.generate_key("P-256")
    key.ensure_kid()
    jwks = tmp_path_factory.mktemp("keys") / "jwks.json"
    jwks.write_text(json.dumps(KeySet([key]).as_dict(private=False)))

    def client(*options: str) -> dict[str, Any]:
        return served.made("client", "create", "Uji", *options)

    return {
        "url": served.url,
        "redirect_uri": REDIRECT,
        "user": served.made("user", "create", "siti", "--role", "province", "--region", "73"),
        "console": client("--public", "--redirect-uri", REDIRECT),
        "portal": client("--redirect-uri", REDIRECT),
        "device": client("--public"),
        "service": client("--role", "ministry"),
        "signer": client("--role", "ministry", "--jwks", str(jwks))
        | {"private_key": key.as_pem(private=True).decode(), "kid": key.kid},
    }


def run(flow: str, told: dict[str, Any]) -> dict[str, Any]:
    """What openid-client saw in a flow."""
    seen: dict[str, Any] = node("flows.mjs", told, flow)
    return seen


def test_code_with_pkce(told: dict[str, Any]) -> None:
    assert run("code_with_pkce", told) == {
        "scope": "complaints:read statistics:read",
        "type": "bearer",
        "graphql": 200,
        "second_use": "invalid_grant",
    }


def test_code_of_a_confidential_client(told: dict[str, Any]) -> None:
    seen = run("code_of_a_confidential_client", told)
    assert seen == {"scope": "complaints:read statistics:read", "graphql": 200}


def test_client_credentials(told: dict[str, Any]) -> None:
    assert run("client_credentials", told) == {
        "basic": 200,
        "post": 200,
        "wrong": "invalid_client",
        "foreign": "invalid_target",
    }


def test_private_key_jwt(told: dict[str, Any]) -> None:
    assert run("private_key_jwt", told) == {"graphql": 200, "forged": "invalid_client"}


def test_device(told: dict[str, Any]) -> None:
    assert run("device", told) == {"scope": "statistics:read", "graphql": 200}


def test_refresh_with_rotation_and_reuse(told: dict[str, Any]) -> None:
    assert run("refresh", told) == {
        "rotated": True,
        "graphql": 200,
        "reuse": "invalid_grant",
        "family": "invalid_grant",
    }


def test_introspection_and_revocation(told: dict[str, Any]) -> None:
    own = {"active": True, "client": True, "sub": f"user:{told['user']['id']}"}
    assert run("introspection_and_revocation", told) == {
        "access_token": own,
        "refresh_token": own,
        "rubbish": False,
        "of_another": False,
        "after": {"access_token": False, "refresh_token": False, "refresh": "invalid_grant"},
    }
