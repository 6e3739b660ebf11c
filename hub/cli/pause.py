"""`hub connector pause` and `resume`: whether a connector runs by its schedule."""

from typing import Annotated

import typer

from hub.cli.running import WRONG_INPUT, fail, opened, out, run, typed_by
from hub.settings import Settings

_UNKNOWN = "{}: no connector of this name is registered."

Name = Annotated[str, typer.Argument(help="The connector's name.")]


def pause(
    name: Name,
    reason: Annotated[str, typer.Option(help="Why, for whoever meets it at rest.")],
) -> None:
    """Keeps a connector from running by its schedule. `hub sync` still runs it.

    Example: hub connector pause makassar-open311 --reason "Their server moves until Friday"
    """

    async def body(settings: Settings) -> None:
        if not reason.strip():
            fail("--reason: say why the connector is to rest.", WRONG_INPUT)
        async with opened(settings) as store:
            stands = await store.connectors.pause(name, reason, typed_by())
        if stands is None:
            fail(_UNKNOWN.format(name), WRONG_INPUT)
        since = f"since {stands.at:%Y-%m-%d %H:%M} UTC by {stands.by}"
        out.print(f"{name} is paused {since}: {stands.reason}", markup=False)

    run(body)


def resume(name: Name) -> None:
    """Lets a paused connector run again; its count of failed runs begins anew.

    Example: hub connector resume makassar-open311
    """

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            known = await store.connectors.resume(name)
        if not known:
            fail(_UNKNOWN.format(name), WRONG_INPUT)
        out.print(f"{name} runs by its schedule.", markup=False)

    run(body)
