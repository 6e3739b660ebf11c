import re
from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hub.domain.region import Region, RegionCodes, RegionLevel, regions

ALL = list(regions())
DISTRICTS = [region for region in ALL if region.level is RegionLevel.DISTRICT]
PROVINCES = [region for region in ALL if region.level is RegionLevel.PROVINCE]


def code(text: str, codes: RegionCodes | None = None, within: str | None = None) -> str | None:
    found = regions().district(text, codes, within)
    assert (found.region is None) is not (found.reason is None)
    return found.region.code if found.region else None


def reason(text: str, codes: RegionCodes | None = None, within: str | None = None) -> str:
    return regions().district(text, codes, within).reason or ""


def letters(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())


def bare(region: Region) -> str:
    return re.sub(r"^(Kabupaten|Kota)( Administrasi)? ", "", region.name)


def test_there_are_38_provinces_and_514_districts_each_in_one_of_them() -> None:
    assert (len(PROVINCES), len(DISTRICTS)) == (38, 514)
    assert len({region.code for region in ALL}) == 552
    assert {region.province for region in DISTRICTS} == {region.code for region in PROVINCES}
    assert sum(len(regions().districts_of(province.code)) for province in PROVINCES) == 514


def test_south_sulawesi_has_21_kabupaten_and_3_kota() -> None:
    kinds = Counter(region.name.split()[0] for region in regions().districts_of("73"))
    assert kinds == {"Kabupaten": 21, "Kota": 3}


def test_every_region_is_in_one_of_the_three_zones_and_a_district_in_its_provinces() -> None:
    assert {r.time_zone for r in ALL} == {"Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"}
    for district in DISTRICTS:
        province = regions().get(district.province)
        assert province and district.time_zone == province.time_zone


@pytest.mark.parametrize(
    ("region", "hours"), [("31.71", 7), ("64.72", 8), ("73.71", 8), ("51", 8), ("91.71", 9)]
)
def test_a_zone_is_that_of_the_place(region: str, hours: int) -> None:
    found = regions().get(region)
    assert found
    assert datetime(2024, 6, 1, tzinfo=found.zone).utcoffset() == timedelta(hours=hours)


@pytest.mark.parametrize("district", DISTRICTS, ids=lambda region: region.code)
def test_every_district_is_found_by_its_name_in_any_case_and_by_its_codes(district: Region) -> None:
    spellings = [district.name, district.name.upper(), f"  {district.name.lower()} "]
    spellings += [district.name.replace("Kabupaten ", "Kab. "), district.code]
    assert {code(spelling) for spelling in spellings} == {district.code}
    assert code(district.code.replace(".", ""), RegionCodes.KEMENDAGRI) == district.code
    if district.bps_code:
        assert code(district.bps_code, RegionCodes.BPS) == district.code


@pytest.mark.parametrize("province", PROVINCES, ids=lambda region: region.code)
def test_every_province_is_found_by_its_name_and_its_code(province: Region) -> None:
    for spelling in (province.name, province.name.upper(), f"Provinsi {province.name}"):
        assert regions().province(spelling).region == province
    assert regions().province(province.code, RegionCodes.KEMENDAGRI).region == province


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        ("Kota Makassar", "73.71"),
        ("Makassar", "73.71"),
        ("73.71", "73.71"),
        ("7371", "73.71"),
        ("Pemerintah Kota Makassar", "73.71"),
        ("Pemkot Makassar", "73.71"),
        ("KAB. GOWA", "73.06"),
        ("Gowa", "73.06"),
        ("Kab.Gowa", "73.06"),
        ("Pemkab Gowa", "73.06"),
        ("Kota Pare-Pare", "73.72"),
        ("PAREPARE", "73.72"),
        ("Kab. Pangkajene & Kep.", "73.10"),
        ("Kab. Kep. Selayar", "73.01"),
        ("Kotabaru", "63.02"),
        ("Kab. Adm. Kep. Seribu", "31.01"),
        ("Kota Adm. Jakarta Pusat", "31.71"),
        ("Pemkot Bogor", "32.71"),
        ("Pemkab Bogor", "32.01"),
    ],
)
def test_what_channels_write_leads_to_one_code(spelling: str, expected: str) -> None:
    assert code(spelling) == expected


