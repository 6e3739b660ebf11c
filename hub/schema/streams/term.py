"""How long a stream may go on: for as long as its viewer may see what they could at its beginning,
and the hub is not about to end."""

import asyncio
import time
from asyncio import Event
from contextlib import suppress

import anyio

from hub.auth.issuers import InvalidTokenError
from hub.auth.middleware import Viewer
from hub.store.mongo import StoreError
from hub.store.remembered import Remembered

CHECK_SECONDS = 1.5
"""So often a token is looked at though nobody told of a change. With the three seconds for which a
silent stream of changes is believed (remembered.py) that makes less than five."""

_AGAIN_SECONDS = 0.5


class AuthorityEndedError(Exception):
    """The viewer may not go on; the text may be shown to them."""


class Term:
    """One viewer's time."""

    def __init__(self, viewer: Viewer, changes: Remembered, ending: Event) -> None:
        """`changes` are those of clients, people and revoked tokens."""
        self.viewer = viewer
        self.ending = ending
        self._changes = changes
        self._confirmed: int | None = None

    async def confirm(self) -> None:
        """Returns once it is known that the viewer may see what they could, however long that
        can't be found out; at once where nothing has changed since the last time. Raises
        AuthorityEndedError."""
        stamp = self._changes.stamp
        if stamp is None or stamp != self._confirmed:
            await self._confirm()
            self._confirmed = stamp

    async def _confirm(self) -> None:
        while True:
            try:
                scope = await self.viewer.scope_now()
            except InvalidTokenError as error:
                raise AuthorityEndedError(str(error)) from None
            except StoreError:
                await anyio.sleep(_AGAIN_SECONDS)
                continue
            if scope != self.viewer.scope:
                raise AuthorityEndedError("What you may see has changed. Subscribe again.")
            return

    async def until_ended(self) -> None:
        """Raises AuthorityEndedError as soon as it is known."""
        while (left := self.viewer.expires_at - time.time()) > 0:
            change = self._changes.next_change
            # Not anyio's: with a thousand streams those take a twentieth of the processor.
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._confirm()
                    async with asyncio.timeout(CHECK_SECONDS):
                        await change.wait()
        raise AuthorityEndedError("The token has expired.")
