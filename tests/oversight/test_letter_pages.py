"""What a letter makes of its figures, whatever these are."""

from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.oversight.letter_pages import (
    channel,
    figures,
    letter,
    made,
    pages_of,
    row,
    stage,
    text_of,
)

OF_TEMPLATE_1 = Path(__file__).with_name("figures_of_template_1.json")


async def test_letters_of_the_first_template_are_made_as_they_were() -> None:
    """By the very files that made them."""
    templates = files("hub.oversight.letters") / "template_1"
    by_name = sorted(templates.iterdir(), key=lambda file: file.name)
    together = sha256(b"".join(file.read_bytes() for file in by_name)).hexdigest()
    assert together == "493cf748d52df7dd8667f52bddc3cc8cb7fc81f519efc7460be4a5956192a3b1"
    said = text_of(await made(orjson.loads(OF_TEMPLATE_1.read_bytes()), template="1"))
    assert "Dari 80 laporan Covid-19, 55 atau 68,8% ditindaklanjuti dan tidak ada yang" in said
    assert "1 Kabupaten Kepulauan Selayar 10 8 80,0%" in said


async def test_districts_without_a_report_are_listed() -> None:
    all_ = figures()["districts"]
    said = text_of(await made(figures(districts=all_[:1])))
    assert "1 Kota Makassar 10 4 40,0%" in said
    assert "Tidak ada laporan pada periode ini 2 Kabupaten Gowa 0 0 – –" in said
    assert "Tidak ada laporan" not in text_of(await made(figures(districts=all_)))


async def test_categories_that_have_no_bar_of_their_own_have_one_together() -> None:
    categories = [row(f"k{n}", received=100 - n, followed_up=0) for n in range(8)]
    assert "Lainnya" not in text_of(await made(figures(categories=categories)))
    rest = [row(f"k{n}", received=8, followed_up=3) for n in (8, 9)]
    said = text_of(await made(figures(categories=categories + rest)))
    assert "Lainnya (2) 16 (37,5%)" in said


async def test_each_month_of_a_period_is_drawn() -> None:
    """A year from the middle of a month has parts of thirteen."""
    months = [f"2019-{n:02}" for n in range(6, 13)] + [f"2020-{n:02}" for n in range(1, 7)]
    rows = [row(month, received=300 + n) for n, month in enumerate(months)]
    of = letter(first="2019-06-15", last="2020-06-14")
    said = text_of(await made(figures(months=rows), of))
    assert all(f"{300 + n}" in said for n in range(13))
    assert "Jun 2019 Jul 2019" in said


async def test_a_letter_on_parts_of_months_says_why_activity_is_not_in_it() -> None:
    said = text_of(await made(figures(activity=None, yearActivity=None)))
    assert "Lembaga aktif tidak dihitung* tidak dihitung*" in said
    assert "* Keterhubungan dan keaktifan dihitung untuk bulan penuh saja." in said
    assert "tidak dihitung*" not in text_of(await made(figures()))


async def test_what_a_letter_says_of_half_is_about_those_whose_time_is_known() -> None:
    covid = row(received=80, followed_up=55, n=22)
    said = text_of(await made(figures(covid=[covid])))
    assert "Dari 22 yang waktu tindak lanjutnya diketahui, separuhnya ditindaklanjuti dalam" in said
    undated = text_of(await made(figures(covid=[row(received=80, followed_up=55, n=0)])))
    assert "Waktu tindak lanjutnya tidak diketahui." in undated


async def test_follow_ups_without_a_day_are_told_where_activity_rests_on_them() -> None:
    said = text_of(await made(figures()))
    told = "Tindak lanjut yang tidak bertanggal (4 dari 8) dihitung pada bulan diterimanya laporan."
    assert told in said
    dated = figures(total=[row(received=20, followed_up=8, n=8)])
    assert "tidak bertanggal" not in text_of(await made(dated))


async def test_a_letter_says_until_when_its_channels_told_anything() -> None:
    said = text_of(await made(figures()))
    assert "Kanal lapor 20 30 November 2026, 00.00 WITA mutakhir" in said
    assert "tidak mutakhir" not in said
    for synced, told in (
        (None, "– belum pernah disinkronkan penuh"),
        # In Makassar it is still the last day.
        ("2020-08-31T15:59:00+00:00", "31 Agustus 2020, 23.59 WITA terakhir sebelum periode"),
        ("2020-08-31T16:00:00+00:00", "1 September 2020, 00.00 WITA tidak mutakhir: 2.281 hari"),
        ("2026-11-25T16:55:00+00:00", "26 November 2026, 00.55 WITA tidak mutakhir: 4 hari"),
        ("2026-11-25T16:57:00+00:00", "26 November 2026, 00.57 WITA mutakhir"),
    ):
        said = text_of(await made(figures(channels=[channel(synced=synced)])))
        assert told in said, synced
    months = {"channelMonths": [row("lapor", "2020-07")]}
    said = text_of(await made(figures(**months)))
    assert "laporan terakhir: Juli 2020" in said
    said = text_of(await made(figures(channels=[channel(), channel("kota")], **months)))
    assert "tidak ada laporan pada periode ini" in said
    assert "Dari 2 kanal yang menjadi sumber data, 2 tidak mutakhir" in said


async def test_a_letter_says_what_can_be_asked_again() -> None:
    said = text_of(await made(figures()))
    assert "(variabel asOf)" in said
    assert "Kesiapan, daftar lembaga, dan sinkronisasi kanal tidak disimpan riwayatnya" in said


