"""Files in GridFS, each sealed with a key of its own, which the vault seals in turn: when the hub's
key changes, no file has to be written anew."""

import os
import secrets

from hub.store.mongo import Database, bucket
from hub.store.scope_monitor import unscoped
from hub.store.vault import KEY_BYTES, Vault

CONTENTS = "file_contents"
"""The bucket. What is in it is found by whoever has read, within their scope, where it belongs."""


class SealedFiles:
    """Puts files away, and gives them back by their ids, which are not to be guessed."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._keys = database["files"]
        self._contents = bucket(database, CONTENTS)
        self._vault = vault

    async def put(self, content: bytes) -> str:
        """Keeps a file, durably; its id. One that nothing then refers to is found by nobody."""
        id_, key = f"file_{secrets.token_urlsafe(24)}", os.urandom(KEY_BYTES)
        sealed = Vault(key).seal(content, id_)
        with unscoped("the driver looks whether the bucket has its indexes"):
            await self._contents.upload_from_stream_with_id(id_, id_, sealed)
        await self._keys.insert_one({"_id": id_, "key": self._vault.seal(key, id_)})
        return id_

    async def discard(self, id_: str) -> None:
        """Removes a file that nothing came to refer to."""
        await self._keys.delete_one({"_id": id_})
        await self._contents.delete(id_)

    async def get(self, id_: str) -> bytes:
        """A file. Raises VaultError, and the driver's error for one that is not there."""
        with unscoped("its id stood in a document of the viewer's scope"):
            found = await self._keys.find_one({"_id": id_})
            stream = await self._contents.open_download_stream(id_)
            sealed = await stream.read()
        key = self._vault.open(found["key"], id_) if found else b""
        return Vault(key).open(sealed, id_)
