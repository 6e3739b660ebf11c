"""Kind `sql`, against each real database server that is installed: all are read alike."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from hub.connectors.base import Between, State
from hub.connectors.database.reading import BATCH_ROWS
from tests import mariadb, postgres
from tests.connectors.channel import batches, ids, states
from tests.connectors.kota import (
    CHANGES,
    DAY,
    WHOLE,
    at,
    checkpoint_after,
    connected,
    empty_table,
    fill,
    first_batches,
    one_after_the_other,
)
from tests.sql_server import SqlServer

SERVERS = {"postgres": postgres.binaries, "mariadb": mariadb.binaries}


@pytest.fixture(params=[name for name, installed in SERVERS.items() if installed()])
def server(request: pytest.FixtureRequest) -> SqlServer:
    found: SqlServer = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def kota(server: SqlServer) -> Iterator[sa.Engine]:
    with empty_table(server) as engine:
        yield engine


@pytest.mark.parametrize("text", [CHANGES, WHOLE], ids=["changes", "whole"])
async def test_stopped_anywhere_it_goes_on_without_a_gap(
    server: SqlServer, kota: sa.Engine, text: str
) -> None:
    rows = 3 * BATCH_ROWS + 17
    fill(kota, 1, rows, lambda n: DAY + (n // 1500) * timedelta(microseconds=1))
    checkpoint: Mapping[str, State] = {}
    seen: list[str] = []
    for _ in range(10):
        found = await first_batches(connected(server, text), checkpoint, 1)
        checkpoint = checkpoint_after(found, checkpoint)
        seen += ids(found)
        if not ids(found):
            break
    assert sorted(map(int, seen)) == [*range(1, rows + 1)]


async def test_only_what_changed_is_read_again(server: SqlServer, kota: sa.Engine) -> None:
    fill(kota, 1, 500, one_after_the_other(timedelta(seconds=1)))
    done = checkpoint_after(await batches(connected(server, CHANGES)), {})
    assert ids(await batches(connected(server, CHANGES), done)) == ["500"]
    with kota.begin() as database:
        database.exec_driver_sql("UPDATE kota.laporan SET diubah = '2024-09-24' WHERE id = 7")
    assert ids(await batches(connected(server, CHANGES), done)) == ["500", "7"]
    looking_back = CHANGES.replace("diubah}", "diubah, lookback_window: PT5S}")
    assert ids(await batches(connected(server, looking_back), done)) == [
        *map(str, range(495, 501)),
        "7",
    ]


async def test_a_stretch_of_time_is_of_the_resources_zone(
    server: SqlServer, kota: sa.Engine
) -> None:
    fill(kota, 0, 47, one_after_the_other(timedelta(hours=1), datetime(2024, 9, 22)))
    channel = connected(server, CHANGES)
    day = Between(datetime(2024, 9, 22, 16, tzinfo=UTC), datetime(2024, 9, 23, 16, tzinfo=UTC))
    found = [batch async for batch in channel.read({}, day)]
    assert ids(found) == [*map(str, range(24, 48))]  # 23 September in Makassar, UTC+8
    assert states(found) == [None]


async def test_values_come_as_json_has_them(server: SqlServer, kota: sa.Engine) -> None:
    fill(kota, 1, 1, at(datetime(2024, 9, 23, 8, 0, 0, 123456)))
    (batch, _) = await batches(connected(server, CHANGES))
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
