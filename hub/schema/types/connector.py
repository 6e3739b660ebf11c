"""Connectors: how they stand, and what they were."""

from datetime import date, datetime
from typing import Any

from hub.domain.run import ConnectorState, CountedBy
from hub.schema.context import HubInfo
from hub.schema.source import attribute, derived, output, resolved, stored
from hub.schema.types.channel import Run
from hub.schema.types.complaint import Complaint
from hub.store.connectors import MOST_VERSIONS, ManagedBy


@output
class Pause:
    """Why a connector rests."""

    reason: str = stored("reason", "In the words of whoever paused it.")
    by: str = stored("by", "A client, a person, or the hub after too many failed runs.")
    at: datetime = stored("at", "Since when.")


@output
class ConnectorVersion:
    """A text that a connector has had."""

    version: str = stored("config_version", "Follows from the text.")
    by: str = stored("by", "Who registered it first.")
    at: datetime = stored("at", "When.")
    yaml: str | None = stored("config", "The text; null unless you may change the connector.")


@output
class DayCount:
    """A day by the connector's zone: what the channel has of it, and what is here."""

    day: date = stored("day", "The day, see countedBy.", date.fromisoformat)
    source: int = stored("source", "How many records the channel says that it has.")
    missing: int = stored("missing", "How many are not here; some may be dead letters.")
    stored: int = stored("stored", "How many complaints the hub has.")


@output
class Completeness:
    """What a channel said that it had by day, against what was stored at that moment."""

    as_of: datetime = stored("at", "When the channel was asked: once a day, by no query.")
    counted_by: CountedBy = derived(
        lambda counts: CountedBy(counts.get("by", CountedBy.RECEIVED_AT)),
        "By which of their times complaints are of a day.",
    )
    days: list[DayCount] = stored("days", "The last 31 days that either side knows, in order.")


@output
class Connector:
    """What reads a channel into the hub."""

    name: str = stored("_id", "Its name, as in `hub sync NAME`.")
    kind: str = stored("kind", "filesystem, open311, rest_api…")
    channel: str = stored("channel", "The channel that it fills.")
    config_version: str = stored("config_version", "Follows from its YAML.")
    registered_at: datetime = stored("registered_at", "When this version was registered.")
    managed_by: ManagedBy = derived(
        lambda connector: ManagedBy(connector.get("managed_by", ManagedBy.FILE)), "Who changes it."
    )
    state: ConnectorState = derived(
        lambda c: ConnectorState.PAUSED if c.get("paused") else ConnectorState.ACTIVE,
        "Whether it runs by its schedule.",
    )
    pause: Pause | None = derived(
        lambda connector: connector.get("paused"), "Why it does not, if it does not."
    )

    next_run_at: datetime | None = derived(
        lambda c: None if c.get("paused") else c.get("outlook", {}).get("next_at"),
        "When it is due next; null where it is paused, or runs only when it is asked for.",
    )
    failed_runs: int = derived(
        lambda connector: connector.get("outlook", {}).get("failures", 0),
        "How many of its latest runs in a row were not green; after 10 it is paused.",
    )

    @resolved(list[ConnectorVersion], size=MOST_VERSIONS)
    async def versions(self: Any, info: HubInfo) -> Any:
        """The latest texts that it has had, newest first."""
        return await info.context.loaders.versions.load(self["_id"]) or []

    @resolved(Completeness | None)
    async def completeness(self: Any, info: HubInfo) -> Any:
        """Whether all that the channel has is here; null where it was never asked, or can't be."""
        return await info.context.loaders.completeness.load(self["_id"])

    @resolved(Run | None)
    async def last_run(self: Any, info: HubInfo) -> Any:
        """Its latest run, if it has run."""
        return await info.context.loaders.last_runs.load(self["_id"])


@output
class PreviewedRecord:
    """What a record of a channel would become."""

    complaint: Complaint | None = attribute("complaint", "The complaint; null if it would be none.")
    refused: str | None = attribute("refused", "Why it would be a dead letter.")


@output
class HostApproval:
    """A host that operators' connectors may call, or that webhooks may be at."""

    host: str = attribute("host", "Lower case, without a port.")
    connector: str | None = attribute(
        "connector", "For which connector; null for all, `(webhooks)` for none but webhooks."
    )
    by: str = attribute("by", "Who approved it.")
    at: datetime = attribute("at", "When.")


@output
class StoredSecret:
    """That a connector has a secret; its value is shown to nobody."""

    name: str = attribute("name", "What `${secret.NAME}` names.")
    by: str = attribute("by", "Who set it last.")
    at: datetime = attribute("at", "When.")
