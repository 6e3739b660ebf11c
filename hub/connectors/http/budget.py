"""How many requests a channel takes in how long: `api_budget` of a connector's YAML."""

from collections import deque
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated

import anyio
from pydantic import Field

from hub.connectors.schedule import Duration
from hub.connectors.vocabulary import Vocabulary


class Rate(Vocabulary):
    """At most `limit` requests in any stretch of time as long as `interval`."""

    limit: Annotated[int, Field(ge=1, le=100_000)]
    """How many requests."""
    interval: Annotated[Duration, Field(gt=timedelta(0), le=timedelta(hours=1))]
    """In how long: PT1M, at most PT1H."""


class ApiBudget(Vocabulary):
    """What the channel allows; all rates hold at once, over all requests of a run."""

    rates: Annotated[list[Rate], Field(min_length=1, max_length=10)]
    """How many requests in how long."""


class Budget:
    """Lets requests go when every rate allows them, in the order in which they came."""

    def __init__(
        self,
        rates: list[Rate],
        now: Callable[[], float] = anyio.current_time,
        sleep: Callable[[float], Awaitable[object]] = anyio.sleep,
    ) -> None:
        self._now, self._sleep = now, sleep
        # When the last requests went, as many as a rate allows.
        self._gone = [(rate, deque[float](maxlen=rate.limit)) for rate in rates]
        self._one_at_a_time = anyio.Lock()

    async def spend(self) -> None:
        """Returns when one request more may go, which is then taken to go."""
        if not self._gone:
            return
        async with self._one_at_a_time:
            while (wait := self._wait()) > 0:
                await self._sleep(wait)
            now = self._now()
            for _, gone in self._gone:
                gone.append(now)

    def _wait(self) -> float:
        """For how many seconds some rate is still spent."""
        now = self._now()
        return max(
            gone[0] + rate.interval.total_seconds() - now if len(gone) == rate.limit else 0.0
            for rate, gone in self._gone
        )
