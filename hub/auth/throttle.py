"""Limits on guessing and on hurry, counted in MongoDB for all hubs together."""

import math
from dataclasses import dataclass
from hashlib import sha256

from hub.store.attempts import Attempts


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many attempts in a window of time, which begins with the first."""

    name: str
    most: int
    seconds: int


REQUESTS_BY_ADDRESS = Limit("requests", 3_000, 60)
# By client and address together: who knows a client's id can't lock it out from elsewhere. Their
# secrets are random, so guessing from many addresses leads nowhere.
WRONG_BY_CLIENT = Limit("wrong-client", 10, 300)
WRONG_BY_ADDRESS = Limit("wrong-address", 100, 300)
# A password may be guessed from many addresses, so a user is locked for all of them.
LOGINS_BY_USER = Limit("login-user", 10, 900)
LOGINS_BY_ADDRESS = Limit("login-address", 50, 900)
DEVICE_CODES_BY_USER = Limit("device-user", 10, 900)
DEVICE_CODES_BY_ADDRESS = Limit("device-address", 30, 900)

Counted = tuple[Limit, str]
"""A limit, and whose attempts it counts."""


class TooManyAttemptsError(Exception):
    """A limit is reached."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Too many attempts. Try again in {math.ceil(retry_after / 60)} min.")
        self.retry_after = retry_after
        """In seconds."""

    @property
    def headers(self) -> dict[str, str]:
        """For the answer 429."""
        return {"Retry-After": str(self.retry_after)}


class Throttle:
    """Counts attempts before they are made, so that many at once are counted too."""

    def __init__(self, attempts: Attempts) -> None:
        self._attempts = attempts

    async def enter(self, *counted: Counted) -> None:
        """Counts an attempt. Raises TooManyAttemptsError at a limit, whatever the attempt is."""
        waits = [0.0]
        for limit, whose in counted:
            count, wait = await self._attempts.count(_key(limit, whose), limit.seconds)
            if count > limit.most:
                waits.append(wait)
        if len(waits) > 1:
            raise TooManyAttemptsError(max(1, math.ceil(max(waits))))

    async def take_back(self, *counted: Counted) -> None:
        """Uncounts an attempt that was no guess."""
        for limit, whose in counted:
            await self._attempts.take_back(_key(limit, whose))


def _key(limit: Limit, whose: str) -> str:
    """Names and addresses are people's, and as long as they like: only a hash is kept."""
    return f"{limit.name}:{sha256(whose.encode()).hexdigest()}"
