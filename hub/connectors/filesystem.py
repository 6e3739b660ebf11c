"""Kind `filesystem`: files of records in a folder."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

from anyio import to_thread
from pydantic import Field

from hub.connectors.base import Batch, Between, ChannelError, Connector, State
from hub.connectors.config import ConnectorConfig, Flag, Resource, Text
from hub.connectors.decoders import CsvDecoder, Decoder, records_of
from hub.connectors.vocabulary import expand

BATCH_ROWS = 1000


class Files(Resource):
    """Files of one shape."""

    file_glob: Text
    """Which files: laporan-*.csv."""
    decoder: Decoder = CsvDecoder(type="csv")
    """How the files are written."""


class FilesystemConfig(ConnectorConfig):
    """A folder: a path from the YAML file's own folder, or a `file://` address."""

    type: Literal["filesystem"]
    """Files in a folder."""
    bucket_url: Text
    """The folder, from the YAML file's own."""
    resources: Annotated[list[Files], Field(min_length=1)]
    """The sorts of files."""

    @property
    def mapped(self) -> tuple[Resource, ...]:
        """The kinds of files."""
        return tuple(self.resources)


class FilesystemConnector(Connector[FilesystemConfig]):
    """Reads whole files again each time: an export has no "changed since"."""

    config_model = FilesystemConfig

    async def check(self) -> str:
        """Lists the files and reads the first rows of each."""
        found = []
        for resource in self.config.resources:
            for path in await to_thread.run_sync(self._paths, resource):
                rows = await to_thread.run_sync(partial(_head, path, resource))
                found.append(f"{path.name}: readable, {rows} rows looked at")
        return "; ".join(found)

    async def read(
        self, checkpoint: Mapping[str, State], between: Between | None = None
    ) -> AsyncGenerator[Batch, None]:
        """Each 1,000 rows a batch. A file that a run did not get through is taken up at the row
        where it stopped, if it is still the same file."""
        if between:
            raise ChannelError("This channel can't be asked for a stretch of time.")
        for resource in self.config.resources:
            state = checkpoint.get(resource.name, {})
            for path in await to_thread.run_sync(self._paths, resource):
                async for batch in _read(path, resource, state):
                    yield batch
            yield Batch(resource.name, [], {})

    def _paths(self, resource: Files) -> list[Path]:
        address = expand(self.config.bucket_url, self.surroundings.environment, "bucket_url")
        parts = urlsplit(address)
        if parts.scheme not in {"", "file"}:
            raise ChannelError(f"bucket_url: {parts.scheme}:// is not supported, only folders.")
        folder = self.surroundings.folder / unquote(parts.path)
        try:
            paths = sorted(path for path in folder.glob(resource.file_glob) if path.is_file())
        except (NotImplementedError, ValueError) as error:
            raise ChannelError(f"file_glob {resource.file_glob!r}: {error}") from None
        if not paths:
            raise ChannelError(f"No file matches {resource.file_glob} in {folder}.")
        return paths


async def _read(path: Path, resource: Files, state: State) -> AsyncIterator[Batch]:
    version = _version(path)
    done = state.get("rows", 0) if state.get("file") == [path.name, version] else 0
    with records_of(path, resource.decoder, _columns(resource)) as records:
        rest = islice(records, done, None)
        while batch := await to_thread.run_sync(lambda: list(islice(rest, BATCH_ROWS))):
            done += len(batch)
            yield Batch(resource.name, batch, {"file": [path.name, version], "rows": done})
    if await to_thread.run_sync(_version, path) != version:
        raise ChannelError(
            f"{path.name} was written to as it was read. Run again once it is whole."
        )


def _version(path: Path) -> str:
    stat = path.stat()
    return f"{stat.st_size}-{stat.st_mtime_ns}"


def _head(path: Path, resource: Files) -> int:
    with records_of(path, resource.decoder, _columns(resource)) as records:
        return len(list(islice(records, 10)))


def _columns(resource: Files) -> set[str]:
    """The columns that the mapping reads; a JSONPath is not one."""
    chosen = (value for _, value in resource.select if value is not None)
    paths = (
        [value.path] if isinstance(value, Flag) else [value] if isinstance(value, str) else value
        for value in chosen
    )
    return {path for group in paths for path in group if not path.startswith("$")}
