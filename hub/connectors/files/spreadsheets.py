"""XLSX files → records. They are looked at before they are parsed, and parsed in a process whose
memory and time are limited: a small one can take all of both."""

import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import IO, Any

import orjson

from hub.connectors.base import ChannelError, Record, Undecodable
from hub.connectors.files import xlsx_rows
from hub.connectors.files.archives import opened_zip

MOST_BYTES = 512 * 1024 * 1024
MOST_RATIO = 100
MOST_MEMORY_BYTES = 512 * 1024 * 1024
MOST_CPU_SECONDS = 300
MAX_ROW_BYTES = 1024 * 1024
_SMALL_BYTES = 8 * 1024 * 1024
_REASON_LETTERS = 500

Rows = Generator[Record | Undecodable, None, None]


def sheet_rows(path: Path, sheet: str | None, columns: set[str]) -> Rows:
    """The rows below the first one that is not empty, which names the columns.

    Raises ChannelError.
    """
    _check_size(path)
    limits = [str(MOST_MEMORY_BYTES), str(MOST_CPU_SECONDS)]
    program = [sys.executable, "-I", "-W", "ignore", xlsx_rows.__file__]
    with (
        tempfile.TemporaryFile() as told,
        subprocess.Popen(  # noqa: S603 - a program of the hub's own
            [*program, str(path), sheet or "", *limits],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=told,
            env={"OPENPYXL_LXML": "False", "OPENPYXL_DEFUSEDXML": "True"},
        ) as process,
    ):
        assert process.stdout  # noqa: S101 - it was asked for
        try:
            rows = _lines(process.stdout, path.name)
            if first := next(rows, None):
                yield from _records(first[1], rows, path.name, columns)
            if process.wait():
                raise ChannelError(f"{path.name} {_why(process.returncode, told)}.")
            if not first:
                raise ChannelError(f"{path.name} has no rows.")
        finally:
            process.kill()


def _check_size(path: Path) -> None:
    size = path.stat().st_size
    with opened_zip(path, MOST_BYTES) as archive:
        inflated = sum(each.file_size for each in archive.infolist())
    if inflated > max(_SMALL_BYTES, size * MOST_RATIO):
        raise ChannelError(
            f"{path.name} inflates to more than {MOST_RATIO} times its size; export it as CSV."
        )


def _lines(output: IO[bytes], name: str) -> Iterator[tuple[int, list[Any]]]:
    while line := output.readline(MAX_ROW_BYTES + 1):
        if len(line) > MAX_ROW_BYTES:
            raise ChannelError(f"{name} has a row of more than {MAX_ROW_BYTES >> 20} MiB.")
        number, cells = orjson.loads(line)
        yield number, cells


def _records(
    first: list[Any], rows: Iterator[tuple[int, list[Any]]], name: str, columns: set[str]
) -> Rows:
    header = [f"column {n}" if cell is None else str(cell) for n, cell in enumerate(first, 1)]
    if missing := columns - set(header):
        raise ChannelError(
            f"{name} has no column {', '.join(sorted(missing))}; it has {', '.join(header)}."
        )
    for number, cells in rows:
        if len(cells) > len(header):
            reason = f"row {number}: more cells than the header"
            yield Undecodable(orjson.dumps(cells), reason)
        else:
            yield dict.fromkeys(header) | dict(zip(header, cells, strict=False))


def _why(code: int, told: IO[bytes]) -> str:
    told.seek(0)
    if code == xlsx_rows.REFUSED:
        return told.read(_REASON_LETTERS).decode(errors="replace")
    return (
        f"can't be read within {MOST_MEMORY_BYTES >> 20} MiB of memory and {MOST_CPU_SECONDS} s, "
        "or is broken; export it as CSV"
    )
