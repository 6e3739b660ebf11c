"""Syncs: how fast, in how much memory, and what they do to those who read meanwhile."""

import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

import orjson
from pymongo import MongoClient

from bench import asks
from bench.compare import Contender, Ratio, Result, Row, ratio, row_of
from bench.data import fill
from bench.servers import HERE
from bench.work.plans import Bench
from bench.work.sources import SOURCES, Source, export, rest_api
from hub.store.mongo import Document

_RECORDS = 50_000
_DLT = "1.31.0"
_WINDOW = 3.0
"""Seconds that each p99 is taken over, long enough for a thousand answers."""
_SMALL, _LARGE = 20_000, 200_000
_SYNCED, _BARE, _BUSY = "hub_synced", "hub_bare", "hub_busy"


def _start(bench: Bench, database: str, source: str, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "bench.peers.syncing", str(bench.fleet.uri_file)]
    log = (bench.fleet.logs / "syncing.log").open("ab")
    with log:
        return subprocess.Popen(
            [*command, database, source, *options],
            cwd=HERE.parent,
            stdout=subprocess.PIPE,
            stderr=log,
        )


def _end(process: subprocess.Popen[bytes]) -> Any:
    told, _ = process.communicate()
    if process.returncode:
        raise RuntimeError("a sync failed; see bench/.data/logs/syncing.log")
    return orjson.loads(told.splitlines()[-1])


def _drop(bench: Bench, *names: str) -> None:
    with MongoClient[Document](bench.uri) as client:
        for name in names:
            client.drop_database(name)


def sync(bench: Bench, _: int) -> list[Result]:
    """New records, the same again, and a bare bulk upsert of what became of them; of each kind."""
    return [_sync_of(bench, what, source) for what, source in SOURCES.items()]


def _sync_of(bench: Bench, what: str, source: Source) -> Result:
    rounds: list[list[float]] = []
    with source(bench, _RECORDS) as where:
        for _ in range(min(bench.rounds, 3)):
            _drop(bench, _SYNCED)
            first = _end(_start(bench, _SYNCED, where))
            _touch(where)
            again = _end(_start(bench, _SYNCED, where))
            if first["inserted"] != _RECORDS or again["unchanged"] != _RECORDS:
                raise RuntimeError(f"unexpected ledgers: {first} {again}")
            upsert = _end(_start(bench, _BARE, _SYNCED, "--bare"))
            rounds.append([_RECORDS / each["seconds"] for each in (first, again, upsert)])
    _drop(bench, _SYNCED, _BARE)
    labels = ("hub sync, new records", "hub sync, the same again", "bare bulk upsert")
    rows = [
        Row(label, median(rates), "records/s")
        for label, rates in zip(labels, zip(*rounds, strict=True), strict=True)
    ]
    ratios = [
        ratio(labels[0], labels[2], [(r[0], r[2]) for r in rounds], at_least=0.6),
        ratio(labels[1], labels[0], [(r[1], r[0]) for r in rounds], at_least=3.0),
    ]
    title = f"Sync of {_RECORDS:,} records of a {what}"
    return Result("sync", title, _RECORDS, rows, ratios)


def _touch(where: str) -> None:
    """Lets the files of a folder count as changed: others would not be read again."""
    for file in Path(where).glob("*.csv"):
        file.touch()


def rest(bench: Bench, _: int) -> Result:
    """New records from a REST service, by the hub into MongoDB and by dlt into a file."""
    rounds: list[list[float]] = []
    python = _python_with_dlt(bench)
    with rest_api(bench, _RECORDS) as url:
        for _ in range(min(bench.rounds, 3)):
            _drop(bench, _SYNCED)
            ours = _end(_start(bench, _SYNCED, url))
            theirs = subprocess.run(
                [python, HERE / "peers" / "dlt_rest.py", url], stdout=subprocess.PIPE, check=True
            )
            told = orjson.loads(theirs.stdout.splitlines()[-1])
            if ours["inserted"] != _RECORDS or told["read"] != _RECORDS:
                raise RuntimeError(f"unexpected: {ours} {told}")
            rounds.append([_RECORDS / each["seconds"] for each in (ours, told)])
    _drop(bench, _SYNCED)
    labels = ("hub sync into MongoDB", "dlt's rest_api source into a file")
    return Result(
        "rest",
        f"Sync of {_RECORDS:,} new records of a REST service",
        _RECORDS,
        [
            Row(label, median(rates), "records/s")
            for label, rates in zip(labels, zip(*rounds, strict=True), strict=True)
        ],
        [ratio(*labels, [(r[0], r[1]) for r in rounds])],
    )


def _python_with_dlt(bench: Bench) -> Path:
    """A Python of its own for dlt, made once; dlt brings much that the hub does not need."""
    folder = bench.fleet.uri_file.parent / "dlt"
    if not (folder / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        install = ["-m", "pip", "install", "--quiet", f"dlt=={_DLT}"]
        subprocess.run([folder / "bin" / "python", *install], check=True)
        (folder / "ready").touch()
    return folder / "bin" / "python"


def memory(bench: Bench, _: int) -> list[Result]:
    """The greatest memory that a sync had, by the number of its records; of each kind."""
    return [_memory_of(bench, what, source) for what, source in SOURCES.items()]


def _memory_of(bench: Bench, what: str, source: Source) -> Result:
    found = {}
    for records in (_SMALL, _LARGE):
        _drop(bench, _SYNCED)
        with source(bench, records) as where:
            found[records] = _end(_start(bench, _SYNCED, where))["rss_mb"]
    _drop(bench, _SYNCED)
    more = found[_LARGE] - found[_SMALL]
    labels = [f"sync of {records:,}" for records in found]
    return Result(
        "memory",
        f"Memory of a sync of a {what} at its greatest",
        _LARGE,
        [Row(label, mb, "MB") for label, mb in zip(labels, found.values(), strict=True)],
        [Ratio(f"{labels[1]}, more than", labels[0], more, more, more, at_most=50)],
        unit="MB",
    )


def busy(bench: Bench, size: int) -> Result:
    """Eight connections that read pages while a sync into the same database runs."""
    fill(bench.uri, size, name=_BUSY)
    folder = str(export(bench, _RECORDS))
    server = bench.fleet.server("hub", _BUSY)
    contender = Contender("hub, a sync running", server, [asks.page(50)])
    quiet = [bench.generator.run(contender, _WINDOW) for _ in range(2)]
    process = _start(bench, _BUSY, folder)
    measured = []
    bench.generator.run(contender, 1.5)  # the sync starts
    while process.poll() is None:
        measured.append(bench.generator.run(contender, _WINDOW))
    _end(process)
    bench.fleet.stop("hub", _BUSY)
    _drop(bench, _BUSY)
    whole = measured[:-1] or measured  # the last one went on after the sync's end
    pairs = [(each["p99"], each["p50"]) for each in whole]
    return Result(
        "busy",
        "Page of 50 with a sync of 50,000 running beside it",
        size,
        [row_of(contender, whole), row_of(Contender("hub, no sync", server, []), quiet)],
        [ratio("p99", "p50", pairs, at_most=4.0)],
    )
