"""Where files are: a folder of this machine, or one elsewhere, of which a copy is fetched."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from anyio import to_thread

from hub.connectors.base import ChannelError


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


def written_to(file: Stored) -> ChannelError:
    """What is wrong with a file that is not the one that was listed."""
    return ChannelError(f"{file.name} was written to as it was read. Run again once it is whole.")


def _version(path: Path) -> str:
    stat = path.stat()
    return f"{stat.st_size}-{stat.st_mtime_ns}"
