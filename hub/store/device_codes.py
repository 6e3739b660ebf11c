"""Devices that wait for somebody to type their code (RFC 8628)."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pymongo.errors import DuplicateKeyError

from hub.domain.scope import Permission
from hub.store.hashed import secret_hash
from hub.store.mongo import Database, Document

DEVICE_CODE_SECONDS = 600
"""How long a code can be typed."""
POLL_SECONDS = 5
"""How long a device waits between two questions; five more each time it was too quick."""
# No vowels, so that no word arises, and nothing that looks like something else (RFC 8628, 6.1).
_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
_USER_CODE_LENGTH = 8


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """What a device asks for, and what a user has said to it."""

    id: str
    user_code: str
    client_id: str
    scope: str
    expires_at: datetime
    allowed: bool | None = None
    user_id: str | None = None
    permissions: frozenset[Permission] = frozenset()
    auth_time: datetime | None = None

    @property
    def shown(self) -> str:
        """The code as the device shows it."""
        return _shown(self.user_code)

    @property
    def expired(self) -> bool:
        """Whether it is too late."""
        return self.expires_at < datetime.now(UTC)


class DeviceCodes:
    """The devices that wait. Of the codes that devices keep only hashes are stored."""

    def __init__(self, database: Database) -> None:
        self._codes = database["device_codes"]

    async def add(self, client_id: str, scope: str) -> tuple[str, str]:
        """Lets a device wait: (device code, user code)."""
        device_code, now = secrets.token_urlsafe(32), datetime.now(UTC)
        while True:
            user_code = "".join(secrets.choice(_ALPHABET) for _ in range(_USER_CODE_LENGTH))
            document = {
                "_id": secret_hash(device_code),
                "user_code": user_code,
                "client_id": client_id,
                "scope": scope,
                "allowed": None,
                "interval": POLL_SECONDS,
                "next_poll_at": now,
                "expires_at": now + timedelta(seconds=DEVICE_CODE_SECONDS),
            }
            try:
                await self._codes.insert_one(document)
            except DuplicateKeyError:
                continue
            return device_code, _shown(user_code)

    async def by_device_code(self, device_code: str) -> DeviceCode | None:
        """What the device with this code waits for, even if it has expired."""
        found = await self._codes.find_one({"_id": secret_hash(device_code)})
        return _device_code(found) if found else None

    async def waiting(self, user_code: str) -> DeviceCode | None:
        """The device that waits for this code; case and what stands between letters don't count."""
        found = await self._codes.find_one(
            {
                "user_code": "".join(c for c in user_code.upper() if c in _ALPHABET),
                "allowed": None,
                "expires_at": {"$gt": datetime.now(UTC)},
            }
        )
        return _device_code(found) if found else None

    async def decide(
        self,
        id_: str,
        *,
        allowed: bool,
        user_id: str,
        permissions: frozenset[Permission],
        auth_time: datetime,
    ) -> bool:
        """A user allows or denies; False if the device does not wait any more."""
        change = {
            "allowed": allowed,
            "user_id": user_id,
            "permissions": sorted(permissions),
            "auth_time": auth_time,
        }
        decided = await self._codes.update_one(
            {"_id": id_, "allowed": None, "expires_at": {"$gt": datetime.now(UTC)}},
            {"$set": change},
        )
        return decided.modified_count == 1

    async def too_quick(self, id_: str) -> bool:
        """Notes a question of the device; True if it came too early, which costs it time."""
        now = datetime.now(UTC)
        early = {"$gt": ["$next_poll_at", now]}
        interval = {"$cond": [early, {"$add": ["$interval", POLL_SECONDS]}, "$interval"]}
        before = await self._codes.find_one_and_update(
            {"_id": id_},
            [
                {"$set": {"interval": interval}},
                {"$set": {"next_poll_at": {"$add": [now, {"$multiply": ["$interval", 1000]}]}}},
            ],
        )
        return before is not None and before["next_poll_at"] > now

    async def take(self, id_: str) -> bool:
        """Takes what was allowed, once; False for whoever comes later."""
        return (await self._codes.delete_one({"_id": id_, "allowed": True})).deleted_count == 1


def _shown(user_code: str) -> str:
    return f"{user_code[:4]}-{user_code[4:]}"


def _device_code(found: Document) -> DeviceCode:
    return DeviceCode(
        id=found["_id"],
        user_code=found["user_code"],
        client_id=found["client_id"],
        scope=found["scope"],
        expires_at=found["expires_at"],
        allowed=found["allowed"],
        user_id=found.get("user_id"),
        permissions=frozenset(Permission(p) for p in found.get("permissions", ())),
        auth_time=found.get("auth_time"),
    )
