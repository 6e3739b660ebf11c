"""Early warning, as the API tells of it."""

from datetime import datetime
from typing import Any

import strawberry

from hub.domain.region import regions
from hub.domain.warning import WarningKind, WarningState
from hub.schema.source import derived, output, stored
from hub.schema.types.region import Region

_REGION = "The region that it is about; null for the nation, and for what could not be placed."


def _region(told: Any) -> Any:
    return regions().get(told["district"] or told["province"])


@output
class WarningRule:
    """What somebody who oversees a region is to be warned of."""

    id: strawberry.ID = stored("_id", "Opaque.")
    name: str = stored("name", "What it is called.")
    kind: WarningKind = stored("kind", "What it looks at.", WarningKind)
    region: Region | None = derived(_region, _REGION, ("province", "district"))
    days: int = stored("days", "It looks at so many days, the last of them today.")
    below: float | None = stored("below", "Of FOLLOW_UP_LOW: where less than this share is.")
    over: int | None = stored("over", "Of FOLLOW_UP_LOW: where more complaints than these came.")
    by: str = stored("by", "The client or person whose rule it is.")
    evaluated_at: datetime | None = stored("evaluated_at", "When it was evaluated last.")
    problem: str | None = stored(
        "problem",
        "Why it could not be evaluated since, or of which places it can't tell; null where nothing "
        "is wrong.",
    )
    mailed: int = derived(
        lambda rule: len(rule["mail_to"]), "How many addresses are told by e-mail.", ("mail_to",)
    )


@output
class WarningAcknowledgement:
    """That somebody looks after a warning."""

    note: str = stored("note", "In their words.")
    by: str = stored("by", "A client or a person.")
    at: datetime = stored("at", "When.")


@output
class Warning:  # noqa: A001 - the word of the field
    """That a rule holds somewhere: raised once for as long as it does."""

    id: strawberry.ID = stored("_id", "Opaque.")
    rule: strawberry.ID = stored("rule", "Id of the rule.")
    name: str = stored("name", "What the rule was called.")
    kind: WarningKind = stored("kind", "What it looks at.", WarningKind)
    region: Region | None = derived(_region, _REGION, ("province", "district"))
    channel: str | None = stored("channel", "Of CHANNEL_SILENT: the name of the channel.")
    days: int = stored("days", "How many days the figures are of.")
    received: int = stored("received", "Complaints that came in them, when it was raised.")
    followed_up: int = stored("followed_up", "Those of them that were followed up.")
    received_now: int | None = stored(
        "received_now", "As `received`, when the rule was last found to hold."
    )
    followed_up_now: int | None = stored("followed_up_now", "Those of them that were followed up.")
    acted_in: str | None = stored(
        "acted_in",
        "Of DISTRICT_INACTIVE: the latest month in which it followed anything up, such as 2020-07.",
    )
    state: WarningState = stored("state", "How it stands.", WarningState)
    raised_at: datetime = stored("raised_at", "When the rule was first found to hold.")
    cleared_at: datetime | None = stored("cleared_at", "When it was found to hold no longer.")
    acknowledged: WarningAcknowledgement | None = derived(
        lambda warning: warning["acknowledged"],
        "Who looks after it, if anybody does.",
        ("acknowledged",),
    )
