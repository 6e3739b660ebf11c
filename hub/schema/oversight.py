"""What a province and the ministry ask of institutions and districts."""

from typing import Any

from strawberry import UNSET

from hub.domain.activity import Members
from hub.domain.region import RegionLevel, regions
from hub.domain.scope import Permission
from hub.domain.series import SeriesError
from hub.schema.context import HubInfo
from hub.schema.errors import InputError
from hub.schema.periods import days_of
from hub.schema.source import output, resolved
from hub.schema.types.activity import Activity
from hub.schema.types.indicators import Period

_OF_MEMBERS = {
    "of": "Institutions unless told.",
    "province": "Code of a province: of that one only.",
}


@output
class OversightQuery:
    """What can be asked about institutions and districts."""

    @resolved(
        Activity,
        _OF_MEMBERS | {"period": "Whole months; open unless told."},
        weight=2_000,
    )
    async def activity(
        self,
        info: HubInfo,
        of: Members = Members.INSTITUTION,
        province: str | None = UNSET,
        period: Period | None = UNSET,
    ) -> Any:
        """Which of your institutions or districts are connected, active and silent, as far as you
        may read their complaints. A follow-up that nobody dates counts for the month in which the
        complaint was received."""
        info.context.need(Permission.STATISTICS_READ)
        info.context.need(Permission.COMPLAINTS_READ)
        try:
            return await info.context.reader.activity.of(of, province_of(province), days_of(period))
        except SeriesError as error:
            raise InputError(error.argument, str(error)) from None


def province_of(code: str | None) -> str | None:
    """The code of a province, where one is told. Raises InputError."""
    if not code:
        return None
    region = regions().get(code)
    if region is None or region.level is not RegionLevel.PROVINCE:
        raise InputError("province", f"{code!r} is not the code of a province, such as '73'")
    return code
