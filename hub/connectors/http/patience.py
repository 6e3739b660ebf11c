"""Asking again, as often and as late as the error handler of a connector says."""

import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import stamina

from hub.connectors.http.errors import ErrorHandler, PassingError

_ALL_TRIES_SECONDS = 600.0
T = TypeVar("T")


async def patiently(handler: ErrorHandler, ask: Callable[[], Awaitable[T]]) -> T:
    """What `ask` gives, asked again after a PassingError; raises the last one."""
    first, longest = handler.waits
    async for attempt in stamina.retry_context(
        on=_wait,
        attempts=handler.max_retries + 1,
        wait_initial=first,
        wait_max=longest,
        timeout=_ALL_TRIES_SECONDS,
    ):
        with attempt:
            return await ask()
    raise AssertionError("retry_context ends by return or by raising")


def _wait(error: Exception) -> bool | float:
    """Whether to try again, or after how many seconds; a little more, so that hubs that were told
    the same don't come at once."""
    if not isinstance(error, PassingError):
        return False
    return True if error.wait is None else error.wait + random.random()  # noqa: S311 - no secret
