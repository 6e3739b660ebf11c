"""`hub user …`."""

import sys
from typing import Annotated

import typer

from hub.cli.grants import Channels, Regions, Scopes, grant_of
from hub.cli.running import WRONG_INPUT, fail, opened, out, print_json, run
from hub.domain.scope import Role
from hub.settings import Settings
from hub.store.users import NameTakenError

app = typer.Typer(help="People who log in at the hub to use a console.", no_args_is_help=True)

_TOTP_ISSUER = "Complaint Hub"


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What they log in with.")],
    role: Annotated[Role, typer.Option(help="What they may be.")],
    region: Regions = None,
    channel: Channels = None,
    scope: Scopes = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password; by default one is made.")
    ] = False,
    totp: Annotated[
        bool, typer.Option("--totp", help="Ask for one-time codes of an authenticator too.")
    ] = False,
) -> None:
    """Makes a user and prints {"id", "name", "password", "totp"} with what was made for them, this
    once: the password unless it was read, the otpauth URI with --totp.

    Example: hub user create siti --role province --region 73 --totp
    """
    grant = grant_of(role, region, channel)
    given = sys.stdin.readline().rstrip("\r\n") if password_stdin else None

    from hub.auth.users import create_user, enrol_totp

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            try:
                user, password = await create_user(store.users, name, (grant,), scope or (), given)
            except NameTakenError:
                fail(f"{name}: there is a user of this name already", WRONG_INPUT)
            except ValueError as error:
                fail(str(error), WRONG_INPUT)
            told = {"id": user.id, "name": user.name}
            if given is None:
                told["password"] = password
            if totp:
                told["totp"] = await enrol_totp(store.users, user, _TOTP_ISSUER)
        print_json(told)

    run(body)


@app.command()
def totp(name: Annotated[str, typer.Argument(help="What they log in with.")]) -> None:
    """Asks a user for one-time codes from now on; prints the otpauth URI for their authenticator,
    this once. One that they had before counts no more.

    Example: hub user totp siti
    """
    from hub.auth.users import enrol_totp

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            user = await store.users.named(name)
            if user is None:
                fail(_unknown(name), WRONG_INPUT)
            print(await enrol_totp(store.users, user, _TOTP_ISSUER))  # noqa: T201

    run(body)


@app.command()
def remove(name: Annotated[str, typer.Argument(help="What they log in with.")]) -> None:
    """Removes a user: no login, and no token made from one, is renewed.

    Example: hub user remove siti
    """

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            if not await store.users.remove(name):
                fail(_unknown(name), WRONG_INPUT)
        out.print(f"Removed {name}.", markup=False)

    run(body)


def _unknown(name: str) -> str:
    return f"{name}: there is no user of this name"
