"""Asking a channel while a client waits for the answer: in a thread of its own, a few at once, and
not for long, so that other answers are not held up."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio
from anyio import CapacityLimiter, to_thread

from hub.connectors.base import ChannelError

SECONDS = 45.0
AT_ONCE = 4

T = TypeVar("T")


class Trials:
    """The trials of one process, which may call `private_hosts` where they are approved too."""

    def __init__(self, private_hosts: frozenset[str] = frozenset()) -> None:
        self.private_hosts = private_hosts
        self._places = CapacityLimiter(AT_ONCE)

    async def run(self, ask: Callable[[], Awaitable[T]]) -> T:
        """What `ask` gives; it runs in a loop of its own. Raises ChannelError, also where the
        channel is too slow."""

        async def within_limits() -> T:
            try:
                with anyio.fail_after(SECONDS):
                    return await ask()
            except TimeoutError:
                told = f"The channel gave too little within {SECONDS:.0f} s."
                raise ChannelError(told) from None

        return await to_thread.run_sync(
            anyio.run, within_limits, limiter=self._places, abandon_on_cancel=True
        )
