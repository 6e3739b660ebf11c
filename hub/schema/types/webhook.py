"""Webhooks of consoles, as the API tells of them."""

from datetime import datetime
from typing import Any, NamedTuple

import strawberry
from strawberry.scalars import JSON

from hub.domain.delivery import DeliveryKind, DeliveryState, WebhookState
from hub.schema.source import attribute, derived, output, stored


@output
class WebhookEnd:
    """Why a webhook is told nothing any more."""

    reason: str = stored("reason", "Why.")
    by: str = stored("by", "Its client, or the hub.")
    at: datetime = stored("at", "When.")


@output
class Webhook:
    """An address to which changes of complaints are sent, signed as Standard Webhooks has it; see
    docs/webhooks.md."""

    id: strawberry.ID = stored("_id", "Opaque.")
    url: str = stored("url", "Where it is sent to.")
    filter: JSON = stored("filter", "Which complaints, as it was stated.")
    warnings: bool = derived(
        lambda webhook: webhook.get("warnings", False),
        "Whether it is told of warnings too.",
        ("warnings",),
    )
    state: WebhookState = stored("state", "Whether it is told anything.", WebhookState)
    disabled: WebhookEnd | None = derived(
        lambda webhook: webhook["disabled"], "Why it is told nothing, if it is not.", ("disabled",)
    )
    failing_since: datetime | None = stored(
        "failing_since", "Since when nothing could be delivered; null while it can."
    )
    created_at: datetime = stored("at", "When it was registered.")


class Issued(NamedTuple):
    """A webhook and the secret that was made for it."""

    webhook: Any
    secret: str


@output
class WebhookWithSecret:
    """A webhook and its secret, which no other answer ever has."""

    webhook: Webhook = attribute("webhook", "The webhook.")
    secret: str = attribute("secret", "What deliveries are signed with, `whsec_…`: keep it.")


@output
class WebhookDelivery:
    """A message to one of your webhooks. It names no complaint: what it says is for the webhook."""

    id: strawberry.ID = stored("_id", "What the header `webhook-id` says.")
    webhook: strawberry.ID = stored("webhook", "The webhook's id.")
    kind: DeliveryKind = stored("kind", "What it tells.", DeliveryKind)
    state: DeliveryState = stored("state", "How far it is.", DeliveryState)
    at: datetime = stored("at", "When what it tells happened.")
    tries: int = stored("tries", "How often it was sent.")
    tried_at: datetime | None = stored("tried_at", "When it was sent last.")
    next_at: datetime | None = derived(
        lambda d: d["next_at"] if d["state"] == DeliveryState.PENDING.value else None,
        "When it is sent next; null where it is not.",
        ("next_at", "state"),
    )
    last_status: int | None = stored("last_status", "The HTTP status of the last answer.")
    last_error: str | None = stored("last_error", "Why the last try failed.")
