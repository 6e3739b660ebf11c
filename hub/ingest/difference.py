"""What a changed mapping would make of what is stored, before anything is changed."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from hub.connectors.base import Record, Undecodable
from hub.connectors.load import Loaded
from hub.connectors.mapping.mapper import Mapper
from hub.domain.complaint import Complaint, Location
from hub.domain.run import Rejection
from hub.ingest.places import district_map
from hub.ingest.replay import batch_of, record_of, resource_of
from hub.store.masks import WORDS
from hub.store.raw_records import Kept, Progress
from hub.store.store import Store

SAMPLES = 3
"""So many are shown of each field that changes, and of each that is refused for."""
_MOST_SHOWN = 80
_FIELDS = [each.name for each in fields(Complaint)]


@dataclass(frozen=True, slots=True)
class Change:
    """A complaint that would change: field → (before, after), personal data and the words of
    secret complaints left out."""

    external_id: str
    fields: dict[str, tuple[str | None, str | None]]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A complaint that would be a dead letter."""

    external_id: str
    field: str
    reason: str


@dataclass(slots=True)
class Difference:
    """What became of each complaint that was looked at; `fields` counts those that change."""

    connector: str
    config_version: str
    complaints: int = 0
    unchanged: int = 0
    changed: int = 0
    refused: int = 0
    other_id: int = 0
    without_raw: int = 0
    unclear: int = 0
    letters: int = 0
    letters_stored: int = 0
    fields: Counter[str] = field(default_factory=Counter)
    refused_for: Counter[str] = field(default_factory=Counter)
    changes: list[Change] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)


async def difference(
    loaded: Loaded,
    channel: str,
    store: Store,
    tell: Callable[[int], None] = lambda _: None,
) -> Difference:
    """Maps each stored record of a connector, whose complaints are filed under `channel`, by a
    configuration, and stores nothing. `tell` is told of how many more complaints."""
    config = loaded.config
    districts = await district_map(config, store)
    mappers = {r.name: Mapper(r, config.channel, districts) for r in config.mapped}
    found = Difference(config.name, loaded.version)
    async for page in store.raw_records.pages(channel, config.name, Progress("")):
        for kept in page:
            resource = resource_of(kept.resource, config)
            mapper = mappers[resource] if resource else None
            _compare(found, kept, mapper, store)
        tell(len(page))
    async for letter in store.dead_letters.unresolved(channel):
        found.letters += 1
        batch = batch_of(letter, config)
        if batch and isinstance(_mapped(batch.records[0], mappers[batch.resource]), Complaint):
            found.letters_stored += 1
    return found


def _compare(found: Difference, kept: Kept, mapper: Mapper | None, store: Store) -> None:
    found.complaints += 1
    if kept.raw is None:
        found.without_raw += 1
        return
    if mapper is None:
        found.unclear += 1
        return
    before, after = store.raw_records.complaint(kept), _mapped(record_of(kept.raw), mapper)
    if isinstance(after, Rejection):
        found.refused += 1
        found.refused_for[after.field] += 1
        if found.refused_for[after.field] <= SAMPLES:
            refusal = Refusal(before.external_id, after.field, after.reason)
            found.refusals.append(refusal)
        return
    if after.id != kept.id:
        found.other_id += 1
        return
    was, will = _values(before), _values(after)
    changed = [name for name in _FIELDS if was[name] != will[name]]
    if not changed:
        found.unchanged += 1
        return
    found.changed += 1
    if any(found.fields[name] < SAMPLES for name in changed):
        secret = before.secret or after.secret
        shown = {n: (_shown(n, was[n], secret), _shown(n, will[n], secret)) for n in changed}
        found.changes.append(Change(before.external_id, shown))
    found.fields.update(changed)


def _mapped(record: Record | Undecodable, mapper: Mapper) -> Complaint | Rejection:
    """The complaint, or why there is none."""
    if isinstance(record, Undecodable):
        return Rejection("record", None, record.reason)
    try:
        return mapper.map(record)
    except Rejection as rejection:
        return rejection


def _values(complaint: Complaint) -> dict[str, Any]:
    """The fields of a complaint, times as exact as they are stored."""
    values = {name: getattr(complaint, name) for name in _FIELDS}
    for name, value in values.items():
        if isinstance(value, datetime):
            values[name] = value.replace(microsecond=value.microsecond // 1000 * 1000)
    return values


def _shown(name: str, value: Any, secret: bool) -> str | None:
    if value is None:
        return None
    if name == "reporter":
        return "(personal data)"
    if secret and name in WORDS:
        return "(secret)"
    if isinstance(value, Location):
        return f"{value.longitude}, {value.latitude}"
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"
