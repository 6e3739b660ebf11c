"""The keys that sign tokens: several, so that one can follow another while hubs run."""

import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import structlog
from joserfc.jwk import ECKey, Key, KeySet

from hub.auth.issuers import only_key
from hub.store.keys import SigningKey, SigningKeys
from hub.store.mongo import StoreError

REFRESH_SECONDS = 5.0
"""How old a hub's knowledge of the keys gets."""
SIGNS_AFTER = timedelta(seconds=2 * REFRESH_SECONDS)
"""A new key signs once each hub knows it; until then the one before does."""
_LONGEST_TOKEN = timedelta(hours=1)
KEPT = SIGNS_AFTER + _LONGEST_TOKEN + timedelta(minutes=5)
"""How long after its successor was made a key is published: until its tokens have expired."""

_log = structlog.get_logger()


class KeyRing:
    """The keys of the store, as this hub knows them."""

    def __init__(self, keys: SigningKeys) -> None:
        self._keys = keys
        self._fresh_until = 0.0
        self.published = KeySet([])
        """Verifies tokens."""
        self.signing: KeySet
        """The one key that signs; a set, since joserfc names the key of a set in the token."""

    async def refresh(self) -> None:
        """Reads the keys; makes the first one if there is none."""
        self._fresh_until = time.monotonic() + REFRESH_SECONDS
        found = await self._keys.all()
        if not found:
            await self._keys.add_first(new_key())
            found = await self._keys.all()
        known = {key.kid: key for key in self.published}
        outlived = _outlived(found)
        pairs = [(each, _imported(each)) for each in found if each not in outlived]
        now = datetime.now(UTC)
        ripe = [key for each, key in pairs if each.made_at + SIGNS_AFTER <= now]
        self.published.keys[:] = [known.get(key.kid, key) for _, key in pairs]
        # Of several that are too new, as at the very first start, the oldest.
        self.signing = KeySet([ripe[0] if ripe else pairs[-1][1]])

    async def stay_fresh(self) -> None:
        """Reads the keys where they were last read REFRESH_SECONDS ago. Without MongoDB the known
        ones go on."""
        if time.monotonic() < self._fresh_until:
            return
        try:
            await self.refresh()
        except StoreError as error:
            _log.warning("keys.not_refreshed", error=str(error))

    async def find(self, kid: str | None, key_type: str) -> Key | None:
        """The one published key of this name and type."""
        await self.stay_fresh()
        return only_key(self.published, kid, key_type)


async def rotate(keys: SigningKeys) -> None:
    """Adds a key that signs from now on, and removes those whose tokens have expired."""
    await keys.add(new_key())
    for key in _outlived(await keys.all()):
        await keys.remove(key)


def new_key() -> bytes:
    """A key that nobody has, in PEM."""
    return ECKey.generate_key("P-256", private=True).as_pem(private=True)


def _outlived(keys: list[SigningKey]) -> list[SigningKey]:
    """Those, of the newest first, that were followed by another one so long ago that no token of
    theirs is valid."""
    now = datetime.now(UTC)
    return [key for newer, key in pairwise(keys) if newer.made_at + KEPT < now]


def _imported(key: SigningKey) -> ECKey:
    imported = ECKey.import_key(key.pem)
    imported.ensure_kid()
    return imported
