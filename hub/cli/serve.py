"""`hub serve`."""

from contextlib import nullcontext

import anyio

from hub.app import make_app
from hub.cli.running import err, opened, run
from hub.ingest.folder import load_folder, register
from hub.serving import listening
from hub.settings import Settings
from hub.store.embedded import sole_hub


def serve() -> None:
    """Serves the hub alone, from HUB_* settings, until Ctrl-C.

    Example: HUB_PORT=9000 hub serve
    """

    async def body(settings: Settings) -> None:
        folder = settings.connectors_dir
        known = await load_folder(folder)
        alone = nullcontext() if settings.mongodb_uri else sole_hub(settings.data_dir)
        with alone:
            async with opened(settings) as store:
                for each in known:
                    await register(each, folder, store.connectors)
                app = await make_app(store, settings.issuer, settings.token_seconds)
                async with listening(app, settings.host, settings.port):
                    err.print(f"Serving {settings.issuer}/graphql; connectors: {len(known)}.")
                    await anyio.sleep_forever()

    run(body, signal_is_failure=False)
