"""Reports of which it is known which are the same: written by made-up people, who choose among the
same phrases, and copied into other channels with edits. Each from a number."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import combinations
from random import Random

from hub.domain.complaint import Complaint, Location
from tests.made import MOMENT, complaint

CHANNELS = ("lapor", "sulsel", "makassar")
_STREETS = ("Perintis Kemerdekaan", "Sultan Alauddin", "Urip Sumoharjo", "Cendrawasih", "Veteran")
_NEAR = ("depan sekolah dasar", "samping masjid", "dekat pasar", "simpang empat", "ujung lorong")
_SINCE = ("sejak dua minggu lalu", "sudah sebulan", "sejak hujan kemarin", "setiap malam", "")
_MATTERS: dict[str, tuple[tuple[str, ...], ...]] = {
    "Jalan rusak": (
        ("jalan rusak parah dan berlubang", "aspal jalan terkelupas dan penuh lubang"),
        ("tetangga saya jatuh dari motor", "ban mobil pecah kemarin sore", "ibu hamil terpeleset",
         "truk bermuatan pasir terguling", "pesepeda masuk ke lubang tadi malam"),
        ("air menggenang di lubang itu bila hujan", "debu masuk ke rumah warga",
         "kendaraan macet panjang tiap pagi", "anak sekolah harus memutar jauh"),
        ("mohon segera diperbaiki", "tolong ditambal sebelum ada korban", "kapan dikerjakan"),
    ),
    "Lampu jalan padam": (
        ("lampu jalan padam", "lampu penerangan mati total", "tiga tiang lampu tidak menyala"),
        ("pernah ada penjambretan tas", "anak gadis takut pulang mengaji",
         "warung kelontong kemalingan rokok", "pejalan kaki tersandung pot bunga"),
        ("kabelnya putus terkena dahan", "saklarnya dicuri orang", "baru diganti tahun kemarin",
         "petugas datang tetapi tidak membawa tangga"),
        ("mohon segera diperbaiki", "tolong diganti dengan lampu hemat energi", "harap ditinjau"),
    ),
    "Sampah menumpuk": (
        ("sampah menumpuk dan berbau busuk", "truk sampah tidak pernah datang"),
        ("lalat masuk ke dapur warga", "anjing liar membongkar kantong plastik",
         "air lindi mengalir ke halaman rumah", "pedagang ikan membuang sisa di situ"),
        ("iuran kebersihan tetap ditagih", "bak penampung sudah berkarat",
         "pernah dijanjikan kontainer baru", "warga terpaksa membakarnya"),
        ("mohon segera diangkut", "tolong jadwalnya ditepati", "harap camat turun tangan"),
    ),
    "Air tidak mengalir": (
        ("air ledeng tidak mengalir", "air keran keruh dan berbau kaporit"),
        ("kami membeli air galon untuk mandi bayi", "cucian menumpuk di rumah kos",
         "panti jompo kekurangan air minum", "usaha laundry saya berhenti"),
        ("tagihan naik dua kali lipat", "meteran berputar walau kosong",
         "pipa bocor di bawah trotoar", "tangki bantuan hanya sekali datang"),
        ("mohon segera diperbaiki", "tolong beri penjelasan", "harap ada ganti rugi"),
    ),
    "Pungutan di sekolah": (
        ("orang tua diminta membayar iuran", "sekolah memungut uang pembangunan"),
        ("anak saya tidak diberi rapor", "ijazah kakak ditahan tata usaha",
         "murid yatim ikut ditagih", "wali kelas mengumumkan nama penunggak"),
        ("kuitansi tidak pernah diberikan", "komite tidak pernah rapat",
         "jumlahnya berbeda tiap kelas", "kepala sekolah menolak ditemui"),
        ("mohon diperiksa", "tolong dana itu dikembalikan", "harap dinas turun memeriksa"),
    ),
}  # fmt: skip
_BESIDES = (
    "lurah sudah tahu sejak musyawarah bulan puasa", "foto saya kirim lewat pesan",
    "di kampung sebelah malah sudah beres", "nenek saya yang lumpuh ikut susah",
    "pelanggan toko jadi sepi", "kata kontraktor anggarannya habis",
    "dulu pernah masuk koran daerah", "anggota dewan hanya berjanji waktu kampanye",
    "bidan puskesmas terlambat menolong persalinan", "turis dari kapal pesiar sampai mengeluh",
)  # fmt: skip
_WHO = ("tetangga saya", "Pak RT", "mertua kami", "seorang pengojek", "penjual sayur", "adik saya",
        "rombongan pengantin", "guru ngaji", "pasien rujukan", "petugas pos")  # fmt: skip
_WHEN = ("Senin subuh", "Rabu siang", "malam Jumat", "waktu magrib", "akhir pekan", "awal bulan",
         "jam pulang kantor", "hari pasar")  # fmt: skip
_IN_OTHER_WORDS = {
    "rusak": ("hancur", "broken", "bubrah"), "jalan": ("road", "ruas", "dalan"),
    "lampu": ("light", "penerang"), "padam": ("mati", "pareng"), "sampah": ("trash", "runtah"),
    "air": ("water", "banyu"), "mohon": ("harap", "please", "nyuwun"), "segera": ("cepat", "asap"),
    "rumah": ("house", "bola"), "anak": ("bocah", "child"), "sekolah": ("school", "sakola"),
    "malam": ("night", "wengi"), "tolong": ("help", "mohon"), "kemarin": ("kemaren", "wingi"),
    "diperbaiki": ("dibenahi", "fixed", "dibetulkan"), "lubang": ("hole", "legokan"),
    "warga": ("penduduk", "masyarakat"), "motor": ("sepeda", "honda"), "besar": ("gede", "big"),
    "tidak": ("tak", "nggak", "ora"), "saya": ("aku", "ambo"), "uang": ("money", "duit"),
    "dekat": ("near", "cedhak"), "depan": ("muka", "ngarep"), "membayar": ("bayar", "pay"),
    "berbau": ("bau", "smelly"), "sudah": ("telah", "sampun"), "datang": ("tiba", "came"),
    "hujan": ("rain", "udan"), "ibu": ("mama", "bunda"), "jatuh": ("terjatuh", "fell"),
}  # fmt: skip
_SHORTER = {"yang": "yg", "tidak": "tdk", "sudah": "sdh", "dengan": "dgn", "jalan": "jln"}
_METRES_PER_DEGREE = 111_320.0
_FORWARDED = ("Diteruskan dari WhatsApp: ", "Laporan warga. ", "")


@dataclass
class Labelled:
    """Complaints, and the pairs of ids that are the same report in two channels."""

    complaints: list[Complaint] = field(default_factory=list)
    same: set[frozenset[str]] = field(default_factory=set)


def labelled(
    seed: int,
    people: int = 250,
    moved: float | None = None,
    translated: float | None = None,
    *,
    short_too: bool = False,
) -> Labelled:
    """Reports of so many people, about half of them also in other channels: `moved` by up to so
    many metres east and north, up to 33 unless told; of the words that there are others for a share
    is `translated`, one from 0 to 0.6 unless told. Short ones too, where that is told."""
    random = Random(seed)
    made = Labelled()
    for n in range(people):
        report = _short(random, n) if random.random() < 0.15 else _report(random, n)
        group = [report]
        long_enough = short_too or len(report.description or "") > 90
        if random.random() < 0.5 and long_enough:
            others = [name for name in CHANNELS if name != report.channel]
            for channel in random.sample(others, 1 if random.random() < 0.8 else 2):
                group.append(_copy(random, report, channel, moved, translated))
        made.complaints += group
        made.same |= {frozenset((a.id, b.id)) for a, b in combinations(group, 2)}
    return made


def _placed(random: Random) -> tuple[str, Location]:
    street = random.randrange(len(_STREETS))
    along = random.uniform(-0.003, 0.003)  # some 300 m to either side
    return _STREETS[street], Location(119.42 + street * 0.01, -5.14 + along)


def _filed(random: Random, n: int, title: str, text: str, location: Location) -> Complaint:
    return complaint(
        channel=random.choice(CHANNELS),
        external_id=f"{n}",
        title=title,
        description=text,
        received_at=MOMENT + timedelta(minutes=random.randrange(14 * 24 * 60)),
        location=location,
    )


def _report(random: Random, n: int) -> Complaint:
    """What one person writes: of the phrases that all choose from, one of each kind."""
    street, location = _placed(random)
    title = random.choice(list(_MATTERS))
    what, happened, besides, asked = (random.choice(part) for part in _MATTERS[title])
    besides = random.choice((besides, *_BESIDES))
    number = f" nomor {random.randint(1, 150)}" if random.random() < 0.5 else ""
    where = f"di Jalan {street}{number} {random.choice(_NEAR)}"
    seen = f"{random.choice(_WHO)} melihatnya {random.choice(_WHEN)}"
    sentences = [f"{what} {where} {random.choice(_SINCE)}", happened, besides, seen, asked]
    text = ". ".join(sentence.strip().capitalize() for sentence in sentences)
    return _filed(random, n, f"{title} di Jalan {street}", f"{text}.", location)


def _short(random: Random, n: int) -> Complaint:
    """What many write of one street, word by word, each of something that they saw."""
    street, location = _placed(random)
    title = random.choice(list(_MATTERS))
    text = f"{title} di Jalan {street}, {_MATTERS[title][3][0]}"
    return _filed(random, n, title, text, location)


def _copy(
    random: Random,
    report: Complaint,
    channel: str,
    moved: float | None,
    translated: float | None,
) -> Complaint:
    """The same report as another channel has it."""
    assert report.description and report.title and report.location
    sentences = report.description.rstrip(".").split(". ")
    if random.random() < 0.2:
        random.shuffle(sentences)
    if random.random() < 0.15 and len(sentences) > 1:
        sentences.pop(random.randrange(1, len(sentences)))
    usual = random.uniform(0, 0.6)
    share = usual if translated is None else translated
    words = [_edited(random, word, share) for word in ". ".join(sentences).split()]
    usual = random.choice((0, 5, 15, 30)) * 1e-5
    most = usual if moved is None else moved / _METRES_PER_DEGREE
    elsewhere = Location(
        report.location.longitude + random.uniform(-most, most),
        report.location.latitude + random.uniform(-most, most),
    )
    return replace(
        report,
        channel=channel,
        external_id=f"{channel}-{report.external_id}",
        title=None if random.random() < 0.2 else report.title,
        description=random.choice(_FORWARDED) + " ".join(words),
        location=None if random.random() < 0.2 else elsewhere,
        received_at=report.received_at + timedelta(hours=random.uniform(0, 96)),
    )


def _edited(random: Random, word: str, share: float) -> str:
    plain = word.strip(".,").lower()
    if plain in _IN_OTHER_WORDS and random.random() < share:
        return random.choice(_IN_OTHER_WORDS[plain])
    if plain in _SHORTER and random.random() < 0.4:
        return _SHORTER[plain]
    if len(plain) > 4 and random.random() < 0.04:
        at = random.randrange(1, len(word) - 1)
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word.upper() if random.random() < 0.05 else word
