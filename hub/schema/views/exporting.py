"""Makes the exports that readers asked for, in a process of its own, beside any number of others:
each page within the scope of whoever asked, as it is then."""

import secrets
import zlib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import anyio
import orjson
import structlog
from anyio import to_thread

from hub.domain.clock import SYSTEM_CLOCK, Clock
from hub.domain.scope import Scope
from hub.schema.answering import Answering
from hub.schema.schema import core_schema
from hub.schema.views.files import JSON_LINE, file_of
from hub.schema.views.table import NoTableError
from hub.schema.views.walking import Walk
from hub.store.export_register import Export, ExportLostError
from hub.store.mongo import StoreError
from hub.store.scope_monitor import viewing
from hub.store.store import Store

LEASE = timedelta(seconds=60)
POLL_SECONDS = 1.0
AT_ONCE = 2
"""How many exports one process makes at the same time."""
MOST_ROWS = 1_000_000
"""What a sheet of a workbook holds."""
PART_BYTES = 2 << 20
"""So much is kept at once; when a hub dies that much is read again."""
MOST_TRIES = 5
_AGAIN = timedelta(seconds=30)
_PIECE = 1 << 20
_CLOSING_SECONDS = 2.0
_PASSING = frozenset({"INTERNAL_ERROR", "TIMEOUT", "UNAVAILABLE"})

_log = structlog.get_logger()


class _RefusedError(Exception):
    """Why an export can't be made, in words for whoever asked."""


class _PassingError(Exception):
    """A failure that may be over in a while."""


