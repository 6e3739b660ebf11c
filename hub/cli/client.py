"""`hub client …`."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from hub.cli import operations
from hub.cli.grants import Channels, Regions, Scopes, grant_of
from hub.cli.running import WRONG_INPUT, fail, opened, print_json, run
from hub.domain.scope import Role
from hub.settings import Settings
from hub.store.clients import GrantType
from hub.store.store import Store

app = typer.Typer(help="OAuth clients: who may ask the hub.", no_args_is_help=True)
app.add_typer(operations.app, name="operations")


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What the client is called.")],
    role: Annotated[
        Role | None, typer.Option(help="What it may be. Not needed if it acts for users only.")
    ] = None,
    region: Regions = None,
    channel: Channels = None,
    scope: Scopes = None,
    redirect_uri: Annotated[
        list[str] | None, typer.Option(help="Where users come back to with a code, exactly.")
    ] = None,
    public: Annotated[
        bool, typer.Option("--public", help="It can keep no secret: a browser, a device.")
    ] = False,
    jwks: Annotated[
        Path | None, typer.Option(help="File with its public keys; it signs, and has no secret.")
    ] = None,
    grant_type: Annotated[
        list[GrantType] | None,
        typer.Option(help="Way to a token; by default those usual for the other options."),
    ] = None,
) -> None:
    """Makes a client and prints {"client_id", "client_secret"}. The secret is shown this once.

    A public client, and one with --jwks, has no secret: only its id is printed.

    Example: hub client create "Konsol Sulsel" --role province --region 73
    """
    grants = (grant_of(role, region, channel),) if role else ()
    if (region or channel) and not role:
        fail("--role: regions and channels need a role", WRONG_INPUT)
    keys = _key_set(jwks) if jwks else None

    from hub.auth.clients import register_client

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            try:
                client_id, secret = await register_client(
                    store.clients,
                    name,
                    grants,
                    scope or (),
                    grant_types=grant_type or (),
                    redirect_uris=redirect_uri or (),
                    public=public,
                    jwks=keys,
                )
            except ValueError as error:
                fail(str(error), WRONG_INPUT)
        told = {"client_id": client_id} | ({"client_secret": secret} if secret else {})
        print_json(told)

    run(body)


def _key_set(path: Path) -> dict[str, Any]:
    """The JSON of a key set; what is in it is checked where the client is made."""
    try:
        found: dict[str, Any] = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        fail(f"--jwks {path}: {error}", WRONG_INPUT)
    return found


@app.command()
def grant(
    subject: Annotated[str, typer.Argument(help="A client's id; or user: and a person's id.")],
    role: Annotated[Role, typer.Option(help="What it may be from now on.")],
    region: Regions = None,
    channel: Channels = None,
    scope: Scopes = None,
) -> None:
    """Replaces what a client or a person may do. Less holds at once, also for the tokens that they
    have; more needs a new token.

    Example: hub client grant konsol-sulsel-0f3a91c2 --role district --region 73.71
    """
    grants = (grant_of(role, region, channel),)

    from hub.auth.clients import chosen_permissions

    try:
        permissions = chosen_permissions(grants, scope or ())
    except ValueError as error:
        fail(f"--scope: {error}", WRONG_INPUT)
    _change(subject, lambda store: store.principals.set_grants(subject, grants, permissions))


@app.command()
def disable(
    subject: Annotated[str, typer.Argument(help="A client's id; or user: and a person's id.")],
) -> None:
    """Makes all tokens of a client or a person void at once, and lets them get no new one.

    Example: hub client disable konsol-sulsel-0f3a91c2
    """
    _change(subject, lambda store: store.principals.disable(subject))


@app.command()
def enable(
    subject: Annotated[str, typer.Argument(help="A client's id; or user: and a person's id.")],
) -> None:
    """Lets a client or a person that was disabled in again.

    Example: hub client enable konsol-sulsel-0f3a91c2
    """
    _change(subject, lambda store: store.principals.disable(subject, disabled=False))


def _change(subject: str, change: Callable[[Store], Awaitable[None]]) -> None:
    from hub.store.principals import UnknownPrincipalError

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            try:
                await change(store)
            except UnknownPrincipalError:
                fail(f"{subject}: there is no client or person of this id", WRONG_INPUT)

    run(body)
