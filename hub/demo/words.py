"""Names and phrases that the synthetic reports are made of, in Indonesian."""

FIRST_NAMES = [
    "Andi",
    "Baso",
    "Daeng",
    "Fitri",
    "Hasna",
    "Ilham",
    "Jumriah",
    "Kasim",
    "Lina",
    "Mappa",
    "Nurhayati",
    "Rahmat",
    "Sitti",
    "Tenri",
    "Usman",
    "Wahyu",
    "Yusuf",
    "Zainab",
    "Anwar",
    "Bahar",
]
LAST_NAMES = [
    "Amiruddin",
    "Basri",
    "Caronge",
    "Djafar",
    "Halim",
    "Idris",
    "Kadir",
    "Lamuru",
    "Mallarangeng",
    "Nasir",
    "Pawelloi",
    "Rauf",
    "Saleh",
    "Tahir",
    "Wahid",
    "Yunus",
]
STREETS = [
    "Jalan Poros",
    "Jalan Pendidikan",
    "Jalan Pasar Baru",
    "Jalan Pelabuhan",
    "Jalan Masjid Raya",
    "Jalan Lapangan",
    "Lorong Tiga",
    "Jalan Sungai",
]

COVID_CATEGORY = "Corona Virus"
COVID = [
    ("Bantuan sosial Covid-19 belum diterima", "Keluarga kami terdata sebagai penerima bantuan, "
     "tetapi sampai hari ini belum menerima apa pun."),
    ("Protokol kesehatan tidak dijalankan", "Di pasar ini pedagang dan pembeli tidak memakai "
     "masker dan tidak menjaga jarak."),
    ("Hasil tes usap terlambat", "Sudah lebih dari sepuluh hari hasil tes usap belum diberikan "
     "oleh puskesmas."),
    ("Insentif tenaga kesehatan", "Insentif tenaga kesehatan penanganan Covid-19 belum dibayar."),
]  # fmt: skip
OTHERS = {
    "Infrastruktur Jalan": [
        ("Jalan berlubang", "Jalan rusak berat dan berlubang, sudah ada pengendara yang jatuh."),
        ("Jembatan rusak", "Lantai jembatan sudah keropos dan membahayakan warga yang lewat."),
    ],
    "Penerangan Jalan": [
        ("Lampu jalan padam", "Lampu jalan padam sejak dua minggu, warga takut lewat."),
    ],
    "Persampahan": [
        ("Sampah menumpuk", "Sampah tidak diangkut selama seminggu dan mulai berbau."),
    ],
    "Administrasi Kependudukan": [
        ("KTP elektronik belum jadi", "Sudah merekam sejak awal tahun, tetapi KTP belum jadi."),
        ("Pungutan pengurusan kartu keluarga", "Diminta membayar untuk mengurus kartu keluarga."),
    ],
    "Layanan Air Bersih": [
        ("Air PDAM tidak mengalir", "Air tidak mengalir pada siang hari, mohon diperbaiki."),
    ],
    "Pendidikan Dasar dan Menengah": [
        ("Pungutan di sekolah", "Orang tua diminta membayar iuran yang tidak jelas gunanya."),
    ],
    "Topik Lainnya": [
        ("Mohon informasi layanan", "Mohon informasi jam layanan kantor selama masa pandemi."),
    ],
}  # fmt: skip
