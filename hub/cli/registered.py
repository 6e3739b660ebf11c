"""`hub connector pause`, `resume` and `changes`: of connectors that are registered."""

from typing import Annotated

import typer
from rich.table import Table

from hub.cli.running import (
    WRONG_INPUT,
    ConnectorName,
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

_UNKNOWN = "{}: no connector of this name is registered."


def pause(
    name: ConnectorName,
    reason: Annotated[str, typer.Option(help="Why, for whoever meets it at rest.")],
) -> None:
    """Keeps a connector from running by its schedule. `hub sync` still runs it.

    Example: hub connector pause makassar-open311 --reason "Their server moves until Friday"
    """

    async def body(settings: Settings) -> None:
        if not reason.strip():
            fail("--reason: say why the connector is to rest.", WRONG_INPUT)
        async with opened(settings) as store:
            await store.changes.record(Change(typed_by(), "pause", name, detail=reason))
            stands = await store.connectors.pause(name, reason, typed_by(), administrator=True)
        if stands is None:
            fail(_UNKNOWN.format(name), WRONG_INPUT)
        since = f"since {stands.at:%Y-%m-%d %H:%M} UTC by {stands.by}"
        out.print(f"{name} is paused {since}: {stands.reason}", markup=False)

    run(body)


def resume(name: ConnectorName) -> None:
    """Lets a paused connector run again; its count of failed runs begins anew.

    Example: hub connector resume makassar-open311
    """

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            await store.changes.record(Change(typed_by(), "resume", name))
            known = await store.connectors.resume(name)
        if not known:
            fail(_UNKNOWN.format(name), WRONG_INPUT)
        out.print(f"{name} runs by its schedule.", markup=False)

    run(body)


def changes(
    name: Annotated[
        str | None, typer.Argument(help="The connector's name; all by default.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 50,
    json: JsonLines = False,
) -> None:
    """Lists who changed what of connectors, the latest first.

    Example: hub connector changes makassar-open311 --limit 10
    """

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            found = await store.changes.latest(name, limit)
        if json:
            print_json(*found)
            return
        table = Table(title=f"{len(found)} changes")
        for column in ("at (UTC)", "by", "what", "connector", "detail"):
            table.add_column(column, overflow="fold")
        for each in found:
            told = (each[key] or "–" for key in ("by", "what", "connector", "detail"))
            table.add_row(f"{each['at']:%Y-%m-%d %H:%M}", *told)
        out.print(table)

    run(body)
