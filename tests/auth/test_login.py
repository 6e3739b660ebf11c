"""Logging in: passwords, one-time codes, forms of our own, and an end to guessing."""

import time

import anyio
import httpx2
import pyotp
import pytest

from hub.auth.users import create_user, enrol_totp
from hub.domain.scope import Grant, Permission, Role
from hub.store.mongo import Database
from hub.store.store import Store
from hub.store.users import NameTakenError
from tests.auth.browser import PASSWORD, SULSEL, Browser, Form, a_console, a_user
from tests.running_hub import RunningHub

START = "/oauth/device"


def is_login_page(page: httpx2.Response) -> bool:
    return "current-password" in page.text


async def test_wrong_passwords_and_unknown_names_get_the_same_answer(hub: RunningHub) -> None:
    await a_user(hub)
    async with Browser(hub) as browser:
        await browser.open(START)
        wrong = await browser.log_in("siti", "wrong")
        unknown = await browser.log_in("budi", "wrong")
        assert wrong.status_code == unknown.status_code == 403
        assert wrong.text.replace("siti", "budi") == unknown.text


async def test_a_login_is_a_cookie_that_no_script_and_no_other_site_gets(hub: RunningHub) -> None:
    await a_user(hub)
    async with Browser(hub) as browser:
        await browser.open(START)
        before = dict(browser.http.cookies)
        page = await browser.log_in("siti")
        assert "Connect a device" in page.text
        assert dict(browser.http.cookies) != before  # never the one from before the login
        form = Form((await browser.open(START)).text)
        response = await browser.http.post(
            "/oauth/logout", data={"form_token": form.fields["form_token"], "next": "device"}
        )
        set_cookie = response.headers["set-cookie"].lower()
        assert "httponly" in set_cookie
        assert "samesite=lax" in set_cookie
        assert is_login_page(await browser.open(START))


async def test_over_tls_the_cookie_is_for_tls_and_this_host_alone() -> None:
    from starlette.responses import Response

    from hub.auth.sessions import Sessions

    sessions, response = Sessions(b"k" * 32, "https://hub.example"), Response()
    sessions.keep(response, sessions.log_in("x"))
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("__Host-hub=")
    assert "; Secure" in cookie
    assert "; Path=/;" in cookie
    assert "domain" not in cookie.lower()


@pytest.mark.parametrize("token", [None, "", "x", "\u2603"])
async def test_a_form_that_is_not_ours_is_refused(hub: RunningHub, token: str | None) -> None:
    await a_user(hub)
    console = await a_console(hub)
    async with Browser(hub) as browser:
        await browser.open(console.address())
        sent = {} if token is None else {"form_token": token}
        login = {"name": "siti", "password": PASSWORD, "next": "device"}
        page = await browser.http.post("/oauth/login", data=login | sent)
        assert page.status_code == 403
        await browser.log_in("siti")
        for address in (console.address(), "/oauth/device", "/oauth/logout"):
            page = await browser.http.post(address, data={"decision": "allow"} | sent)
            assert page.status_code == 403
            assert "location" not in page.headers


async def test_a_form_of_another_browser_is_refused(hub: RunningHub) -> None:
    await a_user(hub)
    async with Browser(hub) as one, Browser(hub) as other:
        theirs = Form((await other.open(START)).text).fields["form_token"]
        await one.open(START)
        assert (await one.send(form_token=theirs, name="siti", password=PASSWORD)).is_client_error
        assert (await one.open(START)).status_code == 200
        assert is_login_page(one.page)


@pytest.mark.parametrize(
    "target", ["https://evil.example", "//evil.example", "/\\evil", "", "device.evil", "x:device"]
)
async def test_a_login_leads_to_our_own_pages_only(hub: RunningHub, target: str) -> None:
    await a_user(hub)
    async with Browser(hub) as browser:
        await browser.open(START)
        page = await browser.send(name="siti", password=PASSWORD, next=target)
        assert (page.status_code, "location" in page.headers) == (400, False)


