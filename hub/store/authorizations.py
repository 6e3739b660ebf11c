"""What a person allowed a client: one document, from the code to the last refresh token."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hub.domain.scope import Permission
from hub.store.hashed import secret_hash
from hub.store.mongo import Database, Document
from hub.store.revocations import Revocations

CODE_SECONDS = 60
"""How long a code can be exchanged."""
REFRESH_SECONDS = 30 * 24 * 3600
"""How long after a login its refresh tokens end, however often they were exchanged."""
_REMEMBERED = timedelta(hours=2)
"""A code is remembered for longer than any access token made with it is valid."""


@dataclass(frozen=True, slots=True)
class Authorization:
    """A user's consent to a client. All its tokens are a family, and are revoked together."""

    id: str
    client_id: str
    user_id: str
    permissions: frozenset[Permission]
    auth_time: datetime
    """When the user logged in (UTC)."""
    redirect_uri: str | None = None
    code_challenge: str | None = None


class Authorizations:
    """Codes and refresh tokens. Both are `id.secret`; of the secrets only hashes are kept."""

    def __init__(self, database: Database, revocations: Revocations) -> None:
        self._authorizations = database["authorizations"]
        self._revocations = revocations

    async def add(self, authorization: Authorization) -> str:
        """Stores a consent and returns the code for it, good for CODE_SECONDS."""
        code, now = secrets.token_urlsafe(32), datetime.now(UTC)
        await self._authorizations.insert_one(
            {
                "_id": authorization.id,
                "client_id": authorization.client_id,
                "user_id": authorization.user_id,
                "permissions": sorted(authorization.permissions),
                "auth_time": authorization.auth_time,
                "redirect_uri": authorization.redirect_uri,
                "code_challenge": authorization.code_challenge,
                "code": secret_hash(code),
                "code_until": now + timedelta(seconds=CODE_SECONDS),
                "refresh": None,
                "revoked": False,
                "tokens": [],
                "expires_at": now + _REMEMBERED,
            }
        )
        return f"{authorization.id}.{code}"

    async def by_code(self, code: str, client_id: str) -> Authorization | None:
        """What a code of this client stands for. One that was used before revokes all that it
        gave, and is None like one that never was."""
        found = await self._find(code, "code", client_id)
        if found is None:
            return None
        if found["tokens"]:
            await self.revoke(found["_id"])
            return None
        return _authorization(found) if found["code_until"] > datetime.now(UTC) else None

    async def by_refresh_token(self, token: str, client_id: str) -> Authorization | None:
        """What a refresh token of this client stands for. One that was exchanged before revokes
        the whole family, and is None like one that never was."""
        id_, _, secret = token.partition(".")
        found = await self._authorizations.find_one({"_id": id_, "client_id": client_id})
        if found is None or found["refresh"] is None or not _lives(found):
            return None
        if not secrets.compare_digest(found["refresh"], secret_hash(secret)):
            await self.revoke(id_)
            return None
        return _authorization(found)

    async def issue(
        self, id_: str, jti: str, expires_at: datetime, used: str | None, refresh: str | None
    ) -> bool:
        """Notes the tokens made of an authorization. The refresh token `used` for it (None: its
        code was) gives way to another, or to none. False, with all revoked, if another request
        was quicker with the same."""
        now = datetime.now(UTC)
        unused: Document = {"refresh": _hash_of(used)} if used else {"tokens": []}
        change: Document = {"refresh": _hash_of(refresh) if refresh else None}
        if used is None and refresh:
            change["expires_at"] = now + timedelta(seconds=REFRESH_SECONDS)
        kept = {"$filter": {"input": "$tokens", "cond": {"$gt": ["$$this.expires_at", now]}}}
        change["tokens"] = {"$concatArrays": [kept, [{"jti": jti, "expires_at": expires_at}]]}
        issued = await self._authorizations.update_one(
            {"_id": id_, "revoked": False, **unused}, [{"$set": change}]
        )
        if issued.modified_count:
            return True
        await self.revoke(id_)
        return False

    async def refreshable(self, token: str) -> tuple[Authorization, datetime] | None:
        """What a refresh token that can still be exchanged stands for, and until when."""
        found = await self._find(token, "refresh")
        if found is None or not _lives(found):
            return None
        return _authorization(found), found["expires_at"]

    async def revoke(self, id_: str) -> None:
        """Ends an authorization: its code, its refresh token and its access tokens."""
        revoked = await self._authorizations.find_one_and_update(
            {"_id": id_}, {"$set": {"revoked": True}}
        )
        for token in revoked["tokens"] if revoked else ():
            await self._revocations.revoke(token["jti"], token["expires_at"])

    async def _find(self, token: str, kind: str, client_id: str | None = None) -> Document | None:
        id_, _, secret = token.partition(".")
        whose = {} if client_id is None else {"client_id": client_id}
        found: Document | None = await self._authorizations.find_one(
            {"_id": id_, kind: secret_hash(secret), **whose}
        )
        return found


def new_authorization_id() -> str:
    """An id that nobody guesses."""
    return secrets.token_hex(16)


def _hash_of(token: str) -> str:
    return secret_hash(token.partition(".")[2])


def _lives(found: Document) -> bool:
    return not found["revoked"] and found["expires_at"] > datetime.now(UTC)


def _authorization(found: Document) -> Authorization:
    return Authorization(
        id=found["_id"],
        client_id=found["client_id"],
        user_id=found["user_id"],
        permissions=frozenset(Permission(p) for p in found["permissions"]),
        auth_time=found["auth_time"],
        redirect_uri=found["redirect_uri"],
        code_challenge=found["code_challenge"],
    )
