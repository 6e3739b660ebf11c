"""A place on the map → a filter. Pure."""

from math import acos, cos, radians, sin
from typing import Any

from hub.domain.question import Area, Box, Circle

EARTH_METRES = 6_378_100
"""The radius that MongoDB reckons with."""

_MARGIN_METRES = 1


def inside(field: str, area: Area) -> dict[str, Any]:
    """Points within an area, its border included. Unlike `$near` it orders nothing."""
    if isinstance(area, Circle):
        return _around(field, area)
    # A polygon's edges bend towards the poles, a map's don't: so the coordinates decide, and a
    # circle around the box lets an index serve.
    return {
        "$and": [
            _around(field, _circle_around(area)),
            {f"{field}.coordinates.0": {"$gte": area.west, "$lte": area.east}},
            {f"{field}.coordinates.1": {"$gte": area.south, "$lte": area.north}},
        ]
    }


def _around(field: str, circle: Circle) -> dict[str, Any]:
    centre = [circle.longitude, circle.latitude]
    sphere = {"$centerSphere": [centre, circle.metres / EARTH_METRES]}
    return {field: {"$geoWithin": sphere}}


def _circle_around(box: Box) -> Circle:
    """The centre of a box, and how far its corners are: nothing in it is farther, while it is no
    wider than half the globe."""
    longitude, latitude = (box.west + box.east) / 2, (box.south + box.north) / 2
    across = cos(radians(box.east - longitude))
    here = radians(latitude)
    cosines = [
        sin(here) * sin(edge) + cos(here) * cos(edge) * across
        for edge in (radians(box.south), radians(box.north))
    ]
    return Circle(longitude, latitude, acos(min(cosines)) * EARTH_METRES + _MARGIN_METRES)
