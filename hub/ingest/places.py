"""The outlines of the districts, for a run whose records have points."""

from anyio import to_thread

from hub.connectors.config import ConnectorConfig
from hub.connectors.mapping.mapper import Districts
from hub.store.store import Store


async def district_map(config: ConnectorConfig, store: Store) -> Districts | None:
    """What tells the district of a point; None where none is loaded or no record has a point."""
    if not _has_points(config):
        return None
    loaded = await store.outlines.current()
    if loaded is None:
        return None
    from hub.connectors.mapping.geometry import (
        DistrictMap,  # takes a while, and most hubs need it not
    )

    return await to_thread.run_sync(DistrictMap, *loaded)


def _has_points(config: ConnectorConfig) -> bool:
    return any(each.select.longitude and each.select.latitude for each in config.mapped)


class HeldDistricts:
    """The same for many deliveries, made anew only where other outlines are loaded."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._version: str | None = None
        self._districts: Districts | None = None

    async def of(self, config: ConnectorConfig) -> Districts | None:
        """What tells the district of a point of this connector's records."""
        if not _has_points(config):
            return None
        version = await self._store.outlines.version()
        if version != self._version:
            self._districts = await district_map(config, self._store)
            self._version = version
        return self._districts
