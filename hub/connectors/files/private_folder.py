"""A folder for what is needed while a run lasts, and that no other user may see."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import anyio
from anyio import to_thread


@asynccontextmanager
async def private_folder() -> AsyncIterator[Path]:
    """A folder that only this user can look into, and that is gone afterwards."""
    folder = Path(await to_thread.run_sync(partial(tempfile.mkdtemp, prefix="hub-")))
    try:
        yield folder
    finally:
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(partial(shutil.rmtree, folder, ignore_errors=True))
