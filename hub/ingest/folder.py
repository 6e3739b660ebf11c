"""The folder of connector YAML files → the register."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from anyio import to_thread

from hub.connectors.base import Surroundings
from hub.connectors.load import Loaded, load
from hub.connectors.vocabulary import ConfigError, Problem
from hub.ingest.surroundings import surroundings_of
from hub.store.connectors import ConnectorRegister, Registration
from hub.store.store import Store

FILES = "a file on the hub's machine"


def load_file(path: Path) -> Loaded:
    """A connector's YAML file, checked. Raises ConfigError."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            str(path), [Problem(0, "(file)", error.strerror or "unreadable")]
        ) from None
    except UnicodeDecodeError:
        raise ConfigError(str(path), [Problem(0, "(file)", "is not UTF-8")]) from None
    return load(text, str(path))


async def register(loaded: Loaded, folder: Path, connectors: ConnectorRegister) -> None:
    """Stores a connector's configuration, paths in it being relative to its folder."""
    config = loaded.config
    await connectors.put(
        Registration(
            name=config.name,
            kind=config.type,
            channel=config.channel,
            config=loaded.text,
            config_version=loaded.version,
            folder=str(await to_thread.run_sync(folder.resolve)),
        ),
        by=FILES,
    )


async def load_folder(folder: Path) -> list[Loaded]:
    """Every *.yaml of a folder, checked before anything is started.

    Raises ConfigError, also for a name that is given twice.
    """

    def load_all() -> list[Loaded]:
        return [load_file(path) for path in sorted(folder.glob("*.yaml"))]

    found = await to_thread.run_sync(load_all)
    names = [loaded.config.name for loaded in found]
    for name in names:
        if names.count(name) > 1:
            message = f"{name!r} is the name of two connectors"
            raise ConfigError(str(folder), [Problem(0, "name", message)])
    return found


async def registered(
    name: str,
    store: Store,
    private_hosts: frozenset[str],
    taps: Mapping[str, Path] = MappingProxyType({}),
) -> tuple[Loaded, Surroundings]:
    """A registered connector and where it runs. Raises ConfigError for an unknown name."""
    found = await store.connectors.get(name)
    if found is None:
        known = ", ".join(await store.connectors.names()) or "none"
        message = f"no connector of this name is registered; registered: {known}"
        raise ConfigError("hub sync", [Problem(0, name, message)])
    loaded = load(found.config, f"{name} (registered)")
    return loaded, await surroundings_of(found, store, private_hosts, taps)
