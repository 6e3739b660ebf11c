"""A complaint as a document of MongoDB."""

from dataclasses import dataclass, fields
from datetime import date
from typing import Any

import orjson

from hub.domain.complaint import (
    Classification,
    Complaint,
    ComplaintStatus,
    Location,
    Provenance,
    Reporter,
    StatusChange,
)
from hub.domain.deadlines import Rulebook
from hub.domain.indicators import cell_of
from hub.domain.words import stems_of
from hub.store.mongo import Document
from hub.store.reckoned import reckoned
from hub.store.timelines import Again
from hub.store.vault import Vault


@dataclass(frozen=True, slots=True)
class Received:
    """A mapped complaint with the raw record that it came from.

    `fingerprint` tells whether the record came again; None where it should be mapped again then.
    `again` is what stood there before, where the record is the stored one.
    """

    complaint: Complaint
    raw: bytes
    fingerprint: str | None = None
    again: Again | None = None


def complaint_document(
    id_: str,
    received: Received,
    provenance: Provenance,
    digest: str,
    timeline: list[Document],
    vault: Vault,
    rules: Rulebook,
) -> Document:
    """The document as stored: personal data and the raw record sealed to this complaint's id."""
    c = received.complaint
    clock = rules.calendar.clock(c.district or c.province)
    received_on = date.fromordinal(clock.day(c.received_at)).isoformat()
    words = stems_of(c.title, c.description, c.address)
    return {
        "_id": id_,
        "channel": c.channel,
        "external_id": c.external_id,
        "number": c.number,
        **({} if c.sp4n_id is None else {"sp4n_id": c.sp4n_id}),
        "classification": c.classification.value,
        "category": c.category,
        "category_source": c.category_source,
        "programme": c.programme,
        "status": c.status.value,
        "status_source": c.status_source,
        "title": c.title,
        "description": c.description,
        "words": words,
        "received_at": c.received_at,
        "received_on": received_on,
        "cell": cell_of(c.province, c.district, received_on),
        "updated_at": c.updated_at or provenance.fetched_at,
        "handed_over_at": c.handed_over_at,
        "followed_up_at": c.followed_up_at,
        "closed_at": c.closed_at,
        **reckoned(c, timeline, rules),
        "province": c.province,
        "district": c.district,
        "address": c.address,
        "location": _point(c.location),
        "institution": c.institution,
        "anonymous": c.anonymous,
        "secret": c.secret,
        "reporter": vault.seal(orjson.dumps(c.reporter), id_) if c.reporter else None,
        "timeline": timeline,
        "history": [
            {"at": each.at, "status": each.status.value, "source": each.source}
            for each in c.history
        ],
        "provenance": {
            "connector": provenance.connector,
            "config_version": provenance.config_version,
            "run": provenance.run,
            "resource": provenance.resource,
            "fetched_at": provenance.fetched_at,
            "source_updated_at": c.updated_at,
            "hash": digest,
            "fingerprint": received.fingerprint,
        },
        "raw": vault.seal(received.raw, id_),
    }


def stored_complaint(document: Document, vault: Vault) -> Complaint:
    """The complaint that a document was made of; times are as exact as MongoDB keeps them."""
    place = document["location"]
    sealed = document["reporter"]
    told = orjson.loads(vault.open(sealed, document["_id"])) if sealed else None
    same = {name: document[name] for name in _SAME}
    return Complaint(
        **same,
        sp4n_id=document.get("sp4n_id"),
        classification=Classification(document["classification"]),
        status=ComplaintStatus(document["status"]),
        updated_at=document["provenance"]["source_updated_at"],
        # What an earlier version of the hub stored has the channel's own alone.
        due_at=document.get("stated_due_at", document["due_at"]),
        location=Location(*place["coordinates"]) if place else None,
        reporter=Reporter(**told) if told else None,
        # What an earlier version of the hub stored has none.
        history=tuple(_change(each) for each in document.get("history", ())),
    )


NOT_OPENED: Document = dict.fromkeys(("raw", "reporter", "words", "title", "description"), 0)
"""What to leave out of a read for `unopened_complaint`."""


def unopened_complaint(document: Document) -> Complaint:
    """The complaint of a document that was read without its reporter, or without its words too."""
    return stored_complaint({**_LEFT_OUT, **document}, _NO_VAULT)


_LEFT_OUT: Document = dict.fromkeys(NOT_OPENED)
_NO_VAULT: Any = None  # there is no reporter to open

_MADE = {
    "sp4n_id",
    "classification",
    "status",
    "updated_at",
    "due_at",
    "location",
    "reporter",
    "history",
}
_SAME = [field.name for field in fields(Complaint) if field.name not in _MADE]


def _change(stored: Document) -> StatusChange:
    return StatusChange(stored["at"], ComplaintStatus(stored["status"]), stored["source"])


def _point(location: Location | None) -> Document | None:
    if location is None:
        return None
    return {"type": "Point", "coordinates": [location.longitude, location.latitude]}
