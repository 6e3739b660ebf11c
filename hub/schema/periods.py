"""Periods and moments as clients state them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hub.domain.indicators import Period as Days
from hub.schema.errors import InputError
from hub.schema.source import Weighed
from hub.schema.types.indicators import Period

AS_OF = "A past moment: as it was then, by what is known today. Now unless told."


_LOOK_WEIGHT = 1_000
"""What one look at a past moment costs, at which up to 50,000 complaints are reckoned one by one:
so that all figures of a letter can be asked for at once. Turns (past.py) bound the rest."""


def weighing(usual: int, looks: int = 1) -> Weighed:
    """What figures cost that can be asked for as of a past moment, at which it takes so many looks,
    and as many again to `compare`."""

    def weight(arguments: Mapping[str, Any]) -> int:
        asked = looks * (2 if arguments.get("compare") else 1) if arguments.get("asOf") else 0
        return usual + asked * _LOOK_WEIGHT

    return weight


def days_of(period: Period | None) -> Days:
    """The days of a period; all where none is told. Raises InputError."""
    days = Days(period.from_, period.to) if period else Days()
    if days.first and days.last and days.first > days.last:
        raise InputError("period", "begins after it ends")
    return days


def moment_of(as_of: datetime | None) -> datetime | None:
    """A past moment in UTC, where one is told. Raises InputError."""
    if not as_of:
        return None
    at = in_utc(as_of, "asOf")
    if at > datetime.now(UTC):
        raise InputError("asOf", "lies in the future, of which nothing is known")
    return at


def in_utc(at: datetime, argument: str) -> datetime:
    """A moment in UTC. Raises InputError for one that names no zone, since it could be of three."""
    if at.tzinfo is None:
        raise InputError(argument, "names no time zone, such as 2020-07-01T00:00:00+08:00")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise InputError(argument, "does not lie in the years 1 to 9999 (UTC)") from None
