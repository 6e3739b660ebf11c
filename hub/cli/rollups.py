"""`hub rollups …`."""

import typer

from hub.cli.running import opened, out, run
from hub.settings import Settings

app = typer.Typer(help="The roll-up that indicators are answered from.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `rebuild` a command of its own."""


@app.command()
def rebuild() -> None:
    """Computes the whole roll-up anew, for a database that was restored or changed by hand.

    Example: hub rollups rebuild
    """

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            cells = await store.rollups.rebuild()
        out.print(f"Computed {cells} cells (place and month).")

    run(body)
