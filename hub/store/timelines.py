"""The status history of a complaint: what a channel was seen to say, step by step."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from hub.domain.complaint import Complaint, ComplaintStatus
from hub.store.mongo import Document

StatusOf = Callable[[str], ComplaintStatus | None]
"""What a mapping makes of a label."""


@dataclass(frozen=True, slots=True)
class Again:
    """What a complaint that is made anew of its stored record was before: it is replaced only
    while its content is of this `digest`, and stays fetched when it was (UTC)."""

    digest: str
    fetched_at: datetime
    status_of: StatusOf


def next_timeline(
    complaint: Complaint, fetched_at: datetime, before: Document | None
) -> list[Document]:
    """The steps so far, the first being the receipt; a status unlike the last one is a new step.

    Where the channel does not say when, it is the time of the change that it states, else the
    time at which the hub saw it. Where it tells of its changes, these are the steps.
    """
    if complaint.history:
        return _told(complaint, fetched_at, before)
    steps: list[Document] = before["timeline"] if before else [_received(complaint)]
    if steps[-1]["status"] == complaint.status.value:
        return steps
    at = _changed_at(complaint, fetched_at)
    return [*steps, _step(at, complaint.status, complaint.status_source)]


def timeline_again(complaint: Complaint, again: Again, before: Document) -> list[Document]:
    """The steps as they would be had each label been read by the mapping of now.

    A label that it does not know keeps its status. A time that came from the record which is
    mapped anew is read anew; others stay, since their records are gone.
    """
    if complaint.history:
        return _told(complaint, again.fetched_at, None)
    first, *_ = before["timeline"]
    own = first["at"] == before["received_at"]
    steps = [_step(complaint.received_at if own else first["at"], ComplaintStatus.RECEIVED, None)]
    *earlier, latest = _observed(before)
    for seen in earlier:
        label = seen["status_source"]
        _add(steps, seen["at"], again.status_of(label) or ComplaintStatus(seen["status"]), label)
    changed_at = _changed_at(complaint, again.fetched_at)
    of_this_record = latest is first or latest["at"] == _stated_at(latest, before)
    at = changed_at if of_this_record else latest["at"]
    _add(steps, at, complaint.status, complaint.status_source)
    return steps


def _told(complaint: Complaint, fetched_at: datetime, before: Document | None) -> list[Document]:
    """The receipt and the changes that the channel tells of; the status of now comes last, since
    when it was first seen where the changes do not tell."""
    steps = [_step(complaint.received_at, ComplaintStatus.RECEIVED, None)]
    for change in complaint.history:
        _add(steps, change.at, change.status, change.source)
    latest = before["timeline"][-1] if before else None
    seen = latest and latest["status"] == complaint.status.value
    at = latest["at"] if latest and seen else _changed_at(complaint, fetched_at)
    _add(steps, max(at, steps[-1]["at"]), complaint.status, complaint.status_source)
    return steps


def _observed(before: Document) -> list[Document]:
    """The steps that a label was seen at, the last being that of the record that is stored."""
    seen = [step for step in before["timeline"] if step["status_source"] is not None]
    if seen and seen[-1]["status_source"] == before["status_source"]:
        return seen
    now = _step(datetime.min, ComplaintStatus(before["status"]), before["status_source"])
    return [*seen, now | {"at": _stated_at(now, before)}]


def _add(steps: list[Document], at: datetime, status: ComplaintStatus, label: str) -> None:
    if steps[-1]["status"] != status.value:
        steps.append(_step(at, status, label))
    elif steps[-1]["status_source"] is None:
        steps[-1]["status_source"] = label


def _stated_at(step: Document, before: Document) -> datetime:
    """When the stored record says that a step was."""
    stated = {"followed_up": before["followed_up_at"], "closed": before["closed_at"]}
    own = before["provenance"]
    at: datetime = stated.get(step["status"]) or own["source_updated_at"] or own["fetched_at"]
    return at


def _changed_at(complaint: Complaint, fetched_at: datetime) -> datetime:
    stated = {
        ComplaintStatus.FOLLOWED_UP: complaint.followed_up_at,
        ComplaintStatus.CLOSED: complaint.closed_at,
    }.get(complaint.status)
    return stated or complaint.updated_at or fetched_at


def _received(complaint: Complaint) -> Document:
    known = complaint.status is ComplaintStatus.RECEIVED
    source = complaint.status_source if known else None
    return _step(complaint.received_at, ComplaintStatus.RECEIVED, source)


def _step(at: datetime, status: ComplaintStatus, source: str | None) -> Document:
    return {"at": at, "status": status.value, "status_source": source}
