"""Exports, as the API tells of them."""

from datetime import datetime

import strawberry

from hub.schema.source import output, stored
from hub.store.exports import ExportFormat, ExportState


@output
class Export:
    """A file of all rows of a view, made in the background within your scope and kept for a day."""

    id: strawberry.ID = stored("_id", "Opaque, and not to be guessed.")
    view: str = stored("view", "The view's name.")
    format: ExportFormat = stored("format", "What the file is.", ExportFormat)
    state: ExportState = stored("state", "How far it is.", ExportState)
    rows: int = stored("rows", "How many rows were read so far.")
    size: int | None = stored("size", "The file's bytes, once it is there.")
    error: str | None = stored("error", "Why there will be none.")
    link: str | None = stored(
        "link",
        "Where the file is had, below the hub's address and without a token: for 15 minutes from "
        "this answer on, and for as long as you may read what is in it. Null before it is there.",
    )
    created_at: datetime = stored("at", "When it was asked for.")
    ended_at: datetime | None = stored("ended_at", "When it was done, or given up.")
    expires_at: datetime = stored("expires_at", "When it is removed.")
