"""Rankings of districts as clients see them."""

from datetime import datetime

from hub.domain.ranking import Apart
from hub.schema.source import attribute, derived, output
from hub.schema.types.indicators import IndicatorRow
from hub.schema.types.region import Region

_SHARED = 275
"""Together the two lists have each district once, of which there are 514."""


@output
class RankedDistrict:
    """A district, by what came through the channels that all are measured by."""

    district: Region = attribute("district", "Which.")
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
        lambda d: d.channels, "All channels that ever brought a complaint of it, as far as told."
    )
    missing: list[str] = derived(lambda d: d.missing, "Channels of the yardstick that did not.")
    figures: IndicatorRow | None = attribute(
        "figures", "What came through the yardstick in the period; null where nothing is told."
    )


@output
class Ranking:
    """Districts in order of a figure, and those that have no place."""

    ranked: list[RankedDistrict] = attribute("ranked", "By place.", size=_SHARED)
    apart: list[RankedDistrict] = attribute(
        "apart", "Listed apart, by code, each with the reason.", size=_SHARED
    )
    as_of: datetime = derived(
        lambda ranking: ranking.freshness.as_of,
        "The moment up to which every change stored by the hub is counted.",
    )