def test_a_stated_kind_that_there_is_not_is_unknown() -> None:
    for text in ("Kota Gowa", "Kab. Makassar", "Pemkab Makassar", "Pemkot Gowa", "Pemprov Gowa"):
        assert reason(text) == f"unknown district {text!r}"


def test_a_bare_name_of_a_kota_and_a_kabupaten_is_ambiguous_and_names_both() -> None:
    assert reason("Bogor") == (
        "ambiguous district 'Bogor': Kabupaten Bogor (32.01) or Kota Bogor (32.71)"
    )
    namesakes = [name for name, n in Counter(map(bare, DISTRICTS)).items() if n > 1]
    assert len(namesakes) > 20
    assert all(reason(name).startswith("ambiguous district") for name in namesakes)


def test_namesakes_in_two_provinces_are_told_apart_by_the_province() -> None:
    assert code("Banjar") is None
    assert code("Banjar", within="32") == "32.79"
    assert code("Banjar", within="63") == "63.03"


def test_four_digits_that_two_systems_read_differently_are_ambiguous_unless_one_is_stated() -> None:
    assert "Kabupaten Bone (Kemendagri) or Kabupaten Maros (BPS)" in reason("7308")
    assert code("7308", RegionCodes.KEMENDAGRI) == "73.08"
    assert code("7308", RegionCodes.BPS) == "73.09"
    assert code("7311", RegionCodes.BPS) == "73.08"


def test_codes_are_text_so_that_a_lost_zero_finds_nothing() -> None:
    assert code("11.10") == "11.10"
    assert code("11.1") is None
    assert regions().get("11.1") is None
    assert regions().get("73.1") is None
    assert regions().get(None) is None


def test_a_district_outside_the_stated_province_is_refused() -> None:
    for text in ("Kota Bogor", "32.71", "3271"):
        assert code(text, within="32") == "32.71"
        assert reason(text, within="73") == "Kota Bogor (32.71) is not in province 73"


@pytest.mark.parametrize("text", ["", "-", "Kabupaten", "Kota", "73", "99.99", "73.7", "٧٣٧١"])
def test_what_is_no_district_has_a_reason(text: str) -> None:
    assert code(text) is None
    assert reason(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SULAWESI SELATAN", "73"),
        ("Prov. Sulawesi Selatan", "73"),
        ("Pemerintah Provinsi Sulawesi Selatan", "73"),
        ("Pemprov Sulawesi Selatan", "73"),
        ("DKI Jakarta", "31"),
        ("D.I. Yogyakarta", "34"),
        ("Sulawesi", None),
        ("73.71", None),
        ("94", None),  # Papua Tengah, but Papua for BPS
    ],
)
def test_provinces_are_found_by_what_channels_write(text: str, expected: str | None) -> None:
    found = regions().province(text)
    assert (found.region.code if found.region else None) == expected
    assert (found.region is None) is not (found.reason is None)


NAMES = {letters(r.name) for r in DISTRICTS} | {letters(bare(r)) for r in DISTRICTS}


@given(
    region=st.sampled_from(DISTRICTS),
    stated=st.booleans(),
    at=st.integers(0, 40),
    edit=st.sampled_from(["drop", "replace", "insert", "swap"]),
    letter=st.sampled_from("abcdefghijklmnopqrstuvwxyzéаß東９"),
)
def test_a_misspelt_name_is_never_taken_for_another(
    region: Region, stated: bool, at: int, edit: str, letter: str
) -> None:
    kind = region.name.removesuffix(bare(region)) if stated else ""
    name, at = bare(region), at % len(bare(region))
    rest = {
        "drop": name[at + 1 :],
        "replace": letter + name[at + 1 :],
        "insert": letter + name[at:],
        "swap": name[at + 1 : at + 2] + name[at : at + 1] + name[at + 2 :],
    }
    misspelt = kind + name[:at] + rest[edit]
    assume(letters(misspelt) not in NAMES)
    assume(not misspelt.casefold().replace(".", " ").startswith("kep "))
    assert code(misspelt) is None


@given(st.text())
def test_no_text_is_too_odd_to_be_answered(text: str) -> None:
    resolutions = [regions().district(text), regions().province(text)]
    assert all((found.region is None) is not (found.reason is None) for found in resolutions)
