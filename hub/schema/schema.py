"""The schema, put together."""

from datetime import datetime

import strawberry
from strawberry.schema.config import StrawberryConfig

from hub.schema import enums as enums  # noqa: PLC0414 - names the enumerations first
from hub.schema.mutation import Mutation
from hub.schema.query import Query
from hub.schema.scalars import DATE_TIME
from hub.schema.subscription import Subscription
from hub.schema.types.channel import Channel
from hub.schema.types.complaint import Complaint
from hub.schema.types.region import Region

schema = strawberry.Schema(
    Query,
    Mutation,
    Subscription,
    types=[Channel, Complaint, Region],
    config=StrawberryConfig(scalar_map={datetime: DATE_TIME}),
)
core_schema = schema._schema
"""The same for graphql-core, which parses, validates and executes."""
