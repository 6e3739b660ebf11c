"""Records that JSON has no words for."""

from typing import Any

import pytest

from hub.connectors.base import Batch
from hub.connectors.load import load
from hub.connectors.mapping.mapper import Mapper
from hub.domain.run import Rejection
from hub.ingest.arrival import arrived
from tests.connectors.kota import CHANGES


def nested(levels: int) -> Any:
    value: Any = "bottom"
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("odd", "kept"),
    [(nested(300), "bottom"), (nested(5_000), ""), (2**80, str(2**80)), ("\ud800", "id")],
    ids=["deep", "bottomless", "a number beyond 64 bits", "half a character"],
)
def test_they_are_dead_letters_and_the_next_record_is_none(odd: Any, kept: str) -> None:
    mapper = Mapper(load(CHANGES, "kota.yaml").config.mapped[0], "kota")
    good = {"id": "2", "status": "received", "masuk": "2024-09-23T00:41:43"}
    batch = Batch("laporan", [{"id": "1", "odd": odd}, good], None)
    first, second = arrived(batch, "kota", mapper, lambda _: "mark").arrivals
    with pytest.raises(Rejection, match="record: can't be written as JSON"):
        first.map(mapper)
    assert kept in first.raw.decode()
    assert second.map(mapper).external_id == "2"
