"""`hub webhook …`: what is sent to consoles, for whoever answers for the hub."""

from typing import Annotated

import typer
from rich.table import Table

from hub.cli.running import FAILED, JsonLines, fail, opened, out, print_json, run, typed_by
from hub.settings import Settings
from hub.store.changes import Change

app = typer.Typer(help="Webhooks that clients registered.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(help="The webhook's id, as in the list.")]


@app.command(name="list")
def list_(json: JsonLines = False) -> None:
    """Lists who has what sent where, whether it arrives, and how many messages wait or are dead.

    Example: hub webhook list
    """

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            found = [
                {**each, **await store.outbox.counts(each["_id"])}
                for each in await store.webhooks.listed()
            ]
        if json:
            print_json(*found)
            return
        table = Table(title=f"{len(found)} webhooks")
        for column in ("id", "client", "address", "state", "failing since (UTC)", "wait", "dead"):
            table.add_column(column, overflow="fold")
        for each in found:
            state = each["state"]
            if each["disabled"]:
                state += f": {each['disabled']['reason']}"
            since = each["failing_since"]
            told = f"{since:%Y-%m-%d %H:%M}" if since else ""
            numbers = str(each["pending"]), str(each["dead"])
            table.add_row(each["_id"], each["by"], each["url"], state, told, *numbers)
        out.print(table)

    run(body)


@app.command()
def disable(
    id_: Id, reason: Annotated[str, typer.Option(help="Why, for its client to read.")]
) -> None:
    """Has nothing more sent to a webhook, until it is enabled here; what waits are dead letters.

    Example: hub webhook disable wh_0f3a91c2d4e5f60718293a4b --reason "floods the console"
    """

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            await store.changes.record(Change(typed_by(), "disable webhook", detail=id_))
            if not await store.webhooks.disable(id_, reason, typed_by(), administrator=True):
                fail(f"{id_}: there is no webhook of this id that is told anything", FAILED)
            await store.outbox.bury(id_)
        out.print(f"{id_} is disabled.")

    run(body)


@app.command()
def enable(id_: Id) -> None:
    """Lets a webhook be told again, and first that it missed what changed meanwhile.

    Example: hub webhook enable wh_0f3a91c2d4e5f60718293a4b
    """

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            await store.changes.record(Change(typed_by(), "enable webhook", detail=id_))
            if not await store.webhooks.enable(id_):
                fail(f"{id_}: there is no webhook of this id that is disabled", FAILED)
        out.print(f"{id_} is enabled.")

    run(body)
