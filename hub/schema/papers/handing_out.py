"""How files are handed out: to whom their token lets, to be saved, never to be run or kept by a
cache."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from hub.auth.middleware import Viewer
from hub.domain.scope import Permission
from hub.schema.http import GraphQLEndpoint
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


def admitted(graphql: GraphQLEndpoint, request: Request, *needed: Permission) -> Viewer | Response:
    """Who asks, with a token of these OAuth scopes, or why they are not answered."""
    viewer = request.user
    if not isinstance(viewer, Viewer):
        return graphql.challenge.missing()
    if hurried := graphql.hurried(viewer):
        return hurried
    for permission in needed:
        if permission not in viewer.scope.permissions:
            return refusal(403, "INSUFFICIENT_SCOPE", f"This needs the OAuth scope {permission}.")
    return viewer
