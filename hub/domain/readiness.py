"""What a local government has to have in place to handle complaints, and who says that it has."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from hub.domain.argument import ArgumentError
from hub.domain.plain_text import is_plain


class ReadinessItem(StrEnum):
    """What the ministry asks each local government for (the review of 2020)."""

    DECREE = "decree"
    ACTION_PLAN = "action_plan"
    PUBLICITY = "publicity"
    CHANNELS = "channels"


class ReadinessState(StrEnum):
    """How far what was entered is."""

    ENTERED = "entered"
    CONFIRMED = "confirmed"
    RETURNED = "returned"


class ReadinessError(ArgumentError):
    """What can't be entered so."""


LONGEST_NAME, LONGEST_TEXT, MOST_CHANNELS = 200, 2_000, 50


@dataclass(frozen=True, slots=True)
class Statement:
    """What a local government says of an item: of a decree (SK) its number, day and signer, of
    channels their names, of the others a description."""

    number: str | None = None
    signed_on: date | None = None
    signer: str | None = None
    description: str | None = None
    channels: tuple[str, ...] = ()

    def check(self, item: ReadinessItem, today: date) -> None:
        """Raises ReadinessError where something is missing, is longer than it may be, can't be read
        or was signed after today, a day of the place."""
        for name in _NEEDED[item]:
            if not getattr(self, name):
                raise ReadinessError(name, f"is needed for {item.name}")
        for name, longest in (
            ("number", LONGEST_NAME),
            ("signer", LONGEST_NAME),
            ("description", LONGEST_TEXT),
        ):
            text = getattr(self, name)
            if text is not None and len(text) > longest:
                raise ReadinessError(name, f"has more than {longest:,} letters")
            if text is not None and not is_plain(text, lines=name == "description"):
                raise ReadinessError(name, "is blank, or has signs that do not show")
        if self.signed_on and self.signed_on > today:
            raise ReadinessError("signed_on", f"lies in the future; there it is {today} now")
        if len(self.channels) > MOST_CHANNELS:
            raise ReadinessError("channels", f"names more than {MOST_CHANNELS}")
        if not all(len(name) <= LONGEST_NAME and is_plain(name) for name in self.channels):
            told = f"takes names of 1 to {LONGEST_NAME} letters, all of which show"
            raise ReadinessError("channels", told)


_NEEDED = {
    ReadinessItem.DECREE: ("number", "signed_on", "signer"),
    ReadinessItem.ACTION_PLAN: ("description",),
    ReadinessItem.PUBLICITY: ("description",),
    ReadinessItem.CHANNELS: ("channels",),
}
