"""Links to files of exports: whoever has one has the file, for a while."""

import hmac
from datetime import timedelta
from hashlib import sha256

from hub.domain.clock import utc_now
from hub.store.mongo import Document
from hub.store.vault import Vault

LINK_HOLDS = timedelta(minutes=15)


class Links:
    """Addresses that whoever has one may download at, for a while."""

    def __init__(self, vault: Vault) -> None:
        self._key = vault.key_for("exports")

    def shown(self, export: Document) -> Document:
        """An export with a link that holds from now on, where there is something to have."""
        return {**export, "link": self._link(export["_id"]) if export["file"] else None}

    def holds(self, id_: str, expires: str, signature: str) -> bool:
        """Whether a link is one of ours and has not expired."""
        genuine = hmac.compare_digest(self._signature(id_, expires).encode(), signature.encode())
        return genuine and int(expires) > utc_now().timestamp()

    def _link(self, id_: str) -> str:
        expires = str(int((utc_now() + LINK_HOLDS).timestamp()))
        signature = self._signature(id_, expires)
        return f"/exports/{id_}?expires={expires}&signature={signature}"

    def _signature(self, id_: str, expires: str) -> str:
        return hmac.new(self._key, f"{id_}?{expires}".encode(), sha256).hexdigest()
