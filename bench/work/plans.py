"""The works, by name, and what each needs to run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.asks import Ask
from bench.compare import (
    Contender,
    Generator,
    Result,
    check_equal,
    ratio,
    rounds_of,
    row_of,
)
from bench.servers import Fleet


@dataclass(frozen=True, slots=True)
class Bench:
    """What a work is given."""

    uri: str
    fleet: Fleet
    generator: Generator
    seconds: float
    rounds: int
    sizes: Sequence[int]
    peers: frozenset[str] | None = None
    tell: Callable[[str], None] = field(default=lambda _: None)

    def wants(self, peer: str) -> bool:
        """Whether a peer takes part."""
        return self.peers is None or peer in self.peers


@dataclass(frozen=True, slots=True)
class Side:
    """A contender to be: which server, over which database, asked what."""

    label: str
    server: str
    database: str
    asks: Sequence[Ask]
    pages: int | None = None


def side_by_side(
    bench: Bench,
    work: str,
    title: str,
    size: int,
    sides: Sequence[Side],
    at_least: dict[str, float] | None = None,
    *,
    equal: bool = True,
    connections: int = 8,
    starts: int = 1,
) -> Result:
    """The first against each of the others, in one run, in which the servers are started so many
    times: where the memory of a process comes to lie makes it some hundredths faster or slower."""
    measured: list[list[dict[str, float]]] = [[] for _ in sides]
    for start in range(starts):
        if start:
            for side in sides:
                bench.fleet.stop(side.server, side.database)
        contenders = [
            Contender(
                side.label,
                bench.fleet.server(side.server, side.database),
                side.asks,
                side.pages,
                connections,
            )
            for side in sides
        ]
        if equal:
            check_equal(contenders)
        found = rounds_of(bench.generator, contenders, bench.seconds, bench.rounds)
        for rounds, more in zip(measured, found, strict=True):
            rounds.extend(more)
    rates = [[each["rate"] for each in of] for of in measured]
    return Result(
        work,
        title,
        size,
        [row_of(c, m) for c, m in zip(contenders, measured, strict=True)],
        [
            ratio(
                contenders[0].label,
                other.label,
                list(zip(rates[0], theirs, strict=True)),
                (at_least or {}).get(other.label),
            )
            for other, theirs in zip(contenders[1:], rates[1:], strict=True)
        ],
    )
