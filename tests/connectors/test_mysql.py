"""Kind `sql`, against a real MariaDB, which speaks as MySQL does."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from hub.connectors.base import Between, ChannelError
from tests.connectors.kota import CHANGES, at, connected, empty_table, fill
from tests.sql_server import SqlServer


@pytest.fixture
def kota(mariadb: SqlServer) -> Iterator[sa.Engine]:
    with empty_table(mariadb) as engine:
        yield engine


async def test_it_says_how_many_rows_each_day_has(mariadb: SqlServer, kota: sa.Engine) -> None:
    fill(kota, 1, 30, at(None))
    days = Between(datetime(2024, 9, 22, 16, tzinfo=UTC), datetime(2024, 9, 23, 16, tzinfo=UTC))
    counted = await connected(mariadb, CHANGES).counts(days)
    assert counted == {datetime(2024, 9, 23).date(): 30}


async def test_nothing_can_be_written(mariadb: SqlServer, kota: sa.Engine) -> None:
    with kota.begin() as database:
        database.exec_driver_sql("CREATE OR REPLACE SEQUENCE nomor")
    text = CHANGES.replace("table: kota.laporan", "query: SELECT nextval(kota.nomor) AS id")
    with pytest.raises(ChannelError, match="READ ONLY transaction"):
        await connected(mariadb, text).check()


async def test_a_wrong_password_is_told_without_it(mariadb: SqlServer) -> None:
    dsn = f"mysql://reader:{'hemmelig'}@{mariadb.host}/kota"
    with pytest.raises(ChannelError, match="Access denied for user 'reader'") as failure:
        await connected(mariadb, CHANGES, dsn=dsn).check()
    assert "hemmelig" not in str(failure.value)
