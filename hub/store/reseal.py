"""Seals everything with the key in use, so that earlier keys can be given up."""

from collections.abc import Callable

from pymongo import UpdateOne

from hub.store.mongo import Collection, Database, Document
from hub.store.vault import Vault

SEALED = {
    "complaints": ("reporter", "raw"),
    "connector_secrets": ("value",),
    "dead_letters": ("raw", "value"),
    "export_parts": ("content",),
    "files": ("key",),
    "keys": ("key",),
    "users": ("totp_secret",),
    "webhooks": ("secret", "earlier_secret"),
}
"""Where sealed bytes stand; each is sealed for the `_id` of its document."""

_BATCH = 500


async def reseal(
    database: Database, vault: Vault, progress: Callable[[int], None] = lambda _: None
) -> int:
    """Returns how many documents were sealed by an earlier key. Safe beside a running hub: what
    changes meanwhile is left as it is, sealed by the key of whoever wrote it.

    `progress` is told how many documents were looked at. Raises VaultError.
    """
    seen = changed = 0
    for name, fields in SEALED.items():
        updates: list[UpdateOne] = []
        async for document in database[name].find({}, dict.fromkeys(fields, 1)):
            updates += _updates(document, fields, vault)
            seen += 1
            if len(updates) >= _BATCH:
                changed += await _write(database[name], updates)
                updates = []
            progress(seen)
        changed += await _write(database[name], updates)
    return changed


def _updates(document: Document, fields: tuple[str, ...], vault: Vault) -> list[UpdateOne]:
    place = document["_id"]
    sealed = {name: document[name] for name in fields if document.get(name)}
    renewed = {n: new for n, old in sealed.items() if (new := vault.resealed(old, place))}
    same = {"_id": place, **{name: sealed[name] for name in renewed}}
    return [UpdateOne(same, {"$set": renewed})] if renewed else []


async def _write(collection: Collection, updates: list[UpdateOne]) -> int:
    if not updates:
        return 0
    return (await collection.bulk_write(updates, ordered=False)).modified_count
