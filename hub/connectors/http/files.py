"""Files over HTTP, of any size, to a folder of this machine; guarded as all calls are."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import httpx2

from hub.connectors.base import Surroundings
from hub.connectors.files.buckets import Stored, save, written_to
from hub.connectors.http.body import bounded_body
from hub.connectors.http.errors import ErrorHandler, PassingError
from hub.connectors.http.patience import patiently
from hub.connectors.http.transport import GuardedTransport

ANSWER_SECONDS = 60.0
MOST_BYTES = 2 * 1024 * 1024
_PATIENCE = ErrorHandler()


class HttpFiles:
    """Asks one host for files, and no other."""

    def __init__(self, host: str, allowed_hosts: list[str], surroundings: Surroundings) -> None:
        hosts = frozenset(each.lower() for each in allowed_hosts or [host])
        self._client = httpx2.AsyncClient(
            headers={"Accept-Encoding": "identity"},
            timeout=ANSWER_SECONDS,
            transport=GuardedTransport(
                hosts, surroundings.private_hosts, surroundings.approved_hosts
            ),
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *exception: Any) -> None:
        await self._client.__aexit__(*exception)

    async def head(self, url: str, headers: Mapping[str, str]) -> httpx2.Headers | None:
        """The headers of a file, None if it is not there. Raises ChannelError."""

        async def ask() -> httpx2.Headers | None:
            async with self._answer("HEAD", url, headers) as answer:
                if answer.status_code == httpx2.codes.NOT_FOUND:
                    return None
                _judge(answer)
                return answer.headers

        return await patiently(_PATIENCE, ask)

    async def get(self, url: str, headers: Mapping[str, str]) -> bytes:
        """A short answer. Raises ChannelError."""

        async def ask() -> bytes:
            async with self._answer("GET", url, headers) as answer:
                _judge(answer)
                return await bounded_body(answer, _where(answer.request), MOST_BYTES)

        return await patiently(_PATIENCE, ask)

    async def save(self, url: str, headers: Mapping[str, str], file: Stored, path: Path) -> None:
        """Saves a file. Raises ChannelError, also where it is not the one that was listed."""

        async def ask() -> None:
            async with self._answer("GET", url, headers) as answer:
                _judge(answer)
                if version_of(answer.headers) not in {file.version, ""}:
                    raise written_to(file)
                await save(answer.aiter_raw(), file, path)

        await patiently(_PATIENCE, ask)

    @asynccontextmanager
    async def _answer(
        self, method: str, url: str, headers: Mapping[str, str]
    ) -> AsyncIterator[httpx2.Response]:
        request = self._client.build_request(method, url, headers=dict(headers))
        where = _where(request)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await self._client.send(request, stream=True)
            try:
                yield answer
            finally:
                await answer.aclose()
        except (TimeoutError, httpx2.TimeoutException):
            raise PassingError(f"{where} gave no answer within {ANSWER_SECONDS:.0f} s.") from None
        except httpx2.ConnectError as error:
            raise PassingError(f"{where} can't be connected to: {error}") from None
        except httpx2.HTTPError as error:
            raise PassingError(f"{where} broke off: {type(error).__name__} {error}") from None


def version_of(headers: Mapping[str, str]) -> str:
    """What tells one content of a file from another, empty where the server says nothing."""
    return headers.get("etag") or headers.get("last-modified") or ""


def _where(request: httpx2.Request) -> str:
    # The query may hold a key.
    return f"{request.method} {request.url.copy_with(query=None, userinfo=b'')}"


def _judge(answer: httpx2.Response) -> None:
    _PATIENCE.judge(_where(answer.request), answer.status_code, answer.headers, b"")
