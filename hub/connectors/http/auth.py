"""Access tokens for a channel that gives them to a client of its own (RFC 6749, 4.4)."""

import base64
import math
import time
from collections.abc import Awaitable, Callable
from urllib.parse import quote_plus

import anyio
import httpx2

from hub.connectors.base import ChannelError
from hub.connectors.decode import decode_json
from hub.connectors.http.config import OAuth2ClientCredentials

_EARLY_SECONDS = 30.0


class ClientCredentials:
    """Keeps a token until shortly before it expires."""

    def __init__(self, auth: OAuth2ClientCredentials, expand: Callable[[str, str], str]) -> None:
        self.url = httpx2.URL(expand(auth.access_token_url, "client.auth.access_token_url"))
        names = {"client_id": auth.client_id, "client_secret": auth.client_secret}
        pair = ":".join(
            quote_plus(expand(value, f"client.auth.{name}")) for name, value in names.items()
        )
        self._headers = {"Authorization": basic(pair)}
        self._data = {"grant_type": "client_credentials", **auth.access_token_request_data}
        self._token: str | None = None
        self._until = 0.0
        self._one_at_a_time = anyio.Lock()

    async def header(
        self, ask: Callable[[httpx2.Request], Awaitable[bytes]], anew: bool = False
    ) -> str:
        """The Authorization header, of a token that `ask` fetches where none is kept, or `anew`.

        Raises ChannelError.
        """
        async with self._one_at_a_time:
            if self._token is None or anew or time.monotonic() >= self._until:
                request = httpx2.Request("POST", self.url, data=self._data, headers=self._headers)
                self._keep(decode_json(await ask(request)))
            return f"Bearer {self._token}"

    def _keep(self, answer: object) -> None:
        given = answer if isinstance(answer, dict) else {}
        token, seconds = given.get("access_token"), given.get("expires_in")
        if not isinstance(token, str) or not (token.isascii() and token.isprintable() and token):
            raise ChannelError(f"{self.url} answered without an access_token.")
        # Without a term it is kept until the channel refuses it.
        lasts = float(seconds) if isinstance(seconds, int | float) else math.inf
        self._token, self._until = token, time.monotonic() + max(lasts - _EARLY_SECONDS, lasts / 2)


def basic(pair: str) -> str:
    """The Authorization header of `name:password` (RFC 7617)."""
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
