"""Cases, as the API tells of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import strawberry

from hub.domain.case import LinkedBy
from hub.domain.complaint import ComplaintStatus
from hub.schema.source import attribute, derived, output, stored
from hub.schema.types.node import global_id, stored_id

MOST_SHOWN = 100
"""A text that thousands send is a case that is not told whole with each of them."""


@output
class CaseReport:
    """A complaint in a case; ask `complaint` for more of it."""

    id: strawberry.ID = stored_id("complaint")
    number: str = stored("number", "The number that the reporter was given.")
    channel: str = stored("channel", "Name of the channel that it came by.")
    status: ComplaintStatus = stored("status", "Where it stands there.", ComplaintStatus)
    received_at: datetime = stored("received_at", "When that channel received it.")


@output
class CaseLink:
    """Why two complaints of a case count as the same report."""

    complaints: list[strawberry.ID] = derived(
        lambda link: list(map(partial(global_id, "complaint"), link["members"])),
        "The ids of the two.",
    )
    how: LinkedBy = stored("how", "What it follows from.", LinkedBy)
    score: float | None = stored(
        "score", "Where they are alike: the share of their words that is in both, from 0 to 1."
    )
    at: datetime = stored("at", "When they were linked.")
    by: str | None = stored("by", "The client or person who linked them; null for the hub.")
    note: str | None = stored("note", "Why, in the words of whoever linked them.")


@output
class Case:
    """The same report, as often as it came by different channels. It holds what you may see: a
    complaint outside your scope is not in it, and leaves no trace."""

    id: strawberry.ID = derived(
        lambda case: global_id("case", case.reports[0]["_id"]),
        "The same for all its reports in your scope; another one where an earlier report comes.",
    )
    size: int = derived(lambda case: len(case.reports), "How many reports it holds; one at least.")
    reports: list[CaseReport] = derived(
        lambda case: case.reports[:MOST_SHOWN], "The first to come first; the first 100 of them."
    )
    links: list[CaseLink] = derived(
        lambda case: _between(case.reports[:MOST_SHOWN], case.links),
        "What links these; none of a single report.",
    )


@output
class CaseCounts:
    """How many complaints there are, and how many cases they are."""

    received: int = attribute("received", "Complaints, as `indicators` counts them.")
    cases: int = attribute("cases", "Cases: complaints that are the same report count once.")


def _between(
    reports: Sequence[Mapping[str, Any]], links: Sequence[Mapping[str, Any]]
) -> Sequence[Mapping[str, Any]]:
    shown = {each["_id"] for each in reports}
    return [each for each in links if shown.issuperset(each["members"])]
