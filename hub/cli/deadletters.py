"""`hub deadletters …`."""

import sys
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from hub.cli.running import (
    FAILED,
    WRONG_INPUT,
    ConnectorName,
    Json,
    fail,
    opened,
    out,
    print_json,
    run,
    typed_by,
)
from hub.cli.sync import print_finished
from hub.ingest.registered import registered_text
from hub.ingest.replay import replay as map_again
from hub.settings import Settings
from hub.store.runs import ConnectorBusyError

app = typer.Typer(help="Look at dead letters, map them again, settle them.", no_args_is_help=True)


@app.command(name="list")
def list_(
    name: ConnectorName,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 50,
    json: Json = False,
) -> None:
    """Lists the latest that wait, with the value that was refused.

    Example: hub deadletters list makassar-open311 --limit 10
    """

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            loaded = await registered_text(name, store)
            found = await store.dead_letters.listed(loaded.config.channel, limit)
        if json:
            print_json(*found)
            return
        title = f"{name}: {len(found)} dead letters, the latest first"
        table = Table(title=title, box=None, pad_edge=False)
        for column in ("id", "record", "met"):
            table.add_column(column, no_wrap=True)
        for column in ("field", "value", "why"):
            table.add_column(column, overflow="fold")
        for each in found:
            met = f"{each['attempts']}×" + (" (noted)" if each.get("acknowledged") else "")
            told = (each["_id"], each["external_id"], met, each["field"], each["value"])
            table.add_row(*(escape(str(cell or "–")) for cell in (*told, each["reason"])))
        out.print(table)

    run(body)


@app.command()
def show(id_: Annotated[str, typer.Argument(metavar="ID", help="The dead letter's id.")]) -> None:
    """Prints a record as it arrived, to see what a mapping has to say. It holds personal data.

    Example: hub deadletters show 5f0c
    """

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            record = await store.dead_letters.record(id_)
        if record is None:
            fail(f"{id_}: no dead letter of this id has a record.", WRONG_INPUT)
        sys.stdout.buffer.write(record + b"\n")

    run(body)


@app.command()
def replay(
    name: ConnectorName,
    ids: Annotated[
        list[str] | None, typer.Option("--id", help="Only this one; repeatable.")
    ] = None,
    json: Json = False,
) -> None:
    """Maps those that wait again, with the connector as it is registered now; asks no channel.

    Example: hub deadletters replay makassar-open311
    """

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            loaded = await registered_text(name, store)
            try:
                finished = await map_again(loaded, store, ids or None)
            except ConnectorBusyError as error:
                fail(f"{error} Try again once it has ended.", FAILED)
        print_finished(finished, json)
        if not finished.green:
            raise typer.Exit(FAILED)

    run(body)


@app.command()
def acknowledge(
    ids: Annotated[list[str], typer.Argument(help="The ids of dead letters.")],
    note: Annotated[str, typer.Option(help="Why they need not be stored.")],
) -> None:
    """Settles dead letters that need not be stored; who said so is kept with the note.

    Example: hub deadletters acknowledge 5f0c --note "A test of the channel's vendor"
    """

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            done = await store.dead_letters.acknowledge(ids, note, typed_by())
        out.print(f"Acknowledged: {done} of {len(ids)}.")
        if done < len(ids):
            fail("The others are not open dead letters.", FAILED)

    run(body)
