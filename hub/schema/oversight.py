"""What a province and the ministry ask of institutions and districts."""

from datetime import datetime
from typing import Any

from strawberry import UNSET

from hub.domain.activity import Members
from hub.domain.disclosure import DisclosureError
from hub.domain.past import PastError
from hub.domain.ranking import Measure, RankedBy
from hub.domain.region import RegionLevel, regions
from hub.domain.scope import Permission
from hub.domain.series import SeriesError
from hub.schema.context import HubInfo, needs_of
from hub.schema.errors import InputError
from hub.schema.filters import ComplaintFilter, condition_of
from hub.schema.periods import AS_OF, days_of, moment_of, weighing
from hub.schema.source import output, resolved
from hub.schema.types.activity import Activity
from hub.schema.types.indicators import Period
from hub.schema.types.ranking import Ranking

_MOST_CHANNELS = 20


@output
class OversightQuery:
    """What can be asked about institutions and districts."""

    @resolved(
        Activity,
        {
            "of": "Institutions unless told.",
            "province": "Code of a province: of that one only.",
            "period": "Whole months; open unless told.",
            "as_of": AS_OF,
        },
        weight=weighing(2_000),
    )
    async def activity(
        self,
        info: HubInfo,
        of: Members = Members.INSTITUTION,
        province: str | None = UNSET,
        period: Period | None = UNSET,
        as_of: datetime | None = UNSET,
    ) -> Any:
        """Which of your institutions or districts are connected, active and silent, as far as you
        may read their complaints. A follow-up that nobody dates counts for the month in which the
        complaint was received."""
        info.context.need(Permission.STATISTICS_READ)
        info.context.need(Permission.COMPLAINTS_READ)
        try:
            return await info.context.reader.activity.of(
                of, province_of(province), days_of(period), moment_of(as_of)
            )
        except (SeriesError, PastError) as error:
            raise InputError(error.argument, str(error)) from None

    @resolved(
        Ranking,
        {
            "of": "Districts unless told; of institutions those whose complaints you may read.",
            "channels": "The yardstick: names of channels that all are measured by.",
            "by": "What they are put in order of; the follow-up rate unless told.",
            "province": "Code of a province: those of it only.",
            "filter": "Of which complaints; of all unless told.",
            "period": "Of complaints received in these days; of all unless told.",
            "least_coverage": "Those under this coverage are listed apart; from 0 to 1.",
            "as_of": AS_OF,
        },
        weight=weighing(2_000, looks=2),
    )
    async def ranking(
        self,
        info: HubInfo,
        channels: list[str],
        of: Members = Members.DISTRICT,
        by: RankedBy = RankedBy.FOLLOW_UP_RATE,
        province: str | None = UNSET,
        filter: ComplaintFilter | None = UNSET,  # noqa: A002
        period: Period | None = UNSET,
        least_coverage: float = 0.8,
        as_of: datetime | None = UNSET,
    ) -> Any:
        """Your districts or institutions in order of a figure of what came through the same
        channels, and listed apart those that lack one of the channels or say too little.
        Integrating more channels lowers nobody: another channel is no part of the figure. Of
        institutions it needs complaints:read as well."""
        info.context.need(Permission.STATISTICS_READ)
        if of is Members.INSTITUTION:
            info.context.need(Permission.COMPLAINTS_READ)
        if not 1 <= len(set(channels)) <= _MOST_CHANNELS:
            raise InputError("channels", f"name from 1 to {_MOST_CHANNELS} channels")
        if not 0 <= least_coverage <= 1:
            raise InputError("leastCoverage", "is a fraction, from 0 to 1")
        measure = Measure(by, frozenset(channels), least_coverage)
        try:
            return await info.context.reader.rankings.of(
                of,
                measure,
                province_of(province),
                condition_of(filter),
                days_of(period),
                needs_of(info),
                moment_of(as_of),
            )
        except (DisclosureError, PastError) as error:
            raise InputError(error.argument, str(error)) from None


def province_of(code: str | None) -> str | None:
    """The code of a province, where one is told. Raises InputError."""
    if not code:
        return None
    region = regions().get(code)
    if region is None or region.level is not RegionLevel.PROVINCE:
        raise InputError("province", f"{code!r} is not the code of a province, such as '73'")
    return code
