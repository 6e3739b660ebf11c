"""Kind `sql`: a table or query of a PostgreSQL, MySQL or MariaDB database."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal, Self
from uuid import UUID

import sqlalchemy as sa
from anyio import to_thread
from pydantic import AfterValidator, Field, model_validator

from hub.connectors.base import (
    Batch,
    Between,
    ChannelError,
    Connector,
    Record,
    State,
    Undecodable,
)
from hub.connectors.config import ConnectorConfig, Resource, Text
from hub.connectors.http_config import Secret
from hub.connectors.schedule import Duration
from hub.connectors.sql_database import Address, connection
from hub.connectors.vocabulary import Vocabulary, expand

BATCH_ROWS = 1000


def _one_statement(query: str) -> str:
    if ";" in query:
        raise ValueError("takes one SELECT, without a semicolon")
    return query


class SqlIncremental(Vocabulary):
    """Reading only rows that changed: by a column that a change always raises, such as the time
    of the last update. Rows in which it is null are read each time."""

    cursor_path: Text
    """The column that a change raises."""
    lookback_window: Duration = timedelta(0)
    """How far before the checkpoint to read again."""


class Rows(Resource):
    """The rows of a table or view, or of a query, told apart by a column."""

    table: Text | None = None
    """A table or view."""
    query: Annotated[Text, AfterValidator(_one_statement)] | None = None
    """One SELECT in place of a table."""
    primary_key: Text
    """The column that tells rows apart."""
    incremental: SqlIncremental | None = None
    """How to read only rows that changed."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.table is None) == (self.query is None):
            raise ValueError("state either `table` or `query`")
        return self


class SqlConfig(ConnectorConfig):
    """A database. `allowed_hosts` defaults to the host of `dsn`."""

    type: Literal["sql"]
    """A database."""
    dsn: Secret
    """${env.NAME} of its address."""
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

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[sa.Connection]:
        dsn = expand(self.config.dsn, self.surroundings.environment, "dsn")
        address = Address.of(dsn)
        async with connection(address, self.config.allowed_hosts, self.surroundings) as database:
            yield database


@dataclass(frozen=True, slots=True)
class Reading:
    """The queries that read a resource, of a stretch of the cursor where one is given."""

    resource: Rows
    since: Any = None
    until: Any = None

    def first(self) -> sa.Select[Any]:
        """One row."""
        return self._all().limit(1)

    def lowest(self) -> sa.Select[Any]:
        """The row with the lowest cursor value."""
        cursor = self._cursor
        return self._all().where(cursor.is_not(None)).order_by(cursor).limit(1)

    def keyless(self) -> sa.Select[Any]:
        """A row that has no key, and could be neither told apart nor stepped over."""
        return self._all().where(self._key.is_(None)).limit(1)

    def after(self, cursor: Any, key: Any, *, without_cursor: bool) -> sa.Select[Any]:
        """The rows of a batch: beyond a place, or with `without_cursor` those of which the cursor
        is null. `key` None is before all keys."""
        column = self._cursor
        beyond: sa.ColumnElement[bool] | None = self._key > key if key is not None else None
        if self.resource.incremental is None or without_cursor:
            rows = self._all().order_by(self._key)
            if without_cursor:
                rows = rows.where(column.is_(None))
            if beyond is not None:
                rows = rows.where(beyond)
            return rows.limit(BATCH_ROWS)
        rows = self._all().where(column.is_not(None)).order_by(column, self._key)
        if cursor is not None:
            tied = column == cursor if beyond is None else sa.and_(column == cursor, beyond)
            rows = rows.where(sa.or_(column > cursor, tied))
        if self.until is not None:
            rows = rows.where(column < self.until)
        return rows.limit(BATCH_ROWS)

    @property
    def _key(self) -> sa.ColumnClause[Any]:
        return sa.column(self.resource.primary_key)

    @property
    def _cursor(self) -> sa.ColumnClause[Any]:
        incremental = self.resource.incremental
        return sa.column(incremental.cursor_path if incremental else self.resource.primary_key)

    def _all(self) -> sa.Select[Any]:
        everything: sa.Select[Any] = sa.select(sa.literal_column("*"))
        if self.resource.query:
            return everything.select_from(sa.text(f"({self.resource.query}) AS rows_of_query"))
        schema, _, name = (self.resource.table or "").rpartition(".")
        return everything.select_from(sa.table(name, schema=schema or None))


async def _of_stretch(database: sa.Connection, resource: Rows, between: Between) -> Reading:
    """The reading of a stretch of time. Raises ChannelError where the cursor is no time."""
    incremental = resource.incremental
    if incremental is None:
        raise ChannelError(f"{resource.name} has no `incremental`, so it is always read whole.")
    lowest = await _run(database, Reading(resource).lowest())
    value = lowest[0][incremental.cursor_path] if lowest else between.start
    if not isinstance(value, datetime):
        raise ChannelError(f"{incremental.cursor_path} of {resource.name} holds no times.")
    start, end = between.start, between.end
    if value.tzinfo is None:
        if resource.zone is None:
            raise ChannelError(
                f"{incremental.cursor_path} names no time zone; state one with `timezone`."
            )
        start, end = (m.astimezone(resource.zone).replace(tzinfo=None) for m in (start, end))
    return Reading(resource, start, end)


async def _read(
    database: sa.Connection, reading: Reading, state: State, *, keeps_state: bool
) -> AsyncIterator[Batch]:
    """The batches of a resource from a checkpoint on."""
    resource, incremental = reading.resource, reading.resource.incremental
    if await _run(database, reading.keyless()):
        raise ChannelError(f"{resource.name} has rows in which {resource.primary_key} is null.")
    cursor, key = _thawed(state.get("cursor")), _thawed(state.get("key"))
    if not state.get("under_way"):
        key = None
        if isinstance(cursor, datetime) and incremental:
            cursor -= incremental.lookback_window
    cursor = reading.since if reading.since is not None else cursor
    if incremental and keeps_state:
        keyless: Any = None
        while rows := await _run(database, reading.after(None, keyless, without_cursor=True)):
            keyless = rows[-1][resource.primary_key]
            yield Batch(resource.name, _records(rows), None)
    while rows := await _run(database, reading.after(cursor, key, without_cursor=False)):
        key = rows[-1][resource.primary_key]
        cursor = rows[-1][incremental.cursor_path] if incremental else None
        place = {"cursor": _frozen(cursor), "key": _frozen(key), "under_way": True}
        yield Batch(resource.name, _records(rows), place if keeps_state else None)
    if keeps_state:
        yield Batch(resource.name, [], {"cursor": _frozen(cursor)} if incremental else {})


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


def _records(rows: list[Mapping[str, Any]]) -> list[Record | Undecodable]:
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


_KEPT = (str, int, float, bool, type(None), list, dict)


def _plain(value: Any) -> Any:
    """A value as JSON has it: times in ISO 8601, other things as text."""
    if isinstance(value, _KEPT):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return str(value)


_THAW: dict[str, Callable[[str], Any]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "UUID": UUID,
}


def _frozen(value: Any) -> Any:
    """A value for the checkpoint, to the microsecond. Raises ChannelError for a kind of value that
    can't be put in order again."""
    if isinstance(value, str | int | float | None):
        return value
    kind = type(value).__name__
    if kind not in _THAW:
        raise ChannelError(f"A column of {kind} can't be the cursor or the key.")
    return {kind: value.isoformat() if isinstance(value, date) else str(value)}


def _thawed(value: Any) -> Any:
    if isinstance(value, dict):
        ((kind, text),) = value.items()
        return _THAW[kind](text)
    return value
