"""`hub demo`."""

from typing import TYPE_CHECKING

import anyio
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Table

from hub.cli.consoles import for_consoles
from hub.cli.oversight import for_overseers
from hub.cli.running import FAILED, err, fail, opened, out, run
from hub.domain.run import Ledger
from hub.ingest.run import Finished
from hub.ingest.upkeep import upkeep
from hub.serving import listening
from hub.settings import Settings
from hub.store.embedded import sole_hub

if TYPE_CHECKING:
    from hub.demo.run import Clients


def demo() -> None:
    """Starts the hub with an embedded MongoDB and three simulated channels, until Ctrl-C.

    A second start finds its data again. HUB_PORT changes the port.
    """

    from hub.app import app_of
    from hub.demo.oversight import enter_readiness, write_letter
    from hub.demo.run import (
        demo_channels,
        demo_clients,
        load_institutions,
        sync_all,
        write_demo_file,
    )

    async def body(settings: Settings) -> None:
        if settings.mongodb_uri:
            fail("The demo brings its own MongoDB: unset HUB_MONGODB_URI.", FAILED)
        with sole_hub(settings.data_dir):
            async with opened(settings) as store, demo_channels(settings) as hosts:
                with _progress() as bar:

                    def of(name: str) -> _Line:
                        return _Line(bar, name)

                    finished = await sync_all(settings, store, hosts, of)
                await load_institutions(store)
                await store.rollups.refresh()
                out.print(_ledgers(finished))
                await enter_readiness(store)
                letter = await write_letter(store)
                clients = await demo_clients(settings, store)
                app = await app_of(settings, store)
                async with (
                    upkeep(store),
                    listening(app, settings.host, settings.port),
                    anyio.create_task_group() as group,
                ):
                    consoles = for_consoles(store, settings.callable_private_hosts)
                    for work in (*consoles, *for_overseers(store, settings)):
                        group.start_soon(work)
                    path = write_demo_file(settings, clients)
                    _tell(settings, clients, str(path), letter)
                    await anyio.sleep_forever()

    run(body, signal_is_failure=False)


def _progress() -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}: {task.fields[read]} records"))
    return Progress(*columns, console=err, transient=True)


class _Line:
    """A line of the progress display for one connector."""

    def __init__(self, bar: Progress, name: str) -> None:
        self._bar = bar
        self._task = bar.add_task(name, total=None, read=0)

    def __call__(self, ledger: Ledger) -> None:
        self._bar.update(self._task, read=ledger.read)


def _ledgers(finished: list[Finished]) -> Table:
    table = Table(title="Synced channels")
    table.add_column("connector")
    for column in ("read", "inserted", "updated", "unchanged", "dead letters"):
        table.add_column(column, justify="right")
    table.add_column("run")
    for each in finished:
        ledger = each.ledger
        counts = (
            ledger.read,
            ledger.inserted,
            ledger.updated,
            ledger.unchanged,
            ledger.dead_lettered,
        )
        state = each.state if each.green else f"{each.state}: {each.error}"
        table.add_row(each.connector, *map(str, counts), state)
    return table


def _tell(settings: Settings, clients: "Clients", path: str, letter: str) -> None:
    from hub.demo.run import WHO

    url, ministry = settings.issuer, clients["ministry"]
    table = Table(title="Who to be")
    for column in ("client", "role", "sees", "client_id"):
        table.add_column(column)
    for who, grant in WHO.items():
        sees = ", ".join(grant.regions + grant.channels) or "–"
        table.add_row(who, grant.role, sees, clients[who]["client_id"])
    out.print(table)
    out.print(f"Secrets: {path}. Environment for other terminals: {settings.data_dir}/demo.env\n")
    credentials = f"{ministry['client_id']}:{ministry['client_secret']}"
    query = '{"query":"{ indicators(groupBy: [PROVINCE]) { keys { label } received followedUp } }"}'
    print(  # noqa: T201 - to be copied, so without wrapping
        f"TOKEN=$(curl -s -u '{credentials}' -d grant_type=client_credentials {url}/oauth/token"
        " | python3 -c 'import json,sys; print(json.load(sys.stdin)[\"access_token\"])')\n"
        f'curl -s {url}/graphql -H "Authorization: Bearer $TOKEN"'
        f" -H 'Content-Type: application/json' -d '{query}'\n"
        f'curl -s {url}/letters/{letter}.pdf -H "Authorization: Bearer $TOKEN" -o surat.pdf\n\n'
        f"ready: {url}/graphql (Ctrl-C ends it)",
        flush=True,
    )
