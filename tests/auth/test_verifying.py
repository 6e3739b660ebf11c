"""Which tokens are believed, and that no others are."""

import base64
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, Key, OctKey, RSAKey
from joserfc.jws import JWSRegistry

from hub.auth.issuers import LONGEST_TOKEN, InvalidTokenError, Issuer, only_key
from hub.auth.tokens import VERIFIED_SECONDS, OwnTokens, TokenVerifier
from hub.domain.scope import Grant, Permission, Role
from hub.store.clients import Client
from hub.store.store import Store

HUB = "https://hub.example"
OTHER = "https://id.example"
SULSEL = Grant(Role.PROVINCE, ("73",))
EC = ECKey.generate_key("P-256", auto_kid=True)
RSA = RSAKey.generate_key(2048, auto_kid=True)
HEADER = {"alg": "ES256", "typ": "at+jwt", "kid": EC.kid}


class HeldKeys:
    """The keys of an issuer, as a list that may change."""

    def __init__(self, keys: list[Key]) -> None:
        self._keys = keys

    async def find(self, kid: str | None, key_type: str) -> Key | None:
        return only_key(self._keys, kid, key_type)


def claims(**stated: Any) -> dict[str, Any]:
    """What a good token says, but for what is stated."""
    good = {
        "iss": HUB,
        "aud": HUB,
        "sub": "konsol",
        "client_id": "konsol",
        "jti": "1",
        "iat": int(time.time()),
        "exp": int(time.time()) + 60,
        "scope": "complaints:read",
        "grants": [{"role": "province", "regions": ["73"], "channels": []}],
    }
    return good | stated


def part(value: Any) -> str:
    raw = value if isinstance(value, bytes) else orjson.dumps(value)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(said: Any, key: Key = EC, **header: Any) -> str:
    """A token with whatever header; `...` leaves a part of the usual one out."""
    header = HEADER | header
    header = {name: value for name, value in header.items() if value is not ...}
    return signed_by("ES256" if key.key_type == "EC" else "RS256", key, header, said)


def signed_by(algorithm: str, key: Key, header: Any, said: Any) -> str:
    """A token that is signed well, whatever it says of it."""
    text = f"{part(header)}.{part(said)}"
    signature = JWSRegistry.algorithms[algorithm].sign(text.encode(), key)
    return f"{text}.{part(signature)}"


def by_hmac(said: dict[str, Any], secret: bytes) -> str:
    """A token by HS256, which joserfc would refuse to sign with a public key."""
    text = f"{part({'alg': 'HS256', 'typ': 'at+jwt', 'kid': EC.kid})}.{part(said)}"
    return f"{text}.{part(hmac.digest(secret, text.encode(), 'sha256'))}"


@pytest.fixture
async def verifier(store: Store) -> TokenVerifier:
    """Of a hub with one client, `konsol`."""
    permissions = frozenset({Permission.COMPLAINTS_READ, Permission.STATISTICS_READ})
    await store.clients.add(Client("konsol", "Konsol", "", (SULSEL,), permissions))
    return TokenVerifier([OwnTokens(Issuer(HUB, HUB, HeldKeys([EC])), store.principals)])


async def test_a_good_token_is_believed(verifier: TokenVerifier) -> None:
    scope = await verifier.scope(signed(claims()))
    assert scope.subject == "konsol"
    assert scope.grants == (SULSEL,)
    assert scope.permissions == {Permission.COMPLAINTS_READ}
    for also in (
        signed(claims(aud=[HUB, "https://elsewhere.example"])),
        signed(claims(), kid=...),  # there is one key only
        signed(claims(), typ="application/AT+JWT"),
        signed(claims(nbf=int(time.time()) + 20)),  # clocks differ a little
        signed(claims(), x5t="unknown headers are ignored"),
    ):
        assert await verifier.scope(also) == scope


