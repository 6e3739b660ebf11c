"""The hub as a subgraph of Apollo Federation 2: other graphs extend its types, and a gateway asks
for them by `_entities`, which finds what `node` finds and nothing else."""

from functools import lru_cache
from typing import Annotated, Any, Final

import strawberry
from strawberry.federation.schema import FederationAny
from strawberry.schema import BaseSchema

from hub.domain.region import regions
from hub.domain.scope import Permission
from hub.schema.authorization import with_authorization
from hub.schema.context import HubInfo
from hub.schema.errors import InputError
from hub.schema.limits import LARGEST_PAGE
from hub.schema.needs import needs_of_complaint
from hub.schema.source import output, resolved
from hub.schema.types.channel import Channel
from hub.schema.types.complaint import Complaint
from hub.schema.types.node import local_id
from hub.schema.types.region import Region

VERSION: Final = "2.9"
"""Other composers than Apollo's refuse later ones."""
MOST_REPRESENTATIONS = LARGEST_PAGE
"""So that a gateway can ask for what a whole page of another graph refers to."""

ANY = strawberry.scalar(
    name="_Any",
    description="A reference to an entity, as a gateway makes it: its `__typename` and `id`.",
    serialize=lambda value: value,
    parse_value=lambda value: value,
)
# Asked in this order which of them a thing is; complaints take what the others leave.
Entity = Annotated[
    Region | Channel | Complaint,
    strawberry.union("_Entity", description="What other graphs can refer to."),
]
_KINDS = {"Region": "region", "Channel": "channel", "Complaint": "complaint"}


@lru_cache(1)
def _sdl(schema: BaseSchema) -> str:
    return with_authorization(schema.as_str())


@strawberry.type(name="_Service", description="The hub as a part of a larger graph.")
class Service:
    """The hub as a part of a larger graph."""

    @resolved(str, weight=1_000)
    def sdl(self: Any, info: HubInfo) -> str:
        """Its schema, with the directives of federation and the OAuth scopes of fields."""
        return _sdl(info.schema)


@output
class Federation:
    """What a gateway asks for."""

    @resolved(Service, name="_service")
    def service(self) -> Any:
        """The hub as a part of a larger graph; where the schema is told."""
        return {}

    @resolved(
        list[Entity | None],
        {"representations": "References, 200 at most."},
        name="_entities",
        size=MOST_REPRESENTATIONS,
    )
    async def entities(self, info: HubInfo, representations: list[FederationAny]) -> Any:
        """What references name, in their order; null for what does not exist for you."""
        if len(representations) > MOST_REPRESENTATIONS:
            told = f"{MOST_REPRESENTATIONS} at most, not {len(representations)}"
            raise InputError("representations", told)
        named = [_named(each) for each in representations]
        found: dict[tuple[str, str], Any] = {}
        if ids := [own for kind, own in named if kind == "complaint"]:
            info.context.need(Permission.COMPLAINTS_READ)
            rows = await info.context.reader.complaints.several(
                ids, info.context.reading, needs_of_complaint(info)
            )
            found |= {("complaint", own): row for own, row in rows.items()}
        if any(kind == "channel" for kind, _ in named):
            channels = await info.context.channels_by_name()
            found |= {("channel", name): channel for name, channel in channels.items()}
        return [
            regions().get(own) if kind == "region" else found.get((kind, own))
            for kind, own in named
        ]


def _named(representation: Any) -> tuple[str, str]:
    """The kind and the own id in a reference; of it nothing else is used. An id of another kind
    finds nothing. Raises InputError."""
    if not isinstance(representation, dict) or representation.keys() != {"__typename", "id"}:
        raise InputError("representations", "give `__typename` and `id` of each, and nothing else")
    kind, id_ = _KINDS.get(str(representation["__typename"])), representation["id"]
    if kind is None:
        raise InputError("representations", f"`__typename` is one of {', '.join(_KINDS)}")
    if not isinstance(id_, str):
        raise InputError("representations", "an `id` is a text")
    return kind, local_id(id_, kind) or ""
