"""A browser's session at the hub's own pages: one signed cookie, and the tokens of its forms."""

import hmac
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from starlette.requests import Request
from starlette.responses import Response

SESSION_SECONDS = 8 * 3600
"""After so long one logs in again."""
_ALGORITHM = "HS256"


@dataclass(frozen=True, slots=True)
class Session:
    """A browser, and who has logged in with it."""

    id: str
    user_id: str | None = None
    auth_time: datetime | None = None
    """When they did (UTC)."""


class Sessions:
    """Reads and writes the cookie."""

    def __init__(self, key: bytes, issuer: str) -> None:
        self._key = OctKey.import_key(key)
        self._raw_key = key
        self._secure = issuer.startswith("https:")
        # The prefix keeps other hosts of the domain from setting it (RFC 6265bis, 4.1.3.2).
        self._cookie = "__Host-hub" if self._secure else "hub"

    def read(self, request: Request) -> Session:
        """The session of a browser; a new one if it has none that is valid."""
        try:
            cookie = request.cookies.get(self._cookie, "")
            claims = jwt.decode(cookie, self._key, algorithms=[_ALGORITHM]).claims
            jwt.JWTClaimsRegistry(exp={"essential": True}).validate(claims)
            logged_in = claims.get("auth_time")
            moment = None if logged_in is None else datetime.fromtimestamp(logged_in, UTC)
            return Session(claims["sid"], claims.get("sub"), moment)
        except (JoseError, ValueError, KeyError, TypeError):
            return Session(secrets.token_urlsafe(16))

    def log_in(self, user_id: str) -> Session:
        """A session of this user, from now on; never one that was there before the login."""
        return Session(secrets.token_urlsafe(16), user_id, datetime.now(UTC))

    def keep(self, response: Response, session: Session) -> None:
        """Gives the cookie to the browser."""
        now = int(time.time())
        began = int(session.auth_time.timestamp()) if session.auth_time else now
        ends = began + SESSION_SECONDS
        claims: dict[str, str | int] = {"sid": session.id, "exp": ends}
        if session.user_id and session.auth_time:
            claims |= {"sub": session.user_id, "auth_time": began}
        cookie = jwt.encode({"alg": _ALGORITHM}, claims, self._key)
        response.set_cookie(
            self._cookie,
            cookie,
            max_age=ends - now,
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )

    def end(self, response: Response) -> None:
        """Takes the cookie away."""
        response.delete_cookie(self._cookie, secure=self._secure, httponly=True, samesite="lax")

    def form_token(self, session: Session) -> str:
        """What a form of this session carries, so that no other site can send it."""
        return hmac.digest(self._raw_key, f"form {session.id}".encode(), sha256).hex()

    def sent_by_us(self, session: Session, form: dict[str, str]) -> bool:
        """Whether a form was one that we gave to this session."""
        sent, given = form.get("form_token", ""), self.form_token(session)
        return hmac.compare_digest(sent.encode(), given.encode())
