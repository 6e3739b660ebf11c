"""`hub host …`: which hosts the connectors that operators register may call, and webhooks be at."""

from typing import Annotated

import typer
from rich.table import Table

from hub.cli.running import (
    FAILED,
    WRONG_INPUT,
    JsonLines,
    fail,
    opened,
    out,
    print_json,
    run,
    typed_by,
)
from hub.settings import Settings
from hub.store.changes import Change
from hub.store.hosts import WEBHOOKS, host_named

app = typer.Typer(
    help="Hosts that connectors of operators may call, and webhooks be at; files may call any.",
    no_args_is_help=True,
)

Host = Annotated[str, typer.Argument(help="The host, without scheme and port.")]
For = Annotated[
    str | None, typer.Option("--connector", help="For this connector; for all if left out.")
]
ForWebhooks = Annotated[bool, typer.Option("--webhooks", help="For webhooks, and no connector.")]


@app.command()
def approve(host: Host, connector: For = None, webhooks: ForWebhooks = False) -> None:
    """Lets connectors that operators register call a host, or webhooks be at it.

    Example: hub host approve api.sulsel.example --connector sulsel
    """

    async def body(settings: Settings) -> None:
        name, whom = _named(host), _whom(connector, webhooks)
        async with opened(settings) as store:
            await store.changes.record(Change(typed_by(), "approve host", whom, detail=name))
            given = await store.hosts.approve(name, whom, typed_by())
        out.print(f"{given.host} is approved for {given.connector or 'every connector'}.")

    run(body)


@app.command()
def revoke(host: Host, connector: For = None, webhooks: ForWebhooks = False) -> None:
    """Takes an approval back: the next run can't call the host, and nothing more is sent to it.

    Example: hub host revoke api.sulsel.example --connector sulsel
    """

    async def body(settings: Settings) -> None:
        name, whom = _named(host), _whom(connector, webhooks)
        async with opened(settings) as store:
            await store.changes.record(Change(typed_by(), "revoke host", whom, detail=name))
            done = await store.hosts.revoke(name, whom)
        if not done:
            fail(f"{name} was not approved for {whom or 'every connector'}.", FAILED)
        out.print(f"{name} is no longer approved for {whom or 'every connector'}.")

    run(body)


@app.command(name="list")
def list_(
    json: JsonLines = False,
) -> None:
    """Lists the hosts that are approved, for whom, by whom and since when.

    Example: hub host list
    """

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            found = await store.hosts.all()
        if json:
            print_json(*found)
            return
        table = Table(title=f"{len(found)} approved hosts")
        for column in ("host", "connector", "by", "since (UTC)"):
            table.add_column(column, overflow="fold")
        for each in found:
            since = f"{each.at:%Y-%m-%d %H:%M}"
            table.add_row(each.host, each.connector or "every one", each.by, since)
        out.print(table)

    run(body)


def _whom(connector: str | None, webhooks: bool) -> str | None:
    if connector and webhooks:
        fail("--webhooks is for no connector; leave --connector out.", WRONG_INPUT)
    return WEBHOOKS if webhooks else connector


def _named(host: str) -> str:
    try:
        return host_named(host)
    except ValueError as error:
        fail(str(error), WRONG_INPUT)
