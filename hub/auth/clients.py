"""Making clients."""

import re
import secrets
from collections.abc import Sequence

from hub.auth.server import secret_hash
from hub.domain.scope import (
    DEFAULT_PERMISSIONS,
    Grant,
    Permission,
    allowed_permissions,
)
from hub.store.clients import Client, Clients


async def create_client(
    clients: Clients, name: str, grant: Grant, permissions: Sequence[str] = ()
) -> tuple[str, str]:
    """Makes a client and returns (client_id, client_secret); the secret is not kept.

    Raises ValueError for a permission that its role can't have.
    """
    allowed = allowed_permissions(grant.role)
    if unknown := set(permissions) - {p.value for p in allowed}:
        valid = ", ".join(sorted(allowed))
        raise ValueError(
            f"role {grant.role} can't have {', '.join(sorted(unknown))}; it can have {valid}"
        )
    chosen = frozenset(map(Permission, permissions)) or DEFAULT_PERMISSIONS[grant.role]
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "client"
    client_id, secret = f"{slug}-{secrets.token_hex(4)}", secrets.token_urlsafe(32)
    await clients.add(Client(client_id, name, secret_hash(secret), (grant,), chosen))
    return client_id, secret
