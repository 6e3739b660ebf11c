"""Reading and mapping without storing."""

from dataclasses import dataclass

from hub.connectors.base import Surroundings, Undecodable
from hub.connectors.load import Loaded
from hub.connectors.mapping.mapper import Mapper
from hub.domain.complaint import Complaint
from hub.domain.run import Rejection


@dataclass(frozen=True, slots=True)
class Previewed:
    """What a record would become: a complaint, or a dead letter for this reason."""

    complaint: Complaint | None
    refused: str | None


async def preview_records(
    loaded: Loaded, surroundings: Surroundings, limit: int
) -> list[Previewed]:
    """The first records of a channel, mapped. Raises ChannelError and ConfigError."""
    config = loaded.config
    mappers = {r.name: Mapper(r, config.channel) for r in config.mapped}
    found: list[Previewed] = []
    batches = loaded.connect(surroundings).read({})
    try:
        async for batch in batches:
            for record in batch.records:
                try:
                    if isinstance(record, Undecodable):
                        raise Rejection("record", None, record.reason)
                    found.append(Previewed(mappers[batch.resource].map(record), None))
                except Rejection as rejection:
                    found.append(Previewed(None, f"{rejection} ({rejection.value})"))
                if len(found) == limit:
                    return found
    finally:
        await batches.aclose()
    return found
