"""How many rows `indicators` can answer with, told from its arguments and from what a viewer may
count: what it costs goes by that (cost.py)."""

from collections.abc import Mapping
from datetime import date
from math import prod
from typing import Any, Final

from hub.domain.complaint import Classification, ComplaintStatus
from hub.domain.indicators import Dimension
from hub.domain.region import regions
from hub.domain.scope import Reach
from hub.domain.series import MOST_ROWS, TIMES, most_times

USUAL_ROWS: Final = 500
"""Without `fill` there is a row only where there are complaints: seldom more than these."""
_OPEN_DAYS: Final = 3_653
"""How long a period is taken to be that is open at an end."""
_VALUES: Final = {
    Dimension.CHANNEL: 50,
    Dimension.CATEGORY: 50,
    Dimension.PROGRAMME: 10,
    Dimension.INSTITUTION: 50,
    Dimension.CLASSIFICATION: len(Classification) + 1,
    Dimension.STATUS: len(ComplaintStatus),
}
"""How many values others than places and times have, unknown as one of them; of the first four,
which grow with a hub, how many they usually have."""


def rows_of(arguments: Mapping[str, Any], counts: Reach) -> tuple[int, int]:
    """How many rows there can be, and how many keys each has. Arguments are as they were sent:
    what can't be meant so is refused later."""
    dimensions = _dimensions(arguments.get("groupBy"))
    given = arguments.get("filter")
    conditions = given if isinstance(given, Mapping) else {}
    sizes = [
        len(named) if (named := _named(conditions, dimension)) else size
        for dimension, size in _VALUES.items()
        if dimension in dimensions
    ]
    days = _days(arguments.get("period"))
    times = [most_times(dimension, days) for dimension in dimensions & TIMES]
    groups = prod(sizes) * _places(dimensions, conditions, counts)
    most = MOST_ROWS if arguments.get("fill") else USUAL_ROWS
    return min(groups * max(times, default=1), most), len(dimensions)


def _dimensions(stated: object) -> frozenset[Dimension]:
    names = stated if isinstance(stated, list) else [stated]
    return frozenset(each for each in Dimension if each.name in names)


def _named(conditions: Mapping[str, Any], dimension: Dimension) -> list[object]:
    """The values of a dimension that a filter lets through, where it names them; else none."""
    condition = conditions.get(dimension.value)
    if not isinstance(condition, Mapping):
        return []
    one, several = condition.get("eq"), condition.get("in")
    if isinstance(one, str):
        return [one]
    return several if isinstance(several, list) else []


def _places(dimensions: frozenset[Dimension], conditions: Mapping[str, Any], counts: Reach) -> int:
    """How many groups places make: with what has no district, and what has no place at all."""
    if not dimensions & {Dimension.PROVINCE, Dimension.DISTRICT}:
        return 1
    everywhere = counts.nation or bool(counts.channels)
    provinces = _named(conditions, Dimension.PROVINCE)
    codes = _named(conditions, Dimension.DISTRICT)
    districts = [
        region
        for region in regions().districts_of(None)
        if (everywhere or counts.covers(region.province, region.code, ""))
        and (not provinces or region.province in provinces)
        and (not codes or region.code in codes)
    ]
    groups = len({region.province for region in districts}) + 1
    return groups + len(districts) if Dimension.DISTRICT in dimensions else groups


def _days(period: object) -> int:
    """How many days a period has after its first."""
    if not isinstance(period, Mapping):
        return _OPEN_DAYS
    try:
        first, last = (date.fromisoformat(period[end]) for end in ("from", "to"))
    except (KeyError, TypeError, ValueError):
        return _OPEN_DAYS
    return max((last - first).days, 0)
