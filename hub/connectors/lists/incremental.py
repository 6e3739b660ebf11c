"""Asking a service only for what is new, without ever passing over what was not read."""

from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from operator import gt, lt
from typing import Annotated, Any, Literal, NamedTuple, Self
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, Field, model_validator

from hub.connectors.base import Batch, Between, ChannelError, State
from hub.connectors.config import Resource, Text, Where
from hub.connectors.mapping.paths import getter
from hub.connectors.schedule import Duration
from hub.connectors.vocabulary import Vocabulary

_EASTERNMOST = ZoneInfo("Asia/Jayapura")


class Incremental(Vocabulary):
    """Asking only for what is new since the checkpoint, by a time in the record."""

    cursor_path: Where
    """Where in a record its time of change is."""
    initial_value: AwareDatetime
    """From when to ask at the first run."""
    lookback_window: Duration = timedelta(0)
    """How far before the checkpoint to ask again."""
    step: Annotated[Duration, Field(ge=timedelta(minutes=1))] | None = None
    """The stretch of time of one question; all at once if left out."""
    row_order: Literal["asc", "desc"] | None = None
    """`asc` where the oldest change comes first: the checkpoint then moves with each page."""
    is_data_feed: bool = False
    """Whether to stop at the first page with a record that is older than what is asked for."""
    is_client_side_incremental: bool = False
    """Whether to drop records that are older than what is asked for."""
    on_cursor_value_missing: Literal["raise", "include", "exclude"] = "include"
    """What to do with a record that has no time there."""
    datetime_format: Text | None = None
    """How the service wants a time written; ISO 8601 if left out."""

    @model_validator(mode="after")
    def _a_feed_begins_with_the_latest(self) -> Self:
        if self.is_data_feed and self.row_order != "desc":
            raise ValueError(
                "is_data_feed needs `row_order: desc`: what comes after an older record is not read"
            )
        if self.is_data_feed and self.step:
            raise ValueError("is_data_feed has no `step`: a feed is read from its beginning")
        return self

    def write(self, moment: datetime) -> str:
        """A time as the service wants it."""
        return moment.strftime(self.datetime_format) if self.datetime_format else moment.isoformat()


def windows(
    start: datetime, end: datetime, step: timedelta | None
) -> Iterator[tuple[datetime, datetime]]:
    """The stretches of time, each as long as `step` at most, that make up one."""
    while start < end:
        until = min(start + step, end) if step else end
        yield start, until
        start = until


class Page(NamedTuple):
    """Records of one answer, and how many there are in all where the service says so."""

    records: list[Any]
    total: int | None


Pages = Callable[[datetime | None, datetime], AsyncGenerator[Page, None]]
"""Asks for the records of a stretch of time; without a start for all."""


async def read_list(
    resource: Resource,
    words: Incremental | None,
    pages: Pages,
    state: State,
    between: Between | None,
) -> AsyncGenerator[Batch, None]:
    """Each page a batch. With `row_order: asc` the checkpoint moves with each, else only after
    each window of `step`, since newer ones may stand anywhere; never past the beginning of the run.
    Where a stretch of time is asked for it stays.

    Raises ChannelError.
    """
    name = resource.name
    if words is None or between:
        stretches: Iterable[tuple[datetime | None, datetime]] = [(None, datetime.now(UTC))]
        if between:
            stretches = windows(between.start, between.end, words.step if words else None)
        async for page in _one_after_another(stretches, pages):
            yield Batch(name, page.records, None, page.total)
        return
    reading, declared = Reading(name, words, resource.zone, state), 0
    for start, end in reading.windows:
        if start != reading.start:
            reading.passed(start)
            yield Batch(name, [], reading.state(start))
        total: int | None = None
        async with aclosing(pages(start, end)) as found:
            async for page in found:
                taken, total = reading.take(page.records), page.total
                moved = reading.state(end) if reading.moves else None
                # A feed is not read to its end, so its total says nothing.
                known = total is not None and not words.is_data_feed
                left = declared + (total or 0) - reading.dropped if known else None
                yield Batch(name, taken, moved, left)
                if reading.ended:
                    break
        declared += total or 0
    yield Batch(name, [], reading.state(end))


