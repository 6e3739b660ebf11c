"""The one outbound HTTP client: guarded, bounded, patient to a limit."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import anyio
import httpx2

from hub.connectors.base import ChannelError, Surroundings
from hub.connectors.http.auth import ClientCredentials, basic
from hub.connectors.http.body import bounded_body
from hub.connectors.http.budget import ApiBudget, Budget
from hub.connectors.http.config import (
    ApiKeyAuth,
    BearerAuth,
    HttpBasicAuth,
    HttpClient,
    Method,
    OAuth2ClientCredentials,
)
from hub.connectors.http.errors import ErrorHandler, PassingError, RefusedError
from hub.connectors.http.patience import patiently
from hub.connectors.http.transport import GuardedTransport

TIMEOUT_SECONDS = 30.0
_CONNECT_SECONDS = 5.0
MAX_BODY_BYTES = 64 * 1024 * 1024
_PATIENCE = ErrorHandler()

# It logs whole addresses, with the keys that stand in the query.
logging.getLogger("httpx2").setLevel(logging.WARNING)


Link = httpx2.URL
Read = Callable[[bytes], Any]


class Question(NamedTuple):
    """What to ask a channel. One by POST only reads as well: it is asked again where one by GET
    is."""

    path: str | Link
    params: Mapping[str, str] = {}
    method: Method = "GET"
    json: dict[str, Any] | None = None


class Answer(NamedTuple):
    """What was made of a body, the address that it came from, and the links of its header by what
    they are to it."""

    document: Any
    url: httpx2.URL
    links: dict[str, str]

    def follow(self, link: str) -> Link:
        """The address that a link in this answer leads to. Raises ChannelError."""
        where = self.url.copy_with(query=None)
        try:
            target = self.url.join(link)
        except httpx2.InvalidURL as error:
            raise ChannelError(f"{where} names a next page that is none: {error}") from None
        # What is sent along, a token perhaps, must not leave the encrypted way.
        if target.scheme != self.url.scheme or target.userinfo:
            raise ChannelError(f"{where} names a next page on another scheme or with a password.")
        return target


class ChannelClient:
    """Asks for documents of one channel and from no other host."""

    def __init__(
        self,
        config: HttpClient,
        allowed_hosts: list[str],
        surroundings: Surroundings,
        error_handler: ErrorHandler = _PATIENCE,
        api_budget: ApiBudget | None = None,
    ) -> None:
        expand = surroundings.expand
        base_url = expand(config.base_url, "client.base_url")
        headers = {
            name: expand(value, f"client.headers.{name}") for name, value in config.headers.items()
        }
        self._query: dict[str, str] = {}
        self._credentials: ClientCredentials | None = None
        self._error_handler = error_handler
        self._budget = Budget(api_budget.rates if api_budget else [])
        match config.auth:
            case BearerAuth(token=token):
                token = expand(token, "client.auth.token")
                headers["Authorization"] = f"Bearer {token}"
            case ApiKeyAuth(name=name, api_key=key, location=location):
                key = expand(key, "client.auth.api_key")
                (headers if location == "header" else self._query)[name] = key
            case HttpBasicAuth(username=name, password=password):
                name = expand(name, "client.auth.username")
                password = expand(password, "client.auth.password")
                headers["Authorization"] = basic(f"{name}:{password}")
            case OAuth2ClientCredentials():
                try:
                    self._credentials = ClientCredentials(config.auth, expand)
                except httpx2.InvalidURL as error:
                    raise ChannelError(f"client.auth.access_token_url: {error}") from None
        _check_headers(headers)
        try:
            address = httpx2.URL(base_url)
        except httpx2.InvalidURL as error:
            raise ChannelError(f"client.base_url: {error}") from None
        own = [address.host, *([self._credentials.url.host] if self._credentials else [])]
        hosts = frozenset(host.lower() for host in allowed_hosts or own)
        self._client = httpx2.AsyncClient(
            base_url=address,
            headers={**headers, "Accept-Encoding": "gzip"},
            timeout=httpx2.Timeout(TIMEOUT_SECONDS, connect=_CONNECT_SECONDS),
            transport=GuardedTransport(
                hosts, surroundings.private_hosts, surroundings.approved_hosts
            ),
            trust_env=False,
        )

    async def __aenter__(self) -> "ChannelClient":
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *exception: Any) -> None:
        await self._client.__aexit__(*exception)

    async def get(self, path: str, params: dict[str, str]) -> bytes:
        """The body of a 200 answer. Passing failures are tried again; raises ChannelError."""
        body: bytes = (await self.ask(Question(path, params))).document
        return body

    async def ask(self, question: Question, read: Read = bytes) -> Answer:
        """Like `get`, with what `read` makes of the body; where that raises PassingError the
        question is asked again."""
        return await patiently(self._error_handler, lambda: self._get(question, read))

    def _build(self, question: Question) -> httpx2.Request:
        target, params = question.path, {**question.params, **self._query}
        if not isinstance(target, str) and params:
            # A link has a query of its own.
            target, params = target.copy_merge_params(params), {}
        return self._client.build_request(
            question.method, target, params=params or None, json=question.json
        )

    async def _get(self, question: Question, read: Read) -> Answer:
        request = self._build(question)
        if self._credentials is None:
            return await self._send(request, read)
        request.headers["Authorization"] = await self._credentials.header(self._token)
        try:
            return await self._send(request, read)
        except RefusedError as error:
            if error.status != httpx2.codes.UNAUTHORIZED:
                raise
        again = self._build(question)
        again.headers["Authorization"] = await self._credentials.header(self._token, anew=True)
        return await self._send(again, read)

    async def _token(self, request: httpx2.Request) -> bytes:
        body: bytes = (await self._send(request, bytes)).document
        return body

    async def _send(self, request: httpx2.Request, read: Read) -> Answer:
        url, where = request.url, _where(request)
        await self._budget.spend()
        response, body = await _answer(
            self._client, request, where, TIMEOUT_SECONDS, MAX_BODY_BYTES, self._error_handler
        )
        return Answer(read(body), url, _links(response))


async def get_once(url: str, private_hosts: frozenset[str], seconds: float, most: int) -> bytes:
    """The body that `answer_once` gives."""
    body: bytes = (await answer_once(url, private_hosts, seconds, most)).document
    return body


async def answer_once(url: str, private_hosts: frozenset[str], seconds: float, most: int) -> Answer:
    """A 200 answer from one address, with a body of at most so many bytes; tried once and not
    followed elsewhere. `private_hosts` may be private addresses. Raises ChannelError."""
    try:
        address = httpx2.URL(url)
    except httpx2.InvalidURL as error:
        raise ChannelError(f"{url}: {error}") from None
    transport = GuardedTransport(frozenset({address.host}), private_hosts)
    async with httpx2.AsyncClient(
        headers={"Accept": "application/json", "Accept-Encoding": "gzip"},
        timeout=seconds,
        transport=transport,
        trust_env=False,
    ) as client:
        request = client.build_request("GET", address)
        response, body = await _answer(client, request, _where(request), seconds, most, _PATIENCE)
        return Answer(body, address, _links(response))


def _links(response: httpx2.Response) -> dict[str, str]:
    return {str(rel): link["url"] for rel, link in response.links.items() if "url" in link}


def _where(request: httpx2.Request) -> str:
    # The query may hold a key or a citizen's id: messages name the path alone.
    return f"{request.method} {request.url.copy_with(query=None, userinfo=b'')}"


async def _answer(
    client: httpx2.AsyncClient,
    request: httpx2.Request,
    where: str,
    seconds: float,
    most: int,
    error_handler: ErrorHandler,
) -> tuple[httpx2.Response, bytes]:
    """An answer to use, and its body. Raises ChannelError."""
    try:
        with anyio.fail_after(seconds):
            response = await client.send(request, stream=True)
            try:
                status = response.status_code
                read = error_handler.reads(status)
                body = await bounded_body(response, where, most) if read else b""
                error_handler.judge(where, status, response.headers, body)
                return response, body
            finally:
                await response.aclose()
    except (TimeoutError, httpx2.TimeoutException):
        raise PassingError(f"{where} gave no answer within {seconds:.0f} s.") from None
    except httpx2.ConnectError as error:
        raise PassingError(f"{where} can't be connected to: {error}") from None
    except httpx2.HTTPError as error:
        raise PassingError(f"{where} broke off: {type(error).__name__} {error}") from None


def _check_headers(headers: dict[str, str]) -> None:
    """Raises ChannelError. The protocol's own refusal would tell the value, which may be a key."""
    for name, value in headers.items():
        if not (value.isascii() and value.isprintable()):
            raise ChannelError(f"The header {name} has a line break or other odd character in it.")
