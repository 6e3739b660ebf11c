"""Where a connector runs: what its YAML may refer to, and what it may reach."""

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from hub.connectors.base import Surroundings
from hub.store.connectors import ManagedBy, Registration
from hub.store.store import Store


async def surroundings_of(
    registration: Registration,
    store: Store,
    private_hosts: frozenset[str],
    taps: Mapping[str, Path] = MappingProxyType({}),
) -> Surroundings:
    """One of a file gets what the administrator has. One that came over the API gets nothing of
    this machine, no tap either, and reaches approved hosts alone, private ones too only where
    approved."""
    folder = Path(registration.folder)
    secrets = await store.secrets.of(registration.name)
    if registration.managed_by is ManagedBy.FILE:
        return Surroundings(folder, os.environ, private_hosts, secrets, taps=taps)
    approved = await store.hosts.of(registration.name)
    private = {each for each in private_hosts if _host(each) in approved}
    return Surroundings(folder, {}, frozenset(private), secrets, approved)


def _host(pair: str) -> str:
    return pair.rpartition(":")[0].strip("[]").lower()
