"""What a field of many things reads, asked for all of them at once, and once in a request."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from strawberry.dataloader import DataLoader

from hub.store.mongo import Document
from hub.store.store import Reader

T = TypeVar("T")


class Loaders:
    """Of connectors, by their names; None for what there is not."""

    def __init__(self, reader: Reader) -> None:
        self.last_runs: DataLoader[str, Document | None] = _loader(reader.runs.latest_of)
        self.completeness: DataLoader[str, Document | None] = _loader(reader.completeness.of)
        self.versions: DataLoader[str, Any] = _loader(reader.connectors.versions)


def _loader(
    find: Callable[[Sequence[str]], Awaitable[dict[str, T]]],
) -> DataLoader[str, T | None]:
    async def load(names: list[str]) -> list[T | None]:
        found = await find(names)
        return [found.get(name) for name in names]

    return DataLoader(load)
