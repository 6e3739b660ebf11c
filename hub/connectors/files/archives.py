"""Zip archives → their members, within stated limits and without writing anything anywhere."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import IO

from hub.connectors.base import ChannelError

MOST_MEMBERS = 1000
MOST_DIRECTORY_BYTES = 1024 * 1024
MOST_BYTES = 4 * 1024 * 1024 * 1024
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
# What zipfile raises for directories that lead nowhere.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
)
_ENCRYPTED = 0x1
_END, _END64 = b"PK\x05\x06", b"PK\x06\x07"
_END_BYTES, _END64_BYTES, _LONGEST_COMMENT = 22, 20, 1 << 16


@contextmanager
def opened_zip(path: Path, most_bytes: int = MOST_BYTES) -> Iterator[zipfile.ZipFile]:
    """An archive whose directory keeps to the limits. Raises ChannelError, also for one that is
    none or breaks off as it is read."""
    try:
        with path.open("rb") as file:
            _check_end(file, path.name)
            with zipfile.ZipFile(file) as archive:
                _check_directory(archive, path.name, most_bytes)
                yield archive
    except _BROKEN as error:
        raise ChannelError(f"{path.name} is not a whole zip archive: {error}") from None


def members(archive: zipfile.ZipFile, glob: str, name: str) -> Iterator[tuple[str, IO[bytes]]]:
    """The files of an archive that match, in order of their names, each with the archive's name
    before its own. Raises ChannelError if there is none."""
    # Not is_dir(), which fails at an empty name.
    found = [each for each in archive.infolist() if not each.filename.endswith("/")]
    chosen = [each for each in found if fnmatchcase(each.filename, glob)]
    if not chosen:
        raise ChannelError(f"{name}: no member matches member_glob {glob!r}.")
    for each in sorted(chosen, key=lambda info: info.filename):
        with archive.open(each) as file:
            yield f"{name}/{each.filename}", file


def _check_end(file: IO[bytes], name: str) -> None:
    """Looks at what the end of an archive says of its directory, which is read as a whole."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _END_BYTES - _LONGEST_COMMENT - _END64_BYTES))
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + _END_BYTES:
        raise ChannelError(f"{name} is not a whole zip archive.")
    count = int.from_bytes(tail[at + 10 : at + 12], "little")
    directory = int.from_bytes(tail[at + 12 : at + 16], "little")
    zip64 = tail[max(0, at - _END64_BYTES) : at].startswith(_END64)
    if zip64 or count > MOST_MEMBERS or directory > MOST_DIRECTORY_BYTES:
        raise ChannelError(f"{name} has more than {MOST_MEMBERS:,} members or is a Zip64 archive.")


def _check_directory(archive: zipfile.ZipFile, name: str, most_bytes: int) -> None:
    found = archive.infolist()
    if len(found) > MOST_MEMBERS:
        raise ChannelError(f"{name} has more than {MOST_MEMBERS:,} members.")
    if sum(each.file_size for each in found) > most_bytes:
        raise ChannelError(f"{name} inflates to more than {most_bytes >> 20:,} MiB.")
    for each in found:
        if each.flag_bits & _ENCRYPTED:
            raise ChannelError(f"{name}: {each.filename} is encrypted.")
        if each.compress_type not in _METHODS:
            raise ChannelError(f"{name}: {each.filename} is neither stored nor deflated.")
