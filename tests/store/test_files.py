"""Sealed files in GridFS, by either driver."""

import pytest

from hub.store.files import CONTENTS, SealedFiles
from hub.store.mongo import Driver, connect
from hub.store.scope_monitor import viewing
from hub.store.vault import Vault, VaultError
from tests.made import MINISTRY


async def test_a_file_comes_back_as_it_was(mongodb_uri: str, driver: Driver, vault: Vault) -> None:
    content = bytes(range(256)) * 2_000  # of several chunks
    async with connect(mongodb_uri, driver, f"files_{driver}") as database:
        files = SealedFiles(database, vault)
        with viewing(MINISTRY):
            one, other = await files.put(content), await files.put(b"other")
            assert await files.get(one) == content
            assert await files.get(other) == b"other"
        chunks = [chunk["data"] async for chunk in database[f"{CONTENTS}.chunks"].find()]
        assert sum(map(len, chunks)) > len(content)
        assert not any(content[:64] in bytes(chunk) for chunk in chunks)
        # A file that is put in the place of another one does not open there.
        keys = await database["files"].find_one({"_id": other})
        assert keys
        await database["files"].update_one({"_id": one}, {"$set": {"key": keys["key"]}})
        with pytest.raises(VaultError):
            await files.get(one)
