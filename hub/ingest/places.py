"""The outlines of the districts, for a run whose records have points."""

from anyio import to_thread

from hub.connectors.config import ConnectorConfig
from hub.connectors.mapping import Districts
from hub.store.store import Store


async def district_map(config: ConnectorConfig, store: Store) -> Districts | None:
    """What tells the district of a point; None where none is loaded or no record has a point."""
    if not any(each.select.longitude and each.select.latitude for each in config.mapped):
        return None
    loaded = await store.outlines.current()
    if loaded is None:
        return None
    from hub.connectors.geometry import DistrictMap  # takes a while, and most hubs need it not

    return await to_thread.run_sync(DistrictMap, *loaded)
