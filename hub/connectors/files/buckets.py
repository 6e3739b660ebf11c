"""Where files are: a folder of this machine, or one elsewhere, of which a copy is fetched."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import anyio
from anyio import to_thread

from hub.connectors.base import ChannelError
from hub.connectors.files.private_folder import private_folder

MOST_LISTED = 100_000
MOST_BYTES = 4 * 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Stored:
    """A file in a bucket; another `version` is another content."""

    name: str
    version: str


class Bucket(ABC):
    """A place with files."""

    @abstractmethod
    async def files(self, glob: str) -> list[Stored]:
        """The files that match, in order of their names. Raises ChannelError."""

    @abstractmethod
    def opened(self, file: Stored) -> AbstractAsyncContextManager[Path]:
        """The file on this machine, under its own name, while the block runs.

        Raises ChannelError, also at the end where it was written to meanwhile.
        """


class RemoteBucket(Bucket):
    """A place elsewhere: a file is fetched into a private folder for as long as it is read."""

    @asynccontextmanager
    async def opened(self, file: Stored) -> AsyncIterator[Path]:
        """See Bucket."""
        async with private_folder() as folder:
            path = folder / file.name
            await self._fetch(file, path)
            yield path

    @abstractmethod
    async def _fetch(self, file: Stored, path: Path) -> None:
        """Saves a file. Raises ChannelError, also where it is not the one that was listed."""


class Folder(Bucket):
    """A folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def files(self, glob: str) -> list[Stored]:
        """See Bucket."""
        return await to_thread.run_sync(self._files, glob)

    def _files(self, glob: str) -> list[Stored]:
        try:
            paths = sorted(path for path in self._folder.glob(glob) if path.is_file())
        except (NotImplementedError, ValueError) as error:
            raise ChannelError(f"file_glob {glob!r}: {error}") from None
        if not paths:
            raise ChannelError(f"No file matches {glob} in {self._folder}.")
        return [Stored(str(path.relative_to(self._folder)), _version(path)) for path in paths]

    @asynccontextmanager
    async def opened(self, file: Stored) -> AsyncIterator[Path]:
        """See Bucket."""
        path = self._folder / file.name
        yield path
        if await to_thread.run_sync(_version, path) != file.version:
            raise written_to(file)


def matching(names: Iterable[str], glob: str, where: str) -> list[str]:
    """The names that match, in order. Raises ChannelError if none does, or there are too many.

    A server may name its files as it likes; one that leads out of a folder matches nothing.
    """
    if "/" in glob:
        raise ChannelError(f"file_glob {glob!r}: of {where} only files of the folder itself.")
    found = []
    for name in names:
        if fnmatchcase(name, glob) and "/" not in name and name not in {".", ".."}:
            found.append(name)
        if len(found) > MOST_LISTED:
            raise ChannelError(f"More than {MOST_LISTED:,} files match {glob} in {where}.")
    if not found:
        raise ChannelError(f"No file matches {glob} in {where}.")
    return sorted(found)


async def save(chunks: AsyncIterator[bytes], file: Stored, path: Path) -> None:
    """Writes a file as it comes, over what is there of it. Raises ChannelError for one that is too
    large."""
    left = MOST_BYTES
    async with await anyio.open_file(path, "wb") as saved:
        async for chunk in chunks:
            left -= len(chunk)
            if left < 0:
                raise ChannelError(f"{file.name} has more than {MOST_BYTES >> 30} GiB.")
            await saved.write(chunk)


def written_to(file: Stored) -> ChannelError:
    """What is wrong with a file that is not the one that was listed."""
    return ChannelError(f"{file.name} was written to as it was read. Run again once it is whole.")


def _version(path: Path) -> str:
    stat = path.stat()
    return f"{stat.st_size}-{stat.st_mtime_ns}"
