"""Sealing everything anew, so that a key can be given up."""

import pytest

from hub.domain.complaint import Reporter
from hub.domain.reading import Reading
from hub.domain.run import Rejection
from hub.domain.scope import Grant, Role
from hub.store.dead_letters import Refused
from hub.store.mongo import Database
from hub.store.reseal import SEALED, reseal
from hub.store.store import Store
from hub.store.users import User
from hub.store.vault import Vault, VaultError
from tests.made import complaint, provenance, received, scope

OLD, NEW, ROOT = b"o" * 32, b"n" * 32, b"r" * 32
ONE = complaint(reporter=Reporter("Sitti", "0811"))
OFFICER = scope(Grant(Role.PROVINCE, ("73",)))


async def filled(database: Database) -> None:
    store = Store(database, Vault(OLD, root=ROOT))
    await store.writer.write(received(ONE, complaint(external_id="2")), provenance())
    refused = Refused(Rejection("status", "?", "unknown status", "9"), b"{}")
    await store.dead_letters.put("lapor", [refused], provenance())
    await store.signing_keys.add_first(b"pem")
    await store.secrets.put("sulsel", "TOKEN", "rahasia", "Sri")
    totp = User("u1", "ani", "hash", (), frozenset(), totp_secret="SECRET")
    await store.users.add(totp)


async def test_afterwards_the_new_key_alone_opens_everything(database: Database) -> None:
    await filled(database)
    new = Vault(NEW, root=ROOT)
    with pytest.raises(VaultError):
        await reseal(database, new)
    told: list[int] = []
    assert await reseal(database, Vault(NEW, OLD, root=ROOT), told.append) == 6
    assert told[-1] == 6
    assert await reseal(database, new) == 0
    store = Store(database, new)
    found = await store.reader(OFFICER).complaints.get(ONE.id, Reading())
    assert found and found["reporter"] == ONE.reporter
    assert [key.pem for key in await store.signing_keys.all()] == [b"pem"]
    assert await store.secrets.of("sulsel") == {"TOKEN": "rahasia"}
    user = await store.users.get("u1")
    assert user and user.totp_secret == "SECRET"
    written = await store.writer.write(received(ONE), provenance())
    assert written.unchanged == 1  # hashes do not depend on the key


async def test_nothing_that_is_sealed_is_left_out(database: Database) -> None:
    await filled(database)
    for name in await database.list_collection_names():
        async for document in database[name].find():
            sealed = {n for n, value in document.items() if isinstance(value, bytes)}
            assert sealed <= {*SEALED.get(name, ())}, name
