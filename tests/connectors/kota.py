"""A table of a region's own in a real database, and connectors of kind `sql` to it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from hub.connectors.base import Batch, Connector, State, Surroundings
from hub.connectors.load import load
from tests.connectors.channel import states
from tests.sql_server import SqlServer

SELECT = "select: {external_id: id, status: status, received_at: masuk}"
CHANGES = f"""
version: "1"
name: kota-sql
type: sql
dsn: "${{env.KOTA_DSN}}"
resources:
  - name: laporan
    table: kota.laporan
    primary_key: id
    timezone: Asia/Makassar
    incremental: {{cursor_path: diubah}}
    {SELECT}
"""
WHOLE = CHANGES.replace("    incremental: {cursor_path: diubah}\n", "")

DAY = datetime(2024, 9, 23)
"""By the clock of the office, as its database writes times."""
_EXACT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
TABLE = sa.Table(
    "laporan",
    sa.MetaData(schema="kota"),
    sa.Column("id", sa.BigInteger, autoincrement=False),
    sa.Column("status", sa.Text),
    sa.Column("masuk", sa.DateTime),
    sa.Column("diubah", _EXACT),
    sa.Column("biaya", sa.Numeric(9, 2)),
    sa.Column("lampiran", sa.LargeBinary),
)


@contextmanager
def empty_table(server: SqlServer) -> Iterator[sa.Engine]:
    """The table, for as long as the block runs."""
    engine = server.engine
    is_schema = engine.dialect.name == "postgresql"  # of MariaDB it is the database itself
    with engine.begin() as database:
        if is_schema:
            database.exec_driver_sql("CREATE SCHEMA kota")
        TABLE.create(database)
    yield engine
    with engine.begin() as database:
        TABLE.drop(database)
        if is_schema:
            database.exec_driver_sql("DROP SCHEMA kota CASCADE")


def fill(kota: sa.Engine, first: int, last: int, changed: Callable[[int], datetime | None]) -> None:
    """Rows with these ids; `changed` says when each was changed."""
    rest = {
        "status": "baru",
        "masuk": datetime(2024, 9, 23, 0, 41, 43),
        "biaya": Decimal("1.50"),
        "lampiran": b"x",
    }
    rows = [{"id": n, "diubah": changed(n), **rest} for n in range(first, last + 1)]
    with kota.begin() as database:
        database.execute(sa.insert(TABLE), rows)


def at(moment: datetime | None) -> Callable[[int], datetime | None]:
    """All of them at one moment, or at none."""
    return lambda _: moment


def one_after_the_other(step: timedelta, begin: datetime = DAY) -> Callable[[int], datetime]:
    """Each a step later than the one before."""
    return lambda n: begin + n * step


def connected(server: SqlServer, text: str, **dsn: str) -> Connector[Any]:
    address = dsn.get("dsn", server.dsn)
    surroundings = Surroundings(Path(), {"KOTA_DSN": address}, frozenset({server.host}))
    return load(text, "kota.yaml").connect(surroundings)


async def first_batches(
    channel: Connector[Any], checkpoint: Mapping[str, State], count: int
) -> list[Batch]:
    reading = channel.read(checkpoint)
    found = [batch async for batch, _ in _numbered(reading, count)]
    await reading.aclose()
    return found


async def _numbered(reading: Any, count: int) -> Any:
    for number in range(count):
        yield await anext(reading), number


def checkpoint_after(found: list[Batch], before: Mapping[str, State]) -> Mapping[str, State]:
    known = [state for state in states(found) if state is not None]
    return {"laporan": known[-1]} if known else before
