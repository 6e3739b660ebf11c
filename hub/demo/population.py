"""The reports of the demo, the same at every start: seeded, and true to the review's figures.

Sulawesi Selatan (73): 795 reports over its 24 districts, 493 followed up, 22 institutions of which
7 followed up nothing. Beside it Sulawesi Tenggara and Sulawesi Barat, so that there is something
not to see.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from hub.demo.words import (
    COVID,
    COVID_CATEGORY,
    FIRST_NAMES,
    LAST_NAMES,
    OTHERS,
    STREETS,
)
from hub.domain.region import Region, regions

SEED = 2020
REVIEWED, RECEIVED, FOLLOWED_UP = "73", 795, 493
NEIGHBOURS = {"74": (212, 118), "76": (148, 61)}
MAKASSAR = "73.71"
# Three districts whose reports the province's own government handles: 21 + 1 institutions.
WITHOUT_INSTITUTION = {"73.01", "73.17", "73.26"}
INACTIVE = {"73.02", "73.03", "73.09", "73.15", "73.16", "73.22", "73.24"}
_CENTRES = {"73.71": (119.43, -5.15), "73.06": (119.45, -5.31), "73.72": (119.63, -4.01)}


@dataclass(frozen=True, slots=True)
class Report:
    """A synthetic report. Times are of the district's own zone."""

    serial: int
    channel: str
    district: Region
    institution: str
    category: str
    title: str
    text: str
    received: datetime
    followed_up: datetime | None
    changed: datetime
    draw: int
    anonymous: bool
    secret: bool
    name: str
    phone: str
    address: str
    point: tuple[float, float] | None
    also: int | None = None
    """Serial of the same report in LAPOR!, where its own channel knows that."""

    @property
    def covid(self) -> bool:
        """Whether the report is about Covid-19."""
        return self.category == COVID_CATEGORY


def reports() -> list[Report]:
    """All reports of the three channels."""
    random = Random(SEED)  # noqa: S311 - the same data at every start
    made: list[Report] = []
    for province, (received, followed_up) in {
        REVIEWED: (RECEIVED, FOLLOWED_UP),
        **NEIGHBOURS,
    }.items():
        places = _places(random, province, received)
        chosen = _followed_up(random, places, followed_up)
        for index, place in enumerate(places):
            made.append(_report(random, len(made), place, index in chosen))
    return [_also_in_lapor(report, made) for report in made]


def _also_in_lapor(report: Report, others: list[Report]) -> Report:
    """Every tenth of the province's own is in LAPOR! too, if one there is of its like."""
    if report.channel != "sulsel-rest" or report.draw % 10:
        return report
    like = (
        other.serial
        for other in others
        if other.channel == "lapor-ekspor"
        and (other.district, other.category) == (report.district, report.category)
    )
    return replace(report, also=next(like, None))


def _places(random: Random, province: str, total: int) -> list[Region]:
    """A district for each report: every district has some, the capital has most."""
    districts = regions().districts_of(province)
    weights = [6 if district.code == MAKASSAR else random.uniform(0.5, 2) for district in districts]
    at_least = districts * 6
    return at_least + random.choices(districts, weights, k=total - len(at_least))


def _followed_up(random: Random, places: list[Region], total: int) -> set[int]:
    """Which reports were followed up: at least one of each active institution, none of the rest."""
    active = [i for i, place in enumerate(places) if place.code not in INACTIVE]
    firsts = {institution(places[i]): i for i in reversed(active)}.values()
    rest = [i for i in active if i not in set(firsts)]
    return {*firsts, *random.sample(rest, total - len(firsts))}


def institution(district: Region) -> str:
    """The government that handles a district's reports."""
    if district.code in WITHOUT_INSTITUTION:
        province = regions().get(district.province)
        return f"Pemerintah Provinsi {province.name if province else district.province}"
    return f"Pemerintah {district.name}"


def _channel(random: Random, district: Region) -> str:
    draw = random.random()
    if district.code == MAKASSAR and draw < 0.6:  # noqa: PLR2004
        return "makassar-open311"
    return "sulsel-rest" if district.province == REVIEWED and draw < 0.4 else "lapor-ekspor"  # noqa: PLR2004


def _report(random: Random, serial: int, district: Region, followed: bool) -> Report:
    category = COVID_CATEGORY if random.random() < 0.34 else random.choice(list(OTHERS))  # noqa: PLR2004
    title, text = random.choice(COVID if category == COVID_CATEGORY else OTHERS[category])
    street = f"{random.choice(STREETS)} No. {random.randint(1, 120)}"
    if random.random() < 0.05:  # noqa: PLR2004 - identity numbers stand in free text
        text += f" NIK saya {random.randint(10**15, 10**16 - 1)}."
    opening = datetime(2020, 1, 6, 7, tzinfo=district.zone)
    received = opening + timedelta(minutes=random.randint(0, 238 * 24 * 60))
    answered = received + timedelta(hours=random.randint(3, 24 * 21))
    changed = answered if followed else received + timedelta(hours=random.randint(1, 72))
    longitude, latitude = _CENTRES.get(district.code, (0.0, 0.0))
    flags = random.random()
    return Report(
        serial=serial,
        channel=_channel(random, district),
        district=district,
        institution=institution(district),
        category=category,
        title=f"{title} di {street}",
        text=f"{text} Lokasi di {street}, {district.name}.",
        received=received.replace(microsecond=0),
        followed_up=answered if followed else None,
        changed=changed,
        draw=random.randint(0, 9_999),
        anonymous=flags < 0.6,  # noqa: PLR2004
        secret=0.4 < flags < 0.7,  # noqa: PLR2004
        name=f"{random.choice(FIRST_NAMES)} {random.choice(LAST_NAMES)}",
        phone=f"08{random.randint(10**9, 10**10 - 1)}",
        address=f"{street}, {district.name}",
        point=(longitude + random.uniform(-0.05, 0.05), latitude + random.uniform(-0.05, 0.05))
        if longitude
        else None,
    )