@pytest.mark.parametrize(
    ("province", "government", "place"),
    [
        ("73", "Pemerintah Provinsi Sulawesi Selatan", "se-Provinsi Sulawesi Selatan."),
        ("11", "Pemerintah Aceh", "se-Aceh."),
        ("34", "Pemerintah Daerah Daerah Istimewa Yogyakarta", "se-Daerah Istimewa Yogyakarta."),
    ],
)
async def test_governments_are_called_as_the_laws_on_them_do(
    province: str, government: str, place: str
) -> None:
    said = text_of(await made(figures(), letter(province)))
    assert said.startswith(f"{government.upper()} SEKRETARIAT DAERAH")
    assert f"Bupati/Wali Kota {place}" in said
    assert f"Lampiran Surat {government} Nomor" in said
    assert f"1 {government} belum belum" in said


async def test_covid_19_comes_first_where_it_is_a_matter() -> None:
    none = figures(covid=[row(received=0, followed_up=0, n=0)])
    of_2026 = letter(first="2026-01-01", last="2026-02-28")
    for stated, of, told in (
        (figures(), of_2026, True),
        (none, letter(), True),
        (none, letter(first="2022-12-01", last="2023-01-31"), True),
        (none, of_2026, False),
        (none, letter(first="2019-11-01", last="2019-12-31"), False),
    ):
        said = text_of(await made(stated, of))
        assert ("1. Penanganan Covid-19, yang didahulukan." in said) == told, of
        assert ("Surat Edaran Menteri PANRB Nomor 53 Tahun 2020" in said) == told
        assert ("1. Tindak lanjut." in said) != told


async def test_categories_have_names_that_are_read() -> None:
    keys = (
        "roads",
        "roads.big_potholes",
        "social_welfare",
        "Jalan\u202e Rusak",
        "Air_Bersih",
        "B-" * 99,
    )
    said = text_of(await made(figures(categories=[row(key) for key in keys])))
    for name in ("Jalan", "Jalan: big potholes", "Social welfare", "Jalan□ Rusak", "Air_Bersih"):
        assert f"{name} 10 (40,0%)" in said, name
    assert "B-B…" in said


async def test_a_word_that_is_longer_than_its_column_breaks() -> None:
    word = "panjang" * 28
    names = ("office", "address", "signer", "signer_title", "remarks")
    wording: dict[str, Any] = dict.fromkeys(names, word)
    stated = figures(categories=[row(word)], channels=[channel() | {"title": word}])
    pages = pages_of(await made(stated, copies=(word,), **wording))
    assert max(line.lower().count("panjang") for page in pages for line in page) < 20


async def test_a_group_of_districts_does_not_begin_at_the_foot_of_a_page() -> None:
    """Wherever on the page it begins: of the last rows that have room, and of the first one that
    has none."""
    below = "Cakupan waktu di bawah 50%"
    begins = set()
    for covered in (38, 39, 40):
        rows = [row(f"k{n}", n=4 if n < covered else 0) for n in range(50)]
        pages = pages_of(await made(figures(districts=rows)))
        (number, lines), *_ = (
            (number, lines[place:])
            for number, lines in enumerate(pages)
            for place, line in enumerate(lines)
            if line.startswith(below)
        )
        assert any(f"k{covered}" in line for line in lines), covered
        begins.add(number)
    assert len(begins) > 1


async def test_who_was_late_is_told_by_stage_with_what_it_rests_on() -> None:
    """Covid-19 first: the limits of SE 53/2020 are about verifying and following up."""
    of_covid = [stage("VERIFY", 21, 23, 76), stage("FOLLOW_UP", 0, 4, 9), stage("ANSWER")]
    of_all = [stage("VERIFY", 47, 53, 201), stage("FOLLOW_UP", 0, 0, 3), stage("ANSWER", 1, 2, 3)]
    total = figures()["total"][0] | {"deadlines": of_all, "stageOverdue": 3}
    covid = row() | {"deadlines": of_covid}
    districts = [each | {"deadlines": of_covid} for each in figures()["districts"]]
    said = text_of(await made(figures(total=[total], covid=[covid], districts=districts)))
    assert "Terlambat diverifikasi: 21 dari 23 yang diketahui (76 bertenggat)" in said
    assert "terlambat ditindaklanjuti pertama kali: 0 dari 4 yang diketahui (9 berteng" in said
    assert "Terlambat diverifikasi 47 (n = 53 dari 201) –" in said
    assert "Terlambat ditindaklanjuti pertama kali – (n = 0 dari 3) –" in said
    assert "Terlambat diselesaikan 1 (n = 2 dari 3) –" in said
    assert "Melewati tenggat tahapnya, saat dibekukan 3 0" in said
    assert "47 terlambat verifikasi dari 53 yang diketahui" in said
    assert "– terlambat tindak lanjut tidak diketahui" in said
    assert "1 Kota Makassar 10 4 40,0% 6,0 50,0% 21 dari 23 0 dari 4" in said


async def test_nobody_is_in_time_by_a_guess() -> None:
    unknown = [stage("VERIFY", of=76), stage("FOLLOW_UP"), stage("ANSWER")]
    said = text_of(await made(figures(covid=[row() | {"deadlines": unknown}])))
    assert "Terlambat diverifikasi: tidak diketahui, dari 76 yang bertenggat;" in said
    assert "pertama kali: tidak dapat dinilai, karena tidak ada yang tenggatnya dapat" in said
    assert "tidak ada yang melewati tenggat" not in said
