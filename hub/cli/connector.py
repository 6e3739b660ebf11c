"""`hub connector …`."""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import orjson
import typer
from anyio import open_file, to_thread
from rich.markup import escape
from rich.table import Table

from hub.cli import backfill, rederive, registered, secret
from hub.cli.running import FAILED, WRONG_INPUT, JsonLines, fail, opened, out, print_json, run
from hub.connectors.base import Surroundings
from hub.connectors.discover import propose
from hub.connectors.http.client import TIMEOUT_SECONDS, answer_once
from hub.connectors.json_schema import connector_schema
from hub.connectors.load import Loaded
from hub.connectors.sample import MAX_SAMPLE_BYTES, Sample, sample_of
from hub.ingest.folder import load_file, register
from hub.ingest.preview import Previewed, preview_records
from hub.settings import Settings
from hub.store.mongo import Driver
from hub.store.store import open_store

if TYPE_CHECKING:  # the others of these commands need no server
    from hub.grade.grade import Graded

app = typer.Typer(help="Describe, try and register connectors.", no_args_is_help=True)

_MOST_REASONS = 20

File = Annotated[Path, typer.Argument(help="The connector's YAML file.")]


async def _surroundings(file: Path, loaded: Loaded, settings: Settings) -> Surroundings:
    """Where a file is tried; the database is opened only for one that names stored secrets."""
    secrets: dict[str, str] = {}
    if loaded.secrets:
        async with opened(settings) as store:
            secrets = await store.secrets.of(loaded.config.name)
    folder, private = await to_thread.run_sync(file.resolve), settings.callable_private_hosts
    return Surroundings(folder.parent, os.environ, private, secrets, taps=settings.taps)


@app.command()
def validate(file: File) -> None:
    """Checks a YAML file. Nothing is asked of any network.

    Example: hub connector validate connectors_config/makassar.yaml
    """

    async def body(_: Settings) -> None:
        loaded = load_file(file)
        out.print(f"{file}: valid. {_told(loaded)}")

    run(body)


@app.command()
def check(file: File) -> None:
    """Asks the channel for a little and says what was found."""

    async def body(settings: Settings) -> None:
        loaded = load_file(file)
        around = await _surroundings(file, loaded, settings)
        found = await loaded.connect(around).check()
        out.print(f"{loaded.config.name} answers: {found}", markup=False)

    run(body)


@app.command()
def preview(
    file: File,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many records.")] = 20,
    json: JsonLines = False,
) -> None:
    """Reads and maps some records without storing any.

    Example: hub connector preview connectors_config/makassar.yaml --limit 5
    """

    async def body(settings: Settings) -> None:
        loaded = load_file(file)
        around = await _surroundings(file, loaded, settings)
        found = await preview_records(loaded, around, limit)
        if json:
            print_json(*found)
        else:
            out.print(_table(loaded, found))

    run(body)


@app.command(name="register")
def register_file(file: File) -> None:
    """Stores a connector, so that `hub sync NAME` and the hub can run it."""

    async def body(settings: Settings) -> None:
        loaded = load_file(file)
        async with opened(settings) as store:
            await register(loaded, file.parent, store.connectors)
        out.print(f"Registered {loaded.config.name}, version {loaded.version}.")

    run(body)


@app.command()
def discover(
    source: Annotated[str, typer.Argument(help="An address, or a file of JSON, XML, CSV, XLSX.")],
    name: Annotated[str, typer.Option(help="The connector's name.")] = "new-channel",
) -> None:
    """Proposes a YAML file from one answer or a sample, with the evidence for each key.

    What the sample does not tell is marked FILL_IN, and `hub connector validate` says what to
    write there. The address is asked once, without a token; save the answer of one that needs it.

    Example: hub connector discover sample.json --name makassar > connectors_config/makassar.yaml
    """

    async def body(settings: Settings) -> None:
        if source.startswith(("http://", "https://")):
            answer = await answer_once(
                source, settings.callable_private_hosts, TIMEOUT_SECONDS, MAX_SAMPLE_BYTES
            )
            content, links = answer.document, answer.links
        else:
            content, links = await _read(Path(source)), {}
        sample = await to_thread.run_sync(sample_of, content, source, links)
        print(propose(sample, name), end="")  # noqa: T201 - for a file

    run(body)


async def _read(source: Path) -> bytes:
    """A sample, of a size that is read at once; ends the command where there is none."""
    try:
        async with await open_file(source, "rb") as file:
            content = await file.read(MAX_SAMPLE_BYTES + 1)
    except OSError as error:
        fail(f"{source}: {error.strerror}", WRONG_INPUT)
    if len(content) > MAX_SAMPLE_BYTES:
        fail(f"{source}: larger than {MAX_SAMPLE_BYTES >> 20} MiB; cut it.", WRONG_INPUT)
    return content


