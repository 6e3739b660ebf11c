"""A grant as it is typed: --role, --region, --channel."""

from typing import Annotated

import typer

from hub.cli.running import WRONG_INPUT, fail
from hub.domain.region import regions
from hub.domain.scope import Grant, Role

Regions = Annotated[
    list[str] | None, typer.Option("--region", help="Code of a province (73) or district (73.71).")
]
Channels = Annotated[
    list[str] | None, typer.Option("--channel", help="Name of an operator's channel.")
]
Scopes = Annotated[
    list[str] | None,
    typer.Option("--scope", help="OAuth scope; those usual for the role by default."),
]


def grant_of(role: Role, region: list[str] | None, channel: list[str] | None) -> Grant:
    """The grant. Ends the command where regions or channels do not exist or do not fit."""
    for code in region or []:
        if regions().get(code) is None:
            fail(f"--region {code}: no region has this code; use 73 or 73.71", WRONG_INPUT)
    try:
        return Grant(role, tuple(region or ()), tuple(channel or ()))
    except ValueError as error:
        fail(f"--role {role}: {error}", WRONG_INPUT)
