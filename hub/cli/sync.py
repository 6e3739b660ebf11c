"""`hub sync`."""

import os
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from hub.cli.running import FAILED, err, opened, out, print_json, run
from hub.connectors.base import Between
from hub.connectors.config import ConnectorConfig
from hub.domain.run import Ledger
from hub.ingest.folder import load_folder, register
from hub.ingest.registered import registered
from hub.ingest.run import Finished
from hub.ingest.run import sync as run_once
from hub.settings import Settings

BESIDE_A_SERVER = 10
"""How much a sync stands back for what else runs on the machine: queries are waited for."""


def sync(
    name: Annotated[str, typer.Argument(help="The connector's name.")],
    json: Annotated[bool, typer.Option("--json", help="Print the ledger as JSON.")] = False,
) -> None:
    """Runs a connector once: reads its channel, stores what is new, prints the ledger.

    The exit code is 0 only for a green run, in which every record is accounted for.

    Example: hub sync makassar-open311 --json
    """

    os.nice(BESIDE_A_SERVER)

    run_and_tell(name, json)


def run_and_tell(
    name: str, as_json: bool, stretch: Callable[[ConnectorConfig], Between] | None = None
) -> None:
    """Runs a connector, of a file or registered, with its progress, and prints the ledger; of a
    stretch of time where one is given. Exits with FAILED unless the run is green."""

    async def body(settings: Settings) -> None:
        folder = settings.connectors_dir
        known = await load_folder(folder)
        async with opened(settings) as store:
            for each in known:
                await register(each, folder, store.connectors)
            loaded, surroundings = await registered(
                name, store, settings.callable_private_hosts, settings.taps
            )
            between = stretch(loaded.config) if stretch else None
            with progress_of(name) as show:
                finished = await run_once(loaded, store, surroundings, show, between=between)
        print_finished(finished, as_json)
        if not finished.green:
            raise typer.Exit(FAILED)

    run(body)


class progress_of:  # noqa: N801 - reads as a statement
    """A line on standard error that counts the records of a run."""

    def __init__(self, name: str) -> None:
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn(f"{name}: {{task.fields[told]}}"),
            TimeElapsedColumn(),
            console=err,
            transient=True,
        )
        self._task = self._bar.add_task("", total=None, told="asking the channel")

    def __enter__(self) -> "progress_of":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def __call__(self, ledger: Ledger) -> None:
        """Shows where a run is."""
        told = f"{ledger.read} read, {ledger.inserted} new, {ledger.dead_lettered} dead letters"
        self._bar.update(self._task, told=told)


def print_finished(finished: Finished, as_json: bool) -> None:
    """The ledger: one line of JSON for scripts, or a table with what needs attention."""
    if as_json:
        print_json(finished_json(finished))
        return
    table = Table(title=f"{finished.connector}: {finished.state}")
    for column in asdict(finished.ledger):
        table.add_column(column.replace("_", "-"), justify="right")
    table.add_row(*map(str, asdict(finished.ledger).values()))
    out.print(table)
    if finished.error:
        err.print(finished.error, style="red", markup=False)
    for label in finished.unmapped[:10]:
        out.print(f"  unmapped {label['field']}: {label['value']!r} in {label['count']} records")
    if len(finished.unmapped) > 10:  # noqa: PLR2004
        out.print(f"  … and {len(finished.unmapped) - 10} more labels; see runs {{ unmapped }}")


def finished_json(finished: Finished) -> dict[str, object]:
    """A run as a script reads it; the ledger's counts stand at the top."""
    return {
        "run": finished.run,
        "connector": finished.connector,
        "state": finished.state,
        "green": finished.green,
        **asdict(finished.ledger),
        "declared": finished.declared,
        "unmapped": finished.unmapped,
        "error": finished.error,
    }
