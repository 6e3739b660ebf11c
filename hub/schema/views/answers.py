"""How the addresses of views and exports refuse."""

import orjson
from starlette.responses import Response


def refusal(status: int, code: str, message: str, **more: str) -> Response:
    """An error as the API tells them, that no cache keeps."""
    error = {"message": message, "extensions": {"code": code, **more}}
    body = orjson.dumps({"errors": [error]})
    return Response(body, status, {"Cache-Control": "no-store"}, "application/json")
