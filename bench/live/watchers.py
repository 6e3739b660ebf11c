"""Who watches, and what changes: the same in every process, from a seed."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.data import CATEGORIES, CHANNELS, DISTRICTS, words
from hub.domain.complaint import Classification, Complaint, ComplaintStatus
from hub.domain.scope import Grant, Role

QUERY = """subscription ($filter: ComplaintFilter) { complaintChanged(filter: $filter) {
  id kind complaint { number title classification status category updatedAt district { code name } }
} }"""
BATCH, PER_SECOND = 10, 100
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
"""The nth change is of the nth second after it, so that a version is known by its `updatedAt`."""

_OPEN = (ComplaintStatus.RECEIVED, ComplaintStatus.VERIFIED)
_LEAST_KNOWN, _MOST_KNOWN = 500, 5_000
_PLACES = DISTRICTS[::9]
"""The districts that are watched."""

Holds = Callable[[Complaint], bool]
FILTERS: list[tuple[dict[str, Any] | None, Holds]] = [
    (None, lambda _: True),
    ({"status": {"in": [each.name for each in _OPEN]}}, lambda c: c.status in _OPEN),
    ({"category": {"eq": "roads"}}, lambda c: c.category == "roads"),
    (
        {"not": {"classification": {"eq": "ASPIRATION"}}},
        lambda c: c.classification is not Classification.ASPIRATION,
    ),
]


@dataclass(frozen=True, slots=True)
class Watcher:
    """One who watches: a client of this grant, with one of the filters, and in which way."""

    client: str
    grant: Grant
    filter: int
    sse: bool

    def hears(self, complaint: Complaint | None) -> bool:
        """Whether a complaint is of their scope, and fulfils their filter."""
        if complaint is None or not FILTERS[self.filter][1](complaint):
            return False
        match self.grant.role:
            case Role.MINISTRY:
                return True
            case Role.PROVINCE:
                return complaint.province in self.grant.regions
            case Role.DISTRICT:
                return complaint.district in self.grant.regions
            case _:
                return complaint.channel in self.grant.channels


def watchers(count: int) -> list[Watcher]:
    """Two in a hundred of the ministry, six of operators, a third of provinces (some of two at
    once), the rest of districts; a tenth by server-sent events. One client has ten of them."""
    provinces = sorted({place.province for place in _PLACES})
    found = []
    for n in range(count):
        client = n // 10
        if client % 50 == 0:
            grant = Grant(Role.MINISTRY)
        elif client % 50 in {1, 2, 3}:
            grant = Grant(Role.OPERATOR, channels=([*CHANNELS][client % len(CHANNELS)],))
        elif client % 3 == 0:
            own = provinces[client % len(provinces)]
            also = provinces[(client + 7) % len(provinces)]
            grant = Grant(Role.PROVINCE, (own, also) if client % 2 else (own,))
        else:
            grant = Grant(Role.DISTRICT, (_PLACES[client % len(_PLACES)].code,))
        found.append(Watcher(f"client-{client}", grant, n % len(FILTERS), n % 10 == 0))
    return found


Change = tuple[Complaint | None, Complaint]
"""A complaint before and after."""


def batches(count: int) -> Iterator[list[Change]]:
    """So many batches of changes: a third of them new complaints, a fifth moves to another place.
    No batch has a complaint twice."""
    draw = random.Random(7)
    known: list[Complaint] = []
    for number in range(count):
        chosen: set[int] = set()
        batch: list[Change] = []
        for n in range(number * BATCH, (number + 1) * BATCH):
            at = FIRST + timedelta(seconds=n)
            if len(known) < _LEAST_KNOWN or (len(known) < _MOST_KNOWN and draw.random() < 1 / 3):
                batch.append((None, _new(n, at, draw)))
                continue
            index = draw.choice([i for i in draw.sample(range(len(known)), 20) if i not in chosen])
            chosen.add(index)
            before = known[index]
            after = _moved(before, draw) if draw.random() < 0.3 else before  # noqa: PLR2004
            status = draw.choice([each for each in ComplaintStatus if each is not before.status])
            after = replace(after, status=status, status_source=status.value, updated_at=at)
            known[index] = after
            batch.append((before, after))
        known += [after for before, after in batch if before is None]
        yield batch


def _new(n: int, at: datetime, draw: random.Random) -> Complaint:
    status = draw.choice(_OPEN)
    complaint = Complaint(
        channel=draw.choice([*CHANNELS]),
        external_id=str(n),
        number=f"B-{n}",
        classification=draw.choice([*Classification]),
        category=draw.choice(CATEGORIES),
        status=status,
        status_source=status.value,
        title=words(draw, 6),
        description=words(draw, 32),
        received_at=at,
        updated_at=at,
    )
    return _moved(complaint, draw)


def _moved(complaint: Complaint, draw: random.Random) -> Complaint:
    """The complaint in a place that is mostly one of those watched."""
    place = draw.choice(_PLACES if draw.random() < 0.7 else DISTRICTS)  # noqa: PLR2004
    return replace(complaint, province=place.province, district=place.code)
