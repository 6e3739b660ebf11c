"""The queries of kind `sql`: what is read of a table, in which order, from where on."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Self

import sqlalchemy as sa
from pydantic import AfterValidator, model_validator

from hub.connectors.config import Resource, Text
from hub.connectors.schedule import Duration
from hub.connectors.vocabulary import Vocabulary

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


@dataclass(frozen=True, slots=True)
class Reading:
    """The queries that read a resource; `since` and `until` are the stretch of a column that is
    read, where one is given."""

    resource: Rows
    since: Any = None
    until: Any = None

    def first(self) -> sa.Select[Any]:
        """One row."""
        return self._all().limit(1)

    def lowest(self, column: str) -> sa.Select[Any]:
        """The row with the lowest value of a column."""
        by: sa.ColumnClause[Any] = sa.column(column)
        return self._all().where(by.is_not(None)).order_by(by).limit(1)

    def count(self, column: str) -> sa.Select[Any]:
        """How many rows have a time of the stretch in a column, as `n`."""
        by: sa.ColumnClause[Any] = sa.column(column)
        rows = self._all().where(by >= self.since, by < self.until).subquery("counted")
        return sa.select(sa.func.count().label("n")).select_from(rows)

    def keyless(self) -> sa.Select[Any]:
        """A row that has no key, and could be neither told apart nor stepped over."""
        return self._all().where(self._key.is_(None)).limit(1)

    def after(self, cursor: Any, key: Any, *, without_cursor: bool) -> sa.Select[Any]:
        """The rows of a batch and one more, beyond a place, or with `without_cursor` those of which
        the cursor is null. `key` None is before all keys."""
        column = self._cursor
        beyond: sa.ColumnElement[bool] | None = self._key > key if key is not None else None
        if self.resource.incremental is None or without_cursor:
            rows = self._all().order_by(self._key)
            if without_cursor:
                rows = rows.where(column.is_(None))
            if beyond is not None:
                rows = rows.where(beyond)
            return rows.limit(BATCH_ROWS + 1)
        rows = self._all().where(column.is_not(None)).order_by(column, self._key)
        if cursor is not None:
            tied = column == cursor if beyond is None else sa.and_(column == cursor, beyond)
            rows = rows.where(sa.or_(column > cursor, tied))
        if self.until is not None:
            rows = rows.where(column < self.until)
        return rows.limit(BATCH_ROWS + 1)

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
