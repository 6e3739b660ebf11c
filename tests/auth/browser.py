"""A browser without a screen: follows the hub's pages, keeps cookies, fills forms in."""

import base64
import hashlib
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import httpx2

from hub.auth.clients import register_client
from hub.auth.users import create_user
from hub.domain.scope import Grant, Role
from tests.running_hub import RunningHub

CALLBACK = "https://konsol.example/kembali"
PASSWORD = "kata sandi yang panjang"
SULSEL = Grant(Role.PROVINCE, ("73",))


class Form(HTMLParser):
    """The first form of a page: where it goes, and its fields."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.decisions: list[str] = []
        self._forms = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._forms += 1
            if self._forms == 1:
                self.action = values.get("action", "")
        elif self._forms == 1 and tag == "input":
            self.fields[values["name"]] = values.get("value", "")
        elif self._forms == 1 and tag == "button" and "name" in values:
            self.decisions.append(values["value"])


class Browser:
    """One browser at one hub."""

    def __init__(self, hub: RunningHub) -> None:
        self._base = str(hub.http.base_url)
        self.http = httpx2.AsyncClient(base_url=self._base, timeout=30)
        self.page: httpx2.Response

    async def __aenter__(self) -> "Browser":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    async def open(self, address: str) -> httpx2.Response:
        """Opens an address, and follows where it leads within the hub."""
        self.page = await self.http.get(address)
        return await self._follow()

    async def send(self, **filled: str) -> httpx2.Response:
        """Sends the form of the page, filled in."""
        form = Form(self.page.text)
        target = urljoin(str(self.page.url), form.action)
        self.page = await self.http.post(target, data=form.fields | filled)
        return await self._follow()

    async def log_in(self, name: str, password: str = PASSWORD, code: str = "") -> httpx2.Response:
        """Sends the login form."""
        return await self.send(name=name, password=password, code=code)

    async def _follow(self) -> httpx2.Response:
        while self.page.is_redirect:
            target = urljoin(str(self.page.url), self.page.headers["location"])
            if not target.startswith(self._base):
                break
            self.page = await self.http.get(target)
        return self.page

    @property
    def sent_back(self) -> dict[str, str]:
        """The parameters with which the hub sends the browser away."""
        assert self.page.is_redirect, self.page.text
        return dict(parse_qsl(urlsplit(self.page.headers["location"]).query))


@dataclass
class Console:
    """A client that users log in for."""

    id: str
    secret: str = ""
    redirect_uri: str = CALLBACK
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def address(self, **changed: str | None) -> str:
        """Where it sends the user; None leaves a parameter out."""
        parameters: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.id,
            "redirect_uri": self.redirect_uri,
            "state": "s",
            "code_challenge": self.challenge,
            "code_challenge_method": "S256",
        }
        asked = {k: v for k, v in (parameters | changed).items() if v is not None}
        return f"/oauth/authorize?{urlencode(asked)}"

    async def ask(self, hub: RunningHub, **form: str) -> httpx2.Response:
        """A request to the token endpoint."""
        return await self.post(hub, "token", **form)

    async def post(self, hub: RunningHub, endpoint: str, **form: str) -> httpx2.Response:
        """A request to any endpoint, as this client."""
        path = f"/oauth/{endpoint}"
        if self.secret:
            return await hub.http.post(path, data=form, auth=(self.id, self.secret))
        return await hub.http.post(path, data=form | {"client_id": self.id})

    async def exchange(self, hub: RunningHub, code: str, **changed: str) -> httpx2.Response:
        """Exchanges a code."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.verifier,
        }
        return await self.ask(hub, **(form | changed))

    async def refresh(self, hub: RunningHub, token: str, **more: str) -> httpx2.Response:
        """Exchanges a refresh token."""
        return await self.ask(hub, grant_type="refresh_token", refresh_token=token, **more)


async def a_console(hub: RunningHub, **options: Any) -> Console:
    """A public console, unless the options say otherwise."""
    grants = options.pop("grants", ())
    usual: dict[str, Any] = {"public": True, "redirect_uris": [CALLBACK]}
    client_id, secret = await register_client(
        hub.store.clients, "Konsol", grants, **(usual | options)
    )
    return Console(client_id, secret)


async def a_user(hub: RunningHub, name: str = "siti", grant: Grant = SULSEL, **more: Any) -> str:
    """Makes a user with PASSWORD; returns their id."""
    user, _ = await create_user(hub.store.users, name, (grant,), password=PASSWORD, **more)
    return user.id


async def code_for(hub: RunningHub, console: Console, name: str = "siti", **asked: Any) -> str:
    """A code: the user logs in and allows."""
    async with Browser(hub) as browser:
        await browser.open(console.address(**asked))
        await browser.log_in(name)
        await browser.send(decision="allow")
        return browser.sent_back["code"]


async def tokens_for(hub: RunningHub, console: Console, **asked: Any) -> dict[str, Any]:
    """The tokens that a console gets for siti."""
    answer = await console.exchange(hub, await code_for(hub, console, **asked))
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


def links(page: str) -> Iterator[str]:
    """Every address that a page names in an attribute."""
    yield from re.findall(r'(?:src|href|action)="([^"]*)"', page)
