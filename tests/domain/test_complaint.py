from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.complaint import (
    FOLLOWED_UP_STATUSES,
    OPEN_STATUSES,
    Classification,
    Complaint,
    ComplaintStatus,
    Location,
    Reporter,
    derived_id,
)

KEY = b"k" * 32
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
PLAIN = Complaint(
    channel="lapor",
    external_id="1",
    number="1",
    status=ComplaintStatus.RECEIVED,
    status_source="Baru",
    received_at=NOON,
)
OTHER: dict[str, Any] = {
    "classification": Classification.ASPIRATION,
    "status": ComplaintStatus.CLOSED,
    "location": Location(119.4, -5.1),
    "reporter": Reporter("Wati", None),
    "anonymous": True,
    "secret": True,
}
PARTS = st.lists(st.text(), max_size=4)


def changed(field: str) -> Complaint:
    value = NOON + timedelta(seconds=1) if field.endswith("_at") else "x"
    return replace(PLAIN, **{field: OTHER.get(field, value)})


@given(PARTS, PARTS)
def test_two_ids_are_equal_only_if_all_their_parts_are(one: list[str], other: list[str]) -> None:
    assert (derived_id(*one) == derived_id(*other)) is (one == other)


def test_the_boundaries_of_the_parts_count() -> None:
    ids = {derived_id("ab", "c"), derived_id("a", "bc"), derived_id("abc"), derived_id("abc", "")}
    assert len(ids) == 4


def test_an_id_stays_the_same_on_every_replica_and_whatever_else_is_said() -> None:
    assert {changed(field.name).id for field in fields(Complaint)} - {PLAIN.id} == {
        changed("channel").id,
        changed("external_id").id,
    }
    assert PLAIN.id == derived_id("lapor", "1") == "0b9bd64041ecb8f4c95d2996"


@pytest.mark.parametrize("field", [field.name for field in fields(Complaint)])
def test_the_hash_changes_with_every_field(field: str) -> None:
    assert changed(field).content_hash(KEY) != PLAIN.content_hash(KEY)


def test_the_hash_depends_on_the_key_and_on_nothing_else_that_passes() -> None:
    assert PLAIN.content_hash(KEY) == replace(PLAIN).content_hash(KEY)
    assert PLAIN.content_hash(KEY) != PLAIN.content_hash(b"o" * 32)


def test_archived_and_rejected_are_neither_open_nor_followed_up() -> None:
    told = {*OPEN_STATUSES, *FOLLOWED_UP_STATUSES}
    assert set(ComplaintStatus) - told == {ComplaintStatus.ARCHIVED, ComplaintStatus.REJECTED}
