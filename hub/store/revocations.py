"""Access tokens that were revoked before they expired."""

from datetime import datetime

from hub.store.mongo import Database
from hub.store.remembered import Remembered

COLLECTION = "revoked_tokens"


class Revocations:
    """The list of them. A token is kept until it expires; then nobody accepts it anyway."""

    def __init__(self, database: Database, remembered: Remembered | None = None) -> None:
        """`remembered` is told at once of what is revoked here."""
        self._revoked = database[COLLECTION]
        self._remembered = remembered

    async def revoke(self, jti: str, expires_at: datetime) -> None:
        """Revokes the token with this `jti`, which would be valid until `expires_at` (UTC)."""
        await self._revoked.replace_one({"_id": jti}, {"expires_at": expires_at}, upsert=True)
        if self._remembered:
            self._remembered.forget(COLLECTION, jti)

    async def is_revoked(self, jti: str) -> bool:
        """Whether the token with this `jti` was revoked."""
        return await self._revoked.find_one({"_id": jti}, {"_id": 1}) is not None
