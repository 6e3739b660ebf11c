"""Provinces and districts."""

from typing import Optional

import strawberry

from hub.domain.region import Region as RegionRow
from hub.domain.region import RegionLevel, regions
from hub.schema.source import derived, entity
from hub.schema.types.node import ID_DESCRIPTION, Node


def _parent(region: RegionRow) -> RegionRow | None:
    return regions().get(region.province) if region.level is RegionLevel.DISTRICT else None


@entity
class Region(Node):
    """A province, or a district (kabupaten or kota) of one."""

    id: strawberry.ID = derived(lambda r: f"region:{r.code}", ID_DESCRIPTION)
    code: str = derived(lambda r: r.code, "Kemendagri code: 73 or 73.71.")
    bps_code: str | None = derived(lambda r: r.bps_code, "Code of the statistics office (BPS).")
    name: str = derived(lambda r: r.name, "As the ministry writes it: Kota Makassar.")
    level: RegionLevel = derived(lambda r: r.level, "Province or district.")
    time_zone: str = derived(lambda r: r.time_zone, "IANA name: Asia/Makassar.")
    parent: Optional["Region"] = derived(_parent, "The province of a district.")

    @classmethod
    def is_type_of(cls, value: object, *_: object) -> bool:
        """Rows of the table of regions."""
        return isinstance(value, RegionRow)
