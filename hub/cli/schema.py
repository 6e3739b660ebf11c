"""`hub schema …`."""

from enum import IntEnum
from pathlib import Path
from typing import Annotated

import typer
from graphql import GraphQLError, GraphQLSchema, build_schema
from graphql.utilities import (
    BreakingChangeType,
    DangerousChangeType,
    SchemaChange,
    find_schema_changes,
)
from rich.table import Table

from hub.cli.running import FAILED, WRONG_INPUT, JsonLines, fail, out, print_json

app = typer.Typer(help="The GraphQL schema.", no_args_is_help=True)


class _Weight(IntEnum):
    """What a change does to the clients that are there, the worst first."""

    BREAKING = 0
    DANGEROUS = 1
    SAFE = 2


_STYLES = {_Weight.BREAKING: "red", _Weight.DANGEROUS: "yellow", _Weight.SAFE: None}


@app.command(name="print")
def print_schema(
    federation: Annotated[
        bool, typer.Option("--federation", help="As a subgraph of Apollo Federation 2.")
    ] = False,
    authorization: Annotated[
        bool, typer.Option(help="With --federation: with the OAuth scopes that fields need.")
    ] = True,
) -> None:
    """Prints the schema in GraphQL's own language, as kept in schema.graphql.

    Example: hub schema print --federation --no-authorization
    """
    # Not at the top: other commands need not wait for it.
    from hub.schema.authorization import with_authorization
    from hub.schema.schema import schema, sdl

    subgraph = with_authorization if authorization else str
    print(subgraph(schema.as_str()) if federation else sdl())  # noqa: T201 - for a file


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="A schema file from before.")],
    new: Annotated[
        Path | None, typer.Argument(help="A later one; what this hub serves by default.")
    ] = None,
    json: JsonLines = False,
) -> None:
    """Says what changed between two schemas, the worst first, and what it does to clients. A change
    that breaks some ends it with exit code 1.

    Example: hub schema diff schema.graphql
    """
    from hub.schema.schema import sdl

    before = _read(old)
    after = _read(new) if new else build_schema(sdl())
    changes = sorted(
        ((_weight(change), change) for change in find_schema_changes(before, after)),
        key=lambda each: (each[0], each[1].description),
    )
    if json:
        for weight, change in changes:
            told = {
                "change": weight.name.lower(),
                "type": change.type.name,
                "what": change.description,
            }
            print_json(told)
    else:
        table = Table(title=f"{len(changes)} changes, the worst first")
        for column in ("change", "what"):
            table.add_column(column, overflow="fold")
        for weight, change in changes:
            table.add_row(weight.name.lower(), change.description, style=_STYLES[weight])
        out.print(table)
    if any(weight is _Weight.BREAKING for weight, _ in changes):
        raise typer.Exit(FAILED)


def _read(path: Path) -> GraphQLSchema:
    try:
        return build_schema(path.read_text(encoding="utf-8"), assume_valid_sdl=True)
    except OSError as error:
        fail(f"{path} can't be read: {error.strerror}", WRONG_INPUT)
    except GraphQLError as error:
        fail(f"{path} is not GraphQL: {error}", WRONG_INPUT)
    except (TypeError, UnicodeDecodeError) as error:
        fail(f"{path} is no schema: {error}", WRONG_INPUT)


def _weight(change: SchemaChange) -> _Weight:
    if isinstance(change.type, BreakingChangeType):
        return _Weight.BREAKING
    return _Weight.DANGEROUS if isinstance(change.type, DangerousChangeType) else _Weight.SAFE
