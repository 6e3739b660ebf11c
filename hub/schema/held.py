"""How many subscriptions each client holds: one more than it may is refused, and holds up nobody
else."""

from collections import Counter
from collections.abc import Callable

from hub.schema.limits import TooManyError


class Held:
    """Counts in this process alone."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: Counter[str] = Counter()

    def one_more(self, client: str) -> Callable[[], None]:
        """Counts one more; call what is returned once it has ended, further calls do nothing.

        Raises TooManyError.
        """
        if self._held[client] >= self._most:
            raise TooManyError(
                "subscriptions",
                self._most,
                f"A client holds {self._most} subscriptions at most. End one of yours, or let one "
                "tell what several did: a filter takes lists, and `or`.",
            )
        self._held[client] += 1
        ended = False

        def end() -> None:
            nonlocal ended
            if not ended:
                ended = True
                self._held[client] -= 1
                if not self._held[client]:
                    del self._held[client]

        return end
