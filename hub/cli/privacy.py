"""`hub privacy …`."""

import csv
import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.progress import Progress

from hub.cli.running import err, opened, out, print_json, run
from hub.settings import Settings

app = typer.Typer(help="Personal data: how it is sealed, kept and read.", no_args_is_help=True)

_AUDIT_COLUMNS = ["at", "subject", "operation", "document", "province", "district", "rows"]


@app.command()
def purge(
    older_than: Annotated[
        int, typer.Option(min=1, help="Days since the complaint last changed.", metavar="DAYS")
    ],
    dry_run: Annotated[bool, typer.Option(help="Only count what would go.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Removes reporters and raw records of complaints that are done.

    Open complaints keep theirs. What is counted stays, and so do the words of the report.

    Example: hub privacy purge --older-than 730 --dry-run
    """
    before = datetime.now(UTC) - timedelta(days=older_than)

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            with Progress(console=err, transient=True) as bar:
                task = bar.add_task("removing personal data", total=None)
                purged = await store.purge(
                    before, dry_run=dry_run, progress=lambda n: bar.update(task, completed=n)
                )
        if as_json:
            print_json(purged)
            return
        verb = "would lose" if dry_run else "lost"
        out.print(
            f"{purged.complaints} complaints {verb} their reporter and raw record, "
            f"{purged.dead_letters} dead letters their raw record."
        )

    run(body)


@app.command()
def reseal() -> None:
    """Seals everything with the first of the encryption keys, so that the others can be given up.

    To change the key: put the new one before the old one (HUB_ENCRYPTION_KEY=new,old; without
    HUB_MONGODB_URI, a line above the old one in encryption.key of the data folder), restart every
    hub, run this, then take the old one away.

    Example: hub privacy reseal
    """

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            with Progress(console=err, transient=True) as bar:
                task = bar.add_task("sealing", total=None)
                changed = await store.reseal(lambda n: bar.update(task, completed=n))
        out.print(f"Sealed {changed} records with the key in use.")

    run(body)


@app.command()
def audit(
    since: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day (UTC).")],
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day (UTC); today.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="A JSON object on each line, not CSV.")
    ] = False,
) -> None:
    """Exports who was shown reporters, as CSV.

    Example: hub privacy audit --since 2026-11-01 > audit.csv
    """
    first = since.replace(tzinfo=UTC)
    last = (until or datetime.now(UTC)).replace(tzinfo=UTC) + timedelta(days=1)

    async def body(settings: Settings) -> None:
        rows = csv.writer(sys.stdout)
        if not as_json:
            rows.writerow(_AUDIT_COLUMNS)
        async with opened(settings) as store:
            async for record in store.audit.between(first, last):
                told: dict[str, Any] = {name: record[name] for name in _AUDIT_COLUMNS}
                if as_json:
                    print_json(told)
                else:
                    told["at"] = told["at"].isoformat()
                    rows.writerow(told.values())

    run(body)
