"""Channels to sync from, each with as many records as wanted, all of the shape of the demo's."""

import csv
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from bench.data import DISTRICTS, FIRST_DAY, SECONDS, words
from bench.servers import HERE, wait_for
from bench.work.plans import Bench
from hub.domain.region import Region, regions
from hub.serving import free_port
from tests.postgres import binaries, running_postgres

Source = Callable[[Bench, int], AbstractContextManager[str]]
"""What `bench.peers.syncing` takes as its source, for as long as the block runs."""

_STATUSES = ("Menunggu Kelengkapan Informasi", "Ditutup oleh Sistem", "Diarsipkan oleh Admin")
_CATEGORIES = ("Infrastruktur Jalan", "Penerangan Jalan", "Persampahan", "Layanan Air Bersih")


@contextmanager
def filesystem(bench: Bench, records: int) -> Iterator[str]:
    """A folder with a CSV export."""
    yield str(export(bench, records))


@contextmanager
def rest_api(_: Bench, records: int) -> Iterator[str]:
    """The address of a REST service, a process of its own."""
    port = free_port(0)
    module = "bench.peers.rest_channel"
    command = [sys.executable, "-m", module, str(records), str(port)]
    with subprocess.Popen(command, cwd=HERE.parent) as process:
        try:
            wait_for(port, process, module)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


@contextmanager
def sql(bench: Bench, records: int) -> Iterator[str]:
    """The address of a PostgreSQL whose table holds the rows of the export."""
    with (
        running_postgres() as server,
        (export(bench, records) / "laporan-1.csv").open(encoding="utf-8-sig", newline="") as file,
        server.engine.begin() as connection,
    ):
        rows = csv.reader(file)
        names = next(rows)
        columns = [sa.Column(name, sa.Text, primary_key=name == names[0]) for name in names]
        table = sa.Table("laporan", sa.MetaData(), *columns)
        table.create(connection)
        connection.execute(table.insert(), [dict(zip(names, row, strict=True)) for row in rows])
        connection.commit()
        yield server.dsn


SOURCES: dict[str, Source] = {"CSV export": filesystem, "REST service": rest_api}
if binaries():
    SOURCES["table of PostgreSQL"] = sql


def export(bench: Bench, records: int) -> Path:
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
