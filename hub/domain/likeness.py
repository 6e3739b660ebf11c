"""Whether complaints of two channels are the same report: near in place and time, and in the same
words. Pure, and a matter of the two alone, so that it tells nothing of a third."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import blake2b
from itertools import chain, islice
from math import asin, cos, radians, sin, sqrt

from rensa import RMinHash

from hub.domain.complaint import Complaint, Location
from hub.domain.words import stems_in_order

METHOD = 3
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
FIRST_COPIES = 5
"""So many copies of a text, or carriers of an id, that one channel has of a place stand for those
that come after them."""

_BANDS, _ROWS = 20, 3
"""Of two that are just alike enough 99 in 100 have a band in common, of two that share 15 words in
100 seven."""
_SEED = 1
_LEAST_DIGITS, _LEAST_DIFFERENT = 5, 2
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
    secret: bool
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
            complaint.secret,
            f"{complaint.title or ''}\n{complaint.description or ''}",
        )

    @property
    def seen_with(self) -> tuple[str, str | None, str | None, bool]:
        """Whoever sees and may read one of two of which this is the same, sees and may read the
        other: no viewer's scope parts them."""
        return self.channel, self.province, self.district, self.secret

    @cached_property
    def words(self) -> frozenset[str]:
        """The stems of its words, without numbers."""
        return frozenset(word for word in stems_in_order(self.text) if not word.isdigit())

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Those of houses, blocks and kilometres, and whatever else is counted in it."""
        return frozenset(each.lstrip("0") for each in _NUMBER.findall(self.text)) - {""}


def names_one(sp4n_id: str) -> bool:
    """Whether an id can be that of one report, which has seven digits in SP4N-LAPOR! What is far
    shorter ("9"), or one digit over and over, a channel writes where it has none."""
    digits = [each for each in sp4n_id if each.isdecimal()]
    return len(digits) >= _LEAST_DIGITS and len({*digits}) >= _LEAST_DIFFERENT


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
    return None if one.channel == other.channel else likeness(one, other)


def likeness(one: Told, other: Told) -> float | None:
    """As `alike`, also of two that came by one channel, of which one may be a copy."""
    if abs(one.received_at - other.received_at) > NEAR_TIME:
        return None
    metres = _apart(one, other)
    if metres > NEAR_METRES or min(len(one.words), len(other.words)) < FEWEST_WORDS:
        return None
    if one.numbers - other.numbers and other.numbers - one.numbers:
        return None  # of two houses, though in the same words
    score = len(one.words & other.words) / len(one.words | other.words)
    return score if score >= ALIKE + metres * _ALIKE_PER_METRE else None


def later_copies(
    comers: Iterable[Told], there: Mapping[str, Iterable[Told]], keys: Mapping[str, Iterable[int]]
) -> set[str]:
    """The ids of those that FIRST_COPIES were `there` of before, or come before. By the ids of the
    comers it is told who was there that they may be copies of, and their bands. A matter of those
    that no scope parts from them."""
    in_band: defaultdict[object, list[Told]] = defaultdict(list)
    later = set()
    for each in sorted(comers, key=lambda told: (told.received_at, told.id)):
        places = [(each.seen_with, key) for key in keys[each.id]]
        near = {one.id: one for place in places for one in in_band[place]}
        before = chain((o for o in there[each.id] if o.seen_with == each.seen_with), near.values())
        copied = islice((one for one in before if likeness(each, one) is not None), FIRST_COPIES)
        if len([*copied]) == FIRST_COPIES:
            later.add(each.id)
        else:
            for place in places:
                in_band[place].append(each)
    return later


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
