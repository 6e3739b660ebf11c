"""Channels, runs and dead letters: how complaints come in."""

from datetime import datetime
from typing import Any

import strawberry

from hub.domain.run import DeadLetterState, ErrorCode, RunState, Stage
from hub.schema.source import entity, output, stored
from hub.schema.types.node import Node, kind_of, stored_id


@entity
class Channel(Node):
    """A complaint channel that a region or the nation runs."""

    id: strawberry.ID = stored_id("channel")
    name: str = stored("_id", "Its name in the hub, such as sulsel-rest.")
    title: str = stored("title", "What it is called.")
    last_synced_at: datetime | None = stored(
        "last_synced_at", "Beginning of its last green run: how fresh its complaints are."
    )

    @classmethod
    def is_type_of(cls, value: Any, *_: object) -> bool:
        """Documents of channels."""
        return kind_of(value) == "Channel"


@output
class Ledger:
    """What became of every record that the channel handed over."""

    read: int = stored("read", "Records that the channel handed over.")
    inserted: int = stored("inserted", "New complaints.")
    updated: int = stored("updated", "Complaints whose content changed.")
    unchanged: int = stored("unchanged", "Complaints stored already, or older than what is stored.")
    dead_lettered: int = stored("dead_lettered", "Records that could not be stored, kept aside.")


@output
class Unmapped:
    """A label of the channel that no mapping knows."""

    field: str = stored("field", "The hub's field that stayed empty.")
    value: str = stored("value", "The label.")
    count: int = stored("count", "In how many records of the run.")


@output
class Run:
    """One run of a connector."""

    id: strawberry.ID = stored("_id", "Sorts by the time of the run's beginning.")
    connector: str = stored("connector", "Name of the connector.")
    channel: str = stored("channel", "Name of the channel.")
    config_version: str = stored("config_version", "The configuration that it ran with.")
    state: RunState = stored("state", "Only SUCCEEDED is green.", RunState)
    started_at: datetime = stored("started_at", "When it began.")
    finished_at: datetime | None = stored("finished_at", "When it ended.")
    ledger: Ledger = stored("ledger", "What became of every record.")
    declared: int | None = stored(
        "declared", "How many records the channel says it had; null where it does not say."
    )
    unmapped: list[Unmapped] = stored(
        "unmapped", "Labels to add to the mapping; as recheck, ids that the channel has no more."
    )
    error: str | None = stored("error", "Why it failed.")


@output
class Acknowledgement:
    """Why a dead letter need not be stored."""

    note: str = stored("note", "In the words of whoever settled it.")
    by: str = stored("by", "A client or a person.")
    at: datetime = stored("at", "When.")


@output
class DeadLetter:
    """A record that could not become a complaint, kept until it can."""

    id: strawberry.ID = stored("_id", "Opaque.")
    connector: str = stored("connector", "Name of the connector.")
    channel: str = stored("channel", "Name of the channel.")
    run: strawberry.ID = stored("run", "The run that met it last.")
    external_id: str | None = stored("external_id", "The channel's own id, if the record has one.")
    field: str = stored("field", "The hub's field that could not be filled.")
    value: str | None = stored("value", "The value that was refused.")
    reason: str = stored("reason", "Why.")
    stage: Stage | None = stored(
        "stage", "How far the record came; null for one of an earlier hub.", Stage
    )
    error_code: ErrorCode | None = stored(
        "error_code", "Why, for programs; null for one of an earlier hub.", ErrorCode
    )
    config_version: str = stored("config_version", "The configuration that it failed with.")
    state: DeadLetterState = stored("state", "Open, or what became of it.", DeadLetterState)
    acknowledgement: Acknowledgement | None = stored(
        "acknowledged", "Who settled it and why, where somebody did."
    )
    attempts: int = stored("attempts", "How many runs have met it.")
    first_seen: datetime = stored("first_seen", "When a run first met it.")
    last_seen: datetime = stored("last_seen", "When a run last met it.")


def channel_named(name: str) -> dict[str, object]:
    """A channel of which no more than the name is known."""
    return {"_id": name, "title": name, "last_synced_at": None}
