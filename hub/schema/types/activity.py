"""Activity of institutions and districts as clients see it."""

from datetime import datetime

from hub.domain.region import regions
from hub.schema.source import attribute, derived, output
from hub.schema.types.region import Region


@output
class MemberActivity:
    """What one institution or district did."""

    name: str = attribute("name", "As it is listed; of a district its name.")
    province: Region | None = derived(lambda m: regions().get(m.province), "Where it is.")
    district: Region | None = derived(
        lambda m: regions().get(m.district), "Null for an institution of a province."
    )
    decree: str | None = attribute(
        "decree",
        "Number of the decree (SK) that names who handles its complaints, as it is listed.",
    )
    connected: bool = attribute(
        "connected", "Whether a channel that the hub takes in ever brought a complaint of it."
    )
    channels: list[str] = derived(lambda m: sorted(m.channels), "Names of those channels.")
    active: bool = attribute("active", "Whether it followed anything up in the period.")
    acted_in: str | None = attribute(
        "acted_in", "The latest month of the period in which it did: 2020-07."
    )
    received: int = attribute("received", "Complaints received in the period.")
    followed_up: int = attribute("followed_up", "Of these, followed up.")
    follow_up_rate: float | None = attribute(
        "follow_up_rate", "Fraction of `received`; null when there is none."
    )


@output
class Activity:
    """Who is connected, who is active and who is silent."""

    total: int = attribute("total", "How many institutions or districts there are.")
    connected: int = attribute("connected", "How many have a channel integrated.")
    connected_rate: float | None = attribute("connected_rate", "Fraction of `total`.")
    active: int = attribute("active", "How many followed anything up in the period.")
    active_rate: float | None = attribute("active_rate", "Fraction of `total`.")
    silent: int = attribute("silent", "How many did not.")
    decreed: int = attribute("decreed", "How many are listed with a decree (SK).")
    unlisted: int = attribute(
        "unlisted", "Complaints received in the period that none of them handles."
    )
    members: list[MemberActivity] = attribute(
        "members", "Each of them, by place and name.", size=600
    )
    as_of: datetime = derived(
        lambda activity: activity.freshness.as_of,
        "The moment up to which every change stored by the hub is counted.",
    )
