"""Places on the map as clients write them → areas."""

import strawberry

from hub.domain import question
from hub.schema.errors import InputError
from hub.schema.source import input_object

FARTHEST_METRES = 1_000_000
WIDEST_DEGREES = 90
_LONGITUDES, _LATITUDES = (-180, 180), (-90, 90)


@input_object
class Near:
    """Around a point, WGS 84."""

    longitude: float = strawberry.field(description="Degrees east.")
    latitude: float = strawberry.field(description="Degrees north.")
    metres: float = strawberry.field(description="How far at most, up to 1,000,000.")

    def area(self, argument: str) -> question.Circle:
        """The circle. Raises InputError for one that is none on earth."""
        _check(f"{argument}.longitude", self.longitude, _LONGITUDES)
        _check(f"{argument}.latitude", self.latitude, _LATITUDES)
        _check(f"{argument}.metres", self.metres, (0, FARTHEST_METRES))
        return question.Circle(self.longitude, self.latitude, self.metres)


@input_object
class Box:
    """A part of the map in degrees, WGS 84, at most 90 wide and high."""

    west: float = strawberry.field(description="Its western meridian.")
    south: float = strawberry.field(description="Its southern parallel.")
    east: float = strawberry.field(description="Its eastern meridian.")
    north: float = strawberry.field(description="Its northern parallel.")

    def area(self, argument: str) -> question.Box:
        """The box. Raises InputError for one that is none, or too large."""
        for name, least, most, bounds in (
            ("east", self.west, self.east, _LONGITUDES),
            ("north", self.south, self.north, _LATITUDES),
        ):
            _check(argument, least, bounds)
            _check(argument, most, bounds)
            if not least < most <= least + WIDEST_DEGREES:
                raise InputError(
                    f"{argument}.{name}", f"is not up to {WIDEST_DEGREES} degrees beyond {least:g}"
                )
        return question.Box(self.west, self.south, self.east, self.north)


def _check(argument: str, value: float, bounds: tuple[int, int]) -> None:
    least, most = bounds
    if not least <= value <= most:
        raise InputError(argument, f"{value:g} is not from {least} to {most}")
