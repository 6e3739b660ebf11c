"""The rules that say by when a complaint is to be dealt with: data, with dates and sources."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files

from hub.domain.complaint import Classification


class DeadlineStage(StrEnum):
    """What has to be done by a deadline, in the order in which it is."""

    VERIFY = "verify"
    FOLLOW_UP = "follow_up"
    ANSWER = "answer"
    CLOSING = "closing"


DUTIES = (DeadlineStage.VERIFY, DeadlineStage.FOLLOW_UP, DeadlineStage.ANSWER)
"""What an office has to do; closing is what follows where the reporter says nothing."""


class Event(StrEnum):
    """What a deadline is counted from."""

    RECEIVED = "received"
    HANDED_OVER = "handed_over"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class Rule:
    """A limit in working days after an event, for events on the days from `first` to `last`
    (ordinals, as in working_days.py).

    `programme` and `classifications` say which complaints it is for; None for all of them.
    """

    name: str
    stage: DeadlineStage
    programme: str | None
    classifications: frozenset[Classification] | None
    after: Event
    working_days: int
    first: int
    last: int
    source: str

    def is_for(self, programme: str | None, classification: Classification) -> bool:
        """Whether it is for such complaints."""
        return self.programme in (None, programme) and (
            self.classifications is None or classification in self.classifications
        )


def rules_in(lines: Iterable[str]) -> tuple[Rule, ...]:
    """The rules of a CSV file, of which the first that holds counts: those of a programme stand
    before the others. Raises ValueError."""
    found = [_rule(row) for row in csv.DictReader(lines)]
    return tuple(sorted(found, key=lambda rule: rule.programme is None))


def _rule(row: Mapping[str, str]) -> Rule:
    kinds = frozenset(Classification(each) for each in row["classifications"].split())
    return Rule(
        name=row["name"],
        stage=DeadlineStage(row["stage"]),
        programme=row["programme"] or None,
        classifications=kinds or None,
        after=Event(row["after"]),
        working_days=int(row["working_days"]),
        first=date.fromisoformat(row["from"]).toordinal(),
        last=(date.fromisoformat(row["until"]) if row["until"] else date.max).toordinal(),
        source=row["source"],
    )


@cache
def standing_rules() -> tuple[Rule, ...]:
    """The rules of Indonesia's ministry as deadline_rules.csv has them."""
    with (files("hub.domain") / "deadline_rules.csv").open(encoding="utf-8") as file:
        return rules_in(file)
