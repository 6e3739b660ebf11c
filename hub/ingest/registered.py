"""Registered connectors, by name: their text, and where they run."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from anyio import to_thread

from hub.connectors.base import Surroundings
from hub.connectors.load import Loaded, load
from hub.connectors.vocabulary import ConfigError, Problem
from hub.ingest.surroundings import surroundings_of
from hub.store.connectors import Registration
from hub.store.store import Store


async def loaded_from(registration: Registration) -> Loaded:
    """The text of a connector as it is registered. Raises ConfigError."""
    return await to_thread.run_sync(load, registration.config, f"{registration.name} (registered)")


async def registered_text(name: str, store: Store) -> Loaded:
    """The text of the connector of this name. Raises ConfigError, for an unknown name too."""
    return await loaded_from(await _find(name, store))


async def registered(
    name: str,
    store: Store,
    private_hosts: frozenset[str],
    taps: Mapping[str, Path] = MappingProxyType({}),
) -> tuple[Loaded, Surroundings]:
    """A connector and where it runs. Raises ConfigError, for an unknown name too."""
    found = await _find(name, store)
    return await loaded_from(found), await surroundings_of(found, store, private_hosts, taps)


async def _find(name: str, store: Store) -> Registration:
    found = await store.connectors.get(name)
    if found is None:
        known = ", ".join(await store.connectors.names()) or "none"
        message = f"no connector of this name is registered; registered: {known}"
        raise ConfigError(name, [Problem(0, "(name)", message)])
    return found
