"""`python -m bench`: fills, starts, checks, measures, and writes results.md."""

import argparse
import asyncio
import fcntl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from bench import report
from bench.compare import Result, generator
from bench.data import fill
from bench.machine import machine, versions
from bench.servers import NODE, fleet
from bench.work import WORKS
from bench.work.plans import Bench
from hub.store.embedded import embedded_mongod

HERE = Path(__file__).parent
_DATA = HERE / ".data"
_err = Console(stderr=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", help=f"works, parted by commas: {', '.join(WORKS)}")
    parser.add_argument("--sizes", default="20000,200000", help="complaints, parted by commas")
    parser.add_argument("--full", action="store_true", help="2,000,000 complaints too")
    parser.add_argument("--seconds", type=float, default=1.0, help="of a round")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--peers", help="only these peers, parted by commas")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    given = parser.parse_args()
    given.sizes = [int(size) for size in given.sizes.split(",")]
    if given.full:
        given.sizes = sorted({*given.sizes, 2_000_000})
    given.only = given.only.split(",") if given.only else list(WORKS)
    if unknown := set(given.only) - set(WORKS):
        parser.error(f"--only: unknown {', '.join(sorted(unknown))}; known: {', '.join(WORKS)}")
    return given


def _install_peers() -> None:
    if not (NODE / "node_modules").is_dir():
        _err.print("installing the peers of Node")
        subprocess.run(["npm", "ci", "--silent"], cwd=NODE, check=True)


def _measure(
    uri: str, given: argparse.Namespace, write: Callable[[list[Result]], None]
) -> tuple[list[Result], list[str]]:
    uri_file = _DATA / "uri"
    uri_file.touch(mode=0o600)
    uri_file.write_text(uri)
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    results: list[Result] = []
    failed: list[str] = []
    with (
        Progress(*columns, console=_err) as progress,
        fleet(uri_file, _DATA / "logs") as servers,
        generator() as load,
    ):
        for size in given.sizes:
            filling = progress.add_task(f"{size:,} complaints", total=size)
            fill(uri, size, lambda n: progress.update(filling, completed=n))  # noqa: B023 - at once
            progress.update(filling, completed=size)
        bench = Bench(
            uri, servers, load, given.seconds, given.rounds, given.sizes,
            frozenset(given.peers.split(",")) if given.peers else None,
        )  # fmt: skip
        jobs = [(name, size) for name in given.only for size in WORKS[name].sizes(given.sizes)]
        measuring = progress.add_task("measuring", total=len(jobs))
        for name, size in jobs:
            progress.update(measuring, description=f"{name} at {size:,}")
            try:
                results += WORKS[name].run(bench, size)
            except Exception as error:
                _err.print(f"{name} at {size:,}: {error}", style="red", markup=False)
                failed.append(name)
            else:
                write(results)
            progress.advance(measuring)
    return results, failed


async def main() -> int:
    """Measures and reports; what is measured is written at once, whatever comes after it."""
    given = _arguments()
    _DATA.mkdir(exist_ok=True)
    lock = (_DATA / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        _err.print("Another bench runs already; two would only measure each other.", style="red")
        return 2
    _install_peers()
    path = HERE / "results.md"
    async with embedded_mongod(_DATA) as uri:
        told = {"Machine": machine(), "Versions": versions(uri)}

        def write(results: list[Result]) -> None:
            known = report.merged(HERE / "results.json", results, given.rounds, given.seconds)
            known.sort(key=lambda r: (list(WORKS).index(r.work), r.size))
            report.write(path, known, told)

        results, failed = await asyncio.to_thread(_measure, uri, given, write)
    report.show(results, _err)
    if given.json:
        print(report.as_json(results, told))
    _err.print(f"written to {path}")
    if failed:
        _err.print(f"not measured: {', '.join(failed)}", style="red")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