class Exporter:
    """Takes up exports that wait, and those whose hub was not heard of for a lease."""

    def __init__(
        self,
        store: Store,
        answering: Answering,
        clock: Clock = SYSTEM_CLOCK,
        lease: timedelta = LEASE,
    ) -> None:
        """`answering` may take its time, and ask for more than one request may."""
        self._store = store
        self._answering = answering
        self._clock = clock
        self._lease = lease
        self._holder = secrets.token_hex(8)

    async def work(self) -> None:
        """Goes on until it is cancelled; what it had in hand another one goes on with."""
        async with anyio.create_task_group() as group:
            for n in range(AT_ONCE):
                group.start_soon(self._work, f"{self._holder}-{n}")

    async def _work(self, holder: str) -> None:
        while True:
            try:
                export = await self._store.exports.claim(holder, self._clock.now(), self._until())
            except StoreError as error:
                _log.warning("exports.not_read", error=str(error))
                export = None
            if export is None:
                await self._clock.sleep(POLL_SECONDS)
            else:
                await self._make(export)

    async def _make(self, export: Export) -> None:
        """Makes one, and notes how it ended, or that it is to be gone on with."""
        settled = False
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(self._keep, export, group.cancel_scope)
                await self._to_its_end(export)
                group.cancel_scope.cancel()
            settled = True
        except* (ExportLostError, StoreError) as failed:
            settled = True  # another hub has it, or will
            causes = sorted({type(each).__name__ for each in failed.exceptions})
            _log.info("export.left", export=export.id, errors=causes)
        finally:
            if not settled:
                with anyio.move_on_after(_CLOSING_SECONDS, shield=True):
                    await self._leave(export, timedelta())

    async def _keep(self, export: Export, making: anyio.CancelScope) -> None:
        """Holds it for as long as it takes; once it is lost, ends the making of it."""
        while True:
            await self._clock.sleep(self._lease.total_seconds() / 3)
            try:
                await self._store.exports.keep(export, self._until())
            except ExportLostError:
                making.cancel()
            except StoreError as error:
                _log.warning("export.not_kept", export=export.id, error=str(error))

    async def _to_its_end(self, export: Export) -> None:
        try:
            walk = self._walk(export)
            if not export.complete:
                await self._read(export, walk)
            await self._write(export, walk)
            _log.info("export.done", export=export.id, rows=export.rows)
        except _RefusedError as error:
            await self._store.exports.fail(export, str(error))
        except (ExportLostError, StoreError):
            raise
        except Exception as error:
            if not isinstance(error, _PassingError):
                # No more than its kind: the text may quote a value.
                _log.error("export.failed", export=export.id, kind=type(error).__name__)
            if export.tries >= MOST_TRIES:
                told = (
                    f"The hub failed {MOST_TRIES} times to go on. Tell its operators: {export.id}"
                )
                await self._store.exports.fail(export, told)
            else:
                await self._leave(export, _AGAIN)

    def _walk(self, export: Export) -> Walk:
        wanted = export.wanted
        operation = self._answering.operation(wanted.document)
        if operation is None:
            raise _RefusedError(
                "The schema has changed, and the view no longer fits. Save it anew."
            )
        try:
            return Walk.of(core_schema, operation, wanted.variables)
        except NoTableError as error:
            raise _RefusedError(str(error)) from None

    async def _read(self, export: Export, walk: Walk) -> None:
        """Reads page after page, and keeps them in parts."""
        after, rows = export.after, export.rows
        while not export.complete:
            pages: list[bytes] = []
            while sum(map(len, pages)) < PART_BYTES:
                data = await self._page(export, walk, after)
                entries = walk.layout.entries(data)
                rows += len(entries)
                pages.append(orjson.dumps(entries, option=JSON_LINE))
                after = walk.next(data)
                if after is None:
                    break
            if rows > MOST_ROWS:
                raise _RefusedError(
                    f"It has more than {MOST_ROWS:,} rows. Narrow it, by a year or a province."
                )
            part = await to_thread.run_sync(zlib.compress, b"".join(pages), 1)
            await self._store.exports.add(export, part, rows, after)

    async def _page(self, export: Export, walk: Walk, after: str | None) -> dict[str, Any]:
        """The data of one page, within the scope of now, which has to be that of the others."""
        scope = await self._scope(export)
        with viewing(scope):
            answer = await self._answering.within(scope, walk.document, walk.asked(after), None)
        for error in answer.body.get("errors", ()):
            if error["extensions"]["code"] in _PASSING:
                raise _PassingError
            raise _RefusedError(error["message"])
        data: dict[str, Any] = answer.body["data"]
        return data

    async def _scope(self, export: Export) -> Scope:
        scope = await self._store.principals.scope_now(export.asked_as)
        if scope is None:
            raise _RefusedError("You may no longer read anything.")
        if not await self._store.exports.reads_as(export, scope):
            raise _RefusedError("What you may read has changed meanwhile. Start another export.")
        return scope

    async def _write(self, export: Export, walk: Walk) -> None:
        """Makes the file of what was read."""
        ids: list[str] = []
        size = 0
        async for piece in self._pieces(export, walk):
            ids.append(await self._store.exports.add_to_file(export, piece))
            size += len(piece)
        await self._store.exports.finish(export, ids, size)

    async def _pieces(self, export: Export, walk: Walk) -> AsyncIterator[bytes]:
        """The file, in pieces of about a MiB."""
        layout, format_ = walk.layout, export.wanted.format
        file = file_of(format_, layout.columns)

        def written(part: bytes) -> bytes:
            pages = map(orjson.loads, zlib.decompress(part).splitlines())
            made = (
                file.write(page if format_ == "jsonl" else layout.rows_of_json(page))
                for page in pages
            )
            return b"".join(made)

        ready = bytearray()
        async for part in self._store.exports.parts(export):
            ready += await to_thread.run_sync(written, part)
            while len(ready) >= _PIECE:
                yield bytes(ready[:_PIECE])
                del ready[:_PIECE]
        ready += b"".join(await to_thread.run_sync(list, file.end()))
        yield bytes(ready)

    async def _leave(self, export: Export, wait: timedelta) -> None:
        """Lets any hub go on with it after a while."""
        try:
            await self._store.exports.put_back(export, self._clock.now() + wait)
        except (ExportLostError, StoreError) as error:
            _log.info("export.left", export=export.id, error=type(error).__name__)

    def _until(self) -> datetime:
        return self._clock.now() + self._lease
