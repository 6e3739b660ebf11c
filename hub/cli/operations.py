"""`hub client operations …`: what a client may ask for by an id, and whether for more."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import orjson
import typer
from rich.table import Table

from hub.cli.running import (
    FAILED,
    WRONG_INPUT,
    JsonLines,
    fail,
    opened,
    out,
    print_json,
    run,
)
from hub.settings import Settings

LARGEST_MANIFEST = 16 * 1024 * 1024

app = typer.Typer(
    help="Operations that a client registered, to ask for by their ids.", no_args_is_help=True
)

ClientId = Annotated[str, typer.Argument(help="The client's id.")]


class Mode(StrEnum):
    """What a client may send."""

    ANY = "any"
    REGISTERED = "registered"


@app.command()
def add(
    client: ClientId,
    file: Annotated[
        Path,
        typer.Argument(help="What Relay, graphql-codegen or Apollo wrote: documents by SHA-256."),
    ],
) -> None:
    """Registers the operations of a file, beside those that the client has. All of them fit the
    schema, or none is registered.

    Example: hub client operations add konsol-0f3a91c2 persisted-documents.json
    """
    manifest = _manifest(file)
    # Not at the top: other commands need not wait for it.
    from hub.schema.manifest import ManifestError, documents_in
    from hub.schema.schema import core_schema
    from hub.store.operations import TooManyOperationsError
    from hub.store.principals import UnknownPrincipalError

    try:
        documents = documents_in(manifest, core_schema)
    except ManifestError as error:
        fail(f"{file}: {error}", WRONG_INPUT)

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            try:
                new = await store.operations.add(client, documents)
            except UnknownPrincipalError:
                _unknown(client)
            except TooManyOperationsError as error:
                fail(f"{client}: {error}. Remove what it does not send any more.", FAILED)
        out.print(f"{new:,} operations are new, {len(documents) - new:,} were there.")

    run(body)


def _manifest(path: Path) -> Any:
    try:
        if path.stat().st_size > LARGEST_MANIFEST:
            fail(f"{path}: has more than {LARGEST_MANIFEST >> 20} MiB", WRONG_INPUT)
        return orjson.loads(path.read_bytes())
    except OSError as error:
        fail(f"{path}: can't be read: {error.strerror}", WRONG_INPUT)
    except orjson.JSONDecodeError as error:
        fail(f"{path}: is not JSON: {error}", WRONG_INPUT)


@app.command(name="list")
def list_(client: ClientId, json: JsonLines = False) -> None:
    """Lists what a client has registered.

    Example: hub client operations list konsol-0f3a91c2
    """

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            found = await store.operations.all(client)
            only = await store.operations.sends_no_other(client)
        if json:
            print_json(*({"id": each["id"], "document": each["document"]} for each in found))
            return
        may = "it may send no other" if only else "it may send others too"
        table = Table(title=f"{client}: {len(found)} operations; {may}")
        for column in ("id", "document", "at (UTC)"):
            table.add_column(column, overflow="fold")
        for each in found:
            table.add_row(each["id"], _beginning(each["document"]), f"{each['at']:%Y-%m-%d %H:%M}")
        out.print(table)

    run(body)


def _beginning(document: str) -> str:
    return " ".join(document.partition("{")[0].split()) or "{"


@app.command()
def remove(
    client: ClientId,
    ids: Annotated[list[str] | None, typer.Argument(help="Ids of operations.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
) -> None:
    """Removes operations of a client: running hubs answer them no more within seconds.

    Example: hub client operations remove konsol-0f3a91c2 --all
    """
    if bool(ids) is every:
        fail("Name ids, or say --all.", WRONG_INPUT)
    named = {each.removeprefix("sha256:") for each in ids or ()}

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            removed = await store.operations.remove(client, None if every else named)
        out.print(f"{removed:,} operations are removed.")
        if removed < len(named):
            fail(f"{client} had not registered all of these.", FAILED)

    run(body)


@app.command()
def mode(
    client: ClientId,
    may: Annotated[Mode, typer.Argument(help="What it may send.")],
) -> None:
    """Says whether a client may send any operation, or those that it registered only. It holds for
    its next request.

    Example: hub client operations mode konsol-0f3a91c2 registered
    """
    from hub.store.principals import UnknownPrincipalError

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            try:
                await store.principals.set_registered_only(client, may is Mode.REGISTERED)
            except UnknownPrincipalError:
                _unknown(client)

    run(body)


def _unknown(client: str) -> NoReturn:
    fail(f"{client}: there is no client of this id", WRONG_INPUT)
