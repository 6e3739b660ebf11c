"""Syncs: how fast, in how much memory, and what they do to those who read meanwhile."""

import csv
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

import orjson
from pymongo import MongoClient

from bench import asks
from bench.compare import Contender, Ratio, Result, Row, ratio, row_of
from bench.data import DISTRICTS, FIRST_DAY, SECONDS, fill, words
from bench.servers import HERE, wait_for
from bench.work.plans import Bench
from hub.domain.region import Region, regions
from hub.serving import free_port
from hub.store.mongo import Document

_RECORDS = 50_000
_DLT = "1.31.0"
_WINDOW = 3.0
"""Seconds that each p99 is taken over, long enough for a thousand answers."""
_SMALL, _LARGE = 20_000, 200_000
_SYNCED, _BARE, _BUSY = "hub_synced", "hub_bare", "hub_busy"
_STATUSES = ("Menunggu Kelengkapan Informasi", "Ditutup oleh Sistem", "Diarsipkan oleh Admin")
_CATEGORIES = ("Infrastruktur Jalan", "Penerangan Jalan", "Persampahan", "Layanan Air Bersih")


def _export(bench: Bench, records: int) -> Path:
    """A folder with an export of the shape of the demo's, made once."""
    folder = bench.fleet.uri_file.parent / f"export-{records}"
    file = folder / "laporan-1.csv"
    if file.exists():
        return folder
    folder.mkdir(exist_ok=True)
    draw = random.Random(records)
    known = [
        region
        for region in DISTRICTS
        if regions().district(region.name, within=region.province).region is region
    ]
    draft = file.with_suffix(".new")
    with draft.open("w", encoding="utf-8-sig", newline="") as opened:
        rows = csv.writer(opened)
        rows.writerow(_row(0, known[0], draw))
        for n in range(records):
            rows.writerow(_row(n, draw.choice(known), draw).values())
    draft.rename(file)
    return folder


def _row(number: int, region: Region, draw: random.Random) -> dict[str, str]:
    at = FIRST_DAY + timedelta(seconds=draw.randrange(SECONDS))
    province = regions().get(region.province)
    return {
        "Tracking ID": str(9_000_000 + number),
        "Tanggal Laporan Masuk": f"{at.day} {at:%b %Y}",
        "Waktu Laporan Masuk": f"{at:%H:%M:%S}",
        "Nama Pelapor": "Sitti Amiruddin",
        "Klasifikasi Laporan": "Aspirasi",
        "Kategori": draw.choice(_CATEGORIES),
        "Judul Laporan": words(draw, 6),
        "Isi Laporan Awal": words(draw, 32),
        "Tipe Laporan (Anonim/Rahasia)": "",
        "Instansi Induk": "Pemerintah Kota",
        "Status Laporan": draw.choice(_STATUSES),
        "Provinsi": province.name if province else "",
        "Kota/Kabupaten": region.name,
    }


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


def sync(bench: Bench, _: int) -> Result:
    """New records, the same again, and a bare bulk upsert of what became of them."""
    folder = str(_export(bench, _RECORDS))
    rounds: list[list[float]] = []
    for _ in range(min(bench.rounds, 3)):
        _drop(bench, _SYNCED)
        first = _end(_start(bench, _SYNCED, folder))
        for file in Path(folder).iterdir():
            file.touch()  # one that did not change would not be read
        again = _end(_start(bench, _SYNCED, folder))
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
    return Result("sync", f"Sync of {_RECORDS:,} records of a CSV export", _RECORDS, rows, ratios)


def rest(bench: Bench, _: int) -> Result:
    """New records from a REST service, by the hub into MongoDB and by dlt into a file."""
    rounds: list[list[float]] = []
    python = _python_with_dlt(bench)
    with _rest_channel(_RECORDS) as url:
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


@contextmanager
def _rest_channel(records: int) -> Iterator[str]:
    """A service with so many records, for as long as the block runs."""
    port = free_port(0)
    module = "bench.peers.rest_channel"
    command = [sys.executable, "-m", module, str(records), str(port)]
    with subprocess.Popen(command, cwd=HERE.parent) as process:
        try:
            wait_for(port, process, module)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def memory(bench: Bench, _: int) -> Result:
    """The greatest memory that a sync had, by the number of its records."""
    found = {}
    for records in (_SMALL, _LARGE):
        _drop(bench, _SYNCED)
        told = _end(_start(bench, _SYNCED, str(_export(bench, records))))
        found[records] = told["rss_mb"]
    _drop(bench, _SYNCED)
    more = found[_LARGE] - found[_SMALL]
    labels = [f"sync of {records:,}" for records in found]
    return Result(
        "memory",
        "Memory of a sync at its greatest",
        _LARGE,
        [Row(label, mb, "MB") for label, mb in zip(labels, found.values(), strict=True)],
        [Ratio(f"{labels[1]}, more than", labels[0], more, more, more, at_most=50)],
        unit="MB",
    )


def busy(bench: Bench, size: int) -> Result:
    """Eight connections that read pages while a sync into the same database runs."""
    fill(bench.uri, size, name=_BUSY)
    folder = str(_export(bench, _RECORDS))
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
