"""Kind `sql`, against a real PostgreSQL."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from hub.connectors.base import Between, ChannelError, Surroundings
from hub.connectors.database.reading import BATCH_ROWS, Reading, Rows
from hub.connectors.load import load
from hub.connectors.vocabulary import ConfigError
from tests.connectors.channel import batches, ids
from tests.connectors.kota import (
    CHANGES,
    DAY,
    WHOLE,
    at,
    checkpoint_after,
    connected,
    empty_table,
    fill,
)
from tests.sql_server import SqlServer


@pytest.fixture
def kota(postgres: SqlServer) -> Iterator[sa.Engine]:
    with empty_table(postgres) as engine:
        yield engine


async def test_rows_of_one_moment_are_all_read(postgres: SqlServer, kota: sa.Engine) -> None:
    fill(kota, 1, 2 * BATCH_ROWS + 300, at(datetime(2024, 9, 23, 8, 0, 0, 123456)))
    found = await batches(connected(postgres, CHANGES))
    assert sorted(map(int, ids(found))) == [*range(1, 2 * BATCH_ROWS + 301)]
    assert len(ids(found)) == len(set(ids(found)))


@pytest.mark.parametrize("kind", ["timestamp", "timestamptz"])
async def test_it_says_how_many_rows_each_day_has(
    postgres: SqlServer, kota: sa.Engine, kind: str
) -> None:
    fill(kota, 1, 120, at(None))
    by_zone = "" if kind == "timestamptz" else " AT TIME ZONE 'Asia/Makassar'"
    with kota.begin() as database:
        database.exec_driver_sql(
            f"ALTER TABLE kota.laporan ALTER masuk TYPE {kind} USING "
            f"('2024-09-21 20:00:00+08'::timestamptz + id * interval '1 hour'){by_zone}"
        )
    makassar = ZoneInfo("Asia/Makassar")
    stretch = Between(
        datetime(2024, 9, 22, tzinfo=makassar), datetime(2024, 9, 25, tzinfo=makassar)
    )
    first = datetime(2024, 9, 21, 20, tzinfo=makassar)
    received = [first + timedelta(hours=id_) for id_ in range(1, 121)]
    within = Counter(at.date() for at in received if stretch.start <= at < stretch.end)
    assert await connected(postgres, CHANGES).counts(stretch) == within
    assert [*within.values()] == [24, 24, 24]
    put_together = CHANGES.replace("received_at: masuk", "received_at: [masuk, diubah]")
    with pytest.raises(ChannelError, match="no single column"):
        await connected(postgres, put_together).counts(stretch)


async def test_rows_without_a_cursor_are_read_each_time(
    postgres: SqlServer, kota: sa.Engine
) -> None:
    fill(kota, 1, BATCH_ROWS + 5, at(None))
    fill(kota, 2000, 2000, at(DAY))
    first = await batches(connected(postgres, CHANGES))
    again = await batches(connected(postgres, CHANGES), checkpoint_after(first, {}))
    assert ids(first) == ids(again) == [*map(str, range(1, BATCH_ROWS + 6)), "2000"]


async def test_a_query_is_read_like_a_table(postgres: SqlServer, kota: sa.Engine) -> None:
    fill(kota, 1, 30, at(DAY))
    text = CHANGES.replace("table: kota.laporan", "query: SELECT * FROM kota.laporan WHERE id > 20")
    assert ids(await batches(connected(postgres, text))) == [*map(str, range(21, 31))]


async def test_nothing_can_be_written(postgres: SqlServer, kota: sa.Engine) -> None:
    with kota.begin() as database:
        database.exec_driver_sql("CREATE SEQUENCE kota.nomor")
    text = CHANGES.replace("table: kota.laporan", "query: SELECT nextval('kota.nomor') AS id")
    with pytest.raises(ChannelError, match="read-only transaction"):
        await connected(postgres, text).check()


@pytest.mark.parametrize("text", [CHANGES, WHOLE], ids=["changes", "whole"])
async def test_rows_that_the_key_does_not_tell_apart_are_refused_rather_than_stepped_over(
    postgres: SqlServer, kota: sa.Engine, text: str
) -> None:
    fill(kota, 1, BATCH_ROWS, at(DAY))
    fill(kota, BATCH_ROWS, BATCH_ROWS, at(DAY))
    with pytest.raises(ChannelError, match=r"several rows have the same id.*some would be lost"):
        await batches(connected(postgres, text))


async def test_rows_without_a_key_are_refused(postgres: SqlServer, kota: sa.Engine) -> None:
    fill(kota, 1, 3, at(DAY))
    with kota.begin() as database:
        database.exec_driver_sql("UPDATE kota.laporan SET id = NULL WHERE id = 2")
    with pytest.raises(ChannelError, match="laporan has rows in which id is null"):
        await batches(connected(postgres, CHANGES))


async def test_check_tells_what_it_finds(postgres: SqlServer, kota: sa.Engine) -> None:
    assert await connected(postgres, CHANGES).check() == "laporan: readable, but empty"
    fill(kota, 1, 1, at(None))
    assert await connected(postgres, CHANGES).check() == "laporan: readable"
    missing = CHANGES.replace("kota.laporan", "kota.tiada")
    with pytest.raises(ChannelError, match=r"kota\.tiada. does not exist"):
        await connected(postgres, missing).check()


async def test_a_wrong_password_is_told_without_it(postgres: SqlServer) -> None:
    dsn = f"postgresql://reader:{'hemmelig'}@{postgres.host}/postgres"
    with pytest.raises(ChannelError, match="password authentication failed") as failure:
        await connected(postgres, CHANGES, dsn=dsn).check()
    assert "hemmelig" not in str(failure.value)


@pytest.mark.parametrize(
    ("dsn", "told"),
    [
        ("sqlite:////etc/passwd", "sqlite is not among mariadb, mysql, postgresql"),
        ("postgresql:///lapor", "names no host"),
        ("postgresql://a:b@10.0.0.1/lapor", "10.0.0.1:5432 is a private address"),
        ("mysql://a:b@169.254.169.254/lapor", "169.254.169.254:3306 is a private address"),
        ("postgresql://a:b@db/lapor?host=/var/run", "takes sslmode="),
        ("postgresql://a:b@db/lapor?sslmode=prefer", "takes sslmode="),
        ("mysql://a:b@db/lapor?local_infile=1", "takes sslmode="),
        ("mysql://a:b@db/lapor?sslmode=verify-full", "for postgresql only"),
        ("postgresql://a:b@db/lapor?hostaddr=127.0.0.1", "takes sslmode="),
        ("not an address", "no address such as"),
    ],
)
async def test_addresses_that_are_not_called(postgres: SqlServer, dsn: str, told: str) -> None:
    with pytest.raises(ChannelError) as failure:
        await connected(postgres, CHANGES, dsn=dsn).check()
    assert told in str(failure.value)
    assert "a:b" not in str(failure.value)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (CHANGES.replace('"${env.KOTA_DSN}"', "postgresql://a:b@db/lapor"), "write no secret here"),
        (CHANGES.replace("    table: kota.laporan\n", ""), "either `table` or `query`"),
        (CHANGES.replace("table: kota.laporan", "query: SELECT 1; DROP TABLE x"), "semicolon"),
    ],
)
def test_configurations_that_are_refused(wrong: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        load(wrong, "kota.yaml")


def test_mysql_is_asked_in_its_own_words() -> None:
    (loaded,) = islice(load(CHANGES, "kota.yaml").config.mapped, 1)
    assert isinstance(loaded, Rows)
    query = Reading(loaded).after(datetime(2024, 9, 23), 7, without_cursor=False)
    text = str(query.compile(dialect=mysql.dialect()))
    assert " ".join(text.split()) == (
        "SELECT * FROM kota.laporan WHERE diubah IS NOT NULL AND (diubah > %s OR diubah = %s AND "
        "id > %s) ORDER BY diubah, id LIMIT %s"
    )


async def test_an_operators_connector_calls_approved_hosts_only(postgres: SqlServer) -> None:
    environment, private = {"KOTA_DSN": postgres.dsn}, frozenset({postgres.host})
    for approved, told in (([], "is not approved"), (["127.0.0.1"], "kota.laporan")):
        surroundings = Surroundings(
            Path(), environment, private, approved_hosts=frozenset(approved)
        )
        with pytest.raises(ChannelError, match=told):
            await load(CHANGES, "kota.yaml").connect(surroundings).check()
