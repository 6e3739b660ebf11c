"""What is kept of much, so that no caller can fill the memory."""

from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Bounded(OrderedDict[K, V], Generic[K, V]):
    """The last so many values; the oldest goes first."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def remember(self, key: K, value: V) -> V:
        """Keeps a value."""
        self[key] = value
        if len(self) > self._most:
            self.popitem(last=False)
        return value
