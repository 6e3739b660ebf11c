"""A relay before MongoDB whose lines can be cut, or fall silent, as those of a network do."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit


class Relay:
    """Passes bytes on between clients and a port of this machine."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._writers: set[asyncio.StreamWriter] = set()

    def lead_to(self, uri: str) -> None:
        """New lines lead to the mongod of another URI."""
        port = urlsplit(uri).port
        assert port
        self._port = port

    def silence(self) -> None:
        """Holds back whatever is sent from now on; nobody is told."""
        self._flowing.clear()

    def resume(self) -> None:
        """Lets it flow again, with what was held back."""
        self._flowing.set()

    def cut(self) -> None:
        """Ends every line; new ones can be opened."""
        for writer in self._writers:
            writer.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client."""
        try:
            there = await asyncio.open_connection("127.0.0.1", self._port)
        except ConnectionRefusedError:  # as whoever listens there no more would
            writer.close()
            return
        self._writers |= {writer, there[1]}
        try:
            await asyncio.gather(self._pass(reader, there[1]), self._pass(there[0], writer))
        finally:
            for each in (writer, there[1]):
                self._writers.discard(each)
                each.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(1 << 16):
                await self._flowing.wait()
                writer.write(data)
                await writer.drain()
        writer.close()


@asynccontextmanager
async def relayed(uri: str) -> AsyncIterator[tuple[Relay, str]]:
    """A relay before the mongod of a URI, and the URI that leads through it."""
    port = urlsplit(uri).port
    assert port
    relay = Relay(port)
    server = await asyncio.start_server(relay.serve, "127.0.0.1", 0)
    own_port = server.sockets[0].getsockname()[1]
    through = uri.replace(f":{port}/", f":{own_port}/", 1)
    try:
        yield relay, through
    finally:
        relay.resume()
        server.close()
        relay.cut()


def directly(uri: str) -> str:
    """A URI for one member: the replica set would lead around the relay."""
    return re.sub(r"replicaSet=\w+", "directConnection=true", uri)
