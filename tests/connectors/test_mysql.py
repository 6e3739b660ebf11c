"""Kind `sql`, against a real MariaDB, which speaks as MySQL does."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from hub.connectors.base import Between, ChannelError, State
from hub.connectors.database.reading import BATCH_ROWS
from tests.connectors.channel import batches, ids
from tests.connectors.test_sql import (
    CHANGES,
    WHOLE,
    checkpoint_after,
    connected,
    first_batches,
)
from tests.mariadb import MariaDb, running_mariadb


@pytest.fixture(scope="module")
def mariadb() -> Iterator[MariaDb]:
    with running_mariadb() as server:
        yield server


@pytest.fixture
def kota(mariadb: MariaDb) -> Iterator[sa.Engine]:
    """An empty table of a region's own."""
    with mariadb.engine.begin() as database:
        database.exec_driver_sql(
            "CREATE TABLE laporan (id bigint, status text, masuk datetime, diubah datetime(6),"
            " biaya decimal(9, 2), lampiran blob)"
        )
    yield mariadb.engine
    with mariadb.engine.begin() as database:
        database.exec_driver_sql("DROP TABLE laporan")


def fill(kota: sa.Engine, first: int, last: int, changed: str) -> None:
    """Rows with these ids; `changed` is an SQL expression of the id `seq`."""
    with kota.begin() as database:
        database.exec_driver_sql(
            "INSERT INTO laporan SELECT seq, 'baru', '2024-09-23 00:41:43', "
            f"{changed}, 1.50, 'x' FROM seq_{first}_to_{last}"
        )


@pytest.mark.parametrize("text", [CHANGES, WHOLE], ids=["changes", "whole"])
async def test_stopped_anywhere_it_goes_on_without_a_gap(
    mariadb: MariaDb, kota: sa.Engine, text: str
) -> None:
    rows = 2 * BATCH_ROWS + 17
    fill(kota, 1, rows, "'2024-09-23' + INTERVAL (seq DIV 1500) MICROSECOND")
    checkpoint: Mapping[str, State] = {}
    seen: list[str] = []
    for _ in range(8):
        found = await first_batches(connected(mariadb, text), checkpoint, 1)
        checkpoint = checkpoint_after(found, checkpoint)
        seen += ids(found)
        if not ids(found):
            break
    assert sorted(map(int, seen)) == [*range(1, rows + 1)]


async def test_only_what_changed_is_read_again(mariadb: MariaDb, kota: sa.Engine) -> None:
    fill(kota, 1, 500, "'2024-09-23' + INTERVAL seq SECOND")
    done = checkpoint_after(await batches(connected(mariadb, CHANGES)), {})
    assert ids(await batches(connected(mariadb, CHANGES), done)) == ["500"]
    with kota.begin() as database:
        database.exec_driver_sql("UPDATE laporan SET diubah = '2024-09-24' WHERE id = 7")
    assert ids(await batches(connected(mariadb, CHANGES), done)) == ["500", "7"]


async def test_a_stretch_of_time_is_of_the_resources_zone(
    mariadb: MariaDb, kota: sa.Engine
) -> None:
    fill(kota, 0, 47, "'2024-09-22' + INTERVAL seq HOUR")
    day = Between(datetime(2024, 9, 22, 16, tzinfo=UTC), datetime(2024, 9, 23, 16, tzinfo=UTC))
    found = [batch async for batch in connected(mariadb, CHANGES).read({}, day)]
    assert ids(found) == [*map(str, range(24, 48))]  # 23 September in Makassar, UTC+8


async def test_it_says_how_many_rows_each_day_has(mariadb: MariaDb, kota: sa.Engine) -> None:
    fill(kota, 1, 30, "NULL")
    days = Between(datetime(2024, 9, 22, 16, tzinfo=UTC), datetime(2024, 9, 23, 16, tzinfo=UTC))
    counted = await connected(mariadb, CHANGES).counts(days)
    assert counted == {datetime(2024, 9, 23).date(): 30}


async def test_values_come_as_json_has_them(mariadb: MariaDb, kota: sa.Engine) -> None:
    fill(kota, 1, 1, "'2024-09-23 08:00:00.123456'")
    (batch, _) = await batches(connected(mariadb, CHANGES))
    assert batch.records == [
        {
            "id": 1,
            "status": "baru",
            "masuk": "2024-09-23T00:41:43",
            "diubah": "2024-09-23T08:00:00.123456",
            "biaya": "1.50",
            "lampiran": "78",
        }
    ]


async def test_nothing_can_be_written(mariadb: MariaDb, kota: sa.Engine) -> None:
    with kota.begin() as database:
        database.exec_driver_sql("CREATE OR REPLACE SEQUENCE nomor")
    text = CHANGES.replace("table: kota.laporan", "query: SELECT nextval(kota.nomor) AS id")
    with pytest.raises(ChannelError, match="READ ONLY transaction"):
        await connected(mariadb, text).check()


async def test_a_wrong_password_is_told_without_it(mariadb: MariaDb) -> None:
    dsn = f"mysql://reader:{'hemmelig'}@{mariadb.host}/kota"
    with pytest.raises(ChannelError, match="Access denied for user 'reader'") as failure:
        await connected(mariadb, CHANGES, dsn=dsn).check()
    assert "hemmelig" not in str(failure.value)
