"""Provinces and districts, and the resolver from what a channel writes to one code."""

import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo


class RegionLevel(StrEnum):
    """The two levels of local government that the hub places complaints in."""

    PROVINCE = "province"
    DISTRICT = "district"


class RegionCodes(StrEnum):
    """The two systems of region codes. They differ: Bone is 73.08 here, 7311 for BPS."""

    KEMENDAGRI = "kemendagri"
    BPS = "bps"


def place_of(code: str) -> tuple[str, str | None]:
    """The province and, unless the code is a province's own, the district that it stands for."""
    return code[:2], code if "." in code else None


@dataclass(frozen=True, slots=True)
class Region:
    """A province (`73`) or a kabupaten or kota (`73.71`), by its Kemendagri code."""

    code: str
    name: str
    bps_code: str | None
    time_zone: str

    @property
    def level(self) -> RegionLevel:
        """Whether this is a province or a district."""
        return RegionLevel.DISTRICT if "." in self.code else RegionLevel.PROVINCE

    @property
    def province(self) -> str:
        """The code of the province that this region is, or is in."""
        return self.code[:2]

    @property
    def district(self) -> str | None:
        """The code of the district that this region is, if it is one."""
        return place_of(self.code)[1]

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which a day of this region begins and ends."""
        return ZoneInfo(self.time_zone)

    def day_of(self, moment: datetime) -> date:
        """The day there in which a moment lies."""
        return moment.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class Resolution:
    """What became of a region's name: the region, or the reason why there is none."""

    region: Region | None
    reason: str | None = None


_ADMINISTRATIVE = r"(?:(?:administrasi|adm)\b[. ]*)?"
_KINDS = (
    (re.compile(rf"^(?:kabupaten|kab|pemkab)\b[. ]*{_ADMINISTRATIVE}", re.I), "kabupaten"),
    (re.compile(rf"^(?:kota|pemkot)\b[. ]+{_ADMINISTRATIVE}", re.I), "kota"),
)
_OFFICE = re.compile(r"^pemerintah\s+", re.I)
_ISLANDS = re.compile(r"\bkep\b")
_PROVINCE_PREFIX = re.compile(r"^(?:provinsi|prov|pemprov)\b[. ]*", re.I)
_OTHER_NAMES = {
    "dki jakarta": "31",
    "daerah khusus ibukota jakarta": "31",
    "daerah khusus jakarta": "31",
    "di yogyakarta": "34",
    "d.i. yogyakarta": "34",
    "yogyakarta": "34",
    "nanggroe aceh darussalam": "11",
}


def _key(name: str) -> str:
    """A name without case, spaces and punctuation: Pare-Pare and Parepare are one."""
    spelt_out = _ISLANDS.sub("kepulauan", name.casefold().replace("&", "dan"))
    return re.sub(r"[\W_]", "", spelt_out)


def _split(name: str) -> tuple[str | None, str]:
    """The kind that a district's name states (kabupaten, kota or none) and its bare key."""
    for pattern, kind in _KINDS:
        if match := pattern.match(name):
            return kind, _key(name[match.end() :])
    return None, _key(name)


class Regions:
    """The table of all regions, looked up by code or by what channels write."""

    def __init__(self, table: list[Region]) -> None:
        self._by_code = {region.code: region for region in table}
        self._by_bps: dict[str, Region] = {r.bps_code: r for r in table if r.bps_code}
        self._provinces = {_key(r.name): r for r in table if r.level is RegionLevel.PROVINCE}
        self._provinces |= {_key(name): self._by_code[code] for name, code in _OTHER_NAMES.items()}
        self._districts: dict[str, list[tuple[str | None, Region]]] = defaultdict(list)
        self._within: dict[str | None, list[Region]] = defaultdict(list)
        for region in table:
            if region.level is RegionLevel.DISTRICT:
                self._within[None].append(region)
                self._within[region.province].append(region)
                kind, key = _split(region.name)
                self._districts[key].append((kind, region))

    def __iter__(self) -> Iterator[Region]:
        return iter(self._by_code.values())

    def get(self, code: str | None) -> Region | None:
        """The region with exactly this Kemendagri code, or None."""
        return self._by_code.get(code) if code else None

    def districts_of(self, province: str | None) -> list[Region]:
        """The districts of a province, or of all, by code."""
        return [*self._within.get(province, ())]

    def province(self, text: str, codes: RegionCodes | None = None) -> Resolution:
        """The province that a channel means by a code or a name."""
        text = _OFFICE.sub("", " ".join(text.split()))
        if text.isdecimal():
            return self._coded(text, codes, RegionLevel.PROVINCE)
        found = self._provinces.get(_key(_PROVINCE_PREFIX.sub("", text)))
        return Resolution(found) if found else Resolution(None, f"unknown province {text!r}")

    def district(
        self, text: str, codes: RegionCodes | None = None, within: str | None = None
    ) -> Resolution:
        """The district that a channel means by `Kota Makassar`, `KAB. GOWA`, `Gowa`, `73.71`…

        `within` is the code of the province that the same record names: it tells two namesakes
        apart and refuses a district of another province. Nothing is guessed: no likely spelling
        and, for four digits without a dot, no system of codes that the channel did not state.
        """
        text = " ".join(text.split())
        if re.fullmatch(r"\d\d\.\d\d|\d+", text):
            resolution = self._coded(text, codes, RegionLevel.DISTRICT)
        else:
            resolution = self._named(_OFFICE.sub("", text), within)
        region = resolution.region
        if region and within and region.province != within:
            return Resolution(None, f"{region.name} ({region.code}) is not in province {within}")
        return resolution

    def _named(self, text: str, within: str | None) -> Resolution:
        kind, key = _split(text)
        found = [r for k, r in self._districts.get(key, []) if kind in (None, k)]
        if within and len(found) > 1:
            found = [r for r in found if r.province == within]
        if not found:
            return Resolution(None, f"unknown district {text!r}")
        if len(found) > 1:
            names = " or ".join(f"{r.name} ({r.code})" for r in found)
            return Resolution(None, f"ambiguous district {text!r}: {names}")
        return Resolution(found[0])

    def _coded(self, text: str, codes: RegionCodes | None, level: RegionLevel) -> Resolution:
        dotted = f"{text[:2]}.{text[2:]}" if len(text) > 2 and "." not in text else text  # noqa: PLR2004
        ours = self._by_code.get(dotted)
        if codes is RegionCodes.KEMENDAGRI or "." in text:
            found = ours
        elif codes is RegionCodes.BPS or ours == self._by_bps.get(text):
            found = self._by_bps.get(text)
        else:
            readings = {"Kemendagri": ours, "BPS": self._by_bps.get(text)}
            named = " or ".join(f"{r.name} ({system})" for system, r in readings.items() if r)
            return Resolution(None, f"ambiguous code {text!r}: {named}; say which region_codes")
        if found is None or found.level is not level:
            return Resolution(None, f"unknown {level} code {text!r}")
        return Resolution(found)


@cache
def regions() -> Regions:
    """The 38 provinces and 514 districts of 2025 (source and licence: NOTICE)."""
    with (files("hub.domain") / "regions.csv").open(encoding="utf-8") as file:
        rows = csv.DictReader(file)
        return Regions(
            [Region(r["code"], r["name"], r["bps_code"] or None, r["time_zone"]) for r in rows]
        )