DEEP = b"[" * 4000 + b"]" * 4000
WRONG: dict[str, Callable[[], str]] = {
    "algorithm none": lambda: signed(claims(), alg="none"),
    "algorithm none, unsigned": lambda: signed(claims(), alg="none").rpartition(".")[0] + ".",
    "algorithm nOnE": lambda: signed(claims(), alg="nOnE"),
    "no algorithm": lambda: signed(claims(), alg=...),
    "algorithm is a list": lambda: signed(claims(), alg=["ES256"]),
    "algorithm is another one of the key": lambda: signed(claims(), alg="ES256K"),
    "signature cut off": lambda: signed(claims()).rpartition(".")[0] + ".",
    "HS256 with the public key as PEM": lambda: by_hmac(claims(), EC.as_pem(private=False)),
    "HS256 with the public key as DER": lambda: by_hmac(claims(), EC.as_der(private=False)),
    "HS256 with the public key as JWK": lambda: by_hmac(
        claims(), orjson.dumps(EC.as_dict(private=False))
    ),
    "HS256 with an empty secret": lambda: by_hmac(claims(), b""),
    "RS256 by a key of its own": lambda: signed(claims(), RSA, alg="RS256", kid=RSA.kid),
    "another key under our kid": lambda: signed(
        claims(), ECKey.generate_key("P-256", {"kid": str(EC.kid)})
    ),
    "a key that it brings along": lambda: signed(
        claims(), RSA, alg="RS256", jwk=RSA.as_dict(private=False)
    ),
    "unknown kid": lambda: signed(claims(), kid="unknown"),
    "kid is a number": lambda: signed(claims(), kid=1),
    "critical header": lambda: signed(claims(), crit=["x"], x=1),
    "another audience": lambda: signed(claims(aud="https://elsewhere.example")),
    "audience is a part of ours": lambda: signed(claims(aud="https://hub")),
    "empty audience": lambda: signed(claims(aud="")),
    "no audience in a list": lambda: signed(claims(aud=[])),
    "another issuer": lambda: signed(claims(iss="https://elsewhere.example")),
    "issuer with a slash": lambda: signed(claims(iss=f"{HUB}/")),
    "issuer is a list": lambda: signed(claims(iss=[HUB])),
    "expired": lambda: signed(claims(exp=int(time.time()) - 60)),
    "expiry is a text": lambda: signed(claims(exp=str(int(time.time()) + 60))),
    "expiry is true": lambda: signed(claims(exp=True)),
    "expiry beyond floats": lambda: signed_by(
        "ES256", EC, HEADER, json.dumps(claims(exp=10**400)).encode()
    ),
    "not yet valid": lambda: signed(claims(nbf=int(time.time()) + 3600)),
    "issued in the future": lambda: signed(claims(iat=int(time.time()) + 3600)),
    "typ empty": lambda: signed(claims(), typ=""),
    "typ JWT": lambda: signed(claims(), typ="JWT"),
    "typ missing": lambda: signed(claims(), typ=...),
    "typ null": lambda: signed(claims(), typ=None),
    **{
        f"no {name}": lambda name=name: signed(  # type: ignore[misc]
            {key: value for key, value in claims().items() if key != name}
        )
        for name in claims()
        if name != "iat"
    },
    "unknown role": lambda: signed(
        claims(grants=[{"role": "king", "regions": [], "channels": []}])
    ),
    "a province of nothing": lambda: signed(
        claims(grants=[{"role": "province", "regions": [], "channels": []}])
    ),
    "grants are a text": lambda: signed(claims(grants="ministry")),
    "grants are null": lambda: signed(claims(grants=None)),
    "a grant is a text": lambda: signed(claims(grants=["ministry"])),
    "unknown scope": lambda: signed(claims(scope="everything")),
    "scope is a list": lambda: signed(claims(scope=["complaints:read"])),
    "unknown client": lambda: signed(claims(sub="nobody", client_id="nobody")),
    "a client for another one": lambda: signed(claims(sub="nobody")),
    "unknown person": lambda: signed(claims(sub="user:nobody")),
    "claims are a list": lambda: signed([claims()]),
    "header is a list": lambda: signed_by("ES256", EC, ["ES256"], claims()),
    "header is not JSON": lambda: signed_by("ES256", EC, b"{", claims()),
    "header is not base64": lambda: f"{'é' * 8}.{part(claims())}.x",
    "two parts": lambda: signed(claims()).rpartition(".")[0],
    "five parts, as encrypted ones have": lambda: signed(claims()) + ".x.x",
    "empty": lambda: "",
    "only dots": lambda: "..",
    "header nested deeply": lambda: signed_by("ES256", EC, b'{"alg":' + DEEP + b"}", claims()),
    "claims nested deeply": lambda: signed_by("ES256", EC, HEADER, b'{"iss":' + DEEP + b"}"),
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_no_other_token_is(verifier: TokenVerifier, wrong: str) -> None:
    token = WRONG[wrong]()
    for _ in range(2):
        with pytest.raises(InvalidTokenError):
            await verifier.scope(token)


async def test_a_long_token_is_refused_before_it_is_read(verifier: TokenVerifier) -> None:
    long = signed(claims(padding="x" * LONGEST_TOKEN))
    with pytest.raises(InvalidTokenError, match="too long"):
        await verifier.scope(long)
    short = signed(claims(padding="x" * (LONGEST_TOKEN // 2)))
    assert (await verifier.scope(short)).grants


@given(position=st.integers(0, 10_000), bit=st.integers(0, 5))
async def test_whatever_is_changed_in_a_token_voids_it(position: int, bit: int) -> None:
    """By the signature alone, before anything of it is looked at."""
    token = signed(claims(iat=1, exp=2**33))
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    place = position % len(token)
    if token[place] == ".":
        return
    other = alphabet[alphabet.index(token[place]) ^ (1 << bit)]
    changed = token[:place] + other + token[place + 1 :]
    # The last letter of a part has bits that stand for nothing.
    meant = [base64.urlsafe_b64decode(p + "==") for p in changed.split(".")]
    if meant == [base64.urlsafe_b64decode(p + "==") for p in token.split(".")]:
        return
    with pytest.raises(InvalidTokenError):
        await Issuer(HUB, HUB, HeldKeys([EC])).claims(changed)


@pytest.mark.parametrize("empty", [{"grants": []}, {"scope": ""}])
async def test_a_token_that_grants_nothing_reaches_nothing(
    verifier: TokenVerifier, empty: dict[str, Any]
) -> None:
    scope = await verifier.scope(signed(claims(**empty)))
    assert not (scope.rows or scope.counts or scope.ledgers or scope.reporters)


async def test_a_remembered_token_still_expires(
    verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = signed(claims())
    await verifier.scope(token)
    later = time.time() + 3600
    monkeypatch.setattr(time, "time", lambda: later)
    with pytest.raises(InvalidTokenError):
        await verifier.scope(token)


async def test_a_withdrawn_key_voids_what_it_signed_before(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.clients.add(Client("konsol", "x", "", (SULSEL,), frozenset(Permission)))
    keys: list[Key] = [EC]
    verifier = TokenVerifier([OwnTokens(Issuer(HUB, HUB, HeldKeys(keys)), store.principals)])
    token = signed(claims(exp=2**33))
    await verifier.scope(token)
    keys.clear()
    later = time.time() + VERIFIED_SECONDS
    monkeypatch.setattr(time, "time", lambda: later)
    with pytest.raises(InvalidTokenError):
        await verifier.scope(token)


def test_of_two_keys_with_one_name_none_is_meant() -> None:
    other = ECKey.generate_key("P-256", {"kid": str(EC.kid)})
    same_name = RSAKey.import_key(RSA.as_dict(), {"kid": str(EC.kid)})
    assert only_key([EC, other], EC.kid, "EC") is None
    assert only_key([EC, other], None, "EC") is None
    assert only_key([EC, same_name], EC.kid, "EC") is EC  # of another type: no doubt
    assert only_key([EC], "unknown", "EC") is None
    assert only_key([OctKey.generate_key(256)], None, "EC") is None


async def test_another_issuers_key_signs_nothing_of_ours(store: Store) -> None:
    await store.clients.add(Client("konsol", "x", "", (SULSEL,), frozenset(Permission)))
    theirs = ECKey.generate_key("P-256", auto_kid=True)
    verifier = TokenVerifier(
        [
            OwnTokens(Issuer(OTHER, HUB, HeldKeys([theirs])), store.principals),
            OwnTokens(Issuer(HUB, HUB, HeldKeys([EC])), store.principals),
        ]
    )
    assert await verifier.scope(signed(claims(iss=OTHER), theirs, kid=theirs.kid))
    for forged in (
        signed(claims(), theirs, kid=theirs.kid),
        signed(claims(), theirs),
        signed(claims(iss=OTHER)),
        signed(claims(iss=OTHER), kid=theirs.kid),
    ):
        with pytest.raises(InvalidTokenError):
            await verifier.scope(forged)
