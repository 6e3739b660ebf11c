"""Records as they arrive, told apart by their bytes before any work is put into them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib.resources import files

import orjson

from hub.connectors.base import Batch, Record, State, Undecodable
from hub.connectors.mapping.mapper import Mapper
from hub.domain.complaint import Complaint, derived_id
from hub.domain.run import Rejection

MAX_RECORD_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record with its bytes; `id` and `fingerprint` are None where it can be no complaint."""

    record: Record | Undecodable
    raw: bytes
    id: str | None
    fingerprint: str | None

    def map(self, mapper: Mapper) -> Complaint:
        """The complaint that the record tells of. Raises Rejection."""
        if isinstance(self.record, Undecodable):
            raise Rejection("record", None, self.record.reason)
        if len(self.raw) > MAX_RECORD_BYTES:
            raise Rejection("record", None, f"larger than {MAX_RECORD_BYTES >> 20} MiB")
        return mapper.map(self.record)


@dataclass(frozen=True, slots=True)
class Arrived:
    """A batch of a resource; `state` is where to go on once it is stored, None if nowhere, and
    `declared` how many records the channel says that this reading of the resource has in all, and
    `gone` the ids of complaints that it has no more."""

    resource: str
    arrivals: list[Arrival]
    state: State | None
    declared: int | None
    gone: Sequence[str] = ()


def arrived(
    batch: Batch, channel: str, mapper: Mapper, fingerprint: Callable[[bytes], str]
) -> Arrived:
    """A batch with what is needed to tell whether its records are stored already."""
    arrivals = []
    for record in batch.records:
        if isinstance(record, Undecodable):
            arrivals.append(Arrival(record, record.raw, None, None))
            continue
        try:
            raw = orjson.dumps(record)
        except orjson.JSONEncodeError as error:
            kept = Undecodable(_as_text(record), f"can't be written as JSON: {error}")
            arrivals.append(Arrival(kept, kept.raw, None, None))
            continue
        external_id = mapper.external_id(record)
        id_ = derived_id(channel, external_id) if external_id else None
        arrivals.append(Arrival(record, raw, id_, fingerprint(raw)))
    return Arrived(batch.resource, arrivals, batch.state, batch.declared, batch.gone)


def _as_text(record: Record) -> bytes:
    """What can be kept of a record that JSON has no words for, such as one of 300 levels."""
    try:
        return repr(record)[:MAX_RECORD_BYTES].encode(errors="replace")
    except RecursionError:
        return b""


@cache
def mapping_version() -> str:
    """Changes with the code and the tables that make complaints of records, so that a mended
    mapping reaches also the records that are stored already and did not change."""
    digest = blake2b(digest_size=8)
    for package in ("hub.connectors", "hub.domain"):
        for file in sorted(files(package).iterdir(), key=lambda each: each.name):
            if file.is_file():
                digest.update(file.read_bytes())
    return digest.hexdigest()
