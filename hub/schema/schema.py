"""The schema, put together."""

from datetime import date, datetime

import strawberry
from graphql import build_schema, print_schema
from strawberry.federation.schema import FederationAny
from strawberry.schema.config import StrawberryConfig

from hub.schema.federation import ANY, VERSION
from hub.schema.mutation import Mutation
from hub.schema.query import Query
from hub.schema.scalars import DATE, DATE_TIME, tell_values
from hub.schema.subscription import Subscription
from hub.schema.types.channel import Channel
from hub.schema.types.complaint import Complaint
from hub.schema.types.region import Region

schema = strawberry.federation.Schema(
    Query,
    Mutation,
    Subscription,
    types=[Channel, Complaint, Region],
    config=StrawberryConfig(scalar_map={datetime: DATE_TIME, date: DATE}),
    scalar_overrides={FederationAny: ANY},
    federation_version=VERSION,
)
core_schema = schema._schema
"""The same for graphql-core, which parses, validates and executes."""
tell_values(core_schema)


def sdl() -> str:
    """The schema in GraphQL's own language as clients build on it: federation's directives, which
    they do not know, are in `schema.as_str()` only."""
    return print_schema(build_schema(schema.as_str(), assume_valid_sdl=True))
