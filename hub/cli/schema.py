"""`hub schema …`."""

import typer

app = typer.Typer(help="The GraphQL schema.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `print` a command of its own."""


@app.command(name="print")
def print_schema() -> None:
    """Prints the schema in GraphQL's own language, as kept in schema.graphql."""
    from hub.schema.schema import schema

    print(schema.as_str())  # noqa: T201 - for a file
