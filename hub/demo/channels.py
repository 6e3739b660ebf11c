"""The three channels as their regions would run them: a folder, a REST service, Open311."""

import csv
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.demo.population import Report

PAGE = 100

# --- LAPOR!'s export: labels, columns and order as in a real one ---------------------------------

_COLUMNS = [
    "Tracking ID",
    "Tanggal Laporan Masuk",
    "Waktu Laporan Masuk",
    "Nama Pelapor",
    "Klasifikasi Laporan",
    "ID Kategori",
    "Kategori",
    "Judul Laporan",
    "Isi Laporan Awal",
    "Isi Laporan Akhir",
    "Tipe Laporan (Anonim/Rahasia)",
    "Sumber Laporan",
    "Instansi Induk",
    "ID Instansi Terdisposisi",
    "Instansi Terdisposisi",
    "Status Laporan",
    "Alasan Tunda/Arsip",
    "Provinsi",
    "Kota/Kabupaten",
    "Kecamatan",
    "Kelurahan",
]
_CLASSIFICATIONS = (
    "Pengaduan Berkadar Pengawasan",
    "Pengaduan Tidak Berkadar Pengawasan",
    "Aspirasi",
    "Permintaan Informasi",
    "",
)
_DONE = ("Ditutup oleh Sistem", "Ditutup oleh Pelapor", "Ditutup oleh Admin")
_NOT_DONE = (
    "Menunggu Kelengkapan Informasi",
    "Diarsipkan oleh Admin",
    "Diarsipkan oleh Sistem",
    "Diarsipkan oleh Pelapor",
)


