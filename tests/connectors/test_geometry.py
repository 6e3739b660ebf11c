"""Outlines of districts, and the complaints that are filed by their point."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.connectors.config import Resource
from hub.connectors.mapping.geometry import DistrictMap, GeometryError, outlines_of
from hub.connectors.mapping.mapper import Mapper
from hub.domain.complaint import Complaint
from hub.domain.run import Rejection

MAKASSAR, GOWA, BOGOR = "73.71", "73.06", "32.71"


def square(code: str, west: float, south: float, size: float = 1.0) -> dict[str, Any]:
    """A district of one degree by one, for whoever is no cartographer."""
    east, north = west + size, south + size
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return feature(code, {"type": "Polygon", "coordinates": [ring]})


def feature(code: str, geometry: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"kode": code}, "geometry": geometry}


def geojson(*features: Any) -> bytes:
    return orjson.dumps({"type": "FeatureCollection", "features": features})


def district_map(*features: Any) -> DistrictMap:
    return DistrictMap("1", outlines_of(geojson(*features), "kode"))


OUTLINES = district_map(square(MAKASSAR, 119, -5), square(GOWA, 120, -5), square(BOGOR, 106, -7))


def mapper(**settings: Any) -> Mapper:
    select = {"external_id": "id", "status": "status", "received_at": "at", "province": "prov"}
    select |= {"district": "kab", "longitude": "x", "latitude": "y"}
    resource = {"name": "reports", "select": select} | settings
    return Mapper(Resource.model_validate(resource), "lapor", OUTLINES)


def mapped(x: float, y: float, by: Mapper | None = None, **values: Any) -> Complaint:
    record = {"id": "1", "status": "received", "at": "2024-05-01T10:00:00", "x": x, "y": y}
    return (by or mapper(timezone="Asia/Makassar")).map(record | values)


@given(x=st.floats(118, 122), y=st.floats(-6, -3))
def test_a_point_is_in_the_district_whose_outline_has_it_and_in_no_other(
    x: float, y: float
) -> None:
    inside = {
        code
        for code, west in ((MAKASSAR, 119), (GOWA, 120))
        if west <= x <= west + 1 and -5 <= y <= -4
    }
    assert set(OUTLINES.at(x, y)) == inside


def test_a_record_that_names_no_district_is_filed_by_its_point() -> None:
    assert (mapped(119.5, -4.5).province, mapped(119.5, -4.5).district) == ("73", MAKASSAR)
    assert mapped(120.5, -4.5, prov="73").district == GOWA


def test_a_point_outside_all_outlines_or_on_the_line_between_two_places_nothing() -> None:
    for x in (150.0, 120.0):
        assert (mapped(x, -4.5).province, mapped(x, -4.5).district) == (None, None)
    assert mapped(150.0, -4.5, prov="73").province == "73"


@pytest.mark.parametrize(
    ("named", "place"),
    [({"kab": GOWA}, ("73", GOWA)), ({"prov": "32"}, ("32", None))],
)
def test_a_name_stands_over_the_point_and_the_difference_is_counted(
    named: dict[str, str], place: tuple[str, str | None]
) -> None:
    by = mapper(timezone="Asia/Makassar")
    complaint = mapped(119.5, -4.5, by, **named)
    assert (complaint.province, complaint.district) == place
    code = next(iter(named.values()))
    assert by.unmapped == {("location", f"the point is in {MAKASSAR}, named is {code}"): 1}


def test_a_point_that_agrees_with_the_name_is_no_news() -> None:
    by = mapper(timezone="Asia/Makassar")
    assert mapped(119.5, -4.5, by, kab=MAKASSAR, prov="73").district == MAKASSAR
    assert not by.unmapped


def test_the_permission_is_checked_on_the_district_of_the_point() -> None:
    only_gowa = {"check": {"district": {"_in": [GOWA]}}}
    by = mapper(permission=only_gowa, timezone="Asia/Makassar")
    assert mapped(120.5, -4.5, by).district == GOWA
    with pytest.raises(Rejection, match="may not write there"):
        mapped(119.5, -4.5, by)


def test_the_zone_of_a_time_is_that_of_the_points_district() -> None:
    assert mapped(106.5, -6.5, mapper()).received_at.hour == 3
    assert mapped(119.5, -4.5, mapper()).received_at.hour == 2


def test_an_outline_that_crosses_itself_is_repaired() -> None:
    bow = [[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]
    made = district_map(feature(GOWA, {"type": "Polygon", "coordinates": [bow]}))
    assert made.at(0.2, 1) == made.at(1.8, 1) == [GOWA]
    assert made.at(1, 0.2) == []


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (square("73", 0, 0), "'73' is not the Kemendagri code of a district"),
        (square("7371", 0, 0), "'7371' is not the Kemendagri code of a district"),
        (square(GOWA, 9, 9), f"district {GOWA} is given twice"),
        ({"type": "Feature", "properties": {"name": "x"}}, "has no property 'kode'"),
        ({"type": "Feature"}, "has no property 'kode'"),
        (3, "has no property 'kode'"),
        (feature(BOGOR, None), "is neither a Polygon nor a MultiPolygon"),
        (feature(BOGOR, {"type": "Point", "coordinates": [1, 2]}), "is neither a Polygon"),
        (feature(BOGOR, {"type": "Polygon"}), "make no polygon"),
        (feature(BOGOR, {"type": "Polygon", "coordinates": []}), "is not in degrees"),
        (feature(BOGOR, {"type": "Polygon", "coordinates": [["a"]]}), "make no polygon"),
        (feature(BOGOR, {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}), "make no polygon"),
        (square(BOGOR, 770_000, 9_430_000), "is not in degrees of longitude and latitude"),
        (square(BOGOR, 5, 5, size=0), "has no area"),
    ],
)
def test_a_feature_that_can_not_be_used_is_told_by_its_number(wrong: Any, told: str) -> None:
    with pytest.raises(GeometryError) as error:
        outlines_of(geojson(square(GOWA, 0, 0), wrong), "kode")
    assert str(error.value).startswith("Feature 2: ")
    assert told in str(error.value)


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"features": 1}', geojson()])
def test_a_file_without_features_is_refused(text: bytes) -> None:
    with pytest.raises(GeometryError):
        outlines_of(text, "kode")
