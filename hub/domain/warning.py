"""Early warning: rules on indicators, and what they find. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from hub.domain.indicators import Dimension, IndicatorRow
from hub.domain.question import EVERYTHING, All, Compare, Condition, Field, Op
from hub.domain.region import place_of
from hub.domain.scope import Reach


class WarningKind(StrEnum):
    """What a rule looks at."""

    FOLLOW_UP_LOW = "follow_up_low"
    CHANNEL_SILENT = "channel_silent"
    DISTRICT_INACTIVE = "district_inactive"


class WarningState(StrEnum):
    """How a warning stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class About:
    """Where something is: each is None where any is meant, or none."""

    province: str | None = None
    district: str | None = None
    channel: str | None = None

    @classmethod
    def region(cls, code: str | None) -> "About":
        """A province or a district by its code; the nation by None."""
        return cls(*place_of(code)) if code else cls()


@dataclass(frozen=True, slots=True)
class WarningRule:
    """A rule of whoever oversees a region, None for the nation, on its last `days` days: follow-up
    below a share of 1 where more than `over` complaints came; or a channel or a district that is
    silent."""

    id: str
    by: str
    name: str
    kind: WarningKind
    region: str | None
    days: int
    below: float | None = None
    over: int | None = None
    mail_to: tuple[str, ...] = ()

    @property
    def condition(self) -> Condition:
        """The complaints of its region."""
        about = About.region(self.region)
        if about.province is None:
            return EVERYTHING
        province = Compare(Field.PROVINCE, Op.EQ, about.province)
        if about.district is None:
            return province
        # With its province, by which a viewer of that one is seen to read all of it.
        return All((province, Compare(Field.DISTRICT, Op.EQ, about.district)))

    def lies_within(self, reach: Reach) -> bool:
        """Whether all of its region does."""
        about = About.region(self.region)
        if self.region is None:
            return reach.nation
        return reach.covers(about.province, about.district, "")

    def since(self, today: date, times: int = 1) -> date:
        """The first of its last days, the last of which is today; or of so many times as many."""
        return today - timedelta(days=self.days * times - 1)


@dataclass(frozen=True, slots=True)
class Finding:
    """Where a rule holds, and the figures that say so."""

    about: About
    received: int
    followed_up: int


def follow_up_low(rule: WarningRule, rows: Iterable[IndicatorRow]) -> list[Finding]:
    """Places, of rows by province and district, of which too little was followed up."""
    return [
        Finding(_about(row), row.received, row.followed_up)
        for row in rows
        if row.received > (rule.over or 0) and row.followed_up < (rule.below or 0.0) * row.received
    ]


def channel_silent(
    rule: WarningRule, known: Iterable[IndicatorRow], lately: Iterable[IndicatorRow]
) -> list[Finding]:
    """Channels that brought something of a region once, and nothing lately; of rows by channel."""
    heard = {_about(row).channel for row in lately if row.received}
    region = About.region(rule.region)
    return [
        Finding(About(region.province, region.district, channel), 0, 0)
        for row in known
        if (channel := _about(row).channel) not in heard
    ]


def district_inactive(
    before: Iterable[IndicatorRow], lately: Iterable[IndicatorRow]
) -> list[Finding]:
    """Districts that followed something up in the stretch before, and nothing lately; of rows by
    province and district that count what was followed up then."""
    active = {_about(row) for row in lately if row.received}
    return [
        Finding(about, 0, row.received)
        for row in before
        if row.received and (about := _about(row)).district and about not in active
    ]


def _about(row: IndicatorRow) -> About:
    keys = dict(row.keys)
    return About(
        *(keys.get(each) for each in (Dimension.PROVINCE, Dimension.DISTRICT, Dimension.CHANNEL))
    )
