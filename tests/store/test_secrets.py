"""Secrets of connectors: sealed for their connector and name."""

import pytest

from hub.store.mongo import Database
from hub.store.secrets import MOST_CHARACTERS
from hub.store.store import Store
from hub.store.vault import VaultError

VALUE = "sangat-rahasia-81f3"


async def test_a_secret_is_stored_listed_without_its_value_and_removed(store: Store) -> None:
    secrets = store.secrets
    await secrets.put("sulsel", "TOKEN", "first", "Sri")
    await secrets.put("sulsel", "TOKEN", VALUE, "Budi")
    await secrets.put("sultra", "TOKEN", "another", "Sri")

    assert await secrets.of("sulsel") == {"TOKEN": VALUE}
    (listed,) = await secrets.listed("sulsel")
    assert (listed.name, listed.by) == ("TOKEN", "Budi")
    assert VALUE not in repr(listed)
    assert await secrets.remove("sulsel", "TOKEN")
    assert not await secrets.remove("sulsel", "TOKEN")
    assert await secrets.of("sulsel") == {}
    assert await secrets.of("sultra") == {"TOKEN": "another"}


async def test_a_secret_opens_only_for_its_connector_and_name(
    store: Store, database: Database
) -> None:
    await store.secrets.put("sulsel", "TOKEN", VALUE, "Sri")
    found = await database["connector_secrets"].find_one({})
    assert found
    for place, of in (("sultra/TOKEN", "sultra"), ("sulsel/KEY", "sulsel")):
        moved = {**found, "_id": place, "connector": of}
        await database["connector_secrets"].insert_one(moved)
        with pytest.raises(VaultError):
            await store.secrets.of(of)
        await database["connector_secrets"].delete_one({"_id": place})


@pytest.mark.parametrize("value", ["", "x" * (MOST_CHARACTERS + 1)])
async def test_a_secret_is_neither_empty_nor_endless(store: Store, value: str) -> None:
    with pytest.raises(ValueError, match="a secret has 1 to 8192 characters"):
        await store.secrets.put("sulsel", "TOKEN", value, "Sri")
