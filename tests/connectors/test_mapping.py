"""A record becomes a complaint, or is refused with the field and the value."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.connectors.config import Resource
from hub.connectors.mapping.mapper import Mapper
from hub.domain.complaint import Classification, Complaint, ComplaintStatus, Location, Reporter
from hub.domain.run import Rejection

RECORD = {
    "id": "5200001",
    "at": "2024-05-01T10:00:00+08:00",
    "status": "Ditutup oleh Sistem",
    "category": "Jalan Rusak",
    "kind": "Aspirasi",
    "prov": "Sulawesi Selatan",
    "kab": "KAB. GOWA",
}
SETTINGS: dict[str, Any] = {
    "name": "reports",
    "select": {
        "external_id": "id",
        "received_at": "at",
        "status": "status",
        "category": "category",
        "classification": "kind",
        "province": "prov",
        "district": "kab",
        "longitude": "lon",
        "latitude": "lat",
        "anonymous": {"path": "flags", "has": "Anonim"},
        "secret": {"path": "flags", "has": "Rahasia"},
        "reporter_name": "name",
        "reporter_contact": "phone",
    },
    "status_mapping": {"Ditutup oleh Sistem": "closed", "Baru": "received"},
    "category_mapping": {"Jalan rusak": "roads.damage"},
    "classification_mapping": {"Aspirasi": "aspiration"},
    "programme_mapping": {"Jalan Rusak": "JALAN2024"},
}


def mapper(**settings: Any) -> Mapper:
    return Mapper(Resource.model_validate(SETTINGS | settings), "lapor")


def mapped(mapping: Mapper | None = None, **values: Any) -> Complaint:
    return (mapping or mapper()).map(RECORD | values)


def rejection(mapping: Mapper | None = None, **values: Any) -> Rejection:
    with pytest.raises(Rejection) as refused:
        mapped(mapping, **values)
    return refused.value


def test_a_record_becomes_a_complaint_in_the_hubs_words() -> None:
    complaint = mapped(name=" Wati ", phone=None)
    assert complaint.external_id == complaint.number == "5200001"
    assert (complaint.channel, complaint.province, complaint.district) == ("lapor", "73", "73.06")
    assert complaint.status is ComplaintStatus.CLOSED
    assert complaint.status_source == "Ditutup oleh Sistem"
    assert complaint.classification is Classification.ASPIRATION
    assert (complaint.category, complaint.category_source) == ("roads.damage", "Jalan Rusak")
    assert complaint.programme == "JALAN2024"
    assert complaint.received_at.isoformat() == "2024-05-01T02:00:00+00:00"
    assert complaint.reporter == Reporter("Wati", None)
    assert mapped(name="  ").reporter is None


@pytest.mark.parametrize("missing", [None, "", "   "])
def test_a_record_without_an_id_is_refused(missing: str | None) -> None:
    refused = rejection(id=missing)
    assert (refused.field, refused.value, refused.external_id) == ("external_id", None, None)


@pytest.mark.parametrize(
    ("field", "values", "value"),
    [
        ("district", {"kab": "Kab. Makasar"}, "Kab. Makasar"),
        ("district", {"prov": None, "kab": "Bogor"}, "Bogor"),
        ("district", {"kab": "Kota Bogor"}, "Kota Bogor"),
        ("province", {"prov": "Sulawesi"}, "Sulawesi"),
        ("status", {"status": "Hilang"}, "Hilang"),
        ("status", {"status": None}, None),
        ("received_at", {"at": "kemarin"}, "kemarin"),
        ("received_at", {"at": "2024-02-30T00:00:00Z"}, "2024-02-30T00:00:00Z"),
        ("received_at", {"at": None}, None),
    ],
)
def test_what_can_not_be_mapped_is_refused_with_field_value_and_id(
    field: str, values: dict[str, Any], value: str | None
) -> None:
    refused = rejection(**values)
    assert (refused.field, refused.value, refused.external_id) == (field, value, "5200001")
    assert refused.reason


def test_an_unknown_category_is_none_and_counted() -> None:
    mapping = mapper()
    for label in ("Sampah", "Sampah", "Banjir"):
        complaint = mapped(mapping, category=label)
        assert (complaint.category, complaint.category_source) == (None, label)
    assert mapped(mapping, category=None).category is None
    assert mapped(mapping, kind="Lain").classification is Classification.UNCLASSIFIED
    assert mapping.unmapped == Counter(
        {("category", "Sampah"): 2, ("category", "Banjir"): 1, ("classification", "Lain"): 1}
    )


@pytest.mark.parametrize("label", ["ditutup oleh sistem", "DITUTUP OLEH SISTEM", " Baru "])
def test_labels_are_read_without_regard_to_case_and_outer_space(label: str) -> None:
    assert mapped(status=label).status_source == label.strip()
    assert mapped(category=label.swapcase()).category is None
    assert mapped(category="JALAN RUSAK").category == "roads.damage"


@pytest.mark.parametrize(
    ("flags", "anonymous", "secret"),
    [
        ("Anonim|Rahasia", True, True),
        ("Rahasia | Anonim", True, True),
        ("anonim", True, False),
        ("RAHASIA", False, True),
        ("", False, False),
        (None, False, False),
        ("Tidak Anonim", False, False),
    ],
)
def test_flags_are_words_of_a_list(flags: str | None, anonymous: bool, secret: bool) -> None:
    complaint = mapped(flags=flags)
    assert (complaint.anonymous, complaint.secret) == (anonymous, secret)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, True), (1, True), ("ya", True), ("T", True), (False, False), (0, False), (None, False)],
)
def test_a_flag_of_its_own_is_yes_or_no(value: Any, expected: bool) -> None:
    mapping = mapper(select=SETTINGS["select"] | {"secret": "hidden"})
    assert mapped(mapping, hidden=value).secret is expected


def test_a_flag_that_is_neither_yes_nor_no_is_refused() -> None:
    mapping = mapper(select=SETTINGS["select"] | {"secret": "hidden"})
    refused = rejection(mapping, hidden="mungkin")
    assert (refused.field, refused.value) == ("secret", "mungkin")


@pytest.mark.parametrize(
    ("lon", "lat", "point"),
    [
        ("119.4327", "-5.1477", Location(119.4327, -5.1477)),
        (119.4327, -5.1477, Location(119.4327, -5.1477)),
        ("0", "-5.1477", Location(0, -5.1477)),
        ("0", "0", None),
        (0.0, "0.0", None),
        (None, None, None),
        ("119.4", None, None),
        ("", "", None),
    ],
)
def test_a_point_is_read_and_0_0_is_none(lon: Any, lat: Any, point: Location | None) -> None:
    mapping = mapper()
    assert mapped(mapping, lon=lon, lat=lat).location == point
    assert not mapping.unmapped


@pytest.mark.parametrize(
    ("lon", "lat"), [("-5.1", "119.4"), ("181", "0"), ("119,4", "-5,1"), ("nan", "1"), ("1", "inf")]
)
def test_a_point_that_is_none_is_left_out_and_counted(lon: str, lat: str) -> None:
    mapping = mapper()
    assert mapped(mapping, lon=lon, lat=lat).location is None
    assert mapping.unmapped == {("location", f"{lon}, {lat}"): 1}


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text())


@given(st.dictionaries(st.sampled_from([*RECORD, "lon", "lat", "flags", "name"]), VALUES))
@settings(suppress_health_check=[HealthCheck.too_slow])  # its character table is made at first use
def test_no_record_is_too_odd_to_be_mapped_or_refused(values: dict[str, Any]) -> None:
    try:
        complaint = mapped(**values)
    except Rejection as refused:
        assert refused.reason
    else:
        assert complaint.external_id == str(values.get("id", RECORD["id"])).strip()
        assert complaint.received_at.utcoffset() is not None


TIMELINE = {"path": "$.steps[*]", "at": "at", "status": "to"}


def steps(*told: dict[str, Any], **settings: Any) -> tuple[list[tuple[str, str, str]], Mapper]:
    made = mapper(timeline=TIMELINE, **settings)
    found = made.map({**RECORD, "steps": [*told]}).history
    return [(each.at.isoformat(), each.status.value, each.source) for each in found], made


def test_changes_of_status_that_a_record_tells_of_are_read_in_their_order() -> None:
    found, made = steps(
        {"at": "2024-05-03 09:00:00.123456", "to": "Ditutup oleh Sistem", "text": "Selesai"},
        {"at": "2024-05-02T01:00:00Z", "to": "BARU"},
        {"at": "2024-05-02T02:00:00Z", "text": "only words"},
    )
    assert found == [
        ("2024-05-02T01:00:00+00:00", "received", "BARU"),
        ("2024-05-03T01:00:00.123000+00:00", "closed", "Ditutup oleh Sistem"),
    ]
    assert not made.unmapped.get(("timeline", "only words"))


def test_a_change_that_can_not_be_read_is_counted_and_left_out() -> None:
    found, made = steps(
        {"at": "kemarin", "to": "Baru"}, {"to": "Baru"}, {"at": "2024-05-02T01:00:00Z", "to": "?"}
    )
    assert found == []
    assert {label for field, label in made.unmapped if field == "timeline"} == {"kemarin", "", "?"}


def test_without_a_timeline_no_change_is_told() -> None:
    assert (
        mapper().map({**RECORD, "steps": [{"at": "2024-05-02T01:00:00Z", "to": "Baru"}]}).history
        == ()
    )
    assert steps()[0] == []


@pytest.mark.parametrize(
    ("stated", "kept"),
    [("5200001", "5200001"), (" 17 ", "17"), ("-", None), ("0", None), ("", None)],
)
def test_the_id_in_sp4n_lapor_is_kept_unless_it_says_that_there_is_none(
    stated: str, kept: str | None
) -> None:
    select = {**SETTINGS["select"], "sp4n_id": "sp4n"}
    assert mapped(mapper(select=select), sp4n=stated).sp4n_id == kept
