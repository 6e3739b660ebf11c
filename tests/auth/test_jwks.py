"""The keys of an external issuer: when they are asked for, and what is not believed."""

import time

import anyio
import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from hub.auth import jwks
from hub.auth.jwks import RemoteKeys
from tests.auth.issuer import StubIssuer, stub_issuer

ONE, TWO = [ECKey.generate_key("P-256", auto_kid=True) for _ in range(2)]
RSA = RSAKey.generate_key(2048, auto_kid=True)


def keys_of(issuer: StubIssuer, jwks_uri: str | None = None) -> RemoteKeys:
    return RemoteKeys(issuer.url, jwks_uri, frozenset())


@pytest.mark.parametrize("openid", [True, False])
@pytest.mark.parametrize("path", ["", "/realms/sp4n"])
async def test_keys_are_discovered(path: str, openid: bool) -> None:
    async with stub_issuer(path, openid=openid) as issuer:
        issuer.publish(ONE, RSA)
        keys = keys_of(issuer)
        found = await keys.find(ONE.kid, "EC")
        assert found
        assert found.as_dict() == ONE.as_dict(private=False)
        assert await keys.find(RSA.kid, "RSA")
        assert await keys.find(RSA.kid, "EC") is None
        assert issuer.asked == 1


async def test_a_new_key_is_learnt_and_a_withdrawn_one_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jwks, "PAUSE_SECONDS", 0.0)
    async with stub_issuer() as issuer:
        issuer.publish(ONE)
        keys = keys_of(issuer)
        assert await keys.find(ONE.kid, "EC")
        issuer.publish(TWO)
        assert await keys.find(TWO.kid, "EC")
        assert await keys.find(ONE.kid, "EC") is None


async def test_an_old_key_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwks, "PAUSE_SECONDS", 0.0)
    async with stub_issuer() as issuer:
        issuer.publish(ONE)
        keys = keys_of(issuer)
        assert await keys.find(ONE.kid, "EC")
        issuer.publish()
        assert await keys.find(ONE.kid, "EC")
        monkeypatch.setattr(jwks, "FRESH_SECONDS", 0.0)
        assert await keys.find(ONE.kid, "EC") is None


async def test_keys_outlive_an_issuer_that_does_not_answer_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jwks, "PAUSE_SECONDS", 0.0)
    async with stub_issuer() as issuer:
        issuer.publish(ONE)
        keys = keys_of(issuer)
        assert await keys.find(ONE.kid, "EC")
        monkeypatch.setattr(jwks, "FRESH_SECONDS", 0.0)
        issuer.status = 500
        assert await keys.find(ONE.kid, "EC")
        monkeypatch.setattr(jwks, "USABLE_SECONDS", 0.0)
        assert await keys.find(ONE.kid, "EC") is None


async def test_unknown_names_do_not_make_it_asked_again_and_again() -> None:
    async with stub_issuer() as issuer:
        issuer.publish(ONE)
        keys = keys_of(issuer)

        async def look(kid: str) -> None:
            assert await keys.find(kid, "EC") is None

        async with anyio.create_task_group() as group:
            for n in range(200):
                group.start_soon(look, f"unknown {n}")
        assert issuer.asked == 1
        assert await keys.find(ONE.kid, "EC")
        assert issuer.asked == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"keys": {}}',
        b'{"keys": [' + b"{}," * 100 + b"{}]}",
        b'{"keys": [' + b" " * 300_000 + b"]}",
        b'{"keys": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    ],
)
async def test_what_is_no_key_set_gives_no_key(body: bytes) -> None:
    async with stub_issuer() as issuer:
        issuer.body = body
        assert await keys_of(issuer).find(ONE.kid, "EC") is None


async def test_keys_that_can_not_sign_are_left_out() -> None:
    good = ONE.as_dict(private=False)
    async with stub_issuer() as issuer:
        issuer.keys = [
            good,
            None,
            "x",
            {},
            {"kty": "EC", "kid": "cut"},
            {"kty": ["EC"]},
            {"kty": "OKP", "crv": "none", "x": "x", "kid": "odd"},
            {"kty": "future", "kid": "future"},
            TWO.as_dict(private=False) | {"use": "enc"},
            OctKey.generate_key(256, {"kid": "oct"}).as_dict(private=True),
            {"kty": "RSA", "kid": "small", "e": "AQAB", "n": "u" * 171},
        ]
        keys = keys_of(issuer)
        assert await keys.find(ONE.kid, "EC")
        for kid, key_type in (
            (TWO.kid, "EC"),
            ("oct", "oct"),
            ("small", "RSA"),
            ("odd", "OKP"),
            ("cut", "EC"),
        ):
            assert await keys.find(kid, key_type) is None


async def test_two_keys_of_one_name_are_none() -> None:
    async with stub_issuer() as issuer:
        twin = TWO.as_dict(private=False) | {"kid": ONE.kid}
        issuer.keys = [ONE.as_dict(private=False), twin]
        assert await keys_of(issuer).find(ONE.kid, "EC") is None


async def test_metadata_of_another_issuer_or_without_a_guarded_address_count_for_nothing() -> None:
    for wrong in (
        {"issuer": "https://elsewhere.example"},
        {"issuer": None},
        {"jwks_uri": None},
        {"jwks_uri": 7},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "http://192.0.2.1/keys"},
        {"jwks_uri": "https://192.168.0.1/keys"},
        {"jwks_uri": "https://[::1"},
        {"jwks_uri": "http://127.0.0.1:9/keys"},
    ):
        async with stub_issuer() as issuer:
            issuer.publish(ONE)
            issuer.metadata |= wrong
            assert await keys_of(issuer).find(ONE.kid, "EC") is None, wrong
            assert issuer.asked == 0


async def test_a_redirect_is_not_followed() -> None:
    async with stub_issuer() as issuer:
        issuer.publish(ONE)
        issuer.body, issuer.status = b"", 302
        assert await keys_of(issuer).find(ONE.kid, "EC") is None


async def test_a_stated_address_spares_the_discovery() -> None:
    async with stub_issuer() as issuer:
        issuer.publish(ONE)
        issuer.metadata = {}
        assert await keys_of(issuer, f"{issuer.url}/keys").find(ONE.kid, "EC")


async def test_a_slow_issuer_holds_nobody_up_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwks, "_ANSWER_SECONDS", 0.3)
    async with stub_issuer() as issuer:
        issuer.publish(ONE)
        issuer.seconds = 2.0
        keys = keys_of(issuer)
        began = time.monotonic()
        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(keys.find, ONE.kid, "EC")
        assert time.monotonic() - began < 1.5
        assert issuer.asked == 1