async def first_page(words: Incremental | None, pages: Pages) -> Page:
    """The first page that a first run would read."""
    start, end = None, datetime.now(UTC)
    if words:
        start, end = next(windows(words.initial_value, end, words.step), (words.initial_value, end))
    async with aclosing(pages(start, end)) as found:
        async for page in found:
            return page
    return Page([], None)


async def _one_after_another(
    stretches: Iterable[tuple[datetime | None, datetime]], pages: Pages
) -> AsyncGenerator[Page, None]:
    """The pages of all stretches, each with the total of those so far."""
    before = 0
    for start, end in stretches:
        total: int | None = None
        async for page in pages(start, end):
            total = page.total
            yield Page(page.records, None if total is None else before + total)
        before += total or 0


class Reading:
    """One run through the records of a resource: which of them count, and how far it came."""

    def __init__(
        self, resource: str, incremental: Incremental, zone: ZoneInfo | None, state: State
    ) -> None:
        self._of = resource
        self._words = incremental
        self._get = getter(incremental.cursor_path)
        # The earliest moment that a time without a zone can mean: to ask again is safe.
        self._zone = zone or _EASTERNMOST
        self._began = datetime.now(UTC)
        last = state.get("last_value")
        self._last = self._value = datetime.fromisoformat(last) if last else None
        self.start = (
            self._last - incremental.lookback_window if self._last else incremental.initial_value
        )
        """From when to ask: the checkpoint less the lookback, or the initial value."""
        self._ordered = bool(incremental.row_order)
        self.dropped = 0
        """How many records were left out, as the configuration says."""
        self.ended = False
        """Whether what comes next is older than what is asked for."""

    @property
    def windows(self) -> list[tuple[datetime, datetime]]:
        """The stretches of time to ask for one after another, the last one up to now."""
        found = [*windows(self.start, self._began, self._words.step)]
        return found or [(self.start, self._began)]

    def take(self, page: list[Any]) -> list[Any]:
        """The records of a page that count. Raises ChannelError where one has no time and must."""
        words, taken, before, older = self._words, [], None, False
        backwards = gt if words.row_order == "asc" else lt
        for record in page:
            moment = self._moment(record)
            if moment is None:
                if self._without(record):
                    taken.append(record)
                continue
            # What was said of the order is not so: others may stand anywhere.
            if before and words.row_order and backwards(before, moment):
                self._ordered = False
            before = moment
            if self._value is None or moment > self._value:
                self._value = moment
            older = older or moment < self.start
            if moment < self.start and words.is_client_side_incremental:
                self.dropped += 1
            else:
                taken.append(record)
        self.ended = older and words.is_data_feed and self._ordered
        return taken

    @property
    def moves(self) -> bool:
        """Whether all that comes next is later than what was read."""
        return self._ordered and self._words.row_order == "asc"

    def passed(self, end: datetime) -> None:
        """All up to a moment has been read."""
        self._value = max(self._value, end) if self._value else end

    def state(self, end: datetime) -> State | None:
        """The checkpoint that this leads to, not after `end`, up to which was asked, and not before
        the one that the run began with; None while nothing was seen. A record dated in the future
        must not hide those that come until then."""
        if self._value is None:
            return None
        reached = min(self._value, end)
        latest = max(reached, self._last) if self._last else reached
        return {"last_value": latest.astimezone(UTC).isoformat()}

    def _moment(self, record: Any) -> datetime | None:
        try:
            moment = datetime.fromisoformat(str(self._get(record)))
        except ValueError:
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=self._zone)

    def _without(self, record: Any) -> bool:
        """Whether a record without a time counts."""
        match self._words.on_cursor_value_missing:
            case "raise":
                found = "none" if self._get(record) is None else "one that can't be read"
                raise ChannelError(
                    f"{self._of}: a record should have a time at {self._words.cursor_path}, and "
                    f"has {found} (on_cursor_value_missing: raise)."
                )
            case "exclude":
                self.dropped += 1
                return False
        return True
