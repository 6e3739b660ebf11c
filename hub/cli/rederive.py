"""`hub connector diff` and `rederive`: a changed mapping for what is stored already."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from hub.cli.running import FAILED, Json, err, fail, opened, out, print_json, run
from hub.cli.sync import finished_json, print_finished
from hub.ingest.difference import Difference, difference
from hub.ingest.folder import load_file
from hub.ingest.rederive import rederive as make_anew
from hub.ingest.registered import registered_text
from hub.settings import Settings
from hub.store.runs import ConnectorBusyError


def diff(
    source: Annotated[str, typer.Argument(help="A YAML file, or a registered connector's name.")],
    json: Json = False,
) -> None:
    """Tells what a changed mapping would make of the complaints that are stored already.

    Their raw records are mapped by the file, or by what is registered, and compared with what is
    stored. Nothing is asked of the channel and nothing is changed; reporters, and the words of
    secret complaints, are not shown.

    Example: hub connector diff connectors_config/makassar.yaml
    """

    async def body(settings: Settings) -> None:
        file = Path(source)
        loaded = load_file(file) if file.suffix in {".yaml", ".yml"} else None
        name = loaded.config.name if loaded else source
        async with opened(settings) as store:
            now = await registered_text(name, store)
            channel = now.config.channel
            total = await store.raw_records.count(channel, name)
            with _bar(name, total) as tell:
                found = await difference(loaded or now, channel, store, tell)
        if json:
            print_json(found)
        else:
            _print(found)

    run(body)


def rederive(
    name: Annotated[str, typer.Argument(help="The connector's name.")], json: Json = False
) -> None:
    """Maps the stored raw records of a connector anew, as it is registered now.

    Look at `hub connector diff NAME` first. Nothing is asked of the channel. Dead letters come
    first, then complaints; broken off anywhere, the next rederive goes on from there. The exit code
    is 0 only where the run is green.

    Example: hub connector rederive makassar-open311
    """

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            loaded = await registered_text(name, store)
            total = await store.raw_records.count(loaded.config.channel, name)
            try:
                with _bar(name, total) as tell:
                    done = await make_anew(loaded, store, tell)
            except ConnectorBusyError as error:
                fail(f"{error} Try again once it has ended.", FAILED)
        left = {"without_raw": done.without_raw, "unclear": done.unclear}
        if json:
            print_json({**finished_json(done.finished), **left})
        else:
            print_finished(done.finished, as_json=False)
            _print_left(**left)
        if not done.finished.green:
            raise typer.Exit(FAILED)

    run(body)


@contextmanager
def _bar(name: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on standard error; what it gives is told of how many more are done."""
    columns = (TextColumn(name), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task(name, total=total)
        yield lambda more: bar.advance(task, more)


def _print(found: Difference) -> None:
    table = Table(title=f"{found.connector}: {found.complaints} complaints")
    for column in ("unchanged", "changed", "refused", "other id"):
        table.add_column(column, justify="right")
    counts = (found.unchanged, found.changed, found.refused, found.other_id)
    table.add_row(*map(str, counts))
    out.print(table)
    if found.changed:
        out.print(_changes(found))
    for field, count in found.refused_for.most_common():
        out.print(f"  {count} would be dead letters by {field}, such as:", style="red")
        for each in found.refusals:
            if each.field == field:
                out.print(f"    {each.external_id}: {each.reason}", markup=False)
    if found.other_id:
        told = f"  {found.other_id} would get another id: rederive refuses that."
        out.print(told, style="red")
    if found.letters:
        out.print(f"  {found.letters_stored} of {found.letters} dead letters would be stored.")
    _print_left(found.without_raw, found.unclear)


def _changes(found: Difference) -> Table:
    table = Table()
    for column in ("field", "complaints", "id", "before", "after"):
        table.add_column(column, overflow="fold")
    for field, count in found.fields.most_common():
        told = [
            (each.external_id, each.fields[field]) for each in found.changes if field in each.fields
        ]
        for n, (id_, (before, after)) in enumerate(told[:3]):
            first = (field, str(count)) if n == 0 else ("", "")
            table.add_row(*first, id_, before or "–", after or "–")
    return table


def _print_left(without_raw: int, unclear: int) -> None:
    if without_raw:
        out.print(f"  {without_raw} have no raw record any more, and stay as they are.")
    if unclear:
        out.print(f"  {unclear} do not say which resource they are of, and stay as they are.")
