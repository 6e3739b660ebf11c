"""Whether complaints of two channels are the same report: near in place and time, and in the same
words. Pure, and a matter of the two alone, so that it tells nothing of a third."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import blake2b
from math import asin, cos, radians, sin, sqrt

from rensa import RMinHash

from hub.domain.complaint import Complaint, Location
from hub.domain.words import stems_in_order

METHOD = 1
"""Counted up when the same two complaints are judged otherwise than before."""

NEAR_TIME = timedelta(days=14)
"""Whom one channel does not answer tries another one; an export comes days later."""
NEAR_METRES = 500.0
"""Two people who look for a place on a map put it so far apart at the most."""
ALIKE = 0.6
"""Of the different words of both, so many are in both, where they are at one point."""
_ALIKE_PER_METRE = (1 - ALIKE) / NEAR_METRES
"""The farther they are apart the more, up to all of them."""
_UNKNOWN_METRES = 25.0
"""Two of one district, of which one states no point, count as so far apart."""
FEWEST_WORDS = 10
"""What is shorter ("jalan rusak, mohon diperbaiki") many people write of one street."""

_BANDS, _ROWS = 20, 3
"""Of two that are just alike enough 99 in 100 have a band in common, of two that share 15 words in
100 seven."""
_SEED = 1
_EARTH_METRES = 6_371_000.0
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Told:
    """What of a complaint tells whether it is the same report as another one."""

    id: str
    channel: str
    received_at: datetime
    province: str | None
    district: str | None
    location: Location | None
    text: str

    @classmethod
    def of(cls, complaint: Complaint) -> "Told":
        """What a complaint tells."""
        return cls(
            complaint.id,
            complaint.channel,
            complaint.received_at,
            complaint.province,
            complaint.district,
            complaint.location,
            f"{complaint.title or ''}\n{complaint.description or ''}",
        )

    @cached_property
    def words(self) -> frozenset[str]:
        """The stems of its words, without numbers."""
        return frozenset(word for word in stems_in_order(self.text) if not word.isdigit())

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Those of houses, blocks and kilometres, and whatever else is counted in it."""
        return frozenset(each.lstrip("0") for each in _NUMBER.findall(self.text)) - {""}


def bands(told: Told, key: bytes) -> list[int]:
    """Numbers of which complaints have some in common that may be the same: bands of a MinHash of
    their words, in a province. Keyed, so that nobody can try words out against them. None for a
    text that is too short."""
    if len(told.words) < FEWEST_WORDS:
        return []
    minhash = RMinHash(_BANDS * _ROWS, _SEED)
    minhash.update(sorted(told.words))
    least = minhash.digest()
    return [
        _hashed(key, f"{told.province} {band} {least[band * _ROWS : (band + 1) * _ROWS]}")
        for band in range(_BANDS)
    ]


def _hashed(key: bytes, text: str) -> int:
    digest = blake2b(text.encode(), key=key, digest_size=8).digest()
    return int.from_bytes(digest, signed=True)  # as MongoDB keeps numbers of eight bytes


def alike(one: Told, other: Told) -> float | None:
    """How alike two are, from 0 to 1, where they are the same report; else None."""
    if one.channel == other.channel or abs(one.received_at - other.received_at) > NEAR_TIME:
        return None
    metres = _apart(one, other)
    if metres > NEAR_METRES or min(len(one.words), len(other.words)) < FEWEST_WORDS:
        return None
    if one.numbers - other.numbers and other.numbers - one.numbers:
        return None  # of two houses, though in the same words
    score = len(one.words & other.words) / len(one.words | other.words)
    return score if score >= ALIKE + metres * _ALIKE_PER_METRE else None


def _apart(one: Told, other: Told) -> float:
    """In metres."""
    if one.location and other.location:
        return _metres(one.location, other.location)
    same = one.district is not None and one.district == other.district
    return _UNKNOWN_METRES if same else float("inf")


def _metres(one: Location, other: Location) -> float:
    """Between two points on a sphere."""
    north, south = radians(one.latitude), radians(other.latitude)
    east = radians(one.longitude - other.longitude)
    half = sin((north - south) / 2) ** 2 + cos(north) * cos(south) * sin(east / 2) ** 2
    return 2 * _EARTH_METRES * asin(min(1.0, sqrt(half)))
