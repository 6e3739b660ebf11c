"""Outlines of the districts: which one a point is in."""

import math
from collections.abc import Mapping
from typing import Any

import orjson
import shapely
from shapely.geometry import shape

from hub.domain.region import regions

MAX_FILE_BYTES = 256 * 1024 * 1024
MAX_OUTLINE_BYTES = 8 * 1024 * 1024
_DEGREES = (-180, -90, 180, 90)


class GeometryError(Exception):
    """A file of outlines that can't be used; says which feature is wrong."""


class DistrictMap:
    """The loaded outlines, ready to be asked; `version` changes with them."""

    def __init__(self, version: str, outlines: Mapping[str, bytes]) -> None:
        """`outlines` are WKB by the district's code, as `outlines_of` makes them."""
        self.version = version
        self._codes = list(outlines)
        shapes = shapely.from_wkb(list(outlines.values()))
        shapely.prepare(shapes)
        self._tree = shapely.STRtree(shapes)

    def at(self, longitude: float, latitude: float) -> list[str]:
        """The codes of the districts that have this point: none outside all of them, several
        where outlines overlap or meet."""
        found = self._tree.query(shapely.Point(longitude, latitude), predicate="intersects")
        return [self._codes[index] for index in found]


def outlines_of(geojson: bytes, code_property: str) -> dict[str, bytes]:
    """District's Kemendagri code → its outline as WKB, of a FeatureCollection in WGS 84.

    An outline that crosses itself is repaired. Raises GeometryError for a feature that is none of
    a district, is given twice, or is no area.
    """
    try:
        features = orjson.loads(geojson)["features"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise GeometryError("The file is no GeoJSON FeatureCollection.") from None
    if not isinstance(features, list) or not features:
        raise GeometryError("The file has no features.")
    outlines: dict[str, bytes] = {}
    for number, feature in enumerate(features, 1):
        try:
            code, outline = _district(feature, code_property)
        except ValueError as error:
            raise GeometryError(f"Feature {number}: {error}") from None
        if code in outlines:
            raise GeometryError(f"Feature {number}: district {code} is given twice.")
        outlines[code] = outline
    return outlines


def _district(feature: Any, code_property: str) -> tuple[str, bytes]:
    """Raises ValueError."""
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict) or code_property not in properties:
        raise ValueError(
            f"has no property {code_property!r}; name the one with the code by --code-property."
        )
    code = str(properties[code_property])
    if "." not in code or not regions().get(code):
        raise ValueError(f"{code!r} is not the Kemendagri code of a district, such as '73.71'.")
    return code, _area(feature.get("geometry"), code)


def _area(geometry: Any, code: str) -> bytes:
    """Raises ValueError."""
    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        raise ValueError(f"{code} is neither a Polygon nor a MultiPolygon.")
    try:
        made = shapely.force_2d(shape(geometry))
    except (shapely.errors.ShapelyError, ValueError, TypeError, KeyError, IndexError):
        raise ValueError(f"the coordinates of {code} make no polygon.") from None
    if not math.isfinite(shapely.get_coordinates(made).sum()):
        raise ValueError(f"the coordinates of {code} are not all numbers.")
    west, south, east, north = _DEGREES
    if made.is_empty or not shapely.box(west, south, east, north).contains(
        shapely.box(*made.bounds)
    ):
        raise ValueError(f"{code} is not in degrees of longitude and latitude (WGS 84).")
    if not made.is_valid:
        # Lines and points that a repair leaves over are no part of an area.
        parts = shapely.get_parts(shapely.make_valid(made))
        made = shapely.union_all([part for part in parts if part.area > 0])
    if made.area == 0:
        raise ValueError(f"{code} has no area.")
    outline = shapely.to_wkb(made)
    if len(outline) > MAX_OUTLINE_BYTES:
        raise ValueError(f"{code} is larger than {MAX_OUTLINE_BYTES >> 20} MiB; simplify it.")
    return bytes(outline)
