"""A province's REST service with as many complaints as wanted, of the shape of the demo's."""

import random
import sys
from datetime import timedelta
from typing import Any

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.data import DISTRICTS, FIRST_DAY, words

PAGE = 500


def _records(count: int) -> list[dict[str, Any]]:
    draw = random.Random(count)
    codes = [region.bps_code for region in DISTRICTS if region.province == "73"]
    return [
        {
            "complaint_id": n,
            "category": {"name": draw.choice(["Infrastruktur Jalan", "Persampahan"])},
            "title": words(draw, 6),
            "description": words(draw, 32),
            "province_id": "73",
            "city_id": draw.choice(codes),
            "address": "Jalan Poros 12",
            "latitude": "-5.14",
            "longitude": "119.43",
            "user_name": "Sitti Amiruddin",
            "user_phone": "081100000000",
            "is_anonymous": n % 5 == 0,
            "is_secret": False,
            "complaint_status_id": draw.choice(["verified", "followup", "finished"]),
            "opd_name": "Dinas Pekerjaan Umum",
            "followup_at": None,
            "created_at": (FIRST_DAY + timedelta(days=400, minutes=n)).isoformat(),
            "updated_at": (FIRST_DAY + timedelta(days=401, minutes=n)).isoformat(),
        }
        for n in range(count)
    ]


def make_app(count: int) -> Starlette:
    """Pages are made before anybody asks, so that only the one who asks is measured."""
    records = _records(count)
    pages = []
    for start in range(0, count, PAGE):
        following = start + PAGE if start + PAGE < count else None
        data = {"items": records[start : start + PAGE], "next": following}
        pages.append(orjson.dumps({"success": True, "data": data}))

    async def complaints(request: Request) -> Response:
        start = int(request.query_params.get("after", 0))
        return Response(pages[start // PAGE], media_type="application/json")

    return Starlette(routes=[Route("/v1/complaints", complaints)])


def main() -> None:
    """Serves on a port until killed."""
    count, port = map(int, sys.argv[1:3])
    uvicorn.run(make_app(count), port=port, http="httptools", log_level="warning")


if __name__ == "__main__":
    main()
