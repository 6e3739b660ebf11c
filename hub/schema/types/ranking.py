"""Rankings of districts and institutions as clients see them."""

from datetime import datetime

from hub.domain.ranking import Apart
from hub.domain.region import regions
from hub.schema.source import attribute, derived, output
from hub.schema.types.indicators import IndicatorRow
from hub.schema.types.region import Region

_SHARED = 300
"""Together the two lists have each once: 514 districts, or as many institutions as are listed."""


@output
class RankedMember:
    """A district or an institution, by what came through the channels that all are measured by."""

    name: str = derived(lambda m: m.member.name, "Of a district, or as an institution is listed.")
    province: Region | None = derived(lambda m: regions().get(m.member.province), "Where it is.")
    district: Region | None = derived(
        lambda m: regions().get(m.member.district), "Null for an institution of a province."
    )
    place: int | None = attribute(
        "place", "From 1; those of the same figure have the same. Null for one that is apart."
    )
    reason: Apart | None = attribute("reason", "Why it is apart.")
    value: float | None = attribute("value", "The figure; null where there is none to tell.")
    coverage: float | None = attribute(
        "coverage",
        "Fraction of those that came to the stage which say when; null when none did.",
    )
    channels: list[str] = derived(
        lambda m: sorted(m.member.channels),
        "All channels that ever brought a complaint of it, as far as told.",
    )
    missing: list[str] = derived(lambda m: m.missing, "Channels of the yardstick that did not.")
    figures: IndicatorRow | None = attribute(
        "figures", "What came through the yardstick in the period; null where nothing is told."
    )


@output
class Ranking:
    """Districts or institutions in order of a figure, and those that have no place."""

    ranked: list[RankedMember] = attribute("ranked", "By place.", size=_SHARED)
    apart: list[RankedMember] = attribute(
        "apart", "Listed apart, by place and name, each with the reason.", size=_SHARED
    )
    as_of: datetime = derived(
        lambda ranking: ranking.freshness.as_of,
        "The moment up to which every change stored by the hub is counted.",
    )