@app.command(name="grade")
def grade_file(
    file: File,
    records: Annotated[int, typer.Option(min=1500, max=100_000, help="How many records.")] = 10_000,
    sample: Annotated[
        Path | None, typer.Option(help="Real answers: JSON, JSON lines, CSV or XML.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the grade as JSON.")] = False,
) -> None:
    """Runs a connector against a hostile channel of its own shape, and grades it from A to F.

    Nothing is asked of the real channel, and nothing of the hub's data is touched. The exit code is
    0 for A and B, with which nothing is lost. With a sample the channel has its records, in place
    of made-up ones.

    Example: hub connector grade connectors_config/makassar.yaml --sample answers.json
    """
    from hub.grade.grade import grade
    from hub.grade.records import CannotGradeError

    async def body(settings: Settings) -> None:
        loaded = load_file(file)
        given: Sample | int = records
        if sample:
            given = await to_thread.run_sync(sample_of, await _read(sample), str(sample))
        with TemporaryDirectory() as folder:
            async with open_store(
                uri=None,
                data_dir=Path(folder),
                encryption_key=None,
                driver=Driver(settings.mongodb_driver),
            ) as store:
                try:
                    graded = await grade(loaded, store, given)
                except CannotGradeError as error:
                    fail(f"{file}: {error}", WRONG_INPUT)
        if json:
            print_json(graded)
        else:
            for table in _grade_tables(file, graded):
                out.print(table)
            for line in graded.untold:
                out.print(line, markup=False)
        if graded.grade not in {"A", "B"}:
            raise typer.Exit(FAILED)

    run(body)


def _grade_tables(file: Path, graded: "Graded") -> Iterator[Table]:
    figures = f"{graded.source} records: {graded.complaints} complaints, {graded.dead_letters} dead"
    met = ", ".join(f"{fault} ×{count}" for fault, count in graded.met.items())
    table = Table(
        title=f"{file}: grade {graded.grade}",
        caption=f"{figures} letters, after {len(graded.runs)} runs\nmet: {met or 'no fault'}",
    )
    for column in ("records", "lost", "out of date", "misdated", "what would mend it"):
        table.add_column(column, overflow="fold")
    for each in graded.troubles:
        counts = map(str, (each.lost, each.outdated, each.misdated))
        table.add_row(each.trap, *counts, each.mend)
    yield table
    if graded.refused:
        table = Table(title="Dead letters")
        for column in ("field", "why", "records", "one of them has"):
            table.add_column(column, overflow="fold")
        for refusal in graded.refused[:_MOST_REASONS]:
            cells = (refusal.field, refusal.reason, str(refusal.count), refusal.example or "–")
            table.add_row(*map(escape, cells))
        yield table


@app.command(name="schema")
def print_schema() -> None:
    """Prints the JSON Schema of these files, as kept in connectors_config/connector.schema.json.

    An editor with a YAML language server completes and checks a file whose first line names it:
    # yaml-language-server: $schema=connector.schema.json
    """
    schema = orjson.dumps(connector_schema(), option=orjson.OPT_INDENT_2)
    print(schema.decode())  # noqa: T201 - for a file


def _told(loaded: Loaded) -> str:
    config = loaded.config
    resources = ", ".join(resource.name for resource in config.mapped)
    told = f"{config.name} ({config.type}) fills channel {config.channel} from {resources}."
    needed = ", ".join(sorted(loaded.secrets))
    return f"{told} It needs the secrets {needed}." if needed else told


def _table(loaded: Loaded, found: list[Previewed]) -> Table:
    table = Table(title=f"{loaded.config.name}: {len(found)} records, none stored")
    for column in ("id", "received (UTC)", "status", "district", "category", "title, or why not"):
        table.add_column(column, overflow="fold")
    for each in found:
        complaint, refused = each.complaint, each.refused
        if complaint:
            place = complaint.district or complaint.province or "unassigned"
            words = "(secret)" if complaint.secret else complaint.title or complaint.description
            received = f"{complaint.received_at:%Y-%m-%d %H:%M}"
            category = complaint.category or complaint.category_source
            row = [complaint.external_id, received, complaint.status, place, category, words]
        else:
            row = [None, None, "dead letter", None, None, refused]
        table.add_row(*(str(cell or "–")[:80] for cell in row), style=None if complaint else "red")
    return table


app.command("completeness")(backfill.completeness)
app.command("list")(registered.list_)
app.command("remove")(registered.remove)
app.command("pause")(registered.pause)
app.command("resume")(registered.resume)
app.command("changes")(registered.changes)
app.command("diff")(rederive.diff)
app.command("rederive")(rederive.rederive)
app.add_typer(secret.app, name="secret")
