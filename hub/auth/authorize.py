"""`/oauth/authorize`: a user lets a console act for them, and the console gets a code."""

from functools import partial
from urllib.parse import urlsplit

from anyio import to_thread
from authlib.common.urls import add_params_to_uri
from authlib.oauth2 import OAuth2Error
from starlette.requests import Request
from starlette.responses import Response

from hub.auth.client_auth import OAuthClient
from hub.auth.issuing import Person, permitted
from hub.auth.login import LoggedIn, Login, RefusedError
from hub.auth.pages import in_words, page
from hub.auth.requests import HubRequest, parsed
from hub.auth.server import HubServer
from hub.domain.scope import Permission
from hub.store.authorizations import Authorization, new_authorization_id


class AuthorizePage:
    """`GET` asks the user, who may have to log in first; `POST` brings their decision."""

    def __init__(self, server: HubServer, login: Login) -> None:
        self._server = server
        self._login = login

    async def __call__(self, request: Request) -> Response:
        """A page, or the way back to the console. Raises RefusedError: as long as client and
        redirect URI are not known to be good, nobody is sent anywhere."""
        try:
            asked = HubRequest(
                request, f"{self._server.issuer}/oauth/authorize", parsed(request.url.query)
            )
            asked.check_repeats()
            grant = await to_thread.run_sync(self._server.get_consent_grant, asked)
        except OAuth2Error as error:
            return self._refused(error)
        except ValueError:  # Authlib's, for a text that an error must not repeat
            raise RefusedError("The console has sent a malformed request.") from None
        who = await self._login.who(request)
        next_ = f"authorize?{request.url.query}"
        if who is None:
            return self._login.ask(request, next_)
        client: OAuthClient = asked.client
        permissions = permitted(asked.payload.scope or None, client.client, who.user)
        if request.method != "POST":
            return self._consent_page(asked, who, next_, permissions)
        form = await self._login.form(request)
        allowed = form.get("decision") == "allow" and bool(permissions)
        person = _person(asked, who, permissions) if allowed else None
        answer = partial(self._server.create_authorization_response, asked, person, grant)
        return self._back(await to_thread.run_sync(answer))

    def _consent_page(
        self,
        asked: HubRequest,
        who: LoggedIn,
        next_: str,
        permissions: frozenset[Permission],
    ) -> Response:
        target = urlsplit(asked.payload.redirect_uri)
        origin = f"{target.scheme}://{target.netloc}" if target.netloc else f"{target.scheme}:"
        values = {
            "client": asked.client.client.name,
            "permissions": in_words(permissions),
            "code": "",
            "goes_to": origin,
        }
        about = self._login.about(who, next_)
        return page("consent", {**values, **about}, form_goes_to=origin)

    def _refused(self, error: OAuth2Error) -> Response:
        if not error.redirect_uri:
            raise RefusedError(str(error.description or error.error))
        response: Response = self._server.handle_error_response(None, error)
        return self._back(response)

    def _back(self, response: Response) -> Response:
        """The way back says who answers, so that no other server can be taken for us (RFC 9207)."""
        place = add_params_to_uri(response.headers["location"], {"iss": self._server.issuer})
        response.headers["location"] = place
        return response


def _person(asked: HubRequest, who: LoggedIn, permissions: frozenset[Permission]) -> Person:
    authorization = Authorization(
        id=new_authorization_id(),
        client_id=asked.payload.client_id,
        user_id=who.user.id,
        permissions=permissions,
        auth_time=who.auth_time,
        redirect_uri=asked.payload.redirect_uri,
        code_challenge=asked.fields["code_challenge"],
    )
    return Person(who.user, authorization)
