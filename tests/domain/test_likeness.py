"""When two complaints are the same report."""

from datetime import timedelta

import pytest

from hub.domain.complaint import Complaint, Location
from hub.domain.likeness import FIRST_COPIES, NEAR_TIME, Told, alike, bands, later_copies
from tests.made import MOMENT, complaint

HERE = Location(119.4200, -5.1400)
METRES_300 = Location(119.4227, -5.1400)
KILOMETRE = Location(119.4290, -5.1400)
TEXT = (
    "Lampu penerangan mati total di Jalan Veteran nomor 12 depan masjid. Warung tetangga saya "
    "kemalingan rokok. Kabelnya putus terkena dahan. Mohon segera diperbaiki."
)
REWORDED = (
    "lampu penerang padam total di Jl Veteran no 12 depan mesjid, warung tetangga kemalingan rokok,"
    " kabelnya putus terkena dahan pohon. Mohon segera diperbaiki"
)
ANOTHER = (
    "Lampu penerangan mati total di Jalan Veteran depan masjid. Anak gadis takut pulang mengaji. "
    "Petugas datang tanpa tangga. Tolong diganti dengan yang hemat energi."
)
TEMPLATE = "Jalan rusak di Jalan Veteran, mohon segera diperbaiki"


def told(text: str = TEXT, **stated: object) -> Told:
    usual: dict[str, object] = {"channel": "lapor", "description": text, "location": HERE}
    made: Complaint = complaint(**usual | stated)
    return Told.of(made)


def test_the_same_words_of_another_channel_are_the_same_report() -> None:
    assert alike(told(), told(channel="sulsel")) == 1
    assert alike(told(), told(REWORDED, channel="sulsel"))


def test_another_person_of_the_same_lamp_wrote_another_report() -> None:
    assert alike(told(), told(ANOTHER, channel="sulsel")) is None


def test_what_everybody_writes_of_a_street_joins_nobody() -> None:
    assert alike(told(TEMPLATE), told(TEMPLATE, channel="sulsel")) is None
    assert bands(told(TEMPLATE), b"key") == []


def test_the_same_words_of_two_houses_are_two_reports() -> None:
    assert alike(told(), told(TEXT.replace("12", "14"), channel="sulsel")) is None


def test_twice_in_one_channel_is_for_that_channel_to_settle() -> None:
    assert alike(told(), told(external_id="2")) is None


@pytest.mark.parametrize(
    ("days", "found"),
    [(NEAR_TIME.days, True), (-NEAR_TIME.days, True), (NEAR_TIME.days + 1, False)],
)
def test_only_what_is_near_in_time(days: int, found: bool) -> None:
    later = told(channel="sulsel", received_at=MOMENT + timedelta(days=days))
    assert (alike(told(), later) is not None) is found


def test_only_what_is_near_in_place_and_the_farther_the_more_alike() -> None:
    assert alike(told(), told(channel="sulsel", location=METRES_300)) == 1
    assert alike(told(), told(REWORDED, channel="sulsel", location=METRES_300)) is None
    assert alike(told(), told(channel="sulsel", location=KILOMETRE)) is None


def test_without_a_point_the_district_has_to_be_the_same() -> None:
    assert alike(told(), told(channel="sulsel", location=None)) == 1
    assert alike(told(), told(channel="sulsel", location=None, district="73.06")) is None
    assert alike(told(district=None), told(channel="sulsel", location=None, district=None)) is None


def test_bands_tell_nothing_without_the_key() -> None:
    assert {*bands(told(), b"key")} & {*bands(told(REWORDED), b"key")}
    assert not {*bands(told(), b"key")} & {*bands(told(), b"another")}
    assert not {*bands(told(), b"key")} & {*bands(told(province="74"), b"key")}


def test_the_first_copies_of_one_place_stand_for_the_later_ones() -> None:
    def sent(n: int, **stated: object) -> Told:
        at = MOMENT + timedelta(hours=n)
        return told(TEXT, external_id=str(n), received_at=at, **stated)

    copies = [sent(n) for n in range(FIRST_COPIES + 2)]
    others = [
        sent(100, secret=True),
        sent(101, district="73.06"),
        sent(102, channel="sulsel"),
        sent(103, location=KILOMETRE),
        told(ANOTHER, external_id="104"),
        sent(24 * 30),
    ]
    came = [*copies, *others]
    keys = {each.id: bands(each, b"key") for each in came}
    nobody: dict[str, list[Told]] = {each.id: [] for each in came}
    later = {each.id for each in copies[FIRST_COPIES:]}
    assert later_copies(reversed(came), nobody, keys) == later
    there = nobody | {each.id: copies[:FIRST_COPIES] for each in [*copies[FIRST_COPIES:], *others]}
    assert later_copies([*copies[FIRST_COPIES:], *others], there, keys) == later
