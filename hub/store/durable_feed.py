"""Changes of complaints for what must hear of them all, also of those while no hub runs: how far
it has come stands in MongoDB, and one hub at a time goes on from there."""

import secrets
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import anyio
import structlog
from pymongo import ReadPreference
from pymongo.errors import DuplicateKeyError, OperationFailure

from hub.domain.clock import SYSTEM_CLOCK, Clock
from hub.store.feed import Change, change_in, opened_stream
from hub.store.mongo import Database, Document, StoreError

POLL_SECONDS = 1.0
"""So often a hub looks whether it is its turn."""
MOST_AT_ONCE = 500
_BATCH_SECONDS = 0.5
_IDLE_SECONDS = 10.0
"""So often it is noted how far the feed has come while nothing happens."""
_CLOSING_SECONDS = 1.0
_GIVING_BACK_SECONDS = 2.0
_HISTORY_LOST = "NonResumableChangeStreamError"

_log = structlog.get_logger()


class NotOurTurnError(Exception):
    """Another hub has taken over."""


@dataclass(frozen=True, slots=True)
class Happened:
    """A change, and a text that is its alone; texts have the order of the changes."""

    order: str
    change: Change


@dataclass(frozen=True, slots=True)
class Stretch:
    """Changes that follow each other; `missed` says that there were others, which MongoDB can't
    tell any more."""

    happened: list[Happened]
    missed: bool = False


class DurableFeed:
    """Changes of complaints, each told at least once, however often whoever listens dies."""

    def __init__(self, database: Database, name: str) -> None:
        """`name` is what the changes are for."""
        self.name = name
        self._database = database.with_options(read_preference=ReadPreference.PRIMARY)
        self._places = self._database["feeds"]

    async def begin(self) -> None:
        """Lets the feed begin with what happens from now on, unless it has begun."""
        since = await self._moment()
        try:
            await self._places.update_one(
                {"_id": self.name}, {"$setOnInsert": {"since": since}}, upsert=True
            )
        except DuplicateKeyError:  # another one was quicker
            return

    async def take(self, holder: str, now: datetime, until: datetime) -> bool:
        """Whether it is this holder's turn until a moment (UTC); so it stays while it is asked
        again before that. False as well where the feed has not begun."""
        free = [{"holder": holder}, {"until": {"$lte": now}}, {"until": None}]
        done = await self._places.update_one(
            {"_id": self.name, "$or": free}, {"$set": {"holder": holder, "until": until}}
        )
        return bool(done.matched_count)

    async def give_back(self, holder: str) -> None:
        """Ends this holder's turn."""
        await self._places.update_one(
            {"_id": self.name, "holder": holder}, {"$set": {"holder": None, "until": None}}
        )

    async def follow(self, holder: str) -> AsyncGenerator[Stretch, None]:
        """What happened since the last time. A stretch counts as heard once the next is asked for.
        Raises NotOurTurnError, StoreError."""
        while True:
            try:
                async with aclosing(self._stretches(holder)) as stretches:
                    async for stretch in stretches:
                        yield stretch
            except OperationFailure as error:
                if not error.has_error_label(_HISTORY_LOST):
                    raise
            # What comes after this moment is told, what came before it is missed.
            since = await self._moment()
            yield Stretch([], missed=True)
            await self._note(holder, {"$set": {"since": since}, "$unset": {"token": ""}})

    async def _stretches(self, holder: str) -> AsyncGenerator[Stretch, None]:
        """Until the stream ends."""
        place: Document = await self._places.find_one({"_id": self.name}) or {}
        token = place.get("token")
        start = {"start_after": token} if token else {"start_at_operation_time": place["since"]}
        stream = await opened_stream(self._database, ["complaints"], **start)
        noted = time.monotonic()
        try:
            while stream.alive:
                stretch = await _next(stream)
                if stretch.happened or stretch.missed:
                    yield stretch
                elif time.monotonic() < noted + _IDLE_SECONDS:
                    continue
                await self._note(holder, {"$set": {"token": stream.resume_token}})
                noted = time.monotonic()
        finally:
            with anyio.move_on_after(_CLOSING_SECONDS, shield=True):
                await stream.close()

    async def _note(self, holder: str, changed: Document) -> None:
        done = await self._places.update_one({"_id": self.name, "holder": holder}, changed)
        if not done.matched_count:
            raise NotOurTurnError

    async def _moment(self) -> Any:
        """Now, by MongoDB's clock."""
        return (await self._database.command("ping"))["operationTime"]


async def by_turns(
    feed: DurableFeed,
    work: Callable[[str], Awaitable[None]],
    lease: timedelta,
    clock: Clock = SYSTEM_CLOCK,
    *,
    begins: bool = False,
) -> None:
    """Does a work whenever it is this hub's turn at a feed, until it is cancelled; the work is
    told by which name it holds the feed. What ends a turn is logged. With `begins` the feed begins
    with the first turn, else once somebody lets it."""
    holder = secrets.token_hex(8)

    async def take() -> bool:
        now = clock.now()
        return await feed.take(holder, now, now + lease)

    async def keep() -> None:
        while True:
            await clock.sleep(lease.total_seconds() / 3)
            if not await take():
                raise NotOurTurnError

    try:
        while True:
            try:
                if begins:
                    await feed.begin()
                if await take():
                    async with anyio.create_task_group() as group:
                        group.start_soon(keep)
                        await work(holder)
                        group.cancel_scope.cancel()
            except* (StoreError, NotOurTurnError) as failed:
                causes = sorted({type(each).__name__ for each in _single(failed)})
                _log.warning("feed.turn_ended", feed=feed.name, errors=causes)
            except* Exception:
                _log.exception("feed.turn_failed", feed=feed.name)
            await clock.sleep(POLL_SECONDS)
    finally:
        with anyio.move_on_after(_GIVING_BACK_SECONDS, shield=True), suppress(StoreError):
            await feed.give_back(holder)


def _single(group: BaseExceptionGroup[Any]) -> Iterator[BaseException]:
    """The exceptions of a group and of the groups in it."""
    for each in group.exceptions:
        if isinstance(each, BaseExceptionGroup):
            yield from _single(each)
        else:
            yield each


async def _next(stream: Any) -> Stretch:
    """What has happened lately; nothing where nothing did."""
    happened: list[Happened] = []
    missed = False
    until = time.monotonic() + _BATCH_SECONDS
    while len(happened) < MOST_AT_ONCE and time.monotonic() < until:
        event = await stream.try_next()
        if event is None:
            break
        change = change_in(event)
        if change is None:
            missed = True
            continue
        change.at = event.get("wallTime", change.at)
        happened.append(Happened(event["_id"]["_data"], change))
    return Stretch(happened, missed)