async def test_a_forged_or_ended_cookie_is_no_login(
    hub: RunningHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_user(hub)
    async with Browser(hub) as browser:
        for cookie in ("x", "e30.e30.", "eyJhbGciOiJub25lIn0.eyJzaWQiOiJ4Iiwic3ViIjoieCJ9."):
            page = await browser.http.get(START, headers={"Cookie": f"hub={cookie}"})
            assert is_login_page(page)
        monkeypatch.setattr("hub.auth.sessions.SESSION_SECONDS", -600)
        await browser.open(START)
        assert (await browser.log_in("siti")).status_code == 403


async def test_a_one_time_code_is_needed_once_enrolled_and_works_once(hub: RunningHub) -> None:
    await a_user(hub)
    user = await hub.store.users.named("siti")
    assert user
    uri = await enrol_totp(hub.store.users, user, "Complaint Hub")
    totp = pyotp.parse_uri(uri)
    assert isinstance(totp, pyotp.TOTP)
    code = totp.now()
    async with Browser(hub) as browser:
        await browser.open(START)
        assert (await browser.log_in("siti")).status_code == 403
        assert (await browser.log_in("siti", code="000000")).status_code == 403
        assert (await browser.log_in("siti", "wrong", code=code)).status_code == 403
        assert "Connect a device" in (await browser.log_in("siti", code=code)).text
    async with Browser(hub) as browser:
        await browser.open(START)
        assert (await browser.log_in("siti", code=code)).status_code == 403
        later = totp.at(int(time.time()) + 30)
        assert "Connect a device" in (await browser.log_in("siti", code=later)).text


async def test_the_secret_of_one_time_codes_lies_sealed(
    hub: RunningHub, database: Database
) -> None:
    await a_user(hub)
    user = await hub.store.users.named("siti")
    assert user
    uri = await enrol_totp(hub.store.users, user, "Complaint Hub")
    stored = repr(await database["users"].find_one())
    assert str(pyotp.parse_uri(uri).secret) not in stored
    assert PASSWORD not in stored
    assert "$argon2id$" in stored


async def test_who_is_locked_out_learns_nothing(hub: RunningHub) -> None:
    await a_user(hub)
    async with Browser(hub) as browser:
        await browser.open(START)
        for _ in range(10):
            assert (await browser.log_in("siti", "wrong")).status_code == 403
        wrong = await browser.log_in("siti", "wrong")
        right = await browser.log_in("siti")
        assert wrong.status_code == right.status_code == 429
        assert 0 < int(right.headers["retry-after"]) <= 900
        form = Form(wrong.text).fields["form_token"]
        assert wrong.text == right.text.replace(Form(right.text).fields["form_token"], form)
        await a_user(hub, "budi")
        assert "Connect a device" in (await browser.log_in("budi")).text


async def test_many_guesses_at_once_are_counted_too(hub: RunningHub) -> None:
    await a_user(hub)
    answers: list[int] = []
    async with Browser(hub) as browser:
        fields = Form((await browser.open(START)).text).fields

        async def guess() -> None:
            form = fields | {"name": "siti", "password": "wrong"}
            answers.append((await browser.http.post("/oauth/login", data=form)).status_code)

        async with anyio.create_task_group() as group:
            for _ in range(15):
                group.start_soon(guess)
    assert sorted(answers) == [403] * 10 + [429] * 5


async def test_users_are_made_with_what_their_role_allows(store: Store) -> None:
    user, password = await create_user(store.users, "ani", (SULSEL,))
    assert len(password) >= 20
    assert Permission.LETTERS_WRITE in user.permissions
    assert await store.users.get(user.id) == user
    with pytest.raises(NameTakenError):
        await create_user(store.users, "ani", (Grant(Role.MINISTRY),))
    for name, scope, given in (
        ("ani budi", [], None),
        ("", [], None),
        ("budi", ["clients:write"], None),
        ("budi", [], "short"),
        ("budi", [], "x" * 2000),
    ):
        with pytest.raises(ValueError, match=r"name|can't have|password"):
            await create_user(store.users, name, (SULSEL,), scope, given)
