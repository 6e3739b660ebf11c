"""The one outbound HTTP client: guarded, bounded, patient to a limit."""

import logging
import ssl
import zlib
from functools import cache
from typing import Any

import anyio
import httpx2
import stamina

from hub.connectors.base import ChannelError, Surroundings
from hub.connectors.guard import IPAddress, callable_addresses
from hub.connectors.http_config import ApiKeyAuth, BearerAuth, HttpClient
from hub.connectors.vocabulary import expand

TIMEOUT_SECONDS = 30.0
_CONNECT_SECONDS = 5.0
ATTEMPTS = 4
MAX_BODY_BYTES = 64 * 1024 * 1024
_GZIP_ONLY = 16 + zlib.MAX_WBITS
_TRY_AGAIN = {429, 500, 502, 503, 504}

# It logs whole addresses, with the keys that stand in the query.
logging.getLogger("httpx2").setLevel(logging.WARNING)


class _PassingError(ChannelError):
    """A failure that may be over at the next try."""


class ChannelClient:
    """Gets documents from one channel and from no other host."""

    def __init__(
        self, config: HttpClient, allowed_hosts: list[str], surroundings: Surroundings
    ) -> None:
        environment = surroundings.environment
        base_url = expand(config.base_url, environment, "client.base_url")
        headers = {
            name: expand(value, environment, f"client.headers.{name}")
            for name, value in config.headers.items()
        }
        self._query: dict[str, str] = {}
        match config.auth:
            case BearerAuth(token=token):
                token = expand(token, environment, "client.auth.token")
                headers["Authorization"] = f"Bearer {token}"
            case ApiKeyAuth(name=name, api_key=key, location=location):
                key = expand(key, environment, "client.auth.api_key")
                (headers if location == "header" else self._query)[name] = key
        _check_headers(headers)
        try:
            address = httpx2.URL(base_url)
        except httpx2.InvalidURL as error:
            raise ChannelError(f"client.base_url: {error}") from None
        hosts = frozenset(host.lower() for host in allowed_hosts or [address.host])
        self._client = httpx2.AsyncClient(
            base_url=address,
            headers={**headers, "Accept-Encoding": "gzip"},
            timeout=httpx2.Timeout(TIMEOUT_SECONDS, connect=_CONNECT_SECONDS),
            transport=_GuardedTransport(
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
        async for attempt in stamina.retry_context(
            on=_PassingError, attempts=ATTEMPTS, wait_initial=0.2, wait_max=5.0, timeout=90.0
        ):
            with attempt:
                return await self._get(path, params)
        raise AssertionError("retry_context ends by return or by raising")

    async def _get(self, path: str, params: dict[str, str]) -> bytes:
        request = self._client.build_request("GET", path, params={**params, **self._query})
        # The query may hold a key or a citizen's id: messages name the path alone.
        where = f"GET {request.url.copy_with(query=None, userinfo=b'')}"
        return await _answer(self._client, request, where, TIMEOUT_SECONDS, MAX_BODY_BYTES)


async def get_once(url: str, private_hosts: frozenset[str], seconds: float, most: int) -> bytes:
    """The body of a 200 answer from one address, of at most so many bytes; tried once and not
    followed elsewhere. `private_hosts` may be private addresses. Raises ChannelError."""
    try:
        address = httpx2.URL(url)
    except httpx2.InvalidURL as error:
        raise ChannelError(f"{url}: {error}") from None
    transport = _GuardedTransport(frozenset({address.host}), private_hosts)
    async with httpx2.AsyncClient(
        headers={"Accept": "application/json", "Accept-Encoding": "gzip"},
        timeout=seconds,
        transport=transport,
        trust_env=False,
    ) as client:
        return await _answer(client, client.build_request("GET", address), url, seconds, most)


async def _answer(
    client: httpx2.AsyncClient, request: httpx2.Request, where: str, seconds: float, most: int
) -> bytes:
    """The body of a 200 answer. Raises ChannelError."""
    try:
        with anyio.fail_after(seconds):
            response = await client.send(request, stream=True)
            try:
                if response.status_code in _TRY_AGAIN:
                    raise _PassingError(f"{where} answered {response.status_code}.")
                if response.status_code != httpx2.codes.OK:
                    raise ChannelError(f"{where} answered {response.status_code}.")
                return await _bounded_body(response, where, most)
            finally:
                await response.aclose()
    except (TimeoutError, httpx2.TimeoutException):
        raise _PassingError(f"{where} gave no answer within {seconds:.0f} s.") from None
    except httpx2.HTTPError as error:
        raise _PassingError(f"{where} broke off: {type(error).__name__} {error}") from None


def _check_headers(headers: dict[str, str]) -> None:
    """Raises ChannelError. The protocol's own refusal would tell the value, which may be a key."""
    for name, value in headers.items():
        if not (value.isascii() and value.isprintable()):
            raise ChannelError(f"The header {name} has a line break or other odd character in it.")


async def _bounded_body(response: httpx2.Response, where: str, most: int) -> bytes:
    """The body, inflated by us, since a small answer can inflate to all our memory."""
    zipped = response.headers.get("content-encoding", "").lower() == "gzip"
    inflate = _Inflate() if zipped else None
    body = bytearray()
    async for chunk in response.aiter_raw():
        try:
            body += inflate(chunk, most + 1 - len(body)) if inflate else chunk
        except zlib.error as error:
            raise ChannelError(f"{where} answered broken gzip: {error}.") from None
        if len(body) > most:
            raise ChannelError(f"{where} answered more than {most >> 10:,} KiB.")
    if inflate and not inflate.whole:
        raise _PassingError(f"{where} broke off in the middle of its answer.")
    return bytes(body)


class _Inflate:
    """Inflates gzip, of which one body may hold several members after each other."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=_GZIP_ONLY)

    @property
    def whole(self) -> bool:
        """Whether the last member came to its end."""
        return self._member.eof

    def __call__(self, chunk: bytes, most: int) -> bytes:
        """What the chunk inflates to, but no more than `most` bytes. Raises zlib.error."""
        inflated = b""
        while chunk and len(inflated) < most:
            if self._member.eof:
                self._member = zlib.decompressobj(wbits=_GZIP_ONLY)
            inflated += self._member.decompress(chunk, most - len(inflated))
            chunk = self._member.unused_data
        return inflated


class _GuardedTransport(httpx2.AsyncBaseTransport):
    """Connects only to allowed and approved hosts, at public addresses that were checked and are
    then used, the next one where one takes no connection."""

    def __init__(
        self,
        hosts: frozenset[str],
        private_hosts: frozenset[str],
        approved_hosts: frozenset[str] | None = None,
    ) -> None:
        self._hosts = hosts
        self._private_hosts = private_hosts
        self._approved_hosts = approved_hosts
        self._failed: set[IPAddress] = set()
        self._inner = httpx2.AsyncHTTPTransport(verify=_tls())

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        port = url.port or (443 if url.scheme == "https" else 80)
        if url.host not in self._hosts:
            raise ChannelError(f"{url.host} is not among allowed_hosts.")
        if self._approved_hosts is not None and url.host not in self._approved_hosts:
            raise ChannelError(
                f"{url.host} is not approved. An administrator approves the hosts that "
                "connectors may call."
            )
        try:
            found = await callable_addresses(url.host, port, self._private_hosts)
        except OSError as error:
            raise _PassingError(f"{url.host} can't be found: {error}") from None
        request.extensions = {**request.extensions, "sni_hostname": url.host}
        # What took no connection before comes last, so that it costs its wait once.
        *others, last = sorted(dict.fromkeys(found), key=self._failed.__contains__)
        for address in others:
            request.url = url.copy_with(host=str(address))
            try:
                return await self._inner.handle_async_request(request)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                self._failed.add(address)
        request.url = url.copy_with(host=str(last))
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


@cache
def _tls() -> ssl.SSLContext:
    """What is trusted; reading it takes longer than many an answer."""
    return httpx2.create_ssl_context()
