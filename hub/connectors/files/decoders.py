"""A file → its records: rows of CSV, lines of JSON, or a JSON document. Text is read line by line,
so that memory does not grow with the file; what has no end is refused."""

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Annotated, Any, Literal, cast

import orjson
from pydantic import AfterValidator, Field

from hub.connectors.base import ChannelError, Record, Undecodable
from hub.connectors.config import Selector, Text
from hub.connectors.files.archives import members, opened_zip
from hub.connectors.files.spreadsheets import sheet_rows
from hub.connectors.mapping.paths import selector
from hub.connectors.vocabulary import Vocabulary

MAX_LINE = 1024 * 1024
MAX_DOCUMENT = 64 * 1024 * 1024
MAX_FILE = 4 * 1024 * 1024 * 1024
_EXCESS = "\0excess"

Records = Iterator[Record | Undecodable]


def _encoding(name: str) -> str:
    try:
        codecs.lookup(name)
    except LookupError:
        raise ValueError(f"unknown encoding {name!r}, such as 'utf-8-sig' or 'cp1252'") from None
    return name


class CsvDecoder(Vocabulary):
    """A row each; the first one names the columns. A byte order mark is dropped."""

    type: Literal["csv"]
    """Cells parted by a character."""
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    """What parts the cells."""
    encoding: Annotated[Text, AfterValidator(_encoding)] = "utf-8-sig"
    """Python's name of the encoding."""


class JsonLinesDecoder(Vocabulary):
    """A JSON object on each line."""

    type: Literal["jsonl"]
    """A JSON object on each line."""


class JsonDecoder(Vocabulary):
    """One JSON document, of 64 Mi characters at most."""

    type: Literal["json"]
    """One JSON document."""
    data_selector: Selector = "$[*]"
    """JSONPath of the records."""


class XlsxDecoder(Vocabulary):
    """A row each; the first one names the columns."""

    type: Literal["xlsx"]
    """A sheet of an Excel file."""
    sheet: Text | None = None
    """Its name; the first one if left out."""


TextDecoder = CsvDecoder | JsonLinesDecoder | JsonDecoder
Decoder = Annotated[TextDecoder | XlsxDecoder, Field(discriminator="type")]


@contextmanager
def records_of(
    path: Path, decoder: Decoder, columns: set[str], member_glob: str = "*"
) -> Iterator[Records]:
    """The records of a file, inflated if its name ends in `.gz`, of its members if in `.zip`. A
    table needs `columns`.

    What it gives raises ChannelError, naming the file and the line, for a file that is not what
    the YAML says.
    """
    if isinstance(decoder, XlsxDecoder):
        with closing(sheet_rows(path, decoder.sheet, columns)) as rows:
            yield rows
        return
    if path.suffix == ".zip":
        with opened_zip(path) as archive:
            yield (
                record
                for name, file in members(archive, member_glob, path.name)
                for record in _records(file, name, decoder, columns)
            )
        return
    with path.open("rb") as stored:
        file = stored if path.suffix != ".gz" else gzip.GzipFile(fileobj=stored)
        yield _records(cast("IO[bytes]", file), path.name, decoder, columns)


def _records(file: IO[bytes], name: str, decoder: TextDecoder, columns: set[str]) -> Records:
    encoding = decoder.encoding if isinstance(decoder, CsvDecoder) else "utf-8-sig"
    with io.TextIOWrapper(file, encoding=encoding, newline="") as text:
        bounded = _Bounded(text, name)
        match decoder:
            case CsvDecoder():
                yield from _rows(bounded, decoder, columns)
            case JsonLinesDecoder():
                yield from _json_lines(bounded)
            case JsonDecoder():
                yield from _document(bounded, decoder)


class _Bounded:
    """A file that is read by lines, or as a whole, up to a limit."""

    def __init__(self, file: IO[str], name: str) -> None:
        self.name = name
        self.number = 0
        self._file = file
        self._left = MAX_FILE

    def lines(self) -> Iterator[str]:
        """Each line with its end. Raises ChannelError for one that is too long."""
        while line := self._read(lambda: self._file.readline(MAX_LINE + 1)):
            self.number += 1
            if len(line) > MAX_LINE:
                raise self.error(f"longer than {MAX_LINE >> 20} Mi characters")
            yield line

    def whole(self) -> str:
        """All of it. Raises ChannelError for one that is too large."""
        body = self._read(lambda: self._file.read(MAX_DOCUMENT + 1))
        if len(body) > MAX_DOCUMENT:
            raise ChannelError(
                f"{self.name} has more than {MAX_DOCUMENT >> 20} Mi characters; "
                "export it as JSON lines."
            )
        return body

    def error(self, reason: str) -> ChannelError:
        """What is wrong with the line that was read last."""
        return ChannelError(f"{self.name}, line {self.number}: {reason}")

    def _read(self, read: Callable[[], str]) -> str:
        try:
            found = read()
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise ChannelError(f"{self.name} is not whole gzip: {error}") from None
        except UnicodeDecodeError as error:
            # Decoding goes ahead of reading: the lines that it had done already count too.
            self.number += error.object[: error.start].count(b"\n") + 1
            raise self.error(f"is not {error.encoding}") from None
        self._left -= len(found)
        if self._left < 0:
            raise ChannelError(f"{self.name} has more than {MAX_FILE >> 30} Gi characters.")
        return found


def _rows(file: _Bounded, decoder: CsvDecoder, columns: set[str]) -> Records:
    text = file.lines()
    # Not strict, a quote that is never closed would swallow the rest of the file.
    reader = csv.DictReader(text, restkey=_EXCESS, delimiter=decoder.delimiter, strict=True)
    try:
        missing = columns - set(reader.fieldnames or ())
        if missing:
            raise ChannelError(
                f"{file.name} has no column {', '.join(sorted(missing))}; "
                f"it has {', '.join(reader.fieldnames or ())}."
            )
        for row in reader:
            if _EXCESS in row or None in row.values():
                reason = f"line {reader.line_num}: not as many cells as the header"
                yield Undecodable(orjson.dumps(row), reason)
            else:
                yield row
    except csv.Error as error:
        raise file.error(str(error)) from None


def _json_lines(file: _Bounded) -> Records:
    for line in file.lines():
        if line.strip():
            yield _object(line, f"line {file.number}")


def _object(text: str, where: str) -> Record | Undecodable:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return Undecodable(text.encode(), f"{where}: not whole JSON: {error}")
    return (
        value if isinstance(value, dict) else Undecodable(text.encode(), f"{where}: no JSON object")
    )


def _document(file: _Bounded, decoder: JsonDecoder) -> Records:
    try:
        document: Any = orjson.loads(file.whole())
    except orjson.JSONDecodeError as error:
        raise ChannelError(f"{file.name} is not whole JSON: {error}") from None
    found = selector(decoder.data_selector)(document)
    if not found and document:
        raise ChannelError(f"{file.name}: {decoder.data_selector} selects nothing in it.")
    for number, each in enumerate(found, 1):
        yield (
            each
            if isinstance(each, dict)
            else Undecodable(orjson.dumps(each), f"record {number}: no JSON object")
        )
