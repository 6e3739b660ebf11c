"""How files are handed out: to whom their token lets, to be saved, never to be run or kept by a
cache."""

from urllib.parse import quote

from starlette.responses import Response

from hub.auth.middleware import Viewer
from hub.domain.scope import Permission
from hub.schema.views.answers import refusal


def attached(content: bytes, name: str, media_type: str) -> Response:
    """A file under its name (RFC 6266, section 4.3)."""
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "Cache-Control": "no-store",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, 200, headers, media_type)


def lacking(viewer: Viewer, *needed: Permission) -> Response | None:
    """The answer to a viewer whose token lacks an OAuth scope; None where it has them all."""
    for permission in needed:
        if permission not in viewer.scope.permissions:
            return refusal(403, "INSUFFICIENT_SCOPE", f"This needs the OAuth scope {permission}.")
    return None
