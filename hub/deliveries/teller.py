"""What deliveries need of whoever knows how complaints are told to clients."""

from typing import Any, Protocol

from hub.domain.question import Condition
from hub.domain.scope import Scope
from hub.store.store import Store
from hub.store.webhooks import Webhook


class OutdatedFilterError(Exception):
    """A filter that the schema no longer has words for."""


class Teller(Protocol):
    """Tells complaints as the API does."""

    def condition(self, filter_: dict[str, Any]) -> Condition:
        """What a stored filter states. Raises OutdatedFilterError."""

    def name(self, complaint: str) -> str:
        """The id by which clients know a complaint."""

    async def complaint(self, scope: Scope, complaint: str) -> dict[str, Any] | None:
        """A complaint as it is now and as a scope shows it, without its reporter; None outside the
        scope. Raises NotToldError where that can't be found out now."""

    async def warning(self, scope: Scope, warning: str) -> dict[str, Any] | None:
        """A warning as it is now and as a scope shows it; None outside the scope. Raises
        NotToldError."""


class NotToldError(Exception):
    """The hub can't read a complaint now."""


async def scope_of(webhook: Webhook, store: Store) -> Scope | None:
    """What the client of a webhook may be told: its grants of now, and of its permissions of now
    those that it registered the webhook with; None while it is disabled."""
    holder = await store.principals.get(webhook.by)
    if holder is None:
        return None
    return Scope(webhook.by, holder.grants, holder.permissions & webhook.permissions)
