"""The rows of a sheet as lines of JSON: a program of its own, so that its limits are its own.

Run as a file, with a path, the name of a sheet, and how many bytes of memory and seconds of a
processor it may take. Exits with REFUSED and a reason on standard error for what is no such file.
"""

import resource
import sys
from datetime import datetime, time
from typing import Any, NoReturn

import orjson

REFUSED = 3


def main(path: str, sheet: str) -> None:
    """Writes `[number, cells]` for each row that is not empty."""
    import openpyxl

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
        sheets = {each.title: each for each in book.worksheets}
    except MemoryError:
        raise
    except Exception as error:  # whatever the library meets in it
        _refuse(f"is no XLSX file: {type(error).__name__}")
    if not sheets or (sheet and sheet not in sheets):
        _refuse(f"has no sheet {sheet!r}; it has {', '.join(sheets)}")
    chosen: Any = sheets[sheet] if sheet else next(iter(sheets.values()))
    # What a file says of its size may be far more than it has.
    chosen.reset_dimensions()
    write = sys.stdout.buffer.write
    for number, row in enumerate(chosen.iter_rows(values_only=True), 1):
        cells = [*map(_plain, row)]
        while cells and cells[-1] is None:
            cells.pop()
        if cells:
            write(orjson.dumps([number, cells], default=str) + b"\n")


def _plain(cell: Any) -> Any:
    """A day of the calendar without its hour 0, so that an hour of another cell can follow it."""
    return cell.date() if isinstance(cell, datetime) and cell.time() == time() else cell


def _refuse(reason: str) -> NoReturn:
    sys.stderr.write(reason)
    sys.exit(REFUSED)


if __name__ == "__main__":
    memory, seconds = map(int, sys.argv[3:])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    main(*sys.argv[1:3])
