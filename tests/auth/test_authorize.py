"""A user lets a console act for them: what the pages say, and what is refused."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from hub.domain.scope import Grant, Role
from tests.auth.browser import (
    CALLBACK,
    PASSWORD,
    SULSEL,
    Browser,
    a_console,
    a_user,
    links,
    tokens_for,
)
from tests.running_hub import RunningHub


async def claims(hub: RunningHub, token: str) -> dict[str, Any]:
    keys = KeySet.import_key_set((await hub.http.get("/.well-known/jwks.json")).json())
    return jwt.decode(token, keys).claims


def issuer(hub: RunningHub) -> str:
    return str(hub.http.base_url).rstrip("/")


async def test_a_console_gets_a_token_that_reaches_what_the_user_reaches(hub: RunningHub) -> None:
    user_id, console = await a_user(hub), await a_console(hub)
    async with Browser(hub) as browser:
        login = await browser.open(console.address(scope="complaints:read statistics:read"))
        assert 'autocomplete="current-password"' in login.text
        consent = await browser.log_in("siti")
        assert "Let Konsol act for you?" in consent.text
        assert "Read complaints" in consent.text
        assert "province 73" in consent.text
        await browser.send(decision="allow")
        assert browser.page.headers["location"].startswith(f"{CALLBACK}?")
        back = browser.sent_back
    assert (back["state"], back["iss"]) == ("s", issuer(hub))
    answer = await console.exchange(hub, back["code"])
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    said = await claims(hub, answer.json()["access_token"])
    assert said["sub"] == f"user:{user_id}"
    assert said["client_id"] == console.id
    assert said["aud"] == said["iss"] == issuer(hub)
    assert said["grants"] == [{"role": "province", "regions": ["73"], "channels": []}]
    assert said["scope"] == "complaints:read statistics:read"
    assert said["jti"]
    assert said["auth_time"] <= said["iat"]
    viewer = await hub.ask(answer.json()["access_token"], "{ viewer { id } }")
    assert viewer


async def test_a_token_does_what_was_asked_for_and_client_and_user_both_may(
    hub: RunningHub,
) -> None:
    await a_user(hub)  # a province: no audit, no connectors
    permissions = ["complaints:read", "connectors:read", "complaints:pii"]
    console = await a_console(hub, permissions=permissions)
    everything = await tokens_for(hub, console)
    assert everything["scope"] == "complaints:read"
    less = await tokens_for(hub, console, scope="complaints:read connectors:read")
    assert less["scope"] == "complaints:read"


async def test_who_may_do_nothing_of_what_is_asked_can_only_deny(hub: RunningHub) -> None:
    await a_user(hub, grant=Grant(Role.STATISTICS))
    console = await a_console(hub, permissions=["complaints:read"])
    async with Browser(hub) as browser:
        await browser.open(console.address())
        await browser.log_in("siti")
        assert 'value="allow"' not in browser.page.text
        await browser.send(decision="allow")  # a form is easily changed
        assert browser.sent_back["error"] == "access_denied"


async def test_a_user_can_deny(hub: RunningHub) -> None:
    await a_user(hub)
    console = await a_console(hub)
    async with Browser(hub) as browser:
        await browser.open(console.address())
        await browser.log_in("siti")
        await browser.send(decision="deny")
        back = browser.sent_back
    assert back == {
        "error": "access_denied",
        "error_description": back["error_description"],
        "state": "s",
        "iss": issuer(hub),
    }


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code token"}, "unsupported_response_type"),
        ({"scope": "complaints:read everything"}, "invalid_scope"),
        ({"scope": "complaints:pii"}, "invalid_scope"),
        ({"resource": "https://elsewhere.example"}, "invalid_target"),
    ],
)
async def test_bad_requests_go_back_to_the_console(
    hub: RunningHub, changed: dict[str, str | None], error: str
) -> None:
    console = await a_console(hub)
    async with Browser(hub) as browser:
        await browser.open(console.address(**changed))
        assert browser.page.headers["location"].startswith(f"{CALLBACK}?")
        back = browser.sent_back
        assert (back["error"], back["state"], back["iss"]) == (error, "s", issuer(hub))


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": None},
        {"redirect_uri": f"{CALLBACK}/"},
        {"redirect_uri": f"{CALLBACK}?x=1"},
        {"redirect_uri": CALLBACK.upper()},
        {"redirect_uri": "https://konsol.example.evil.example/kembali"},
        {"redirect_uri": 'https://"\\\u2603'},
        {"redirect_uri": "javascript:alert(1)"},
        {"client_id": "nobody"},
        {"client_id": None},
        {"response_type": '"\u2603', "redirect_uri": "https://evil.example"},
    ],
)
async def test_nobody_is_sent_to_an_address_that_is_not_registered(
    hub: RunningHub, changed: dict[str, str | None]
) -> None:
    console = await a_console(hub)
    async with Browser(hub) as browser:
        page = await browser.open(console.address(**changed))
        assert page.status_code == 400
        assert "location" not in page.headers
        assert "evil" not in page.text


async def test_a_parameter_given_twice_is_refused(hub: RunningHub) -> None:
    console = await a_console(hub)
    async with Browser(hub) as browser:
        page = await browser.open(f"{console.address()}&redirect_uri=https://evil.example")
        assert (page.status_code, "location" in page.headers) == (400, False)


@pytest.mark.parametrize(
    ("registered", "asked", "public", "allowed"),
    [
        ("http://127.0.0.1/cb", "http://127.0.0.1:49152/cb", True, True),
        ("http://127.0.0.1:1/cb", "http://127.0.0.1:2/cb", True, True),
        ("http://[::1]/cb", "http://[::1]:49152/cb", True, True),
        ("http://127.0.0.1/cb", "http://127.0.0.1:49152/cb", False, False),
        ("http://127.0.0.1/cb", "http://127.0.0.1:49152/other", True, False),
        ("http://127.0.0.1/cb", "http://127.0.0.1:80@evil.example/cb", True, False),
        ("http://127.0.0.1/cb", "http://127.0.0.1:8\n0/cb", True, False),
        ("http://127.0.0.1/cb", "https://127.0.0.1:49152/cb", True, False),
        ("http://localhost/cb", "http://localhost:49152/cb", True, False),
        ("id.example.konsol:/cb", "id.example.konsol:/cb", True, True),
        ("https://konsol.example/cb", "https://konsol.example:8443/cb", True, False),
    ],
)
async def test_only_the_port_of_a_loopback_address_of_a_native_application_may_differ(
    hub: RunningHub, registered: str, asked: str, public: bool, allowed: bool
) -> None:
    console = await a_console(hub, redirect_uris=[registered], public=public)
    async with Browser(hub) as browser:
        page = await browser.open(console.address(redirect_uri=asked))
        assert (page.status_code == 200) is allowed


async def test_a_service_gets_no_code_and_a_console_no_token_of_its_own(hub: RunningHub) -> None:
    console = await a_console(hub, public=False)
    answer = await console.ask(hub, grant_type="client_credentials")
    assert answer.json()["error"] == "unauthorized_client"
    public = await a_console(hub)
    answer = await public.ask(hub, grant_type="client_credentials")
    assert answer.json()["error"] == "invalid_client"
    service = await a_console(hub, redirect_uris=[], public=False, grants=(SULSEL,))
    async with Browser(hub) as browser:
        assert (await browser.open(service.address())).status_code == 400


async def test_pages_bring_nothing_from_elsewhere_and_stand_in_no_frame(hub: RunningHub) -> None:
    await a_user(hub)
    console = await a_console(hub)
    async with Browser(hub) as browser:
        pages = [await browser.open(console.address()), await browser.log_in("siti")]
        pages.append(await browser.open("/oauth/device"))
        pages.append(await browser.open("/oauth/authorize"))
    for page in pages:
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["x-frame-options"] == "DENY"
        assert page.headers["cache-control"] == "no-store"
        assert "<script" not in page.text
        assert not any(urlsplit(link).netloc for link in links(page.text))
        assert 'lang="en"' in page.text


async def test_texts_of_others_stay_texts(hub: RunningHub) -> None:
    await a_user(hub)
    console = await a_console(hub)
    client = await hub.store.clients.get(console.id)
    assert client
    await hub.store.clients.add(replace(client, name="<script>alert(1)</script>"))
    async with Browser(hub) as browser:
        login = await browser.open(console.address(state='"><script>'))
        wrong = await browser.send(name='"><script>', password="x")
        await browser.log_in("siti", PASSWORD)
        for page in (login, wrong, browser.page):
            assert "<script" not in page.text
        assert "&lt;script&gt;alert(1)" in browser.page.text
