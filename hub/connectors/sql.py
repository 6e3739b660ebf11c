"""Kind `sql`: a table or query of a PostgreSQL, MySQL or MariaDB database."""

from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

import sqlalchemy as sa
from anyio import to_thread
from pydantic import Field

from hub.connectors.base import Batch, Between, ChannelError, Connector, State
from hub.connectors.config import ConnectorConfig, Resource, Text
from hub.connectors.database.connection import Address, connection
from hub.connectors.database.reading import BATCH_ROWS, Reading, Rows
from hub.connectors.database.values import frozen, records, thawed
from hub.connectors.http.config import Secret


class SqlConfig(ConnectorConfig):
    """A database. `allowed_hosts` defaults to the host of `dsn`."""

    type: Literal["sql"]
    """A database."""
    dsn: Secret
    """${secret.NAME} or ${env.NAME} of its address."""
    allowed_hosts: list[Text] = []
    """Hosts that may be called; that of dsn if left out."""
    resources: Annotated[list[Rows], Field(min_length=1)]
    """Its tables and queries."""

    @property
    def mapped(self) -> tuple[Resource, ...]:
        """The tables and queries."""
        return tuple(self.resources)


class SqlConnector(Connector[SqlConfig]):
    """Reads rows in the order of (cursor, key), each batch with a short query of its own: no
    transaction stays open, and a run goes on after the very row at which another one stopped."""

    config_model = SqlConfig

    async def check(self) -> str:
        """Reads one row of each resource."""
        found = []
        async with self._connection() as database:
            for resource in self.config.resources:
                rows = await _run(database, Reading(resource).first())
                found.append(f"{resource.name}: {'readable' if rows else 'readable, but empty'}")
        return "; ".join(found)

    async def read(
        self, checkpoint: Mapping[str, State], between: Between | None = None
    ) -> AsyncGenerator[Batch, None]:
        """Each 1,000 rows a batch, after which the checkpoint stands. A run that got through
        starts the next one at its last cursor value, less the lookback."""
        async with self._connection() as database:
            for resource in self.config.resources:
                if between:
                    state: State = {}
                    reading = await _of_stretch(database, resource, between)
                else:
                    state = checkpoint.get(resource.name, {})
                    reading = Reading(resource)
                async for batch in _read(database, reading, state, keeps_state=not between):
                    yield batch

    async def counts(self, between: Between) -> Mapping[date, int]:
        """Counts the rows of each day by the column that `received_at` is selected from, a short
        query for each day."""
        found: Counter[date] = Counter()
        async with self._connection() as database:
            for resource in self.config.resources:
                column = resource.select.received_at
                if not isinstance(column, str) or column.startswith("$"):
                    raise ChannelError(f"{resource.name} has `received_at` from no single column.")
                as_kept = await _as_kept(database, resource, column)
                for day in between.days:
                    query = Reading(resource, as_kept(day.start), as_kept(day.end)).count(column)
                    found[day.start.astimezone(self.config.zone).date()] += (
                        await _run(database, query)
                    )[0]["n"]
        return found

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[sa.Connection]:
        dsn = self.surroundings.expand(self.config.dsn, "dsn")
        address = Address.of(dsn)
        async with connection(address, self.config.allowed_hosts, self.surroundings) as database:
            yield database


async def _of_stretch(database: sa.Connection, resource: Rows, between: Between) -> Reading:
    """The reading of a stretch of time. Raises ChannelError where the cursor is no time."""
    incremental = resource.incremental
    if incremental is None:
        raise ChannelError(f"{resource.name} has no `incremental`, so it is always read whole.")
    as_kept = await _as_kept(database, resource, incremental.cursor_path)
    return Reading(resource, as_kept(between.start), as_kept(between.end))


async def _as_kept(
    database: sa.Connection, resource: Rows, column: str
) -> Callable[[datetime], datetime]:
    """Writes a moment as a column has its times. Raises ChannelError where it has none."""
    lowest = await _run(database, Reading(resource).lowest(column))
    value = lowest[0][column] if lowest else datetime.now(UTC)
    if not isinstance(value, datetime):
        raise ChannelError(f"{column} of {resource.name} holds no times.")
    if value.tzinfo is not None:
        return lambda moment: moment
    if resource.zone is None:
        raise ChannelError(f"{column} names no time zone; state one with `timezone`.")
    return lambda moment: moment.astimezone(resource.zone).replace(tzinfo=None)


async def _read(
    database: sa.Connection, reading: Reading, state: State, *, keeps_state: bool
) -> AsyncIterator[Batch]:
    """The batches of a resource from a checkpoint on."""
    resource, incremental = reading.resource, reading.resource.incremental
    if await _run(database, reading.keyless()):
        raise ChannelError(f"{resource.name} has rows in which {resource.primary_key} is null.")
    cursor, key = thawed(state.get("cursor")), thawed(state.get("key"))
    if not state.get("under_way"):
        key = None
        if isinstance(cursor, datetime) and incremental:
            cursor -= incremental.lookback_window
    cursor = reading.since if reading.since is not None else cursor
    if incremental and keeps_state:
        keyless: Any = None
        while rows := await _batch(database, reading, None, keyless, without_cursor=True):
            keyless = rows[-1][resource.primary_key]
            yield Batch(resource.name, records(rows), None)
    while rows := await _batch(database, reading, cursor, key, without_cursor=False):
        key = rows[-1][resource.primary_key]
        cursor = rows[-1][incremental.cursor_path] if incremental else None
        place = {"cursor": frozen(cursor), "key": frozen(key), "under_way": True}
        yield Batch(resource.name, records(rows), place if keeps_state else None)
    if keeps_state:
        yield Batch(resource.name, [], {"cursor": frozen(cursor)} if incremental else {})


async def _batch(
    database: sa.Connection, reading: Reading, cursor: Any, key: Any, *, without_cursor: bool
) -> list[Mapping[str, Any]]:
    """The rows beyond a place. Raises ChannelError where the next one has the place of the last:
    it would be stepped over."""
    rows = await _run(database, reading.after(cursor, key, without_cursor=without_cursor))
    taken, following = rows[:BATCH_ROWS], rows[BATCH_ROWS:]
    if following:
        resource, incremental = reading.resource, reading.resource.incremental
        columns = [resource.primary_key, *([incremental.cursor_path] if incremental else [])]
        if all(following[0][name] == taken[-1][name] for name in columns):
            raise ChannelError(
                f"{resource.name}: several rows have the same {' and '.join(columns)}, so that "
                "primary_key does not tell them apart and some would be lost. Name a column that "
                "does, or make one in `query`."
            )
    return taken


async def _run(database: sa.Connection, query: sa.Select[Any]) -> list[Mapping[str, Any]]:
    """The rows of a query. Raises ChannelError."""

    def run() -> list[Mapping[str, Any]]:
        try:
            return [dict(row) for row in database.execute(query).mappings()]
        except sa.exc.SQLAlchemyError as error:
            # Its own text has the statement and its values; the driver's is the reason alone.
            reason = str(getattr(error, "orig", None) or type(error).__name__).splitlines()[0]
            raise ChannelError(f"The database refuses to answer: {reason}") from None

    return await to_thread.run_sync(run)
