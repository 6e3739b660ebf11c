"""`hub connector list`, `pause`, `resume`, `remove` and `changes`: of those that are registered."""

from datetime import datetime
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from hub.cli.running import (
    FAILED,
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
from hub.ingest.folder import load_folder
from hub.settings import Settings
from hub.store.changes import Change

_UNKNOWN = "{}: no connector of this name is registered."


def list_(json: JsonLines = False) -> None:
    """Lists the registered connectors: whether they run, how the last run ended, when they are due.

    Example: hub connector list
    """

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            found = await store.connectors.listed()
            for each in found:
                each["last_run"] = next(iter(await store.runs.latest(each["_id"], 1)), None)
        if json:
            print_json(*found)
            return
        table = Table(title=f"{len(found)} connectors; times are UTC", box=None, pad_edge=False)
        for column in ("connector", "kind", "by", "last run", "ended", "next"):
            table.add_column(column, no_wrap=True)
        table.add_column("why", overflow="fold")
        for each in found:
            last, outlook = each["last_run"] or {}, each.get("outlook", {})
            paused = each.get("paused")
            due = "paused" if paused else _at(outlook.get("next_at")) or "when asked"
            failed = f" ×{n}" if (n := outlook.get("failures", 0)) > 1 else ""
            why = paused["reason"] if paused else last.get("error")
            row = (each["_id"], each["kind"], each.get("managed_by", "file"))
            ended = f"{last['state']}{failed}" if last else "–"
            style = "red" if why else None
            told = (*row, _at(last.get("started_at")) or "–", ended, due)
            table.add_row(*told, escape(why or ""), style=style)
        out.print(table)

    run(body)


def _at(moment: datetime | None) -> str:
    return f"{moment:%m-%d %H:%M}" if moment else ""


def remove(name: ConnectorName) -> None:
    """Takes a connector off the register: it runs no more, and its secrets are gone.

    What it brought stays, and so does its checkpoint, should it be registered again. Of one in
    HUB_CONNECTORS_DIR take the file away first, or it is registered anew.

    Example: hub connector remove makassar-open311
    """

    async def body(settings: Settings) -> None:
        described = [each.config.name for each in await load_folder(settings.connectors_dir)]
        if name in described:
            fail(f"{name} has a file in {settings.connectors_dir}; take that away first.", FAILED)
        async with opened(settings) as store:
            if await store.connectors.get(name) is None:
                fail(_UNKNOWN.format(name), WRONG_INPUT)
            await store.changes.record(Change(typed_by(), "remove", name))
            # First: whoever registers a connector of this name next must not get them.
            await store.secrets.remove_all(name)
            await store.connectors.remove(name)
        out.print(f"{name} is not registered any more. What it brought stays.", markup=False)

    run(body)


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
