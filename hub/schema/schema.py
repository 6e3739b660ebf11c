"""The schema, put together."""

import strawberry
from strawberry.extensions import MaxTokensLimiter

from hub.schema import enums as enums  # noqa: PLC0414 - names the enumerations first
from hub.schema.query import Query
from hub.schema.types.channel import Channel
from hub.schema.types.complaint import Complaint
from hub.schema.types.region import Region

MAX_TOKENS = 4_000


class HubSchema(strawberry.Schema):
    """The schema; errors are told and logged where the answer is made, once."""

    def process_errors(self, *_: object) -> None:
        """Strawberry would log each error with its traceback, also those that clients caused."""


schema = HubSchema(
    Query,
    types=[Channel, Complaint, Region],
    extensions=[lambda: MaxTokensLimiter(max_token_count=MAX_TOKENS)],
)
