"""Where a complaint is filed, and when it was received there."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.connectors.config import Resource
from hub.connectors.mapping.mapper import Mapper
from hub.domain.complaint import Complaint
from hub.domain.run import Rejection

SELECT: dict[str, Any] = {
    "external_id": "id",
    "received_at": "at",
    "closed_at": "done",
    "status": "status",
    "province": "prov",
    "district": "kab",
}
RECORD = {"id": "1", "status": "received", "at": "2024-05-01T10:00:00Z"}


def mapped(settings: dict[str, Any] | None = None, **values: Any) -> Complaint:
    given_ = {"name": "reports", "select": SELECT} | (settings or {})
    return Mapper(Resource.model_validate(given_), "lapor").map(RECORD | values)


def refused(settings: dict[str, Any] | None = None, **values: Any) -> tuple[str, str | None, str]:
    with pytest.raises(Rejection) as rejection:
        mapped(settings, **values)
    return rejection.value.field, rejection.value.value, rejection.value.reason


def place(settings: dict[str, Any] | None = None, **values: Any) -> tuple[str | None, str | None]:
    complaint = mapped(settings, **values)
    return complaint.province, complaint.district


def test_a_district_brings_its_province_and_no_place_is_unassigned() -> None:
    assert place(kab="Kota Samarinda") == ("64", "64.72")
    assert place(prov="Kalimantan Timur") == ("64", None)
    assert place() == (None, None)


def test_the_stated_system_of_codes_is_used() -> None:
    assert place({"region_codes": "bps"}, kab="7308") == ("73", "73.09")
    assert place({"region_codes": "kemendagri"}, kab="7308") == ("73", "73.08")
    assert place({"region_codes": "bps"}, kab=7311, prov=73) == ("73", "73.08")
    field, value, reason = refused(kab="7308")
    assert (field, value) == ("district", "7308")
    assert "Kabupaten Bone (Kemendagri) or Kabupaten Maros (BPS)" in reason


def permission(**rules: Any) -> dict[str, Any]:
    return {"permission": rules}


@pytest.mark.parametrize("kab", ["Kota Bogor", "73.06", "unknown", None])
@pytest.mark.parametrize("prov", ["Jawa Barat", "unknown", None])
def test_a_stamp_stands_over_whatever_the_record_says(kab: str | None, prov: str | None) -> None:
    stamped = permission(set={"district": "73.71"})
    assert place(stamped, kab=kab, prov=prov) == ("73", "73.71")


def test_a_stamped_code_is_kemendagris_also_where_records_have_bps_codes() -> None:
    papua = permission(set={"province": "91"}) | {"region_codes": "bps"}
    assert place(papua) == ("91", None)
    assert place(papua, prov="Papua Barat") == ("91", None)


def test_a_district_outside_the_stamped_province_is_refused() -> None:
    stamped = permission(set={"province": "73"})
    assert place(stamped, kab="Gowa", prov="Jawa Barat") == ("73", "73.06")
    assert refused(stamped, kab="Kota Bogor")[:2] == ("district", "Kota Bogor")


def test_a_record_from_elsewhere_is_refused_by_the_check() -> None:
    districts = permission(check={"district": {"_in": ["73.06", "73.71"]}})
    assert place(districts, kab="Gowa") == ("73", "73.06")
    reason = "this connector may not write there (permission.check)"
    assert refused(districts, kab="73.08") == ("district", "73.08", reason)
    assert refused(districts, prov="Sulawesi Selatan") == ("district", None, reason)
    province = permission(check={"province": {"_in": ["73"]}})
    assert place(province, kab="Gowa") == ("73", "73.06")
    assert refused(province, kab="Kota Bogor") == ("province", "32", reason)
    assert refused(province) == ("province", None, reason)


def test_a_check_holds_for_each_record_of_the_same_place() -> None:
    settings = {"name": "reports", "select": SELECT} | permission(
        check={"district": {"_in": ["73.06"]}}
    )
    mapper = Mapper(Resource.model_validate(settings), "lapor")
    for _ in range(2):
        with pytest.raises(Rejection):
            mapper.map(RECORD | {"kab": "Kota Bogor"})


@pytest.mark.parametrize(
    ("settings", "values", "hour"),
    [
        ({}, {"kab": "Kota Samarinda"}, 2),
        ({}, {"kab": "Kota Bandung"}, 3),
        ({}, {"kab": "Kota Jayapura"}, 1),
        ({}, {"prov": "Kalimantan Timur"}, 2),
        ({"timezone": "Asia/Jakarta"}, {"kab": "Kota Samarinda"}, 3),
        ({"timezone": "Asia/Makassar"}, {}, 2),
    ],
)
def test_a_time_without_a_zone_is_of_the_stated_zone_else_of_the_place(
    settings: dict[str, Any], values: dict[str, Any], hour: int
) -> None:
    complaint = mapped(settings, at="2024-05-01 10:00:00", **values)
    assert complaint.received_at == datetime(2024, 5, 1, hour, tzinfo=UTC)
    assert complaint.received_at.tzinfo is UTC


def test_a_time_without_a_zone_or_a_place_is_refused() -> None:
    field, value, reason = refused(at="2024-05-01 10:00:00")
    assert (field, value) == ("received_at", "2024-05-01 10:00:00")
    assert "names no time zone" in reason


def test_date_and_time_are_joined_from_two_columns() -> None:
    settings = {
        "select": SELECT | {"received_at": ["day", "time"]},
        "datetime_format": "%d %b %Y %H:%M:%S",
    }
    complaint = mapped(settings, day="1 May 2024", time="07:30:15", kab="Kota Samarinda")
    assert complaint.received_at == datetime(2024, 4, 30, 23, 30, 15, tzinfo=UTC)
    field, value, reason = refused(settings, day="1 Mei 2024", time="07:30:15", kab="64.72")
    assert (field, value) == ("received_at", "1 Mei 2024 07:30:15")
    assert "%d %b %Y %H:%M:%S" in reason


@given(
    st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2100, 1, 1)),
    st.integers(-14 * 60, 14 * 60),
)
def test_a_time_with_a_zone_is_that_moment_wherever_it_was_received(
    moment: datetime, minutes: int
) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert mapped({"timezone": "Asia/Makassar"}, at=aware.isoformat()).received_at == aware


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00", "9999-12-31T23:59:59-08:00"])
def test_a_time_at_the_end_of_the_calendar_is_refused(at: str) -> None:
    assert refused({"timezone": "Asia/Makassar"}, at=at)[:2] == ("received_at", at)


@given(st.integers(0, 10**14))
def test_a_bare_number_is_no_time(number: int) -> None:
    assert refused(at=number, kab="Gowa")[:2] == ("received_at", str(number))


def test_a_bad_time_of_any_field_refuses_the_record() -> None:
    assert refused(done="soon")[:2] == ("closed_at", "soon")
    assert mapped(done="").closed_at is None
