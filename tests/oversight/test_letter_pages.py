"""What a letter makes of its figures, whatever these are."""

from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import orjson

from tests.oversight.letter_pages import channel, figures, letter, made, row, text_of

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
    assert "Dari 22 yang waktunya diketahui, separuhnya ditindaklanjuti dalam 6,0 hari" in said
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
