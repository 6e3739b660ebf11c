"""`hub …`: the command line. A command is imported when it is asked for: so each begins quickly."""

from collections import UserDict
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

_COMMANDS = {
    "serve": "serve:serve",
    "demo": "demo:demo",
    "schedule": "schedule:schedule",
    "sync": "sync:sync",
    "runs": "runs:runs",
    "backfill": "backfill:backfill",
    "connector": "connector:app",
    "host": "host:app",
    "deadletters": "deadletters:app",
    "deadlines": "deadlines:app",
    "duplicates": "duplicates:app",
    "client": "client:app",
    "user": "user:app",
    "institution": "institution:app",
    "keys": "keys:app",
    "letter": "letter:app",
    "privacy": "privacy:app",
    "region": "region:app",
    "rollups": "rollups:app",
    "schema": "schema:app",
    "warnings": "warnings:app",
    "webhook": "webhook:app",
}
"""Name → module of this folder, and the function or the group of commands in it."""


class _Commands(UserDict[str, Any]):
    """Click's commands by name."""

    def __getitem__(self, name: str) -> Any:
        module, _, attribute = _COMMANDS[name].partition(":")
        found = getattr(import_module(f"hub.cli.{module}"), attribute)
        if not isinstance(found, typer.Typer):
            alone = typer.Typer(add_completion=False)
            alone.command(name)(found)
            found = alone
        command = get_command(found)
        command.name = name
        return command


class _Group(TyperGroup):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands = _Commands(_COMMANDS)


app = typer.Typer(
    cls=_Group,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def hub() -> None:
    """The complaint hub: federates complaint channels, and answers each viewer within their scope.

    Settings are HUB_* environment variables.
    """


def main() -> None:
    """The `hub` command."""
    app()
