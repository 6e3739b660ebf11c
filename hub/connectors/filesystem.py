"""Kind `filesystem`: CSV exports in a folder."""

import codecs
import csv
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit

import orjson
from anyio import to_thread
from pydantic import AfterValidator, Field

from hub.connectors.base import Batch, Between, ChannelError, Connector, Record, State, Undecodable
from hub.connectors.config import ConnectorConfig, Flag, Resource, Text
from hub.connectors.vocabulary import Vocabulary, expand

BATCH_ROWS = 1000
_EXCESS = "\0excess"


def _encoding(name: str) -> str:
    try:
        codecs.lookup(name)
    except LookupError:
        raise ValueError(f"unknown encoding {name!r}, such as 'utf-8-sig' or 'cp1252'") from None
    return name


class CsvDecoder(Vocabulary):
    """How the file is written; a byte order mark is dropped."""

    type: Literal["csv"]
    """Comma separated values, the first row naming the columns."""
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    """What parts the cells."""
    encoding: Annotated[Text, AfterValidator(_encoding)] = "utf-8-sig"
    """Python's name of the encoding."""


class Files(Resource):
    """Files of one shape."""

    file_glob: Text
    """Which files: laporan-*.csv."""
    decoder: CsvDecoder = CsvDecoder(type="csv")
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
    with path.open(encoding=resource.decoder.encoding, newline="") as file:
        rows = islice(_rows(file, path, resource), done, None)
        while batch := await to_thread.run_sync(lambda: list(islice(rows, BATCH_ROWS))):
            done += len(batch)
            yield Batch(resource.name, batch, {"file": [path.name, version], "rows": done})


def _version(path: Path) -> str:
    stat = path.stat()
    return f"{stat.st_size}-{stat.st_mtime_ns}"


def _head(path: Path, resource: Files) -> int:
    with path.open(encoding=resource.decoder.encoding, newline="") as file:
        return len(list(islice(_rows(file, path, resource), 10)))


def _rows(file: Any, path: Path, resource: Files) -> Iterator[Record | Undecodable]:
    """The rows as records. Raises ChannelError for a file that is not what the YAML says."""
    delimiter = resource.decoder.delimiter
    # Not strict, a quote that is never closed would swallow the rest of the file.
    reader = csv.DictReader(file, restkey=_EXCESS, delimiter=delimiter, strict=True)
    try:
        missing = _columns(resource) - set(reader.fieldnames or ())
        if missing:
            raise ChannelError(
                f"{path.name} has no column {', '.join(sorted(missing))}; "
                f"it has {', '.join(reader.fieldnames or ())}."
            )
        for row in reader:
            if _EXCESS in row or None in row.values():
                reason = f"line {reader.line_num}: not as many cells as the header"
                yield Undecodable(orjson.dumps(row), reason)
            else:
                yield row
    except csv.Error as error:
        raise ChannelError(f"{path.name}, line {reader.line_num}: {error}") from None
    except UnicodeDecodeError as error:
        # Decoding goes ahead of reading: the lines that it had done already count too.
        line = reader.line_num + error.object[: error.start].count(b"\n") + 1
        raise ChannelError(f"{path.name}, line {line}: is not {error.encoding}") from None


def _columns(resource: Files) -> set[str]:
    """The columns that the mapping reads; a JSONPath is not one."""
    chosen = (value for _, value in resource.select if value is not None)
    paths = (
        [value.path] if isinstance(value, Flag) else [value] if isinstance(value, str) else value
        for value in chosen
    )
    return {path for group in paths for path in group if not path.startswith("$")}
