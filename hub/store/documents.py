"""A complaint as a document of MongoDB."""

from dataclasses import dataclass
from datetime import datetime

import orjson

from hub.domain.complaint import Complaint, ComplaintStatus, Location, Provenance
from hub.domain.indicators import cell_of
from hub.domain.region import regions
from hub.store.mongo import Document
from hub.store.vault import Vault


@dataclass(frozen=True, slots=True)
class Received:
    """A mapped complaint with the raw record that it came from.

    `fingerprint` tells whether the record came again; None where it should be mapped again then.
    """

    complaint: Complaint
    raw: bytes
    fingerprint: str | None = None


_NATIONAL = "31"  # what can't be placed is dated by the clock of the capital


def complaint_document(
    id_: str,
    received: Received,
    provenance: Provenance,
    digest: str,
    timeline: list[Document],
    vault: Vault,
) -> Document:
    """The document as stored: personal data and the raw record sealed to this complaint's id."""
    c = received.complaint
    place = regions().get(c.district or c.province or _NATIONAL)
    zone = place.zone if place else None
    received_on = c.received_at.astimezone(zone).date().isoformat()
    return {
        "_id": id_,
        "channel": c.channel,
        "external_id": c.external_id,
        "number": c.number,
        "classification": c.classification.value,
        "category": c.category,
        "category_source": c.category_source,
        "programme": c.programme,
        "status": c.status.value,
        "status_source": c.status_source,
        "title": c.title,
        "description": c.description,
        "received_at": c.received_at,
        "received_on": received_on,
        "cell": cell_of(c.province, c.district, received_on),
        "updated_at": c.updated_at or provenance.fetched_at,
        "handed_over_at": c.handed_over_at,
        "followed_up_at": c.followed_up_at,
        "closed_at": c.closed_at,
        "due_at": c.due_at,
        "province": c.province,
        "district": c.district,
        "address": c.address,
        "location": _point(c.location),
        "institution": c.institution,
        "anonymous": c.anonymous,
        "secret": c.secret,
        "reporter": vault.seal(orjson.dumps(c.reporter), id_) if c.reporter else None,
        "timeline": timeline,
        "provenance": {
            "connector": provenance.connector,
            "config_version": provenance.config_version,
            "run": provenance.run,
            "fetched_at": provenance.fetched_at,
            "source_updated_at": c.updated_at,
            "hash": digest,
            "fingerprint": received.fingerprint,
        },
        "raw": vault.seal(received.raw, id_),
    }


def next_timeline(
    complaint: Complaint, fetched_at: datetime, before: Document | None
) -> list[Document]:
    """The steps so far, the first being the receipt; a status unlike the last one is a new step.

    Where the channel does not say when, it is the time of the change that it states, else the
    time at which the hub saw it.
    """
    steps: list[Document] = before["timeline"] if before else [_received(complaint)]
    if steps[-1]["status"] == complaint.status.value:
        return steps
    stated = {
        ComplaintStatus.FOLLOWED_UP: complaint.followed_up_at,
        ComplaintStatus.CLOSED: complaint.closed_at,
    }.get(complaint.status)
    at = stated or complaint.updated_at or fetched_at
    return [*steps, _step(at, complaint.status, complaint.status_source)]


def _received(complaint: Complaint) -> Document:
    known = complaint.status is ComplaintStatus.RECEIVED
    source = complaint.status_source if known else None
    return _step(complaint.received_at, ComplaintStatus.RECEIVED, source)


def _step(at: datetime, status: ComplaintStatus, source: str | None) -> Document:
    return {"at": at, "status": status.value, "status_source": source}


def _point(location: Location | None) -> Document | None:
    if location is None:
        return None
    return {"type": "Point", "coordinates": [location.longitude, location.latitude]}
