"""Secrets of connectors: `${secret.NAME}` in their YAML. Sealed for their connector and name, and
opened for nothing but a run or a trial."""

from dataclasses import dataclass
from datetime import datetime

from hub.domain.clock import utc_now
from hub.store.mongo import Database
from hub.store.vault import Vault

MOST_CHARACTERS = 8_192


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """That there is a secret, who set it last, and when (UTC)."""

    name: str
    by: str
    at: datetime


class ConnectorSecrets:
    """The secrets."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._secrets = database["connector_secrets"]
        self._vault = vault

    async def put(self, connector: str, name: str, value: str, by: str) -> StoredSecret:
        """Stores a secret, or takes another value for it. Raises ValueError, without the value."""
        if not value or len(value) > MOST_CHARACTERS:
            raise ValueError(f"a secret has 1 to {MOST_CHARACTERS} characters")
        place, at = _place(connector, name), utc_now()
        sealed = self._vault.seal(value.encode(), place)
        document = {"connector": connector, "name": name, "value": sealed, "by": by, "at": at}
        await self._secrets.replace_one({"_id": place}, document, upsert=True)
        return StoredSecret(name, by, at)

    async def remove(self, connector: str, name: str) -> bool:
        """Removes a secret; whether there was one."""
        return bool(
            (await self._secrets.delete_one({"_id": _place(connector, name)})).deleted_count
        )

    async def remove_all(self, connector: str) -> None:
        """Removes all secrets of a connector."""
        await self._secrets.delete_many({"connector": connector})

    async def listed(self, connector: str) -> list[StoredSecret]:
        """The secrets of a connector by name, without their values."""
        found = self._secrets.find({"connector": connector}, {"value": 0}).sort("_id", 1)
        return [StoredSecret(each["name"], each["by"], each["at"]) async for each in found]

    async def of(self, connector: str) -> dict[str, str]:
        """The values by name. Raises VaultError."""
        return {
            each["name"]: self._vault.open(each["value"], each["_id"]).decode()
            async for each in self._secrets.find({"connector": connector})
        }


def _place(connector: str, name: str) -> str:
    return f"{connector}/{name}"
