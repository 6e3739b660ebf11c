"""How many records a service says that it has of each day, by a question for each."""

from collections import Counter
from collections.abc import Iterable
from contextlib import aclosing
from datetime import date, timedelta

from hub.connectors.base import Between, ChannelError
from hub.connectors.config import Resource
from hub.connectors.lists.incremental import Incremental, Pages
from hub.domain.run import CountedBy

_BEFORE_MIDNIGHT = timedelta(seconds=1)


def counted_by(lists: Iterable[tuple[Resource, Incremental | None]]) -> CountedBy:
    """Which time of a complaint the cursor of these lists is. Raises ChannelError where it is none
    of those that the hub keeps, or not the same for all."""
    found = {_selected_as(resource, words) for resource, words in lists}
    if len(found) > 1:
        raise ChannelError("resources can't be counted together: their cursors are not alike.")
    return found.pop()


def _selected_as(resource: Resource, words: Incremental | None) -> CountedBy:
    cursor, select = words.cursor_path if words else None, resource.select
    for by in CountedBy:
        if cursor is not None and cursor == getattr(select, by.value):
            return by
    raise ChannelError(
        f"{resource.name} can't be asked how many records there are by day: its "
        "incremental.cursor_path is selected neither as received_at nor as updated_at."
    )


async def totals_by_day(name: str, pages: Pages, between: Between, word: str) -> Counter[date]:
    """What the first page of each day says that the day has. Raises ChannelError where one says
    nothing; `word` is what would make it."""
    found: Counter[date] = Counter()
    for day in between.days:
        # A service may count its `end` in; the next day begins there.
        async with aclosing(pages(day.start, day.end - _BEFORE_MIDNIGHT)) as of_day:
            async for page in of_day:
                if page.total is None:
                    raise ChannelError(f"{name} does not say how many records there are; {word}.")
                found[day.start.date()] += page.total
                break
    return found
