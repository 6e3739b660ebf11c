"""The folder of connector YAML files → the register."""

from pathlib import Path

from anyio import to_thread

from hub.connectors.load import Loaded, load
from hub.connectors.vocabulary import ConfigError, Problem
from hub.store.connectors import ConnectorRegister, Registration

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
