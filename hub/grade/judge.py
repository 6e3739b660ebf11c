"""What became of the records of a channel."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from hub.domain.question import All
from hub.domain.reading import Reading
from hub.domain.run import DeadLetterState
from hub.domain.scope import Grant, Permission, Role, Scope
from hub.grade.records import Row
from hub.grade.source import Source
from hub.store.paging import PageRequest
from hub.store.store import Reader, Store

_EVERYTHING = Scope("grade", (Grant(Role.MINISTRY),), frozenset(Permission))
_ALL = PageRequest(2_000_000)
_ALLOWED = {"A": 0.0, "C": 0.001, "D": 0.01, "E": 0.05}
_LOOKBACK = "a longer incremental.lookback_window"
_MENDS = {
    "edited behind the cursor": _LOOKBACK,
    "arrived late": _LOOKBACK,
    "edited long after receipt": f"updates where the server has them, recheck, or {_LOOKBACK}; the "
    "standard can't be asked for what changed",
    "of an hour that comes twice": "no key: a time without its zone means two moments there; the "
    "channel has to write it",
}
_MISDATED_AFTER = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Records that did not arrive as they are: how many, of which sort, and what would mend it."""

    trap: str
    lost: int
    outdated: int
    misdated: int
    mend: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why records are dead letters, how many are, and the value of one of them."""

    field: str
    reason: str
    count: int
    example: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """What is stored of a source, against what it had."""

    grade: str
    source: int
    complaints: int
    dead_letters: int
    troubles: list[Trouble]
    refused: list[Refusal]


async def judged(store: Store, source: Source, *, green: bool) -> Found:
    """Compares the store with the source."""
    reader = store.reader(_EVERYTHING)
    stored = await _stored(reader)
    letters = (await reader.dead_letters.page(None, DeadLetterState.OPEN, _ALL)).documents
    refused = {each["external_id"] for each in letters}
    here = _Here(stored, refused, by_hour=source.maker.tells_hours)
    had: dict[str, list[Row]] = {}
    for row in [*source.gone, *source.rows]:
        if row.id:
            had.setdefault(row.id, []).append(row)
    nameless = len({_content(row) for row in source.rows if row.id is None})
    lost, outdated, misdated = Counter[str](), Counter[str](), Counter[str]()
    for id_, rows in had.items():
        trap = rows[-1].trap
        lost[trap] += here.lacks(id_)
        outdated[trap] += here.outdates(id_, rows)
        misdated[trap] += here.misdates(id_, rows)
    lost["no id"] = max(nameless - sum(each["external_id"] is None for each in letters), 0)
    total = len(had) + nameless
    share = lost.total() / total if total else 1
    letter = next((each for each, most in _ALLOWED.items() if share <= most), "F")
    if not (green and stored):
        letter = "F"
    elif letter == "A" and +(outdated + misdated):
        letter = "B"
    troubles = [
        Trouble(trap, lost[trap], outdated[trap], misdated[trap], _mend(trap))
        for trap in sorted({*+lost, *+outdated, *+misdated})
    ]
    return Found(letter, total, len(stored), len(letters), troubles, _refusals(letters))


class _Here:
    def __init__(
        self, stored: dict[str, dict[str, Any]], refused: set[str | None], *, by_hour: bool
    ) -> None:
        self._stored = stored
        self._refused = refused
        self._by_hour = by_hour

    def lacks(self, id_: str) -> bool:
        return id_ not in self._stored and id_ not in self._refused

    def outdates(self, id_: str, rows: list[Row]) -> bool:
        """Whether the stored status is that of none of the record's versions."""
        found = self._stored.get(id_)
        return found is not None and found["status_source"] not in {row.status for row in rows}

    def misdates(self, id_: str, rows: list[Row]) -> bool:
        """Whether the stored time of receipt is none of the record's."""
        found = self._stored.get(id_)
        if found is None or not self._by_hour:
            return False
        received: datetime = found["received_at"].replace(tzinfo=UTC)
        return all(abs(received - row.received) > _MISDATED_AFTER for row in rows)


async def _stored(reader: Reader) -> dict[str, dict[str, Any]]:
    page = await reader.complaints.page(All(), _ALL, Reading())
    return {each["external_id"]: each for each in page.documents}


def _refusals(letters: list[dict[str, Any]]) -> list[Refusal]:
    """The most frequent first."""
    counted = Counter((each["field"], each["reason"]) for each in letters)
    examples = {(each["field"], each["reason"]): each["value"] for each in letters}
    return [
        Refusal(*which, count=count, example=examples[which])
        for which, count in counted.most_common()
    ]


def _content(row: Row) -> bytes:
    return orjson.dumps(row.record, option=orjson.OPT_SORT_KEYS)


def _mend(trap: str) -> str:
    return _MENDS.get(trap, "no key; tell the hub's makers")
