"""What a letter's template is given: the version as it is stored, and nothing that changes."""

from datetime import date, datetime
from hashlib import sha256
from typing import Any

import orjson

from hub.domain.region import Region, regions
from hub.store.mongo import Document

_BOX = "\u25a1"
_ZONES = {7: "WIB", 8: "WITA", 9: "WIT"}

CAPITALS = {
    "11": "Banda Aceh",
    "12": "Medan",
    "13": "Padang",
    "14": "Pekanbaru",
    "15": "Jambi",
    "16": "Palembang",
    "17": "Bengkulu",
    "18": "Bandar Lampung",
    "19": "Pangkalpinang",
    "21": "Tanjungpinang",
    "31": "Jakarta",
    "32": "Bandung",
    "33": "Semarang",
    "34": "Yogyakarta",
    "35": "Surabaya",
    "36": "Serang",
    "51": "Denpasar",
    "52": "Mataram",
    "53": "Kupang",
    "61": "Pontianak",
    "62": "Palangka Raya",
    "63": "Banjarbaru",
    "64": "Samarinda",
    "65": "Tanjung Selor",
    "71": "Manado",
    "72": "Palu",
    "73": "Makassar",
    "74": "Kendari",
    "75": "Gorontalo",
    "76": "Mamuju",
    "81": "Ambon",
    "82": "Sofifi",
    "91": "Jayapura",
    "92": "Manokwari",
    "93": "Merauke",
    "94": "Nabire",
    "95": "Wamena",
    "96": "Sorong",
}
"""Where the provinces are governed from, by their codes."""


def page_of(letter: Document, version: Document, *, draft: bool) -> dict[str, Any]:
    """The page of a version, as a draft or as it is sent."""
    province = regions().get(letter["province"])
    assert province  # noqa: S101 - letters are of provinces (domain/letter.py)
    first, last = date.fromisoformat(letter["first"]), date.fromisoformat(letter["last"])
    figures = bytes(version["figures"])
    return {
        "id": letter["_id"],
        "number": letter["number"],
        "year": letter["year"],
        "version": version["version"],
        "draft": draft,
        "dated": version["dated"],
        "province": {"code": province.code, "name": province.name},
        "capital": CAPITALS[province.code],
        "first": letter["first"],
        "last": letter["last"],
        "days": (last - first).days + 1,
        "wording": version["wording"],
        "hub": version["hub"],
        "frozen": _local(version["frozen_at"], province),
        "digest": sha256(figures).hexdigest(),
        "figures": orjson.loads(figures)["data"],
    }


def marked(page: dict[str, Any], signs: frozenset[str]) -> dict[str, Any]:
    """A page in whose figures a box stands for each of these signs."""
    table = str.maketrans(dict.fromkeys(signs, _BOX))

    def seen(value: Any) -> Any:
        if isinstance(value, str):
            return value.translate(table)
        if isinstance(value, list):
            return [seen(each) for each in value]
        if isinstance(value, dict):
            return {name: seen(each) for name, each in value.items()}
        return value

    return page | {"figures": seen(page["figures"])}


def _local(moment: datetime, province: Region) -> dict[str, Any]:
    """A moment (UTC) by the clocks of a province, which are `hours` ahead."""
    there = moment.astimezone(province.zone)
    offset = there.utcoffset()
    hours = int(offset.total_seconds() // 3600) if offset else 0
    told = {"date": f"{there:%Y-%m-%d}", "time": f"{there:%H.%M}", "zone": _ZONES[hours]}
    return told | {"hours": hours}
