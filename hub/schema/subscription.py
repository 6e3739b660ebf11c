"""What can be watched."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Generic, TypeVar

import anyio
from strawberry import UNSET

from hub.domain.clock import utc_now
from hub.domain.indicators import Dimension, Freshness, IndicatorRow
from hub.domain.reading import Reading
from hub.domain.scope import Permission
from hub.schema.context import Context, HubInfo, needs_of
from hub.schema.errors import InputError
from hub.schema.filters import NOT_WATCHED, ComplaintFilter, condition_of
from hub.schema.query import OF_CONNECTOR, OF_FIGURES, figures
from hub.schema.rows import rows_of
from hub.schema.source import output, subscribed
from hub.schema.types.change import ComplaintChange, Heard
from hub.schema.types.channel import Run
from hub.schema.types.indicators import IndicatorRow as IndicatorRowType
from hub.schema.types.indicators import Period
from hub.store.feed import Change, Inbox
from hub.store.live import Announced
from hub.store.predicates import NotWatchableError

FIGURES_SECONDS = 5.0
"""Figures are told again no sooner than this after the last time."""

T = TypeVar("T")


@output
class Subscription:
    """All that can be watched. Watch first and read then, and nothing is missed in between."""

    @subscribed(ComplaintChange, {"filter": "Which complaints; all unless told."})
    async def complaint_changed(
        self,
        info: HubInfo,
        filter: ComplaintFilter | None = UNSET,  # noqa: A002
    ) -> Any:
        """Complaints of your scope that fulfil the filter: each that comes to, changes or leaves
        them, once and in order."""
        context = info.context
        context.need(Permission.COMPLAINTS_READ)
        try:
            inbox = await context.reader.changes.complaints(condition_of(filter))
        except NotWatchableError:
            raise InputError("filter", NOT_WATCHED) from None
        read = partial(context.reader.complaints.changed, fields=needs_of(info))
        return Changes(context, inbox, read)

    @subscribed(Run, OF_CONNECTOR)
    async def run_progress(self, info: HubInfo, connector: str | None = UNSET) -> Any:
        """Runs of your connectors, or of one: when one begins, gets on, and ends."""
        context = info.context
        context.need(Permission.CONNECTORS_READ)
        inbox = await context.reader.changes.runs(connector or None)
        return Told(context, inbox, context.reader.runs.changed)

    @subscribed(list[IndicatorRowType], OF_FIGURES, size=rows_of, weight=500)
    async def indicators_changed(
        self,
        info: HubInfo,
        group_by: list[Dimension] = [],  # noqa: B006 - the schema's default
        filter: ComplaintFilter | None = UNSET,  # noqa: A002
        period: Period | None = UNSET,
    ) -> Any:
        """What `indicators` would answer: now, and when it would be another answer, at most every
        five seconds. That time passes is no change: `overdue` is as of the last one."""
        context = info.context
        ask = partial(figures, context, group_by, filter, period, needs_of(info))
        figures_of_now = Figures(context, await context.reader.changes.counted(), ask)
        try:
            await figures_of_now.begin()
        except BaseException:
            await figures_of_now.aclose()
            raise
        return figures_of_now


class Told(Generic[T]):
    """What is made of each that an inbox is told; what would be None is left out."""

    def __init__(
        self, context: Context, inbox: Inbox[T], make: Callable[[T], Awaitable[Any]]
    ) -> None:
        self._context = context
        self._inbox = inbox
        self._make = make

    def __aiter__(self) -> "Told[T]":
        return self

    async def __anext__(self) -> Any:
        while True:
            told = await self._inbox.get()
            self._context.begin_again()
            made = await self._make(told)
            if made is not None:
                return made

    async def aclose(self) -> None:
        """Stops watching."""
        self._inbox.close()


class Changes:
    """What is heard of changes. Of each is told by itself what was hidden and shown of it, so that
    the next may be begun before."""

    def __init__(
        self,
        context: Context,
        inbox: Inbox[Announced],
        read: Callable[[Change, Reading], Awaitable[Any]],
    ) -> None:
        self._context = context
        self._inbox = inbox
        self._read = read

    def __aiter__(self) -> "Changes":
        return self

    async def __anext__(self) -> Heard:
        return self._heard(await self._inbox.get())

    def waiting(self) -> Heard | None:
        """The next where it waits already."""
        told = self._inbox.get_nowait()
        return None if told is None else self._heard(told)

    def _heard(self, told: Announced) -> Heard:
        self._context.begin_again()
        return Heard(told.change, told.kind, self._context.reading, self._read)

    async def aclose(self) -> None:
        """Stops watching."""
        self._inbox.close()


class Figures:
    """Figures at once, and again when they have changed."""

    def __init__(
        self,
        context: Context,
        inbox: Inbox[Change],
        ask: Callable[[], Awaitable[list[IndicatorRow]]],
    ) -> None:
        self._context = context
        self._inbox = inbox
        self._ask = ask
        self._first: list[IndicatorRow] | None = None
        self._told: list[IndicatorRow] = []
        self._stale = False

    def __aiter__(self) -> "Figures":
        return self

    async def __anext__(self) -> list[IndicatorRow]:
        if self._first is not None:
            first, self._first = self._first, None
            return first
        while True:
            if not self._stale:
                await self._inbox.get()
            await anyio.sleep(FIGURES_SECONDS)
            self._inbox.clear()
            found = await self._found()
            if (settled := _settled(found)) != self._told:
                self._told = settled
                return found

    async def begin(self) -> None:
        """Finds the first ones. Raises whatever is wrong with what is asked."""
        self._first = await self._found()
        self._told = _settled(self._first)

    async def aclose(self) -> None:
        """Stops watching."""
        self._inbox.close()

    async def _found(self) -> list[IndicatorRow]:
        asked_at = utc_now()
        self._context.begin_again()
        found = await self._ask()
        # A roll-up that has not come so far yet is asked again.
        self._stale = bool(found) and found[0].freshness.as_of < asked_at
        return found


def _settled(rows: list[IndicatorRow]) -> list[IndicatorRow]:
    """The rows without what moves on by itself."""
    return [replace(row, freshness=_WHENEVER) for row in rows]


_WHENEVER = Freshness(datetime.min)
