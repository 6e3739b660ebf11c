"""A folder of an SFTP server, at an address that was checked and with a key that is known."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote

import asyncssh

from hub.connectors.base import ChannelError, Surroundings
from hub.connectors.files.buckets import (
    MOST_LISTED,
    RemoteBucket,
    Stored,
    matching,
    save,
    written_to,
)
from hub.connectors.files.sftp_credentials import SftpCredentials
from hub.connectors.guard import callable_addresses, check_host

CONNECT_SECONDS = 20.0
LISTING_SECONDS = 300.0
ANSWER_SECONDS = 60.0
_CHUNK_BYTES = 1024 * 1024
_PORT = 22


class SftpBucket(RemoteBucket):
    """A folder of an SFTP server; its files are told apart by size and time of change."""

    def __init__(self, client: asyncssh.SFTPClient, where: str, folder: str) -> None:
        self._client = client
        self._where = where
        self._folder = folder

    async def files(self, glob: str) -> list[Stored]:
        """See Bucket."""
        async with _told(self._where), asyncio.timeout(LISTING_SECONDS):
            versions: dict[str, str] = {}
            async for each in self._client.scandir(self._folder):
                name = str(each.filename)
                if version := _version(each.attrs) or await self._linked(name, each.attrs):
                    versions[name] = version
                if len(versions) > MOST_LISTED:
                    raise ChannelError(f"{self._where} has more than {MOST_LISTED:,} files.")
        return [Stored(name, versions[name]) for name in matching(versions, glob, self._where)]

    async def _linked(self, name: str, attrs: asyncssh.SFTPAttrs) -> str:
        """The version of what a link leads to, empty for what is no file."""
        if attrs.type != asyncssh.FILEXFER_TYPE_SYMLINK:
            return ""
        try:
            return _version(await self._client.stat(self._path(name)))
        except asyncssh.SFTPNoSuchFile:
            return ""

    def _path(self, name: str) -> str:
        return f"{self._folder}/{name}"

    async def _fetch(self, file: Stored, path: Path) -> None:
        async with _told(self._where):
            await save(self._chunks(file), file, path)
            now = self._client.stat(self._path(file.name))
            if _version(await asyncio.wait_for(now, ANSWER_SECONDS)) != file.version:
                raise written_to(file)

    async def _chunks(self, file: Stored) -> AsyncIterator[bytes]:
        async with self._client.open(self._path(file.name), "rb") as opened:
            read: Callable[[int], Awaitable[bytes]] = opened.read
            while chunk := await asyncio.wait_for(read(_CHUNK_BYTES), ANSWER_SECONDS):
                yield chunk


def _version(attrs: asyncssh.SFTPAttrs) -> str:
    """Empty for what is no file."""
    is_file = attrs.type == asyncssh.FILEXFER_TYPE_REGULAR
    return f"{attrs.size}-{attrs.mtime}" if is_file else ""


@asynccontextmanager
async def sftp_bucket(
    address: SplitResult,
    credentials: SftpCredentials,
    allowed_hosts: list[str],
    surroundings: Surroundings,
) -> AsyncIterator[SftpBucket]:
    """A folder of a server, connected while the block runs. Raises ChannelError."""
    host, port = (address.hostname or "").lower(), address.port or _PORT
    check_host(
        host, {each.lower() for each in allowed_hosts or [host]}, surroundings.approved_hosts
    )
    where = f"sftp://{host}:{port}{address.path}"
    async with _told(where):
        checked, *_ = await callable_addresses(host, port, surroundings.private_hosts)
        connecting = asyncssh.connect(
            str(checked),
            port,
            config=None,
            agent_path=None,
            connect_timeout=CONNECT_SECONDS,
            keepalive_interval=ANSWER_SECONDS / 3,
            **_identity(credentials, surroundings),
        )
        async with connecting as connection, connection.start_sftp_client() as client:
            yield SftpBucket(client, where, unquote(address.path).rstrip("/") or "/")


def _identity(credentials: SftpCredentials, surroundings: Surroundings) -> dict[str, Any]:
    """Who the hub is, and the one key that the server may have."""

    def secret(name: str, value: str | None) -> str | None:
        return value and surroundings.expand(value, f"credentials.{name}")

    try:
        known = asyncssh.import_public_key(credentials.host_key)
    except (asyncssh.KeyImportError, ValueError) as error:
        raise ChannelError(f"credentials.host_key is no public key: {error}") from None
    password = secret("password", credentials.password)
    key = secret("private_key", credentials.private_key)
    try:
        keys = [asyncssh.import_private_key(key)] if key else None
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, ValueError) as error:
        raise ChannelError(f"credentials.private_key is none: {error}") from None
    return {
        "username": credentials.username,
        "password": password,
        "client_keys": keys,
        "known_hosts": ([known], [], []),
    }


@asynccontextmanager
async def _told(where: str) -> AsyncIterator[None]:
    """What goes wrong, in words."""
    try:
        yield
    except asyncssh.HostKeyNotVerifiable:
        raise ChannelError(f"{where} shows another key than credentials.host_key.") from None
    except asyncssh.PermissionDenied:
        raise ChannelError(f"{where} takes neither the name nor what proves it.") from None
    except (asyncssh.Error, OSError, TimeoutError) as error:
        raise ChannelError(f"{where}: {str(error) or type(error).__name__}") from None
