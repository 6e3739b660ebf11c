"""Making users, and checking that somebody is one."""

import hmac
import re
import secrets
import time
from collections.abc import Sequence
from functools import lru_cache

import pyotp
from anyio import CapacityLimiter, to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hub.auth.clients import chosen_permissions
from hub.auth.throttle import LOGINS_BY_ADDRESS, LOGINS_BY_USER, Throttle
from hub.domain.scope import Grant
from hub.store.users import User, Users

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1024
_TOTP_SECONDS = 30
_HASHER = PasswordHasher()  # argon2id, with the parameters of RFC 9106 for little memory
_AT_ONCE = CapacityLimiter(2)  # each takes 64 MiB


async def create_user(
    users: Users,
    name: str,
    grants: tuple[Grant, ...],
    permissions: Sequence[str] = (),
    password: str | None = None,
) -> tuple[User, str]:
    """Makes a user and returns them with their password, a random one if none is given.

    Raises ValueError for a name, password or permission that can't be, NameTakenError.
    """
    if not re.fullmatch(r"[\w.@+-]{1,64}", name):
        raise ValueError("a name is 1 to 64 letters, digits and . @ + - _")
    chosen = chosen_permissions(grants, permissions)
    password = password if password is not None else secrets.token_urlsafe(18)
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise ValueError(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
    hashed = await to_thread.run_sync(_HASHER.hash, password, limiter=_AT_ONCE)
    user = User(secrets.token_hex(8), name, hashed, grants, chosen)
    await users.add(user)
    return user, password


async def enrol_totp(users: Users, user: User, issuer: str) -> str:
    """Asks this user for one-time codes from now on; returns the otpauth URI for their
    authenticator, which is shown this once."""
    secret = pyotp.random_base32()
    await users.set_totp(user.id, secret)
    totp = pyotp.TOTP(secret, interval=_TOTP_SECONDS)
    return totp.provisioning_uri(name=user.name, issuer_name=issuer)


class Logins:
    """Checks passwords and one-time codes, slowly enough for whoever guesses."""

    def __init__(self, users: Users, throttle: Throttle) -> None:
        self._users = users
        self._throttle = throttle

    async def check(self, name: str, password: str, code: str, address: str) -> User | None:
        """The user whose name, password and, if they use one, one-time code these are; None does
        not say which of them is wrong.

        Raises TooManyAttemptsError at a limit, before anything is looked at.
        """
        counted = ((LOGINS_BY_USER, name), (LOGINS_BY_ADDRESS, address))
        await self._throttle.enter(*counted)
        user = await self._users.named(name)
        right = await to_thread.run_sync(_is_password, user, password, limiter=_AT_ONCE)
        if user is None or not right or not await self._is_code(user, code):
            return None
        await self._throttle.take_back(*counted)
        return user

    async def _is_code(self, user: User, code: str) -> bool:
        """Whether a one-time code is right and new; each is good once, and half a minute early or
        late (RFC 6238, section 5.2)."""
        if user.totp_secret is None:
            return True
        totp = pyotp.TOTP(user.totp_secret, interval=_TOTP_SECONDS)
        now, typed = int(time.time()) // _TOTP_SECONDS, code.replace(" ", "")
        for step in (now, now - 1, now + 1):
            if hmac.compare_digest(totp.generate_otp(step).encode(), typed.encode()):
                return await self._users.use_totp(user.id, step)
        return False


def _is_password(user: User | None, password: str) -> bool:
    """Takes as long for a user who does not exist."""
    try:
        _HASHER.verify(user.password_hash if user else _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return user is not None


@lru_cache(1)
def _nobodys_hash() -> str:
    return _HASHER.hash(secrets.token_urlsafe(18))
