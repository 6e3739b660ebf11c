"""Who comes with a header is remembered, and forgotten as soon as they may be somebody else."""

import time
from collections.abc import AsyncIterator

import anyio
import pytest

from hub.auth.issuers import InvalidTokenError, Issuer
from hub.auth.middleware import Bearers, Viewer
from hub.auth.tokens import OwnTokens, TokenVerifier
from hub.domain.scope import Permission
from hub.store.clients import Client
from hub.store.store import Store
from tests.auth.test_verifying import EC, HUB, SULSEL, HeldKeys, claims, signed
from tests.remembering import until_live, watched


@pytest.fixture
async def bearers(store: Store) -> Bearers:
    """Of a hub with one client, `konsol`."""
    await store.clients.add(Client("konsol", "Konsol", "", (SULSEL,), frozenset(Permission)))
    own = OwnTokens(Issuer(HUB, HUB, HeldKeys([EC])), store.principals)
    return Bearers(TokenVerifier([own]), store.principals.remembered)


@pytest.fixture
async def told(store: Store) -> AsyncIterator[None]:
    """While this holds, the store hears of changes."""
    remembered = store.principals.remembered
    async with watched(remembered):
        await until_live(remembered)
        yield


def header(**stated: object) -> bytes:
    return b"Bearer " + signed(claims(**stated)).encode()


async def remembered(bearers: Bearers, header: bytes) -> Viewer:
    """Who is known by a header, once MongoDB has told of all that was changed before."""
    with anyio.fail_after(10):
        while (viewer := bearers.known(header)) is None:
            await bearers.viewer(header)
            await anyio.sleep(0.02)
    return viewer


@pytest.mark.usefixtures("told")
async def test_who_came_before_is_known_until_anything_changes(
    bearers: Bearers, store: Store
) -> None:
    first, second = header(jti="1"), header(jti="2")
    assert bearers.known(first) is None
    assert (await remembered(bearers, first)).scope.grants == (SULSEL,)
    assert bearers.known(second) is None
    await store.principals.disable("konsol")
    assert bearers.known(first) is None
    with pytest.raises(InvalidTokenError):
        await bearers.viewer(first)
    await store.principals.disable("konsol", disabled=False)
    assert bearers.known(first) is None
    assert (await remembered(bearers, first)).client_id == "konsol"


@pytest.mark.usefixtures("told")
async def test_who_came_before_is_not_known_beyond_their_tokens_time(
    bearers: Bearers, monkeypatch: pytest.MonkeyPatch
) -> None:
    soon = header(exp=int(time.time()) + 60)
    await remembered(bearers, soon)
    later = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: later)
    assert bearers.known(soon) is None


async def test_nobody_is_known_while_no_changes_are_told(bearers: Bearers) -> None:
    first = header()
    assert await bearers.viewer(first)
    assert bearers.known(first) is None


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("other", [b"", b"Basic a29uc29sOng=", b"bearers x"])
async def test_another_header_makes_no_viewer(bearers: Bearers, other: bytes) -> None:
    assert await bearers.viewer(other) is None
    assert bearers.known(other) is None


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("wrong", [b"Bearer", b"Bearer x", b"Bearer \xff\x00.a.b"])
async def test_a_header_that_was_refused_is_not_known(bearers: Bearers, wrong: bytes) -> None:
    with pytest.raises(InvalidTokenError):
        await bearers.viewer(wrong)
    assert bearers.known(wrong) is None
