"""Kind `filesystem`: files of records in a folder."""

from base64 import urlsafe_b64encode
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from functools import partial
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Annotated, Literal

from anyio import to_thread
from pydantic import Field

from hub.connectors.base import Batch, Between, ChannelError, Connector, Record, State, Undecodable
from hub.connectors.config import ConnectorConfig, Flag, Resource, Text
from hub.connectors.files.address import BucketUrl, Credentials, is_elsewhere, opened_bucket
from hub.connectors.files.buckets import Bucket, Stored
from hub.connectors.files.decoders import CsvDecoder, Decoder, Records, records_of

BATCH_ROWS = 1000
BATCH_BYTES = 8 * 1024 * 1024
"""A batch ends after so many rows or, roughly, bytes: a row may have a mebibyte."""
_ROWS_AT_ONCE = 50
MOST_KNOWN = 10_000
_DIGEST = 12
"""Letters of a file's digest: 72 bits."""


class Files(Resource):
    """Files of one shape."""

    file_glob: Text
    """Which files: laporan-*.csv."""
    member_glob: Text = "*"
    """Which members of a zip archive: laporan/*.csv."""
    decoder: Decoder = CsvDecoder(type="csv")
    """How the files are written."""


class FilesystemConfig(ConnectorConfig):
    """A folder: a path from the YAML file's own folder, or a `file://` address."""

    type: Literal["filesystem"]
    """Files in a folder."""
    bucket_url: BucketUrl
    """The folder, from the YAML file's own."""
    credentials: Credentials | None = None
    """Who the hub is where the folder is elsewhere."""
    allowed_hosts: list[Text] = []
    """Hosts that may be called; that of bucket_url if left out."""
    resources: Annotated[list[Files], Field(min_length=1)]
    """The sorts of files."""

    @property
    def mapped(self) -> tuple[Resource, ...]:
        """The kinds of files."""
        return tuple(self.resources)

    @property
    def open_to_operators(self) -> bool:
        """Folders of the hub's machine are for its administrator."""
        return is_elsewhere(self.bucket_url)


class FilesystemConnector(Connector[FilesystemConfig]):
    """Reads files that are new or changed, each as a whole."""

    config_model = FilesystemConfig

    async def check(self) -> str:
        """Lists the files and reads the first rows of the latest one."""
        found = []
        async with self._bucket() as bucket:
            for resource in self.config.resources:
                files = await bucket.files(resource.file_glob)
                async with bucket.opened(files[-1]) as path:
                    rows = await to_thread.run_sync(partial(_head, path, resource))
                others = f", and {len(files) - 1} more" if files[1:] else ""
                found.append(f"{files[-1].name}: readable, {rows} rows looked at{others}")
        return "; ".join(found)

    async def read(
        self, checkpoint: Mapping[str, State], between: Between | None = None
    ) -> AsyncGenerator[Batch, None]:
        """Each 1,000 rows a batch. A file that a run did not get through is taken up at the row
        where it stopped, if it is still the same file."""
        if between:
            raise ChannelError("This channel can't be asked for a stretch of time.")
        async with self._bucket() as bucket:
            for resource in self.config.resources:
                files = await bucket.files(resource.file_glob)
                progress = _Progress(resource, files, checkpoint.get(resource.name, {}))
                for file in files:
                    if progress.is_new(file):
                        async for batch in _read(bucket, file, resource, progress):
                            yield batch
                yield Batch(resource.name, [], progress.state())

    def _bucket(self) -> AbstractAsyncContextManager[Bucket]:
        config = self.config
        return opened_bucket(
            config.bucket_url, config.credentials, config.allowed_hosts, self.surroundings
        )


class _Progress:
    """Which files were read, and how far the one that is being read is.

    A file is known by a digest of its name, its version and how it is read: where that changes, it
    is read again.
    """

    def __init__(self, resource: Files, files: list[Stored], state: State) -> None:
        how = resource.model_dump_json()
        self._digests = {file.name: _digest(file, how) for file in files}
        before = state.get("known", "")
        known = {before[i : i + _DIGEST] for i in range(0, len(before), _DIGEST)}
        # Files that are there no more are forgotten.
        listed = self._digests.values()
        self._known = dict.fromkeys(digest for digest in listed if digest in known)
        self._begun, self._rows = state.get("file"), state.get("rows", 0)

    def is_new(self, file: Stored) -> bool:
        """Whether it is to be read."""
        return self._digests[file.name] not in self._known

    def rows(self, file: Stored) -> int:
        """How many rows of it are done."""
        return self._rows if self._begun == self._digests[file.name] else 0

    def state(self, file: Stored | None = None, rows: int = 0) -> State:
        """The checkpoint, in the middle of a file where one is named."""
        known = "".join([*self._known][-MOST_KNOWN:])
        return {"known": known} | ({"file": self._digests[file.name], "rows": rows} if file else {})

    def done(self, file: Stored) -> None:
        """Notes a file that was read whole."""
        self._known[self._digests[file.name]] = None


def _digest(file: Stored, how: str) -> str:
    text = "\0".join((file.name, file.version, how))
    return urlsafe_b64encode(blake2b(text.encode(), digest_size=_DIGEST * 3 // 4).digest()).decode()


async def _read(
    bucket: Bucket, file: Stored, resource: Files, progress: _Progress
) -> AsyncIterator[Batch]:
    rows = progress.rows(file)
    async with bucket.opened(file) as path:
        with _records(path, resource) as records:
            rest = islice(records, rows, None)
            while batch := await to_thread.run_sync(_batch, rest):
                rows += len(batch)
                yield Batch(resource.name, batch, progress.state(file, rows))
    progress.done(file)


def _batch(rest: Records) -> list[Record | Undecodable]:
    rows: list[Record | Undecodable] = []
    size = 0
    while len(rows) < BATCH_ROWS and size < BATCH_BYTES:
        some = list(islice(rest, _ROWS_AT_ONCE))
        if not some:
            break
        rows += some
        size += sum(map(_size, some))
    return rows


def _size(row: Record | Undecodable) -> int:
    """Roughly how many bytes a row has, by the texts in it."""
    if isinstance(row, Undecodable):
        return len(row.raw)
    return sum(len(value) if isinstance(value, str) else 8 for value in row.values())


def _head(path: Path, resource: Files) -> int:
    with _records(path, resource) as records:
        return len(list(islice(records, 10)))


def _records(path: Path, resource: Files) -> AbstractContextManager[Records]:
    return records_of(path, resource.decoder, _columns(resource), resource.member_glob)


def _columns(resource: Files) -> set[str]:
    """The columns that the mapping reads; a JSONPath is not one."""
    chosen = (value for _, value in resource.select if value is not None)
    paths = (
        [value.path] if isinstance(value, Flag) else [value] if isinstance(value, str) else value
        for value in chosen
    )
    return {path for group in paths for path in group if not path.startswith("$")}
