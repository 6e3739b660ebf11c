"""`hub letter …`: letters of provinces, for whoever runs the hub."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from hub.cli.running import (
    FAILED,
    WRONG_INPUT,
    Json,
    JsonLines,
    fail,
    opened,
    out,
    print_json,
    run,
    typed_by,
)
from hub.domain.scope import DEFAULT_PERMISSIONS, Grant, Role, Scope
from hub.settings import Settings

if TYPE_CHECKING:
    from hub.oversight.letters.desk import LetterDesk
    from hub.store.mongo import Document
    from hub.store.store import Reader

app = typer.Typer(help="Letters of provinces to the ministry.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(help="A letter's id, such as 73-2026-1.")]
_DAY = ["%Y-%m-%d"]
Version = Annotated[int | None, typer.Option(help="Which version; the last one unless told.")]


@app.command()
def create(
    province: Annotated[str, typer.Argument(help="Code of a province, such as 73.")],
    first: Annotated[
        datetime, typer.Option("--from", formats=_DAY, help="First day that it is about.")
    ],
    last: Annotated[
        datetime, typer.Option("--to", formats=_DAY, help="Last day that it is about.")
    ],
    signer: Annotated[str | None, typer.Option(help="Who signs it; needed to send it.")] = None,
    signer_id: Annotated[str | None, typer.Option(help="The signer's NIP; needed too.")] = None,
    signer_title: Annotated[
        str | None, typer.Option(help="In what office it is signed; needed too.")
    ] = None,
    json: Json = False,
) -> None:
    """Drafts a letter with the figures of now, else in the usual wording.

    Example: hub letter create 73 --from 2020-07-01 --to 2020-08-31
    """
    from hub.domain.letter import Wording

    async def body(settings: Settings) -> None:
        async with _desk_of(settings, province) as (desk, _):
            said = Wording(signer_title=signer_title, signer=signer, signer_id=signer_id)
            letter = await desk.create(province, first.date(), last.date(), said)
        _tell(letter, json)

    run(body)


@app.command()
def send(id_: Id, version: Version = None, json: Json = False) -> None:
    """Sends a draft to the ministry. It does not change any more.

    Example: hub letter send 73-2026-1
    """

    async def body(settings: Settings) -> None:
        async with _desk_of(settings, id_[:2]) as (desk, reader):
            letter = await reader.letters.get(id_)
            if letter is None:
                fail(f"{id_}: there is no letter of this id", WRONG_INPUT)
            latest = letter["versions"][-1]["version"]
            letter = await desk.send(id_, latest if version is None else version)
        _tell(letter, json)

    run(body)


@app.command()
def pdf(
    id_: Id,
    to: Annotated[Path | None, typer.Option(help="File; surat-ID.pdf unless told.")] = None,
    version: Version = None,
) -> None:
    """Writes a letter as PDF into a file.

    Example: hub letter pdf 73-2026-1 --to surat.pdf
    """

    async def body(settings: Settings) -> None:
        async with _desk_of(settings, id_[:2]) as (desk, _):
            found = await desk.pdf(id_, version)
        if found is None:
            fail(f"{id_}: there is no such letter", WRONG_INPUT)
        path = to or Path(found.name)
        try:
            path.write_bytes(found.content)
        except OSError as error:
            fail(f"{path}: can't be written: {error.strerror}", FAILED)
        out.print(f"{path}: {len(found.content):,} bytes.")

    run(body)


@app.command(name="list")
def list_(
    province: Annotated[str, typer.Argument(help="Code of a province, such as 73.")],
    json: JsonLines = False,
) -> None:
    """Lists the latest 200 letters of a province.

    Example: hub letter list 73
    """
    from hub.store.paging import PageRequest

    async def body(settings: Settings) -> None:
        async with _desk_of(settings, province) as (_, reader):
            found = (await reader.letters.page(PageRequest(200))).documents
        if json:
            print_json(*map(_told, found))
            return
        table = Table(title=f"{len(found)} letters")
        for column in ("id", "period", "state", "version", "dated"):
            table.add_column(column)
        for letter in found:
            latest = letter["versions"][-1]
            period = f"{letter['first']} – {letter['last']}"
            version = str(latest["version"])
            table.add_row(letter["_id"], period, letter["state"], version, latest["dated"])
        out.print(table)

    run(body)


@asynccontextmanager
async def _desk_of(
    settings: Settings, province: str
) -> AsyncIterator[tuple["LetterDesk", "Reader"]]:
    """The desk of a province, as its own client has it."""
    from hub.domain.letter import LetterError
    from hub.oversight.letters.desk import AskError, NumberTakenError
    from hub.schema.answering import Answering
    from hub.schema.limits import Limits

    try:
        grant = Grant(Role.PROVINCE, (province,))
    except ValueError as error:
        fail(str(error), WRONG_INPUT)
    scope = Scope(typed_by(), (grant,), DEFAULT_PERMISSIONS[Role.PROVINCE])
    async with opened(settings) as store:
        desks = Answering(store, limits=Limits(enforce_cost=False)).desks(scope)
        try:
            yield desks.letters, desks.reader
        except LetterError as error:
            fail(f"{error.argument}: {error}", WRONG_INPUT)
        except AskError as error:
            fail(f"The figures can't be had: {error}", FAILED)
        except NumberTakenError:
            fail("Many letters of this province are begun at once. Try again.", FAILED)


def _told(letter: "Document") -> dict[str, object]:
    latest = letter["versions"][-1]
    told = {"id": letter["_id"], "first": letter["first"], "last": letter["last"]}
    return told | {"state": letter["state"], "version": latest["version"], "dated": latest["dated"]}


def _tell(letter: "Document", json: bool) -> None:
    if json:
        print_json(_told(letter))
        return
    told = _told(letter)
    out.print(f"{told['id']}: {told['state']}, version {told['version']}, dated {told['dated']}.")