def write_lapor_export(folder: Path, reports: Iterable[Report]) -> None:
    """Writes the export as a file of its day, with a misspelt district and a row without an id."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [_lapor_row(report) for report in reports]
    rows.append({**rows[0], "Tracking ID": "6999998", "Kota/Kabupaten": "Kab. Makasar"})
    rows.append({**rows[1], "Tracking ID": ""})
    with (folder / "laporan-2020.csv").open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.DictWriter(file, _COLUMNS)
        table.writeheader()
        table.writerows(rows)


def _lapor_row(report: Report) -> dict[str, str]:
    statuses = _DONE if report.followed_up else _NOT_DONE
    status = statuses[report.draw % len(statuses)]
    flags = [
        w for w, is_set in (("Anonim", report.anonymous), ("Rahasia", report.secret)) if is_set
    ]
    name = report.district.name
    written = (name, name.upper().replace("KABUPATEN", "KAB."), name)[report.draw % 3]
    archived = status.startswith("Diarsipkan")
    return {
        "Tracking ID": _tracking_id(report.serial),
        "Tanggal Laporan Masuk": f"{report.received.day} {report.received:%b %Y}",
        "Waktu Laporan Masuk": f"{report.received:%H:%M:%S}",
        "Nama Pelapor": report.name,
        "Klasifikasi Laporan": _CLASSIFICATIONS[report.draw // 7 % len(_CLASSIFICATIONS)],
        "ID Kategori": str(600 + len(report.category)),
        "Kategori": report.category,
        "Judul Laporan": report.title,
        "Isi Laporan Awal": report.text,
        "Isi Laporan Akhir": report.text,
        "Tipe Laporan (Anonim/Rahasia)": "|".join(flags),
        "Sumber Laporan": ("Website", "Android", "SMS")[report.draw % 3],
        "Instansi Induk": report.institution,
        "ID Instansi Terdisposisi": "",
        "Instansi Terdisposisi": "",
        "Status Laporan": status,
        "Alasan Tunda/Arsip": "Laporan tidak memiliki bukti dukung" if archived else "",
        "Provinsi": _province_name(report),
        "Kota/Kabupaten": written,
        "Kecamatan": "",
        "Kelurahan": "",
    }


def _tracking_id(serial: int) -> str:
    return str(5_200_000 + serial)


def _province_name(report: Report) -> str:
    return {"73": "Sulawesi Selatan", "74": "Sulawesi Tenggara", "76": "Sulawesi Barat"}[
        report.district.province
    ]


# --- The province's REST service, of Sapawarga's shape -------------------------------------------

_HANDLED = ("followup", "review", "finished")
_UNHANDLED = (
    "unverified",
    "verified",
    "not_yet_instructed",
    "coordinated",
    "postponed",
    "rejected",
)


def rest_service(reports: Iterable[Report], token: str) -> Starlette:
    """`GET /v1/complaints`: bearer token, cursor pages, oldest change first, `updated_since`."""
    records = sorted((_rest_record(r) for r in reports), key=lambda r: r["updated_at"])
    records.append({**records[-1], "complaint_id": 990001, "complaint_status_id": "entahlah"})
    records.append({**records[-2], "complaint_id": 990002, "created_at": "kemarin sore"})

    async def complaints(request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {token}":
            return JSONResponse({"success": False, "message": "token tidak dikenal"}, 401)
        since = datetime.fromisoformat(request.query_params["updated_since"])
        new = [r for r in records if datetime.fromisoformat(r["updated_at"]) >= since]
        start = int(request.query_params.get("after", 0))
        following = start + PAGE if start + PAGE < len(new) else None
        body = {"success": True, "data": {"items": new[start : start + PAGE], "next": following}}
        return JSONResponse(body)

    return Starlette(routes=[Route("/v1/complaints", complaints)])


def _rest_record(report: Report) -> dict[str, Any]:
    statuses = _HANDLED if report.followed_up else _UNHANDLED
    longitude, latitude = report.point or (None, None)
    answered = report.followed_up
    return {
        "complaint_id": 310_000 + report.serial,
        "source_id": "sulsel",
        "sp4n_id": None if report.also is None else _tracking_id(report.also),
        "category": {"id": len(report.category), "name": report.category},
        "title": report.title,
        "description": report.text,
        "province_id": "73",
        "city_id": report.district.bps_code,
        "address": report.address,
        "latitude": None if latitude is None else f"{latitude:.6f}",
        "longitude": None if longitude is None else f"{longitude:.6f}",
        "user_name": report.name,
        "user_phone": report.phone,
        "is_anonymous": report.anonymous,
        "is_secret": report.secret,
        "complaint_status_id": statuses[report.draw % len(statuses)],
        "opd_name": report.institution,
        "followup_at": answered.isoformat() if answered else None,
        "created_at": report.received.isoformat(),
        "updated_at": report.changed.isoformat(),
    }


# --- The city's Open311 server (GeoReport v2, XML) -----------------------------------------------


def open311_server(reports: Iterable[Report], key: str) -> Starlette:
    """`services.xml` and `requests.xml` with pages; some requests have no point, or point 0,0."""
    requests = sorted(reports, key=lambda r: r.received)
    codes = {name: f"{n:03}" for n, name in enumerate(sorted({r.category for r in requests}), 1)}

    async def services(_: Request) -> Response:
        return _xml("services", "service", ({"service_code": c, "service_name": n}
                                            for n, c in codes.items()))  # fmt: skip

    async def listed(request: Request) -> Response:
        query = request.query_params
        if query.get("api_key") != key:
            return Response("forbidden", 403)
        start = datetime.fromisoformat(query.get("start_date", "2020-01-01T00:00:00Z"))
        end = datetime.fromisoformat(query.get("end_date", "2021-01-01T00:00:00Z"))
        found = [r for r in requests if start <= r.received < end]
        page = int(query.get("page", 1)) - 1
        shown = found[page * PAGE : (page + 1) * PAGE]
        return _xml("service_requests", "request", (_request(r, codes) for r in shown))

    return Starlette(routes=[Route("/services.xml", services), Route("/requests.xml", listed)])


def _request(report: Report, codes: dict[str, str]) -> dict[str, str | None]:
    longitude, latitude = (0.0, 0.0) if report.draw % 9 == 0 else report.point or (None, None)
    return {
        "service_request_id": f"MKS-{report.serial:05}",
        "status": "closed" if report.followed_up else "open",
        "service_code": codes[report.category],
        "description": report.text,
        "agency_responsible": report.institution,
        "requested_datetime": report.received.isoformat(),
        "updated_datetime": report.changed.isoformat(),
        "address": report.address,
        "lat": None if latitude is None else f"{latitude:.6f}",
        "long": None if longitude is None else f"{longitude:.6f}",
    }


def _xml(root: str, element: str, rows: Iterable[dict[str, str | None]]) -> Response:
    body = "".join(
        f"<{element}>"
        + "".join(f"<{k}>{escape(v)}</{k}>" if v else f"<{k}/>" for k, v in row.items())
        + f"</{element}>"
        for row in rows
    )
    return Response(f"<?xml version='1.0'?><{root}>{body}</{root}>", media_type="text/xml")
