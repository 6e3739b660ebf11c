"""The institutions that handle complaints, as an administrator lists them."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from hub.domain.region import regions

_COLUMNS = ["name", "region", "decree", "also"]


class InstitutionsError(Exception):
    """A list that can't be read; names the line and what to write there."""


@dataclass(frozen=True, slots=True)
class Institution:
    """An institution of a province or, with `district`, of a district. `decree` is the number of
    the decree (SK) that names who handles its complaints, None where there is none. `also` are
    other spellings that channels use."""

    name: str
    province: str
    district: str | None = None
    decree: str | None = None
    also: tuple[str, ...] = ()

    @property
    def keys(self) -> frozenset[tuple[str, str]]:
        """What complaints that it handles are known by: a province and a name."""
        return frozenset((self.province, spelt(name)) for name in (self.name, *self.also))


@dataclass(frozen=True)
class Names:
    """What institutions are called in a list, whatever channels call them."""

    listed: tuple[tuple[tuple[str, str], str], ...]

    @classmethod
    def of(cls, institutions: Iterable[Institution]) -> "Names":
        """The names of these."""
        return cls(tuple((key, each.name) for each in institutions for key in sorted(each.keys)))

    def name(self, province: str | None, institution: str | None) -> str | None:
        """The name of an institution of a province; as it is where it is not listed."""
        return self._by_key.get((province or "", spelt(institution or "")), institution)

    @cached_property
    def _by_key(self) -> dict[tuple[str, str], str]:
        return dict(self.listed)


def spelt(name: str) -> str:
    """A name regardless of capitals and spaces."""
    return " ".join(name.casefold().split())


def institutions_in(lines: Iterable[str]) -> list[Institution]:
    """The institutions of a CSV file with the columns name, region, decree and also; other
    spellings are parted by `|`. Raises InstitutionsError."""
    table = csv.DictReader(lines)
    if table.fieldnames != _COLUMNS:
        raise InstitutionsError(f"line 1: write the columns as {','.join(_COLUMNS)}")
    found: list[Institution] = []
    taken: dict[tuple[str, str], int] = {}
    for row in table:
        institution = _institution(row, table.line_num)
        for key in institution.keys:
            if key in taken:
                told = f"{institution.name!r} is called as the one of line {taken[key]} is"
                raise InstitutionsError(f"line {table.line_num}: {told}; name each once")
            taken[key] = table.line_num
        found.append(institution)
    return found


def _institution(row: Mapping[str | None, str | None], line: int) -> Institution:
    if None in row or None in row.values():
        raise InstitutionsError(f"line {line}: write {len(_COLUMNS)} values")
    name, code, decree, also = (" ".join((row[column] or "").split()) for column in _COLUMNS)
    if not name:
        raise InstitutionsError(f"line {line}: name is empty; write what channels call it")
    region = regions().get(code)
    if region is None:
        told = f"{code!r} is no region; write a province such as 73 or a district (73.71)"
        raise InstitutionsError(f"line {line}: {told}")
    others = tuple(each for part in also.split("|") if (each := part.strip()))
    return Institution(name, region.province, region.district, decree or None, others)
