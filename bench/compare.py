"""Contenders side by side: short rounds in turn, a ratio for each round, its median and spread."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import orjson

from bench.asks import Ask
from bench.servers import HERE, Server

_WARM_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Contender:
    """A server with what it is asked; several questions are asked in turn."""

    label: str
    server: Server
    asks: Sequence[Ask]
    pages: int | None = None
    connections: int = 8


@dataclass(frozen=True, slots=True)
class Row:
    """What a contender reached: medians over the rounds."""

    label: str
    rate: float
    unit: str
    p50: float | None = None
    p99: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Ratio:
    """The subject against another, and what the issue asks for; None where it asks nothing."""

    subject: str
    against: str
    median: float
    low: float
    high: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def verdict(self) -> str:
        """Whether it is as asked."""
        if self.at_least is not None:
            return "holds" if self.median >= self.at_least else "does not hold"
        if self.at_most is not None:
            return "holds" if self.median <= self.at_most else "does not hold"
        return ""

    @property
    def asked(self) -> str:
        """The threshold in words."""
        if self.at_least is not None:
            return f"at least {self.at_least:g}"
        return f"at most {self.at_most:g}" if self.at_most is not None else ""


@dataclass(slots=True)
class Result:
    """One work over one size."""

    work: str
    title: str
    size: int
    rows: list[Row]
    ratios: list[Ratio] = field(default_factory=list)
    unit: str = "×"
    when: str = ""


class Generator:
    """The load generator's process."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def run(self, contender: Contender, seconds: float) -> Any:
        """One round against one contender."""
        job = {
            "port": contender.server.port,
            "requests": [contender.server.request(ask).decode() for ask in contender.asks],
            "seconds": seconds,
            "connections": contender.connections,
            "pages": contender.pages,
        }
        before = cpu_seconds(contender.server.process.pid)
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the load generator has no pipes")
        self._process.stdin.write(orjson.dumps(job) + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the load generator ended while it asked {contender.label}")
        told = orjson.loads(line)
        told["cpu"] = (cpu_seconds(contender.server.process.pid) - before) / told["count"] * 1000
        return told


def cpu_seconds(pid: int) -> float:
    """What a process has used of the processor so far; 0 where the system does not tell."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_of(pid: int) -> float:
    """How much memory a process has now, in MB; 0 where the system does not tell."""
    statm = Path(f"/proc/{pid}/statm")
    if not statm.exists():
        return 0.0
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1024**2


@contextmanager
def generator() -> Iterator[Generator]:
    """A load generator for as long as the block runs."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.load"],
        cwd=HERE.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        yield Generator(process)
    finally:
        process.terminate()
        process.wait(10)


def ratio(
    subject: str,
    against: str,
    pairs: Sequence[tuple[float, float]],
    at_least: float | None = None,
    at_most: float | None = None,
) -> Ratio:
    """Of the pairs that were measured in the same round."""
    found = [one / other for one, other in pairs]
    return Ratio(subject, against, median(found), min(found), max(found), at_least, at_most)


def rounds_of(
    generator: Generator, contenders: Sequence[Contender], seconds: float, rounds: int
) -> list[list[dict[str, float]]]:
    """Each contender's measurements after a warm-up, each round in another order."""
    measured: list[list[dict[str, float]]] = [[] for _ in contenders]
    for contender in contenders:
        generator.run(contender, _WARM_SECONDS if contender.pages is None else 0)
    for number in range(rounds):
        for offset in range(len(contenders)):
            index = (number + offset) % len(contenders)
            measured[index].append(generator.run(contenders[index], seconds))
    return measured


def row_of(contender: Contender, measured: list[dict[str, float]]) -> Row:
    """Medians of a contender's rounds."""

    def middle(name: str) -> float:
        return median(each[name] for each in measured)

    size = measured[-1]["bytes"]
    unit = "walks/s" if contender.pages else "requests/s"
    note = f"{size / 1000:.1f} kB, " if size else ""
    note += f"CPU {middle('cpu'):.2f} ms each"
    return Row(contender.label, middle("rate"), unit, middle("p50"), middle("p99"), note)


def check_equal(contenders: Sequence[Contender]) -> None:
    """Raises unless all give the same data as the first, for every question."""
    subject, *others = contenders
    for number, ask in enumerate(subject.asks):
        wanted = subject.server.data(ask)
        for other in others:
            found = other.server.data(other.asks[number])
            if found != wanted:
                raise RuntimeError(
                    f"{other.label} does not give what {subject.label} gives: "
                    f"{str(found)[:400]} … {str(wanted)[:400]}"
                )
