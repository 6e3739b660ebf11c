"""The indexes of each collection."""

from typing import Any

from pymongo import ASCENDING, DESCENDING, GEOSPHERE, IndexModel

from hub.store.plan import PLACE

_SCOPES: list[list[tuple[str, Any]]] = [[], *([(name, ASCENDING)] for name in PLACE)]
"""What an index begins with for each kind of scope: nation, province, district, channel."""
_COMPLAINT_INDEXES = [
    IndexModel([*prefix, (field, direction), ("_id", direction)])
    for field, direction in (
        ("received_at", DESCENDING),
        ("updated_at", DESCENDING),
        ("due_at", ASCENDING),
        ("stage_due_at", DESCENDING),
    )
    for prefix in _SCOPES
]
# Words and places: first whether the complaint is secret (domain/seen.py). A word is enough to
# find few; near a place all may be of another scope.
_LATEST = [("received_at", DESCENDING), ("_id", DESCENDING)]
_COMPLAINT_INDEXES.append(IndexModel([("secret", ASCENDING), ("words", ASCENDING), *_LATEST]))
_COMPLAINT_INDEXES += [
    IndexModel([("secret", ASCENDING), *prefix, ("location", GEOSPHERE)]) for prefix in _SCOPES
]
_COMPLAINT_INDEXES += [IndexModel([("cell", ASCENDING)]), IndexModel([("number", ASCENDING)])]
# What something is still due of, by the rules that it was reckoned by (deadlines.py).
_COMPLAINT_INDEXES.append(IndexModel([("clock.by", ASCENDING), ("_id", ASCENDING)]))

# MongoDB removes a document by itself once it has ended.
_ENDS = IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0)

INDEXES: dict[str, list[IndexModel]] = {
    "complaints": _COMPLAINT_INDEXES,
    "runs": [
        IndexModel([("channel", ASCENDING), ("_id", DESCENDING)]),
        IndexModel([("connector", ASCENDING), ("_id", DESCENDING)]),
    ],
    "dead_letters": [
        IndexModel([("channel", ASCENDING), ("last_seen", DESCENDING), ("_id", DESCENDING)]),
        IndexModel([("connector", ASCENDING), ("state", ASCENDING)]),
        IndexModel([("channel", ASCENDING), ("state", ASCENDING)]),
        IndexModel([("last_seen", DESCENDING), ("_id", DESCENDING)]),
    ],
    # A cell's breakdowns, and the scope of each kind within one breakdown.
    "rollups": [
        IndexModel([("cell", ASCENDING)]),
        *(
            IndexModel([("breakdown", ASCENDING), (place, ASCENDING), ("month", ASCENDING)])
            for place in ("province", "district")
        ),
        IndexModel([("breakdown", ASCENDING), ("month", ASCENDING)]),
    ],
    "institutions": [
        IndexModel([("version", ASCENDING), ("province", ASCENDING), ("district", ASCENDING)])
    ],
    "channels": [
        IndexModel([("provinces", ASCENDING)]),
        IndexModel([("districts", ASCENDING)]),
    ],
    "audit": [
        IndexModel([*prefix, ("at", DESCENDING), ("_id", DESCENDING)])
        for prefix in ([], [("province", ASCENDING)], [("district", ASCENDING)])
    ],
    "connectors": [IndexModel([("channel", ASCENDING)])],
    "connector_secrets": [IndexModel([("connector", ASCENDING)])],
    "connector_versions": [IndexModel([("connector", ASCENDING), ("at", DESCENDING)])],
    "changes": [
        IndexModel([*prefix, ("at", DESCENDING), ("_id", DESCENDING)])
        for prefix in ([], [("connector", ASCENDING)])
    ],
    # What may be the same report, and what is linked (likenesses.py, links.py).
    "likenesses": [
        IndexModel([(name, ASCENDING) for name in ("keys", "first", "at")]),
        IndexModel(
            [(name, ASCENDING) for name in ("sp4n_id", "first_of_id", "seen_with")],
            partialFilterExpression={"sp4n_id": {"$exists": True}},
        ),
    ],
    "links": [
        IndexModel([(name, ASCENDING)])
        for name in ("members", "provinces", "districts", "channels")
    ],
    "warning_rules": [IndexModel([(name, ASCENDING)]) for name in ("province", "district", "by")],
    "warnings": [
        *(
            IndexModel([*prefix, ("raised_at", DESCENDING), ("_id", DESCENDING)])
            for prefix in _SCOPES
        ),
        # One of a rule and a place for as long as it holds.
        IndexModel(
            [(name, ASCENDING) for name in ("rule", *PLACE)],
            unique=True,
            partialFilterExpression={"holds": True},
        ),
        IndexModel([("untold", ASCENDING)], partialFilterExpression={"untold": True}),
        IndexModel([("mail.next_at", ASCENDING)], partialFilterExpression={"holds": True}),
        _ENDS,
    ],
    "views": [IndexModel([("by", ASCENDING)])],
    "operations": [IndexModel([("client", ASCENDING), ("id", ASCENDING)])],
    "webhooks": [IndexModel([("by", ASCENDING)])],
    "exports": [
        IndexModel([("by", ASCENDING), ("at", DESCENDING)]),
        IndexModel([("state", ASCENDING), ("until", ASCENDING)]),
        _ENDS,
    ],
    "export_parts": [IndexModel([("export", ASCENDING)]), _ENDS],
    # What was entered of each local government, in its order; an attachment by its id.
    "readiness": [
        IndexModel([(place, ASCENDING), ("_id", ASCENDING)]) for place in ("province", "district")
    ]
    + [IndexModel([("attachments.id", ASCENDING)])],
    "letters": [
        IndexModel([*prefix, ("at", DESCENDING), ("_id", DESCENDING)])
        for prefix in ([("province", ASCENDING)], [("state", ASCENDING)])
    ],
    "deliveries": [
        IndexModel([("webhook", ASCENDING), ("state", ASCENDING), ("next_at", ASCENDING)]),
        IndexModel([("webhook", ASCENDING), ("state", ASCENDING), ("complaint", ASCENDING)]),
        IndexModel([("by", ASCENDING), ("at", DESCENDING), ("_id", DESCENDING)]),
        _ENDS,
    ],
    "users": [IndexModel([("name", ASCENDING)], unique=True)],
    "device_codes": [IndexModel([("user_code", ASCENDING)], unique=True), _ENDS],
    "authorizations": [_ENDS],
    "revoked_tokens": [_ENDS],
    "attempts": [_ENDS],
    "webhook_deliveries": [_ENDS],
}
