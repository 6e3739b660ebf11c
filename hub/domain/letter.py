"""The letter of a province to the ministry on the outcome of its monitoring."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from hub.domain.argument import ArgumentError
from hub.domain.plain_text import is_plain
from hub.domain.region import RegionLevel, regions


class LetterState(StrEnum):
    """How far a letter is. One that was sent does not change any more."""

    DRAFT = "draft"
    SENT = "sent"


class LetterError(ArgumentError):
    """What can't stand in a letter."""


LONGEST_LINE, LONGEST_TEXT, MOST_COPIES, MOST_DAYS = 200, 4_000, 20, 366
EARLIEST = date(2011, 1, 1)
"""LAPOR! began in this year."""
SIGNED_BY = ("signer_title", "signer", "signer_id")
"""What is said of who signs a letter before it is sent."""
_CODE = re.compile(r"[0-9A-Za-z.-]{1,30}(/[0-9A-Za-z.-]{1,30})?")
_LINES = ("office", "address", "place", "signer_title", "signer", "signer_rank", "signer_id")
_LONGEST = {**dict.fromkeys(_LINES, LONGEST_LINE), "remarks": LONGEST_TEXT}
_OF_LINES = ("address", "signer_title", "remarks")


@dataclass(frozen=True, slots=True)
class Wording:
    """What stands in a letter beside its figures; None is what is usual.

    `office` and `address` are the letterhead's, `code` is the classification code that the number
    begins with, `signer_id` is the signer's NIP, `remarks` are the province's own, `copies` are who
    gets one (tembusan).
    """

    office: str | None = None
    address: str | None = None
    code: str | None = None
    place: str | None = None
    signer_title: str | None = None
    signer: str | None = None
    signer_rank: str | None = None
    signer_id: str | None = None
    remarks: str | None = None
    copies: tuple[str, ...] = ()

    def check(self) -> None:
        """Raises LetterError for what has no room in a letter."""
        for name, longest in _LONGEST.items():
            text = getattr(self, name)
            if text is not None and len(text) > longest:
                raise LetterError(f"wording.{name}", f"has more than {longest:,} letters")
            if text is not None and not is_plain(text, lines=name in _OF_LINES):
                raise LetterError(f"wording.{name}", "is blank, or has signs that do not show")
        if len(self.copies) > MOST_COPIES:
            raise LetterError("wording.copies", f"names more than {MOST_COPIES}")
        if not all(len(name) <= LONGEST_LINE and is_plain(name) for name in self.copies):
            told = f"takes names of 1 to {LONGEST_LINE} letters, all of which show"
            raise LetterError("wording.copies", told)
        if self.code is not None and not _CODE.fullmatch(self.code):
            told = "is no classification code, such as 000.8.3 or 000.8.3/ORG"
            raise LetterError("wording.code", told)


def check_letter(province: str, first: date, last: date, wording: Wording, now: datetime) -> None:
    """Raises LetterError for what no letter can be about at a moment."""
    region = regions().get(province)
    if region is None or region.level is not RegionLevel.PROVINCE:
        raise LetterError("province", f"{province!r} is not the code of a province, such as '73'")
    if first > last:
        raise LetterError("period", "begins after it ends")
    if (last - first).days >= MOST_DAYS:
        raise LetterError("period", "is longer than a year")
    if first < EARLIEST:
        raise LetterError("period", f"begins before {EARLIEST}, when there was no LAPOR! yet")
    if first > (today := region.day_of(now)):
        raise LetterError("period", f"has not begun yet; there it is {today} now")
    wording.check()


def check_sent(province: str, last: date, wording: Wording, now: datetime) -> None:
    """Raises LetterError for what no letter is sent without: a period that is over by the clock of
    the province, and who signs it."""
    region = regions().get(province)
    assert region  # noqa: S101 - checked when it was drafted
    if last >= (today := region.day_of(now)):
        raise LetterError("period", f"is not over yet; there it is {today} now")
    for name in SIGNED_BY:
        if not getattr(wording, name):
            told = "is missing: what is sent names who signs it. Give the draft another version"
            raise LetterError(f"wording.{name}", told)
