"""A second hub as the channel: what its client may see arrives, and later only what changed."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from hub.auth.clients import create_client
from hub.connectors.base import Between, Surroundings
from hub.connectors.load import Loaded, load
from hub.domain.complaint import Complaint, ComplaintStatus
from hub.domain.scope import Grant, Role
from hub.ingest.run import Finished, sync
from hub.store.mongo import Database, Driver, connect
from hub.store.store import Store
from hub.store.vault import Vault
from tests.made import MOMENT, PLACES, complaint, provenance, received
from tests.running_hub import RunningHub
from tests.test_docs import DOCS, fenced

SULSEL = Grant(Role.PROVINCE, regions=("73",))
ONE_PAGE = 200


@pytest.fixture
async def target(mongodb_uri: str, database: Database) -> AsyncIterator[Database]:
    """The database of the hub that reads."""
    async with connect(mongodb_uri, Driver.PYMONGO, "target") as other:
        yield other
        for name in await other.list_collection_names():
            await other[name].delete_many({})


@pytest.fixture
def documented() -> Loaded:
    (example,) = fenced(DOCS / "connectors" / "graphql.md", "yaml")
    return load(example.values[0], "hub-sulsel.yaml")


async def seen_by(hub: RunningHub, grant: Grant) -> Surroundings:
    """What the other hub's operator is given to read with."""
    client, secret = await create_client(hub.store.clients, "reader", grant)
    url = str(hub.http.base_url).rstrip("/")
    environment = {"SULSEL_HUB": url, "SULSEL_ID": client, "SULSEL_SECRET": secret}
    return Surroundings(Path(), environment, frozenset({url.removeprefix("http://")}))


def made(count: int) -> list[Complaint]:
    found = []
    for n in range(count):
        province, district = PLACES[n % len(PLACES)]
        at = MOMENT + timedelta(minutes=n // 7)
        found.append(
            complaint(
                external_id=str(n),
                number=f"N-{n}",
                province=province,
                district=district,
                category_source="Jalan",
                title=f"Laporan {n}",
                description="Jalan rusak",
                secret=n % 11 == 0,
                received_at=at,
                updated_at=at,
            )
        )
    return found


def in_sulsel(found: Iterable[Complaint]) -> dict[str, tuple[str, str | None]]:
    return {
        each.number: (each.status.value, each.district) for each in found if each.province == "73"
    }


async def stored(target: Database) -> dict[str, tuple[str, str | None]]:
    return {
        each["number"]: (each["status"], each["district"])
        async for each in target["complaints"].find()
    }


def read(finished: Finished) -> tuple[int, int, int, int]:
    assert finished.green, finished.error
    ledger = finished.ledger
    return ledger.read, ledger.inserted, ledger.updated, ledger.unchanged


async def test_all_complaints_of_the_grant_arrive_and_later_only_what_changed(
    hub: RunningHub, target: Database, vault: Vault, documented: Loaded
) -> None:
    theirs = made(2 * ONE_PAGE)
    await hub.store.writer.write(received(*theirs), provenance())
    around, ours = await seen_by(hub, SULSEL), Store(target, vault)
    whole = in_sulsel(theirs)
    assert ONE_PAGE < len(whole) < len(theirs)

    finished = await sync(documented, ours, around)
    assert read(finished) == (len(whole), len(whole), 0, 0)
    assert finished.declared == len(whole)
    assert await stored(target) == whole
    document = await target["complaints"].find_one({"number": "N-1"})
    assert document
    assert (document["title"], document["category"]) == ("Laporan 1", "roads")
    assert document["received_at"] == theirs[1].received_at

    later = MOMENT + timedelta(days=2)
    changed = replace(theirs[1], status=ComplaintStatus.CLOSED, updated_at=later)
    new = complaint(external_id="new", number="new", updated_at=later)
    elsewhere = replace(theirs[3], title="berubah", updated_at=later)
    await hub.store.writer.write(received(changed, new, elsewhere), provenance())
    again = await sync(documented, ours, around)
    # The ten minutes before the checkpoint are read again, as the lookback says.
    times = [each.updated_at for each in theirs if each.province == "73" and each.updated_at]
    looked_back = sum(time >= max(times) - timedelta(minutes=10) for time in times)
    assert read(again) == (looked_back + 2, 1, 1, looked_back)
    assert await stored(target) == whole | in_sulsel([changed, new])


async def test_a_stretch_of_time_is_read_again_alone(
    hub: RunningHub, target: Database, vault: Vault, documented: Loaded
) -> None:
    theirs = made(40)
    await hub.store.writer.write(received(*theirs), provenance())
    around, ours = await seen_by(hub, SULSEL), Store(target, vault)
    between = Between(MOMENT + timedelta(minutes=2), MOMENT + timedelta(minutes=4))
    finished = await sync(documented, ours, around, between=between)
    meant = in_sulsel(
        each
        for each in theirs
        if each.updated_at and between.start <= each.updated_at < between.end
    )
    assert await stored(target) == meant
    assert finished.ledger.read == len(meant)


async def test_another_grant_reads_another_part(
    hub: RunningHub, target: Database, vault: Vault, documented: Loaded
) -> None:
    theirs = made(40)
    await hub.store.writer.write(received(*theirs), provenance())
    around = await seen_by(hub, Grant(Role.DISTRICT, regions=("73.06",)))
    read(await sync(documented, Store(target, vault), around))
    assert set(await stored(target)) == {c.number for c in theirs if c.district == "73.06"}


async def test_a_refused_client_is_told_without_its_secret(
    hub: RunningHub, target: Database, vault: Vault, documented: Loaded
) -> None:
    around = await seen_by(hub, SULSEL)
    wrong = {**around.environment, "SULSEL_SECRET": "s3cret"}
    finished = await sync(documented, Store(target, vault), replace(around, environment=wrong))
    assert "/oauth/token answered 401" in (finished.error or "")
    assert "s3cret" not in (finished.error or "")


async def test_a_check_tells_how_many_there_are(hub: RunningHub, documented: Loaded) -> None:
    await hub.store.writer.write(received(*made(10)), provenance())
    connector = documented.connect(await seen_by(hub, SULSEL))
    assert await connector.check() == "complaints: 6 of 6 records on the first page"
