"""What is measured: each work by its name, with the sizes that it runs at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.compare import Result
from bench.work import figures, live, reads, syncs
from bench.work.plans import Bench


@dataclass(frozen=True, slots=True)
class Work:
    """A work, and at which of the sizes of a run it is done."""

    measure: Callable[[Bench, int], Result | list[Result]]
    sizes: Callable[[Sequence[int]], Sequence[int]] = list

    def run(self, bench: Bench, size: int) -> list[Result]:
        """Its results."""
        found = self.measure(bench, size)
        return found if isinstance(found, list) else [found]


def _largest(sizes: Sequence[int]) -> Sequence[int]:
    return sizes[-1:]


def _with_a_tenth(sizes: Sequence[int]) -> Sequence[int]:
    return [size for size in sizes if size // 10 in sizes]


def _of_the_middle(sizes: Sequence[int]) -> Sequence[int]:
    return [min(200_000, sizes[-1])]


WORKS: dict[str, Work] = {
    "page50": Work(reads.page50),
    "walk": Work(reads.walk),
    "months": Work(figures.months),
    "auth": Work(reads.auth, _largest),
    "workers": Work(reads.workers, _largest),
    "drivers": Work(reads.drivers, _of_the_middle),
    "depth": Work(figures.depth, _largest),
    "growth": Work(figures.growth, _with_a_tenth),
    "sync": Work(syncs.sync, _largest),
    "rest": Work(syncs.rest, _largest),
    "memory": Work(syncs.memory, _largest),
    "busy": Work(syncs.busy, _of_the_middle),
    "subscribers": Work(live.subscribers, _largest),
    "page200": Work(reads.page200),
    "five": Work(reads.five),
    "single": Work(reads.single),
    "nation": Work(figures.nation),
    "province": Work(figures.province),
    "dashboard": Work(reads.dashboard),
}
"""Those that the issue sets a ratio for come first."""
