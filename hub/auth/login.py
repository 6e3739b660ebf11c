"""`/oauth/login` and `/oauth/logout`, and who has logged in."""

import re
from dataclasses import dataclass
from datetime import datetime

from authlib.oauth2 import OAuth2Error
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hub.auth.pages import grants_in_words, page
from hub.auth.requests import address_of, form_pairs
from hub.auth.sessions import Session, Sessions
from hub.auth.throttle import TooManyAttemptsError
from hub.auth.users import Logins
from hub.store.users import User, Users

_WRONG = "Name, password or one-time code is wrong."
# Relative, so that the browser stays at the hub wherever a proxy puts it.
_NEXT = re.compile(r"(authorize\?|device(\?|$))")


class RefusedError(Exception):
    """A request of a browser that is answered with a page that says why not."""

    def __init__(self, text: str, status: int = 400, headers: dict[str, str] | None = None) -> None:
        super().__init__(text)
        values = {"title": "That did not work", "text": text}
        self.response = page("message", values, status=status, headers=headers)


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A session in which somebody has logged in."""

    session: Session
    user: User
    auth_time: datetime


class Login:
    """Lets users in, and out again."""

    def __init__(self, users: Users, sessions: Sessions, logins: Logins) -> None:
        self._users = users
        self._sessions = sessions
        self._logins = logins

    async def who(self, request: Request) -> LoggedIn | None:
        """Who uses this browser, or None."""
        session = self._sessions.read(request)
        if session.user_id is None or session.auth_time is None:
            return None
        user = await self._users.get(session.user_id)
        return LoggedIn(session, user, session.auth_time) if user else None

    def ask(self, request: Request, next_: str) -> Response:
        """The page where one logs in and then goes on to `next_`."""
        return self._page(self._sessions.read(request), next_)

    async def form(self, request: Request) -> dict[str, str]:
        """The fields of a form that we gave to this browser. Raises RefusedError for any other."""
        try:
            form = dict(await form_pairs(request))
        except OAuth2Error as error:
            raise RefusedError(str(error.description), error.status_code) from None
        if not self._sessions.sent_by_us(self._sessions.read(request), form):
            raise RefusedError(
                "This form was open for too long, or was not from here. Go back to where you "
                "came from, and start again. The hub needs a cookie for this.",
                403,
            )
        return form

    def about(self, who: LoggedIn, next_: str) -> dict[str, str]:
        """What each page for somebody who has logged in shows."""
        return {
            "form_token": self._sessions.form_token(who.session),
            "next": next_,
            "user": who.user.name,
            "grants": grants_in_words(who.user.grants),
        }

    async def log_in(self, request: Request) -> Response:
        """`POST /oauth/login`."""
        form = await self.form(request)
        session, next_ = self._sessions.read(request), _next(form)
        name = form.get("name", "")
        try:
            user = await self._logins.check(
                name, form.get("password", ""), form.get("code", ""), address_of(request)
            )
        except TooManyAttemptsError as error:
            return self._page(session, next_, name, str(error), 429, error.headers)
        if user is None:
            return self._page(session, next_, name, _WRONG, 403)
        response = RedirectResponse(next_, 303, {"Cache-Control": "no-store"})
        self._sessions.keep(response, self._sessions.log_in(user.id))
        return response

    async def log_out(self, request: Request) -> Response:
        """`POST /oauth/logout`."""
        form = await self.form(request)
        response = RedirectResponse(_next(form), 303, {"Cache-Control": "no-store"})
        self._sessions.end(response)
        return response

    def _page(
        self,
        session: Session,
        next_: str,
        name: str = "",
        wrong: str = "",
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> Response:
        token = self._sessions.form_token(session)
        values = {"form_token": token, "next": next_, "name": name, "wrong": wrong}
        response = page("login", values, status=status, headers=headers)
        self._sessions.keep(response, session)
        return response


def _next(form: dict[str, str]) -> str:
    """Where a form goes on to: a page of ours. Raises RefusedError for anything else."""
    next_ = form.get("next", "")
    if not _NEXT.match(next_):
        raise RefusedError("Start again where you came from.")
    return next_
