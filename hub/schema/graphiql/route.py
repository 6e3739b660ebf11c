"""The addresses of GraphiQL. Whoever opens them sees no data: the page asks with a token, as every
client does."""

import mimetypes
from pathlib import Path
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from hub.auth.clients import chosen_permissions
from hub.store.clients import Client, Clients, GrantType

BUILT = Path(__file__).parent / "built"
CLIENT_ID = "graphiql"
_NOT_BUILT = (
    "GraphiQL is not part of this installation: its parts come from npm packages and have to be "
    "built once.\n\n    make graphiql\n\nin the hub's source needs Node.js 20 or newer with npm. "
    "Then start the hub again, or install it from there.\n"
)


class GraphiQL:
    """Serves what was built, and nothing else."""

    def __init__(self, issuer: str, built: Path = BUILT) -> None:
        self._page = built / "index.html"
        self._parts = {path.name: path for path in (built / "assets").glob("*") if path.is_file()}
        self._headers = _headers(issuer)

    @property
    def routes(self) -> list[Route]:
        """Where it stands."""
        return [
            Route("/graphiql", self._whole, methods=["GET"]),
            Route("/graphiql/assets/{name}", self._part, methods=["GET"]),
        ]

    async def _whole(self, _: Request) -> Response:
        if not self._page.exists():
            return PlainTextResponse(_NOT_BUILT, 503, self._headers)
        return FileResponse(self._page, headers=self._headers, media_type="text/html")

    async def _part(self, request: Request) -> Response:
        part = self._parts.get(request.path_params["name"])
        if part is None:
            return PlainTextResponse("Not Found", 404)
        # The name of a part has a hash of what is in it.
        headers = self._headers | {"Cache-Control": "public, max-age=31536000, immutable"}
        media_type = mimetypes.guess_type(part.name)[0] or "application/octet-stream"
        return FileResponse(part, headers=headers, media_type=media_type)


async def register(clients: Clients, issuer: str) -> None:
    """Makes GraphiQL a client that people log in with, which acts for them alone."""
    await clients.keep(
        Client(
            id=CLIENT_ID,
            name="GraphiQL",
            secret_hash="",
            grants=(),
            permissions=chosen_permissions((), ()),
            redirect_uris=(f"{issuer}/graphiql",),
            grant_types=frozenset({GrantType.AUTHORIZATION_CODE}),
        )
    )


def _headers(issuer: str) -> dict[str, str]:
    """The page loads and asks its own origin only; its editor makes styles as it goes."""
    address = urlsplit(issuer)
    socket = f"{'wss' if address.scheme == 'https' else 'ws'}://{address.netloc}"
    # Its font comes inside its style.
    policy = (
        "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self' "
        "'unsafe-inline'; font-src 'self' data:; img-src 'self' data:; connect-src 'self' "
        f"{socket}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {
        "Cache-Control": "no-cache",
        "Content-Security-Policy": policy,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
