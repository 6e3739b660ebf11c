"""`hub connector secret …`: what `${secret.NAME}` in a connector's YAML stands for."""

import sys
from typing import Annotated

import typer
from rich.table import Table

from hub.cli.running import (
    FAILED,
    WRONG_INPUT,
    ConnectorName,
    JsonLines,
    err,
    fail,
    opened,
    out,
    print_json,
    run,
    typed_by,
)
from hub.connectors.vocabulary import is_secret_name
from hub.settings import Settings
from hub.store.changes import Change

app = typer.Typer(
    help="Secrets of connectors, sealed in the database; none is ever shown.", no_args_is_help=True
)

Name = Annotated[str, typer.Argument(help="The secret's name: capitals, digits and _.")]


@app.command(name="set")
def set_(connector: ConnectorName, name: Name) -> None:
    """Stores a secret, or another value for it. It is read from standard input, or asked for.

    Example: hub connector secret set makassar TOKEN < token.txt
    """
    if not is_secret_name(name):
        fail(f"{name}: write it like API_KEY, in capitals, digits and _", WRONG_INPUT)
    if sys.stdin.isatty():
        value = typer.prompt(f"{name} of {connector}", hide_input=True, err=True)
    else:
        value = sys.stdin.read().removesuffix("\n").removesuffix("\r")

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            await store.changes.record(Change(typed_by(), "set secret", connector, detail=name))
            try:
                await store.secrets.put(connector, name, value, typed_by())
            except ValueError as error:
                fail(str(error), WRONG_INPUT)
            known = await store.connectors.get(connector)
        out.print(f"{name} of {connector} is stored.")
        if known is None:
            err.print(f"No connector named {connector} is registered yet.")

    run(body)


@app.command(name="list")
def list_(
    connector: ConnectorName,
    json: JsonLines = False,
) -> None:
    """Lists the secrets of a connector: names, who set them last, and when.

    Example: hub connector secret list makassar
    """

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            found = await store.secrets.listed(connector)
        if json:
            print_json(*found)
            return
        table = Table(title=f"{connector}: {len(found)} secrets")
        for column in ("name", "by", "at (UTC)"):
            table.add_column(column, overflow="fold")
        for each in found:
            table.add_row(each.name, each.by, f"{each.at:%Y-%m-%d %H:%M}")
        out.print(table)

    run(body)


@app.command()
def remove(connector: ConnectorName, name: Name) -> None:
    """Removes a secret: a run that needs it then fails.

    Example: hub connector secret remove makassar TOKEN
    """

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            await store.changes.record(Change(typed_by(), "remove secret", connector, detail=name))
            done = await store.secrets.remove(connector, name)
        if not done:
            fail(f"{connector} has no secret {name}.", FAILED)
        out.print(f"{name} of {connector} is removed.")

    run(body)
