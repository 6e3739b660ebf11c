"""What is sent to a console's webhook, and when it is tried again."""

from datetime import timedelta
from enum import StrEnum

RETRIES = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""How long after each try that failed the next one follows, as Standard Webhooks recommends: ten
tries in some three days."""

DISABLED_AFTER = timedelta(days=5)
"""A webhook to which nothing could be delivered for so long is disabled."""


class DeliveryKind(StrEnum):
    """What a delivery tells; the value is its `type` in what is sent."""

    CREATED = "complaint.created"
    UPDATED = "complaint.updated"
    GONE = "complaint.gone"
    MISSED = "changes.missed"
    WARNING = "warning.raised"


class DeliveryState(StrEnum):
    """How far a delivery is."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


class WebhookState(StrEnum):
    """Whether a webhook is told anything."""

    ENABLED = "enabled"
    DISABLED = "disabled"
