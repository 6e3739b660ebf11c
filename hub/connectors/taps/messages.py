"""What a Singer tap says: lines of messages → batches of records, and its catalog."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from hub.connectors.base import Batch, ChannelError, Record, Undecodable
from hub.connectors.taps.process import MAX_LINE_BYTES
from hub.connectors.vocabulary import suggest

BATCH_RECORDS = 1000
BATCH_BYTES = 8 * 1024 * 1024
BATCH_SECONDS = 10.0


class Batches:
    """Gathers messages. A state is handed over after all records that came before it."""

    def __init__(self, streams: Mapping[str, str], keeper: str) -> None:
        """`streams` are resources by the tap's name of their stream; `keeper` is the resource that
        keeps the state, and what belongs to no stream."""
        self._streams = streams
        self._keeper = keeper
        self._seen: set[str] = set()
        self._others: set[str] = set()
        self._line = 0
        self._clear()

    def _clear(self) -> None:
        self._records: dict[str, list[Record | Undecodable]] = {}
        self._state: str | None = None
        self._count = self._bytes = 0
        self._since = time.monotonic()

    @property
    def full(self) -> bool:
        """Whether it is time to hand over what was gathered."""
        return self._count > 0 and (
            self._count >= BATCH_RECORDS
            or self._bytes >= BATCH_BYTES
            or time.monotonic() - self._since >= BATCH_SECONDS
        )

    def take(self, line: bytes) -> None:
        """Takes a line of the tap. Raises ChannelError for a message that would lose records."""
        self._line += 1
        if len(line) > MAX_LINE_BYTES:
            self._refuse(line, f"longer than {MAX_LINE_BYTES >> 20} MiB")
            return
        if not line.strip():
            return
        try:
            message = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            self._refuse(line, f"not whole JSON: {error}")
            return
        match message:
            case {"type": "RECORD", "stream": str(stream), "record": dict(record)}:
                self._keep(stream, record, len(line))
            case {"type": "SCHEMA", "stream": str(stream)}:
                self._note(stream)
            case {"type": "STATE", "value": value}:
                self._state = orjson.dumps(value).decode()
            case {"type": "ACTIVATE_VERSION"}:
                pass
            case {"type": "BATCH"}:
                raise ChannelError(
                    "The tap hands over files (BATCH messages), which are not read; "
                    "leave batch_config out of its config."
                )
            case _:
                self._refuse(line, "no message of Singer")

    def _note(self, stream: str) -> str | None:
        """The resource of a stream, None if it has none."""
        resource = self._streams.get(stream)
        (self._seen if resource else self._others).add(stream)
        return resource

    def _keep(self, stream: str, record: Record, size: int) -> None:
        if resource := self._note(stream):
            self._add(resource, record, size)

    def _refuse(self, line: bytes, reason: str) -> None:
        self._add(self._keeper, Undecodable(line, f"line {self._line}: {reason}"), len(line))

    def _add(self, resource: str, record: Record | Undecodable, size: int) -> None:
        self._records.setdefault(resource, []).append(record)
        self._count += 1
        self._bytes += size

    def flush(self) -> Iterator[Batch]:
        """What was gathered: the records and then, since they are to be stored first, the state."""
        records, state = self._records, self._state
        self._clear()
        for resource, found in records.items():
            yield Batch(resource, found, None)
        if state is not None:
            yield Batch(self._keeper, [], {"state": state})

    def check_streams(self) -> None:
        """Raises ChannelError where a resource's stream never came, but others did: its name may
        be wrong, and a run that reads nothing should not look well."""
        missing = [stream for stream in self._streams if stream not in self._seen]
        if missing and self._others:
            raise ChannelError(_no_stream(missing[0], self._others))


def selected(catalog: bytes, metadata: Mapping[str, Mapping[str, Any]], tap: str) -> bytes:
    """A tap's catalog with these streams selected, and no others; with each the metadata to add.

    Raises ChannelError for what is no catalog, and for a stream that is not in it.
    """
    try:
        document: Any = orjson.loads(catalog)
        streams = {str(each["stream"]): each for each in document["streams"]}
        if missing := [name for name in metadata if name not in streams]:
            raise ChannelError(_no_stream(missing[0], streams))
        for name, stream in streams.items():
            chosen = name in metadata
            stream["selected"] = stream.setdefault("schema", {})["selected"] = chosen
            entries = stream.setdefault("metadata", [])
            if not any(entry["breadcrumb"] == [] for entry in entries):
                entries.append({"breadcrumb": [], "metadata": {}})
            for entry in entries:
                if entry["metadata"].get("inclusion") != "unsupported":
                    entry["metadata"]["selected"] = chosen
                if entry["breadcrumb"] == [] and chosen:
                    entry["metadata"] |= metadata[name]
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        raise ChannelError(
            f"The tap {tap} answered --discover with no catalog; state `catalog: none` if it "
            "has none."
        ) from None
    return orjson.dumps(document)


def _no_stream(name: str, others: Mapping[str, Any] | set[str]) -> str:
    return f"The tap has no stream {name!r}; {suggest(name, [*others])}."
