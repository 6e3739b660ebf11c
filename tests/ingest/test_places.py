"""Outlines that an administrator loads place the complaints that name no district."""

from hub.connectors.load import load
from hub.connectors.mapping.geometry import outlines_of
from hub.ingest.run import sync
from hub.store.mongo import Database
from hub.store.store import Store
from tests.connectors.test_geometry import geojson, square
from tests.ingest.channel import YAML, Channel, record

WITH_POINTS = YAML.replace("district: district", "longitude: x\n      latitude: y").replace(
    '"2020-01-01T00:00:00Z", row_order: asc', '"2020-01-01T00:00:00Z", lookback_window: P400D'
)


async def test_outlines_place_also_what_is_stored_already(
    channel: Channel, store: Store, database: Database
) -> None:
    """Nothing of the record changed, so that only the outlines can be the reason to map it."""

    async def places() -> list[tuple[str | None, str | None]]:
        assert (await sync(load(WITH_POINTS, "c.yaml"), store, channel.surroundings)).green
        found = database["complaints"].find({}).sort("external_id", 1)
        return [(each["province"], each["district"]) async for each in found]

    channel.records = [record(1, x=119.5, y=-4.5), record(2, x=150, y=0)]
    assert await places() == [(None, None), (None, None)]
    await store.outlines.replace(outlines_of(geojson(square("73.71", 119, -5)), "kode"))
    assert await places() == [("73", "73.71"), (None, None)]
    await store.outlines.replace(outlines_of(geojson(square("73.06", 119, -5)), "kode"))
    assert await places() == [("73", "73.06"), (None, None)]


async def test_outlines_are_replaced_as_a_whole(store: Store) -> None:
    assert await store.outlines.current() is None
    first = outlines_of(geojson(square("73.71", 119, -5), square("73.06", 120, -5)), "kode")
    second = outlines_of(geojson(square("73.08", 119, -5)), "kode")
    versions = []
    for outlines in (first, second, first, first):
        await store.outlines.replace(outlines)
        current = await store.outlines.current()
        assert current
        assert current[1] == outlines
        versions.append(current[0])
    assert versions[0] == versions[2] == versions[3] != versions[1]
