"""When a connector runs by itself: each so often, or at hours of a clock on the wall."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from hub.connectors.vocabulary import Vocabulary

_SHORTEST = timedelta(minutes=1)
_FIELDS = 5


def _iso(value: object) -> object:
    if isinstance(value, timedelta) or (isinstance(value, str) and value.startswith("P")):
        return value
    # 2025 would be read as 33 minutes.
    raise ValueError("is no ISO 8601 duration, such as PT10M or P30D")


def _cron(text: str) -> str:
    try:
        if len(text.split()) != _FIELDS:
            raise CronSimError("it has to have five fields")
        next(CronSim(text, datetime(2026, 1, 1, tzinfo=UTC)))
    except (CronSimError, StopIteration) as error:
        told = str(error) or "no day is ever like that"
        raise ValueError(f"is not a cron expression, such as '30 1 * * *': {told}") from None
    return text


Duration = Annotated[timedelta, BeforeValidator(_iso)]
Cron = Annotated[str, AfterValidator(_cron)]


class Schedule(Vocabulary):
    """`interval` or `cron`. Each run begins up to `jitter` later, so that not all begin at once."""

    interval: Annotated[Duration, Field(ge=_SHORTEST)] | None = None
    """How long after the beginning of one run the next begins; at least PT1M."""
    cron: Cron | None = None
    """Five fields, in hours of the first timezone of a resource, else of Asia/Jakarta."""
    jitter: Annotated[Duration, Field(ge=timedelta(0), le=timedelta(hours=1))] | None = None
    """How much later a run may begin; a tenth of the interval if left out, PT1M at most."""

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Self:
        if (self.interval is None) == (self.cron is None):
            raise ValueError("has either interval or cron")
        return self

    def first(self, now: datetime, zone: ZoneInfo) -> datetime:
        """When a connector that never ran is due, from a moment (UTC): with an interval at once."""
        return now if self.interval else self.after(now, zone)

    def after(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """When it is due next (UTC) after a run that began at a moment (UTC), without jitter.
        Hours of cron are those of the zone."""
        if self.interval:
            return moment + self.interval
        return next(CronSim(self.cron or "", moment.astimezone(zone))).astimezone(UTC)

    @property
    def spread(self) -> timedelta:
        """The longest that a run is put off: unless stated a tenth of the interval, a minute at
        most."""
        if self.jitter is not None:
            return self.jitter
        return min(timedelta(minutes=1), (self.interval or timedelta(minutes=10)) / 10)
