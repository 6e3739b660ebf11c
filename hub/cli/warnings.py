"""`hub warnings …`: early warning, for whoever runs the hub."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from hub.cli.running import WRONG_INPUT, JsonLines, fail, opened, out, print_json, run, typed_by
from hub.domain.scope import DEFAULT_PERMISSIONS, Grant, Permission, Role, Scope
from hub.domain.warning import WarningState
from hub.settings import Settings

if TYPE_CHECKING:
    from hub.store.mongo import Document

app = typer.Typer(help="What rules of early warning found.", no_args_is_help=True)

_LATEST = 200


@app.command(name="list")
def list_(
    state: Annotated[WarningState | None, typer.Option(help="In this state only.")] = None,
    json: JsonLines = False,
) -> None:
    """Lists the latest 200 warnings.

    Example: hub warnings list --state open
    """
    from hub.oversight.mail import what
    from hub.store.paging import PageRequest

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            warnings = store.reader(_scope()).warnings
            found = (await warnings.page(state, PageRequest(_LATEST))).documents
        if json:
            print_json(*map(_told, found))
            return
        table = Table(title=f"{len(found)} warnings")
        for column in ("id", "rule", "raised (UTC)", "state", "what"):
            table.add_column(column, overflow="fold")
        for each in found:
            raised = f"{each['raised_at']:%Y-%m-%d %H:%M}"
            table.add_row(each["_id"], each["name"], raised, each["state"], what(each))
        out.print(table)

    run(body)


@app.command()
def rules(json: JsonLines = False) -> None:
    """Lists the oldest 200 rules, when each was evaluated, and why it was not since.

    Example: hub warnings rules
    """
    from hub.store.paging import PageRequest

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            kept = store.reader(_scope()).warning_rules
            found = (await kept.page(PageRequest(_LATEST))).documents
        if json:
            print_json(*map(_told, found))
            return
        table = Table(title=f"{len(found)} rules")
        for column in ("id", "name", "kind", "region", "by", "evaluated (UTC)", "problem"):
            table.add_column(column, overflow="fold")
        for each in found:
            at, problem = each.get("evaluated_at"), each.get("problem")
            told = f"{at:%Y-%m-%d %H:%M}" if at else ""
            region = each["region"] or "the nation"
            named = each["_id"], each["name"], each["kind"], region, each["by"]
            table.add_row(*named, told, problem or "")
        out.print(table)

    run(body)


@app.command()
def acknowledge(
    id_: Annotated[str, typer.Argument(help="A warning's id, as in the list.")],
    note: Annotated[str, typer.Option(help="Why, or what is done about it.")],
) -> None:
    """Says that somebody looks after an open warning, for whoever sees it to read.

    Example: hub warnings acknowledge warning_0f3a91c2d4e5f60718293a4b --note "the channel moves"
    """
    from hub.oversight.desk import OversightDesk, OversightError
    from hub.schema.cases import checked_note
    from hub.schema.errors import InputError

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            try:
                await OversightDesk(_scope(), store).acknowledge(id_, checked_note(note))
            except InputError as error:
                fail(error.message, WRONG_INPUT)
            except OversightError as error:
                fail(f"{id_}: {error}", WRONG_INPUT)
        out.print(f"{id_} is acknowledged.")

    run(body)


def _told(found: "Document") -> dict[str, object]:
    """One of a list for scripts; whom e-mails go to is its owner's matter."""
    hidden = {"_id", "holds", "mail_to"}
    return {"id": found["_id"], **{n: each for n, each in found.items() if n not in hidden}}


def _scope() -> Scope:
    """That of the ministry, which oversees all of it."""
    permissions = DEFAULT_PERMISSIONS[Role.MINISTRY] | {Permission.OVERSIGHT_WRITE}
    return Scope(typed_by(), (Grant(Role.MINISTRY),), permissions)
