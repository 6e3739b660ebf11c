"""Pages of letters from figures as a test states them."""

from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import orjson
import pypdf

from hub.oversight.letters.page import page_of
from hub.oversight.letters.typesetting import TEMPLATE, typeset
from hub.store.mongo import Document


def stage(name: str, late: int = 0, n: int = 0, of: int = 0) -> Document:
    """How the deadlines of a stage are kept."""
    return {"stage": name, "late": late, "n": n, "of": of}


def row(*keys: str | None, received: int = 10, followed_up: int = 4, n: int = 2) -> Document:
    """A row of indicators, the days to follow-up of `n` known."""
    return {
        "keys": [{"value": key, "label": key} for key in keys],
        "received": received,
        "followedUp": followed_up,
        "followUpRate": followed_up / received if received else None,
        "closed": followed_up,
        "stageOverdue": 0,
        "deadlines": [stage("VERIFY"), stage("FOLLOW_UP"), stage("ANSWER")],
        "workingDaysToFollowUp": {
            "of": followed_up,
            "n": n,
            "coverage": n / followed_up if followed_up else None,
            "median": 6.0 if n else None,
        },
    }


def activity(connected: int = 2, active: int = 1) -> Document:
    """Two institutions of which so many are connected and active."""
    rates = {"connectedRate": connected / 2, "activeRate": active / 2}
    names = ("Pemerintah Kota Makassar", "Pemerintah Kabupaten Gowa")
    members = [
        {"name": name, "connected": n < connected, "active": n < active}
        for n, name in enumerate(names)
    ]
    counts = {"total": 2, "connected": connected, "active": active}
    return {**counts, **rates, "members": members}


def channel(name: str = "lapor", synced: str | None = "2026-11-29T16:00:00+00:00") -> Document:
    """A channel with its last green run."""
    return {"name": name, "title": f"Kanal {name}", "lastSyncedAt": synced}


def figures(**changed: Any) -> Document:
    """What the question of a letter is answered, but for what is changed."""
    districts = ("Kota Makassar", "Kabupaten Gowa")
    governments = [("73", "Sulawesi Selatan"), *zip(("73.71", "73.06"), districts, strict=True)]
    rows = [row(code) for code, _ in governments[1:]]
    for each, name in zip(rows, districts, strict=True):
        each["keys"][0]["label"] = name
    return {
        "total": [row(received=20, followed_up=8, n=4)],
        "year": [row(received=40, followed_up=10, n=5)],
        "covid": [row()],
        "districts": rows,
        "months": [row("2020-07"), row("2020-08")],
        "categories": [row("roads"), row(None)],
        "channelMonths": [row("lapor", month) for month in ("2020-07", "2020-08")],
        "channels": [channel()],
        "activity": activity(),
        "yearActivity": activity(active=2),
        "readiness": [
            {
                "region": {
                    "code": code,
                    "name": name,
                    "level": "DISTRICT" if "." in code else "PROVINCE",
                },
                "entries": [],
            }
            for code, name in governments
        ],
    } | changed


def letter(province: str = "73", first: str = "2020-07-01", last: str = "2020-08-31") -> Document:
    """A letter as it is stored, but for its versions."""
    stated = {"_id": f"{province}-2026-1", "number": 1, "year": 2026, "province": province}
    return stated | {"first": first, "last": last}


def version(figures: Document, **wording: Any) -> Document:
    """The version that has these figures."""
    return {
        "version": 1,
        "dated": "2026-11-30",
        "wording": wording,
        "hub": "0.1.0",
        "figures": orjson.dumps({"data": figures}),
        "frozen_at": datetime(2026, 11, 29, 16, 56, tzinfo=UTC),
    }


async def made(
    figures: Document, of: Document | None = None, *, template: str = TEMPLATE, **wording: Any
) -> bytes:
    """A letter with these figures as it is sent."""
    page = page_of(of or letter(), version(figures, **wording), draft=False)
    return await typeset(template, page)


def pages_of(content: bytes) -> list[list[str]]:
    """The lines of each page of a letter."""
    pages = pypdf.PdfReader(BytesIO(content)).pages
    return [page.extract_text().splitlines() for page in pages]


def text_of(content: bytes) -> str:
    """What a letter says, as it is read from its pages, its lines joined."""
    return " ".join(" ".join(line for page in pages_of(content) for line in page).split())
