"""Pages of letters from figures as a test states them."""

from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import orjson
import pypdf

from hub.oversight.letters.page import page_of
from hub.oversight.letters.typesetting import TEMPLATE, typeset
from hub.store.mongo import Document


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


def text_of(content: bytes) -> str:
    """What a letter says, as it is read from its pages, its lines joined."""
    pages = (page.extract_text() for page in pypdf.PdfReader(BytesIO(content)).pages)
    return " ".join(" ".join(pages).split())
