"""Saved views, as the API tells of them."""

from datetime import datetime

from strawberry.scalars import JSON

from hub.schema.source import output, stored


@output
class View:
    """An operation with a name, to be had at `GET /views/{name}` as JSON, CSV or XLSX; each reader
    gets what their own scope reaches."""

    name: str = stored("_id", "Its name, and the end of its address.")
    document: str = stored("document", "The operation.")
    variables: JSON = stored("variables", "What its variables are where a reader states none.")
    by: str = stored("by", "The client that saved it, which alone may change it.")
    saved_at: datetime = stored("at", "When it was saved last.")
