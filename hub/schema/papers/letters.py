"""`GET /letters/{id}.pdf`: a letter, for whoever may read it."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.domain.scope import Permission
from hub.schema.http import GraphQLEndpoint
from hub.schema.papers.handing_out import admitted, attached
from hub.schema.views.answers import refusal

_LONGEST_NUMBER = 6
_NEEDED = Permission.STATISTICS_READ, Permission.COMPLAINTS_READ


class LetterFiles:
    """Hands out letters within the scope of who asks."""

    def __init__(self, graphql: GraphQLEndpoint) -> None:
        self._graphql = graphql

    @property
    def route(self) -> Route:
        """Where it stands."""
        return Route("/letters/{id}.pdf", self.answer, methods=["GET"])

    async def answer(self, request: Request) -> Response:
        """Answers one request."""
        viewer = admitted(self._graphql, request, *_NEEDED)
        if isinstance(viewer, Response):
            return viewer
        stated = request.query_params.get("version", "")
        if stated and not (stated.isdecimal() and len(stated) < _LONGEST_NUMBER):
            return refusal(400, "BAD_USER_INPUT", "version: a number, such as 1")
        desk = self._graphql.desks(viewer.scope).letters
        pdf = await desk.pdf(request.path_params["id"], int(stated) if stated else None)
        if pdf is None:
            return refusal(404, "NOT_FOUND", "There is no such letter.")
        return attached(pdf.content, pdf.name, "application/pdf")
