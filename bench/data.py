"""Complaints in the hub's stored shape, as many as wanted."""

import asyncio
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from zoneinfo import ZoneInfo

from pymongo import MongoClient
from pymongo.write_concern import WriteConcern

from hub.domain.complaint import Classification, Complaint, ComplaintStatus, Location, Provenance
from hub.domain.complaint import Reporter as Person
from hub.domain.indicators import cell_of
from hub.domain.region import RegionLevel, regions
from hub.store.documents import Received
from hub.store.indexes import INDEXES
from hub.store.mongo import Document, Driver, connect
from hub.store.store import Store
from hub.store.vault import Vault

KEY = b"k" * 32
CHANNELS = {f"kanal-{n}": f"Kanal pengaduan {n}" for n in range(1, 6)}
CATEGORIES = ["roads", "roads.lighting", "waste", "water", "education", "health.covid19", None]
DISTRICTS = [r for r in regions() if r.level is RegionLevel.DISTRICT]
WORDS = [
    "jalan",
    "rusak",
    "berlubang",
    "di",
    "depan",
    "pasar",
    "sudah",
    "tiga",
    "bulan",
    "belum",
    "diperbaiki",
    "padahal",
    "warga",
    "telah",
    "melapor",
    "ke",
    "kelurahan",
    "dan",
    "dinas",
    "terkait",
    "mohon",
    "segera",
    "ditindaklanjuti",
    "karena",
    "membahayakan",
    "pengendara",
    "lampu",
    "penerangan",
    "padam",
    "sampah",
    "menumpuk",
    "air",
    "bersih",
    "tidak",
    "mengalir",
    "bantuan",
    "sosial",
]
FIRST_DAY = datetime(2019, 1, 1, tzinfo=UTC)
SECONDS = int((datetime(2026, 11, 1, tzinfo=UTC) - FIRST_DAY).total_seconds())
_PROTOTYPES, _BATCH, _VERSION = 4_096, 5_000, 3
_TIMES = ("received_at", "updated_at", "handed_over_at", "followed_up_at", "closed_at", "due_at")


def fill(
    uri: str, size: int, told: Callable[[int], None] = lambda _: None, name: str | None = None
) -> str:
    """Makes sure that a database holds this many complaints of today's shape; returns its name."""
    name = name or f"hub_{size}"
    prototypes = asyncio.run(_through_the_store(uri, min(_PROTOTYPES, size)))
    first = prototypes[0]
    shape = [_VERSION, size, *sorted(first), *sorted(first["provenance"])]
    indexes = sorted(str(i.document["key"]) for of in INDEXES.values() for i in of)
    wanted = {"_id": "filled", "shape": shape, "indexes": indexes}
    with MongoClient[Document](uri, tz_aware=True) as client:
        database = client[name]
        if database["bench"].find_one({"_id": "filled"}) == wanted:
            return name
        client.drop_database(name)
        quick = database["complaints"].with_options(write_concern=WriteConcern(w=1))
        documents = _multiplied(prototypes, size)
        written = 0
        while batch := list(islice(documents, _BATCH)):
            quick.insert_many(batch, ordered=False)
            written += len(batch)
            told(written)
        database["channels"].insert_many(_channels())
        for collection, of in INDEXES.items():
            database[collection].create_indexes(of)
        asyncio.run(_rolled_up(uri, name))
        database["bench"].insert_one(wanted)
    return name


async def _through_the_store(uri: str, count: int) -> list[Document]:
    """Complaints as the hub's own writer stores them."""
    draw = random.Random(1)
    received = [Received(c, b'{"raw": "%s"}' % (b"x" * 500)) for c in _made(count, draw)]
    async with connect(uri, Driver.PYMONGO, "hub_prototypes") as database:
        await database["complaints"].delete_many({})
        provenance = Provenance("bench", "v1", "run-1", FIRST_DAY)
        writer = Store(database, Vault(KEY)).writer
        for start in range(0, count, 500):
            await writer.write(received[start : start + 500], provenance)
        return await database["complaints"].find().to_list()


async def _rolled_up(uri: str, name: str) -> None:
    async with connect(uri, Driver.PYMONGO, name) as database:
        await Store(database, Vault(KEY)).rollups.rebuild()


def _multiplied(prototypes: list[Document], size: int) -> Iterator[Document]:
    """Each prototype many times, with ids, days and places of its own. Their sealed parts open
    nowhere, and nothing that is measured opens them."""
    draw = random.Random(size)
    for n in range(size):
        made = dict(prototypes[n % len(prototypes)])
        region = draw.choice(DISTRICTS)
        at = FIRST_DAY + timedelta(seconds=draw.randrange(SECONDS))
        by = at - made["received_at"]
        made |= {name: made[name] + by for name in _TIMES if made[name] is not None}
        day = at.astimezone(_zone(region.time_zone)).date().isoformat()
        yield made | {
            "_id": f"{draw.getrandbits(96):024x}",
            "external_id": str(n),
            "number": f"B-{n}",
            "received_on": day,
            "cell": cell_of(region.province, region.code, day),
            "province": region.province,
            "district": region.code,
            "timeline": [step | {"at": step["at"] + by} for step in made["timeline"]],
        }


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _channels() -> list[Document]:
    places = {
        "provinces": sorted({r.province for r in DISTRICTS}),
        "districts": sorted(r.code for r in DISTRICTS),
        "last_synced_at": FIRST_DAY,
    }
    return [{"_id": name, "title": title, **places} for name, title in CHANNELS.items()]


def words(draw: random.Random, count: int) -> str:
    """Some words of a report."""
    return " ".join(draw.choices(WORDS, k=count)).capitalize()


def _made(count: int, draw: random.Random) -> Iterator[Complaint]:
    """Complaints as channels may state them."""
    for n in range(count):
        at = FIRST_DAY + timedelta(seconds=draw.randrange(86_400))
        status = draw.choice(list(ComplaintStatus))
        answered = status in {ComplaintStatus.FOLLOWED_UP, ComplaintStatus.CLOSED}
        category = draw.choice(CATEGORIES)
        yield Complaint(
            channel=draw.choice(list(CHANNELS)),
            external_id=str(n),
            number=f"B-{n}",
            classification=draw.choice(list(Classification)),
            category=category,
            category_source=category and category.title(),
            status=status,
            status_source=status.value.replace("_", " "),
            title=words(draw, 6),
            description=words(draw, 32),
            received_at=at,
            updated_at=at + timedelta(hours=draw.randrange(1, 400)),
            followed_up_at=at + timedelta(hours=draw.randrange(1, 300)) if answered else None,
            due_at=at + timedelta(days=14),
            province="73",
            district="73.71",
            address="Jalan Poros 12",
            location=Location(119.4 + draw.randrange(1000) / 10_000, -5.1) if n % 4 else None,
            institution="Pemerintah Kota Makassar",
            anonymous=n % 5 == 0,
            reporter=Person("Sitti Amiruddin", "081100000000"),
        )
