"""Connections to allowed hosts alone, at addresses that were checked."""

import ssl
from functools import cache

import httpx2

from hub.connectors.guard import IPAddress, callable_addresses, check_host
from hub.connectors.http.errors import PassingError


class GuardedTransport(httpx2.AsyncBaseTransport):
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
        """The answer of the first address that takes the connection. Raises ChannelError."""
        url = request.url
        port = url.port or (443 if url.scheme == "https" else 80)
        check_host(url.host, self._hosts, self._approved_hosts)
        try:
            found = await callable_addresses(url.host, port, self._private_hosts)
        except OSError as error:
            raise PassingError(f"{url.host} can't be found: {error}") from None
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
        """Lets the connections go."""
        await self._inner.aclose()


@cache
def _tls() -> ssl.SSLContext:
    """What is trusted; reading it takes longer than many an answer."""
    return httpx2.create_ssl_context()
