"""What `hub sync` does, or with `--bare` a bulk upsert of the same documents, timed in a process
of its own: prints {"seconds", "rss_mb", …} as JSON."""

import argparse
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import structlog
from pymongo import MongoClient, ReplaceOne

from bench.data import KEY
from bench.servers import HERE
from hub.cli.sync import BESIDE_A_SERVER
from hub.connectors.base import Surroundings
from hub.connectors.load import load
from hub.ingest.run import sync
from hub.store.indexes import INDEXES
from hub.store.mongo import Driver, connect
from hub.store.store import Store
from hub.store.vault import Vault

_DEMO = HERE.parent / "connectors_config" / "demo"
_BATCH = 500
_OF_TABLES = {
    "type: filesystem": "type: sql",
    "bucket_url:": "dsn:",
    "file_glob: laporan-*.csv": "table: laporan\n    primary_key: Tracking ID",
}


async def by_the_hub(uri: str, database: str, source: str) -> dict[str, Any]:
    """One run of the demo's connector: over the export in a folder, the same in a table of a
    database, or a service at a URL."""
    address = urlsplit(source)
    name = "sulsel-rest" if address.scheme == "http" else "lapor-ekspor"
    text = (_DEMO / f"{name}.yaml").read_text()
    if address.scheme == "postgresql":
        for of_files, of_tables in _OF_TABLES.items():
            text = text.replace(of_files, of_tables)
    own = {
        "HUB_DEMO_LAPOR_DIR": source,
        "HUB_DEMO_SULSEL_URL": source,
        "HUB_DEMO_SULSEL_TOKEN": "bench",
    }
    reachable = frozenset({f"{address.hostname}:{address.port}"} if address.scheme else ())
    surroundings = Surroundings(_DEMO, {**os.environ, **own}, reachable)
    async with connect(uri, Driver.PYMONGO, database) as opened:
        store = Store(opened, Vault(KEY))
        loaded = load(text, name)
        begun = time.perf_counter()
        finished = await sync(loaded, store, surroundings)
        seconds = time.perf_counter() - begun
    if not finished.green:
        raise SystemExit(f"the run failed: {finished.error}")
    ledger = finished.ledger
    told = {name: getattr(ledger, name) for name in ("read", "inserted", "unchanged")}
    return {"seconds": seconds, **told}


def bare(uri: str, database: str, source: str) -> dict[str, Any]:
    """Replaces, in batches, whatever another database holds into an empty collection with the
    same indexes."""
    with MongoClient[dict[str, Any]](uri, w="majority") as client:
        documents = list(client[source]["complaints"].find())
        client.drop_database(database)
        complaints = client[database]["complaints"]
        complaints.create_indexes(INDEXES["complaints"])
        begun = time.perf_counter()
        for start in range(0, len(documents), _BATCH):
            batch = documents[start : start + _BATCH]
            complaints.bulk_write(
                [ReplaceOne({"_id": d["_id"]}, d, upsert=True) for d in batch], ordered=False
            )
        return {"seconds": time.perf_counter() - begun, "read": len(documents)}


def _greatest_rss() -> int:
    """In bytes. Linux lets a child begin with its parent's in `ru_maxrss`, so not that there."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("uri", help="a file that holds it")
    parser.add_argument("database")
    parser.add_argument(
        "source",
        help="an export's folder, a database's or a service's URL, or the database to take from",
    )
    parser.add_argument("--bare", action="store_true")
    given = parser.parse_args()
    uri = Path(given.uri).read_text()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    if given.bare:
        told = bare(uri, given.database, given.source)
    else:
        import uvloop

        os.nice(BESIDE_A_SERVER)
        told = uvloop.run(by_the_hub(uri, given.database, given.source))
    told["rss_mb"] = _greatest_rss() / 1024**2
    print(orjson.dumps(told).decode())


if __name__ == "__main__":
    main()
