"""`hub keys …`."""

import typer

from hub.cli.running import opened, out, run
from hub.settings import Settings

app = typer.Typer(help="The keys that sign tokens.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `rotate` a command of its own."""


@app.command()
def rotate() -> None:
    """Makes a new key. Running hubs publish it within 5 seconds and sign with it soon after; the
    old one stays published until its tokens have expired.

    Example: hub keys rotate
    """
    from hub.auth.keys import rotate as rotate_keys

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            await rotate_keys(store.signing_keys)
        out.print("Made a new key.")

    run(body)
