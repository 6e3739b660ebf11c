"""A file of a web server, named by its address: such a server has no list of files to ask for."""

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from hub.connectors.base import ChannelError, Surroundings
from hub.connectors.files.buckets import RemoteBucket, Stored
from hub.connectors.http.auth import basic
from hub.connectors.http.config import ApiKeyAuth, BearerAuth, HttpBasicAuth
from hub.connectors.http.files import HttpFiles, version_of

HttpCredentials = BearerAuth | HttpBasicAuth | ApiKeyAuth
_WILDCARDS = frozenset("*?[")


class HttpBucket(RemoteBucket):
    """Files of a web server; told apart by their ETag or the time of their last change."""

    def __init__(self, files: HttpFiles, base_url: str, headers: dict[str, str]) -> None:
        self._files = files
        self._base_url = base_url.rstrip("/")
        self._headers = headers

    async def files(self, glob: str) -> list[Stored]:
        """See Bucket. One that says nothing of its version is always new."""
        if _WILDCARDS & {*glob} or "/" in glob:
            raise ChannelError(
                f"file_glob {glob!r}: a web server lists no files; write the name of one."
            )
        headers = await self._files.head(self._url(glob), self._headers)
        if headers is None:
            raise ChannelError(f"No file matches {glob} in {self._base_url}.")
        return [Stored(glob, version_of(headers) or datetime.now(UTC).isoformat())]

    def _url(self, name: str) -> str:
        return f"{self._base_url}/{quote(name)}"

    async def _fetch(self, file: Stored, path: Path) -> None:
        await self._files.save(self._url(file.name), self._headers, file, path)


def http_headers(credentials: HttpCredentials | None, surroundings: Surroundings) -> dict[str, str]:
    """What says who the hub is. Raises ConfigError for a secret that is not there."""
    expand = surroundings.expand
    match credentials:
        case BearerAuth(token=token):
            return {"Authorization": f"Bearer {expand(token, 'credentials.token')}"}
        case HttpBasicAuth(username=name, password=password):
            pair = (expand(name, "credentials.username"), expand(password, "credentials.password"))
            return {"Authorization": basic(":".join(pair))}
        case ApiKeyAuth(name=name, api_key=key, location="header"):
            return {name: expand(key, "credentials.api_key")}
        case ApiKeyAuth():
            raise ChannelError("credentials: of files a key is sent as a header only.")
        case None:
            return {}
