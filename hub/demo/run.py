"""The demo: channels, a first sync, clients for each role, and the file that names them."""

import os
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import orjson

from hub.auth.clients import create_client
from hub.connectors.base import Surroundings
from hub.demo.channels import open311_server, rest_service, write_lapor_export
from hub.demo.population import Report, reports
from hub.domain.institutions import institutions_in
from hub.domain.scope import Grant, Role
from hub.ingest.folder import load_folder, register
from hub.ingest.run import Finished, Progress, sync
from hub.serving import free_port, listening
from hub.settings import Settings
from hub.store.store import Store

WHO = {
    "ministry": Grant(Role.MINISTRY),
    "province_73": Grant(Role.PROVINCE, regions=("73",)),
    "district_73_71": Grant(Role.DISTRICT, regions=("73.71",)),
    "operator": Grant(Role.OPERATOR, ("73.71",), ("makassar-open311",)),
    "statistics": Grant(Role.STATISTICS),
    "admin": Grant(Role.ADMIN),
}

INSTITUTIONS = Path(__file__).with_name("institutions.csv")
"""As an administrator would load them."""

Clients = dict[str, dict[str, str]]


@asynccontextmanager
async def demo_channels(settings: Settings) -> AsyncIterator[frozenset[str]]:
    """Runs the channels on loopback and names them in the environment, as the YAML files expect.

    Yields the private hosts that connectors may call. What was set is also written to
    `demo.env`, for commands in other terminals.
    """
    by_channel: dict[str, list[Report]] = {}
    for report in reports():
        by_channel.setdefault(report.channel, []).append(report)
    folder = settings.data_dir.resolve() / "demo" / "lapor"
    write_lapor_export(folder, by_channel["lapor-ekspor"])
    token, key = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    sulsel = free_port(settings.port + 1)
    async with AsyncExitStack() as stack:
        service = rest_service(by_channel["sulsel-rest"], token)
        await stack.enter_async_context(listening(service, "127.0.0.1", sulsel))
        makassar = free_port(settings.port + 2)
        server = open311_server(by_channel["makassar-open311"], key)
        await stack.enter_async_context(listening(server, "127.0.0.1", makassar))
        hosts = frozenset({f"127.0.0.1:{sulsel}", f"127.0.0.1:{makassar}"})
        named = {
            "HUB_DEMO_LAPOR_DIR": str(folder),
            "HUB_DEMO_SULSEL_URL": f"http://127.0.0.1:{sulsel}",
            "HUB_DEMO_SULSEL_TOKEN": token,
            "HUB_DEMO_MAKASSAR_URL": f"http://127.0.0.1:{makassar}",
            "HUB_DEMO_MAKASSAR_KEY": key,
            "HUB_PRIVATE_HOSTS": ",".join(sorted(hosts)),
            "HUB_CONNECTORS_DIR": str(settings.connectors_dir.resolve() / "demo"),
            "HUB_DATA_DIR": str(settings.data_dir.resolve()),
            "HUB_PORT": str(settings.port),
        }
        os.environ.update(named)
        _write_private(
            settings.data_dir / "demo.env", "".join(f"{k}='{v}'\n" for k, v in named.items())
        )
        yield hosts


async def sync_all(
    settings: Settings,
    store: Store,
    hosts: frozenset[str],
    progress: Callable[[str], Progress],
) -> list[Finished]:
    """Registers the demo's connectors and runs each once."""
    folder = settings.connectors_dir / "demo"
    finished = []
    for loaded in await load_folder(folder):
        await register(loaded, folder, store.connectors)
        surroundings = Surroundings(folder, os.environ, hosts)
        finished.append(await sync(loaded, store, surroundings, progress(loaded.config.name)))
    return finished


async def load_institutions(store: Store) -> None:
    """Lists the institutions of the three provinces."""
    lines = INSTITUTIONS.read_text("utf-8").splitlines()
    await store.institutions.replace(institutions_in(lines))


async def demo_clients(settings: Settings, store: Store) -> Clients:
    """A client for each role: those of the last start if they are still known, else new ones."""
    known: Clients = {}
    with suppress(FileNotFoundError, orjson.JSONDecodeError, KeyError):
        known = orjson.loads((settings.data_dir / "demo.json").read_bytes())["clients"]
    clients: Clients = {}
    for who, grant in WHO.items():
        kept = known.get(who, {})
        if await store.clients.get(kept.get("client_id", "")):
            clients[who] = kept
        else:
            client_id, secret = await create_client(store.clients, who.replace("_", "-"), grant)
            clients[who] = {"client_id": client_id, "client_secret": secret}
    return clients


def write_demo_file(settings: Settings, clients: Clients) -> Path:
    """Writes `demo.json`, readable by its owner only."""
    path = settings.data_dir / "demo.json"
    told = {"url": settings.issuer, "clients": clients}
    _write_private(path, orjson.dumps(told, option=orjson.OPT_INDENT_2).decode())
    return path


def _write_private(path: Path, text: str) -> None:
    """Writes a file that others on this machine can't read, whole or not at all."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:  # noqa: PTH123
        file.write(text)
    draft.replace(path)
