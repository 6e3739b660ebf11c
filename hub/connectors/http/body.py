"""The body of an answer, inflated under a bound."""

import zlib

import httpx2

from hub.connectors.base import ChannelError
from hub.connectors.http.errors import PassingError

_GZIP_ONLY = 16 + zlib.MAX_WBITS


async def bounded_body(response: httpx2.Response, where: str, most: int) -> bytes:
    """The body, inflated by us, since a small answer can inflate to all our memory.

    Raises ChannelError for more than `most` bytes, and PassingError for a part of it.
    """
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
        raise PassingError(f"{where} broke off in the middle of its answer.")
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
