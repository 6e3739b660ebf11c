"""How often each client may ask: so many requests a second, and twice as many at once."""

import time
from collections.abc import Callable

from hub.domain.bounded import Bounded

_CLIENTS = 10_000
"""So many are remembered; whoever has not asked for the longest time is forgotten, and has all
that a new one has."""


class RateLimit:
    """A bucket of tokens for each client, in this process alone."""

    def __init__(self, per_second: int, now: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._most = 2.0 * per_second
        self._now = now
        self._buckets: Bounded[str, tuple[float, float]] = Bounded(_CLIENTS)

    def wait_of(self, client: str) -> float:
        """Seconds until the client may ask again; 0 where it may now, which counts as asking."""
        now = self._now()
        tokens, at = self._buckets.pop(client, (self._most, now))
        tokens = min(self._most, tokens + (now - at) * self._per_second)
        asks = tokens >= 1
        self._buckets.remember(client, (tokens - asks, now))
        return 0.0 if asks else (1 - tokens) / self._per_second
