"""`hub backfill` and `hub connector completeness`: stretches of time, whatever the checkpoint."""

from datetime import date, datetime, time
from typing import Annotated

import typer
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
)
from hub.cli.sync import run_and_tell
from hub.connectors.base import Between
from hub.connectors.config import ConnectorConfig
from hub.ingest.completeness import Completeness
from hub.ingest.completeness import completeness as compare
from hub.ingest.registered import registered
from hub.settings import Settings

From = Annotated[str, typer.Option("--from", help="First day, by the connector's time zone.")]
To = Annotated[str, typer.Option("--to", help="The day after the last one.")]


def backfill(name: ConnectorName, from_: From, to: To, json: Json = False) -> None:
    """Reads a stretch of time again, and leaves the checkpoint where it is.

    Days are those of the first `timezone` of the connector's resources, else of Asia/Jakarta. It
    takes over from a run that is under way.

    Example: hub backfill makassar-open311 --from 2026-01-01 --to 2026-02-01
    """

    run_and_tell(name, json, lambda config: _between(config, from_, to))


def completeness(name: ConnectorName, from_: From, to: To, json: Json = False) -> None:
    """Compares what a channel says that it has by day with what is stored.

    Days are those of receipt or, where a service is asked for what changed, of the last change.

    The exit code is 0 only where no more is missing than waits as a dead letter.

    Example: hub connector completeness makassar-open311 --from 2026-01-01 --to 2026-02-01
    """

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            loaded, around = await registered(
                name, store, settings.callable_private_hosts, settings.taps
            )
            between = _between(loaded.config, from_, to)
            found = await compare(loaded, store, around, between)
        if json:
            print_json(found)
        else:
            out.print(_table(found))
        if not found.complete:
            raise typer.Exit(FAILED)

    run(body)


def _between(config: ConnectorConfig, start: str, end: str) -> Between:
    first, last = (
        datetime.combine(_day(each), time(), tzinfo=config.zone) for each in (start, end)
    )
    if first >= last:
        fail(f"--to {end} has to be after --from {start}.", WRONG_INPUT)
    return Between(first, last)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        fail(f"{text!r} is not a day such as 2026-01-31.", WRONG_INPUT)


def _table(found: Completeness) -> Table:
    told = f"{found.channel}, by {found.counted_by}: {found.dead_letters} dead letters wait"
    table = Table(title=told)
    for column in ("day", "channel has", "stored", "missing"):
        table.add_column(column, justify="right")
    for each in found.days:
        row = (str(each.day), str(each.source), str(each.stored), str(each.missing))
        table.add_row(*row, style="red" if each.missing else None)
    return table
