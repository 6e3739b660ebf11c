"""`hub region …`."""

from pathlib import Path
from typing import Annotated

import typer
from anyio import to_thread

from hub.cli.running import WRONG_INPUT, fail, opened, out, run
from hub.settings import Settings

app = typer.Typer(help="Provinces and districts.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `geometry` a command of its own."""


@app.command()
def geometry(
    file: Annotated[Path, typer.Argument(help="GeoJSON with a feature for each district, WGS 84.")],
    code_property: Annotated[
        str, typer.Option(help="The property that holds the Kemendagri code.")
    ] = "kode",
) -> None:
    """Loads outlines of districts, in the place of those loaded before.

    From then on, records that name no district but have a point are filed by it.

    Example: hub region geometry districts.geojson --code-property kode
    """
    from hub.connectors.mapping.geometry import MAX_FILE_BYTES, GeometryError, outlines_of

    async def body(settings: Settings) -> None:
        try:
            if file.stat().st_size > MAX_FILE_BYTES:
                fail(f"{file} is larger than {MAX_FILE_BYTES >> 20} MiB; simplify it.", WRONG_INPUT)
            outlines = await to_thread.run_sync(outlines_of, file.read_bytes(), code_property)
        except OSError as error:
            fail(f"{file}: {error.strerror}", WRONG_INPUT)
        except GeometryError as error:
            fail(f"{file}: {error}", WRONG_INPUT)
        async with opened(settings) as store:
            await store.outlines.replace(outlines)
        out.print(f"Loaded the outlines of {len(outlines)} districts.")

    run(body)
