"""`hub client …`."""

from typing import Annotated

import orjson
import typer

from hub.cli.running import WRONG_INPUT, fail, opened, run
from hub.domain.region import regions
from hub.domain.scope import Grant, Role
from hub.settings import Settings

app = typer.Typer(help="OAuth clients: who may ask the hub.", no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What the client is called.")],
    role: Annotated[Role, typer.Option(help="What it may be.")],
    region: Annotated[
        list[str] | None, typer.Option(help="Code of a province (73) or district (73.71).")
    ] = None,
    channel: Annotated[
        list[str] | None, typer.Option(help="Name of an operator's channel.")
    ] = None,
    scope: Annotated[
        list[str] | None, typer.Option(help="OAuth scope; those usual for the role by default.")
    ] = None,
) -> None:
    """Makes a client and prints {"client_id", "client_secret"}. The secret is shown this once.

    Example: hub client create "Konsol Sulsel" --role province --region 73
    """
    for code in region or []:
        if regions().get(code) is None:
            fail(f"--region {code}: no region has this code; use 73 or 73.71", WRONG_INPUT)
    try:
        grant = Grant(role, tuple(region or ()), tuple(channel or ()))
    except ValueError as error:
        fail(f"--role {role}: {error}", WRONG_INPUT)

    from hub.auth.clients import create_client

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            try:
                made = await create_client(store.clients, name, grant, scope or ())
            except ValueError as error:
                fail(f"--scope: {error}", WRONG_INPUT)
        client_id, secret = made
        print(orjson.dumps({"client_id": client_id, "client_secret": secret}).decode())  # noqa: T201

    run(body)


@app.command()
def disable(
    subject: Annotated[str, typer.Argument(help="A client's id; or user: and a person's id.")],
) -> None:
    """Makes all tokens of a client or a person void at once, and lets them get no new one.

    Example: hub client disable konsol-sulsel-0f3a91c2
    """
    _set_disabled(subject, True)


@app.command()
def enable(
    subject: Annotated[str, typer.Argument(help="A client's id; or user: and a person's id.")],
) -> None:
    """Lets a client or a person that was disabled in again.

    Example: hub client enable konsol-sulsel-0f3a91c2
    """
    _set_disabled(subject, False)


def _set_disabled(subject: str, disabled: bool) -> None:
    from hub.store.principals import UnknownPrincipalError

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            try:
                await store.principals.disable(subject, disabled)
            except UnknownPrincipalError:
                fail(f"{subject}: there is no client or person of this id", WRONG_INPUT)

    run(body)
