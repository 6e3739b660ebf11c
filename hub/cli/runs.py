"""`hub runs`."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from hub.cli.running import JsonLines, opened, out, print_json, run
from hub.settings import Settings

_LEDGER = {
    "read": "read",
    "new": "inserted",
    "changed": "updated",
    "same": "unchanged",
    "dead": "dead_lettered",
}
"""Heads short enough for a terminal, and what of the ledger stands under them."""


def runs(
    name: Annotated[
        str | None, typer.Argument(help="The connector's name; all by default.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 20,
    json: JsonLines = False,
) -> None:
    """Lists the latest runs with their ledgers; one that is under way shows how far it is.

    Example: hub runs makassar-open311 --limit 5
    """

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            found = await store.runs.latest(name, limit)
        if json:
            print_json(*found)
            return
        table = Table(
            title=f"{len(found)} runs, the latest first; times are UTC", box=None, pad_edge=False
        )
        for column in ("began", "connector", "state", "took"):
            table.add_column(column, no_wrap=True)
        for column in _LEDGER:
            table.add_column(column, justify="right", no_wrap=True)
        table.add_column("why", overflow="fold")
        for each in found:
            ledger = [f"{each['ledger'][name]:,}" for name in _LEDGER.values()]
            began = f"{each['started_at']:%m-%d %H:%M}"
            row = (began, each["connector"], each["state"], _took(each), *ledger)
            table.add_row(*row, each["error"] or "", style="red" if each["error"] else None)
        out.print(table)

    run(body)


def _took(each: dict[str, Any]) -> str:
    """How long a run took, or has been under way."""
    seconds = ((each["finished_at"] or datetime.now(UTC)) - each["started_at"]).total_seconds()
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.0f} min"  # noqa: PLR2004
