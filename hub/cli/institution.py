"""`hub institution …`."""

from pathlib import Path
from typing import Annotated

import typer

from hub.cli.running import WRONG_INPUT, fail, opened, out, run
from hub.domain.institutions import InstitutionsError, institutions_in
from hub.settings import Settings

app = typer.Typer(help="The institutions that handle complaints.", no_args_is_help=True)

_MOST_BYTES = 4 << 20


@app.callback()
def _group() -> None:
    """Keeps `load` a command of its own."""


@app.command()
def load(
    file: Annotated[Path, typer.Argument(help="CSV: name,region,decree,also")],
) -> None:
    """Loads the list of institutions, in the place of the one loaded before.

    name is what channels call it, region the code of its province or district, decree the number of
    the decree (SK) that names who handles its complaints, also other spellings, parted by |.

    Example: hub institution load institutions.csv
    """

    async def body(settings: Settings) -> None:
        try:
            if file.stat().st_size > _MOST_BYTES:
                fail(f"{file} is larger than {_MOST_BYTES >> 20} MiB.", WRONG_INPUT)
            listed = institutions_in(file.read_text("utf-8-sig").splitlines())
        except OSError as error:
            fail(f"{file}: {error.strerror}", WRONG_INPUT)
        except UnicodeDecodeError:
            fail(f"{file}: is no text in UTF-8; save it as such.", WRONG_INPUT)
        except InstitutionsError as error:
            fail(f"{file}: {error}", WRONG_INPUT)
        async with opened(settings) as store:
            await store.institutions.replace(listed)
        out.print(f"Loaded {len(listed)} institutions.")

    run(body)
