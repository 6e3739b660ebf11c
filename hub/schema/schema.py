"""The schema, put together."""

import strawberry

from hub.schema import enums as enums  # noqa: PLC0414 - names the enumerations first
from hub.schema.query import Query
from hub.schema.types.channel import Channel
from hub.schema.types.complaint import Complaint
from hub.schema.types.region import Region

schema = strawberry.Schema(Query, types=[Channel, Complaint, Region])
core_schema = schema._schema
"""The same for graphql-core, which parses, validates and executes."""
