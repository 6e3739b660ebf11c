"""Sending to an address by POST, through the same guard as whatever is asked of channels."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import anyio
import httpx2

from hub.connectors.base import ChannelError
from hub.connectors.http.errors import PassingError, seconds_to_wait
from hub.connectors.http.transport import GuardedTransport

SECONDS = 20.0
_CONNECT_SECONDS = 5.0
_MOST_READ = 16 * 1024
"""So much of an answer is read, for nothing but to use the connection again."""
LONGEST_ADDRESS = 2_048


class Sent(NamedTuple):
    """The status of an answer, and how many seconds it asks to wait, if it does."""

    status: int
    wait: float | None


def check_address(url: str, private_hosts: frozenset[str], approved_hosts: frozenset[str]) -> None:
    """Raises ChannelError for an address that nothing is sent to: it is of an approved host, and
    https, but for one of `private_hosts`."""
    if len(url) > LONGEST_ADDRESS:
        raise ChannelError(f"An address has {LONGEST_ADDRESS:,} characters at most.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        httpx2.URL(url)
    except (ValueError, httpx2.InvalidURL):
        host = ""
    if not host or parts.scheme not in {"http", "https"} or "@" in parts.netloc or parts.fragment:
        raise ChannelError("Write it like https://console.example.go.id/hub, without a password.")
    port = port or (443 if parts.scheme == "https" else 80)
    if parts.scheme == "http" and f"{host}:{port}" not in private_hosts:
        raise ChannelError("Use https: what is sent must not be read on the way.")
    if host not in approved_hosts:
        raise ChannelError(
            f"{host} is not approved for webhooks. An administrator approves it: "
            f"hub host approve {host} --webhooks"
        )


class Poster:
    """Sends to one address, and nowhere that it would send us to."""

    def __init__(
        self, url: str, private_hosts: frozenset[str], approved_hosts: frozenset[str]
    ) -> None:
        self._check = partial(check_address, url, private_hosts, approved_hosts)
        self._url = httpx2.URL(url)
        self._client = httpx2.AsyncClient(
            headers={"User-Agent": "complaint-hub", "Accept-Encoding": "identity"},
            timeout=httpx2.Timeout(SECONDS, connect=_CONNECT_SECONDS),
            transport=GuardedTransport(frozenset({self._url.host}), private_hosts, approved_hosts),
            trust_env=False,
        )

    async def __aenter__(self) -> "Poster":
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *exception: Any) -> None:
        await self._client.__aexit__(*exception)

    async def post(self, body: bytes, headers: Mapping[str, str]) -> Sent:
        """What the answer was; any status is one. Raises ChannelError where there was none, and as
        `check_address` does."""
        self._check()
        where = f"POST {self._url.copy_with(query=None)}"
        request = self._client.build_request("POST", self._url, content=body, headers=headers)
        try:
            with anyio.fail_after(SECONDS):
                response = await self._client.send(request, stream=True)
                try:
                    read = 0
                    async for chunk in response.aiter_raw():
                        read += len(chunk)
                        if read > _MOST_READ:
                            break
                finally:
                    await response.aclose()
        except (TimeoutError, httpx2.TimeoutException):
            raise PassingError(f"{where} gave no answer within {SECONDS:.0f} s.") from None
        except httpx2.HTTPError as error:
            raise PassingError(f"{where} broke off: {type(error).__name__} {error}") from None
        wait = seconds_to_wait(response.headers.get("Retry-After", ""), datetime.now(UTC))
        return Sent(response.status_code, wait)
