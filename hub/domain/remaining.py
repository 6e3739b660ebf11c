"""How many working days are left until something is due. Pure."""

from datetime import datetime

from hub.domain.working_days import OfficeClock


def remaining(clock: OfficeClock, now: datetime, due_at: datetime) -> int | None:
    """The working days after today up to and including the last day in time; both moments are UTC.

    0 is that last day. Once it is over it is how many have passed since, below nought, and -1 at
    once: a weekend later nothing has passed, and it is late all the same. None where the calendar
    does not reach.
    """
    today, last = clock.day(now), clock.day(due_at)
    days = clock.between(today, last)
    return days if days is None or today <= last else min(days, -1)
