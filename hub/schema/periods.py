"""Periods as clients state them."""

from hub.domain.indicators import Period as Days
from hub.schema.errors import InputError
from hub.schema.types.indicators import Period


def days_of(period: Period | None) -> Days:
    """The days of a period; all where none is told. Raises InputError."""
    days = Days(period.from_, period.to) if period else Days()
    if days.first and days.last and days.first > days.last:
        raise InputError("period", "begins after it ends")
    return days
