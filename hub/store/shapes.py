"""What MongoDB itself holds documents to: the fields that say who may see them, or that can be
compared, are there and are of one type."""

from typing import Any

Shape = dict[str, Any]


def _degrees(most: int) -> Shape:
    return {"bsonType": ["double", "int"], "minimum": -most, "maximum": most}


_TEXT: Shape = {"bsonType": "string"}
_TEXT_OR_NULL: Shape = {"bsonType": ["string", "null"]}
_TIME: Shape = {"bsonType": "date"}
_TIME_OR_NULL: Shape = {"bsonType": ["date", "null"]}
_TRUTH: Shape = {"bsonType": "bool"}
_POINT_OR_NULL: Shape = {
    "bsonType": ["object", "null"],
    "required": ["type", "coordinates"],
    "properties": {
        "type": {"enum": ["Point"]},
        "coordinates": {
            "bsonType": "array",
            "items": [_degrees(180), _degrees(90)],
            "minItems": 2,
            "maxItems": 2,
        },
    },
    "additionalProperties": False,
}
_DAY: Shape = {**_TEXT, "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "maxLength": 10}
_PROVINCE: Shape = {**_TEXT_OR_NULL, "pattern": "^[0-9]{2}$", "maxLength": 2}
_DISTRICT: Shape = {**_TEXT_OR_NULL, "pattern": r"^[0-9]{2}\.[0-9]{2}$", "maxLength": 5}


_ENTRIES: Shape = {"bsonType": "array", "items": {"bsonType": "object"}}


def _typed_parts(**fields: Shape) -> Shape:
    return {"required": list(fields), "properties": fields}


def _typed(fields: Shape) -> Shape:
    return {"$jsonSchema": _typed_parts(**fields)}


COMPLAINT_FIELDS: Shape = {
    "_id": _TEXT,
    "channel": _TEXT,
    "external_id": _TEXT,
    "number": _TEXT,
    "classification": _TEXT,
    "category": _TEXT_OR_NULL,
    "category_source": _TEXT_OR_NULL,
    "programme": _TEXT_OR_NULL,
    "status": _TEXT,
    "status_source": _TEXT,
    "title": _TEXT_OR_NULL,
    "description": _TEXT_OR_NULL,
    "received_at": _TIME,
    "received_on": _DAY,
    "cell": _TEXT,
    "updated_at": _TIME,
    "handed_over_at": _TIME_OR_NULL,
    "followed_up_at": _TIME_OR_NULL,
    "closed_at": _TIME_OR_NULL,
    "due_at": _TIME_OR_NULL,
    "province": _PROVINCE,
    "district": _DISTRICT,
    "address": _TEXT_OR_NULL,
    "location": _POINT_OR_NULL,
    "institution": _TEXT_OR_NULL,
    "anonymous": _TRUTH,
    "secret": _TRUTH,
    "timeline": _ENTRIES,
    "provenance": {
        "bsonType": "object",
        **_typed_parts(
            connector=_TEXT, config_version=_TEXT, run=_TEXT, fetched_at=_TIME, hash=_TEXT
        ),
    },
}
"""Each field of a complaint that a scope, a mask, a filter, an order or a figure looks at."""

_WORDS: Shape = {"$jsonSchema": {"properties": {"words": {"bsonType": "array", "items": _TEXT}}}}
"""Not required: an earlier version of the hub stored none (search.py)."""

_SP4N_ID: Shape = {"$jsonSchema": {"properties": {"sp4n_id": _TEXT}}}
"""Of the few that carry one."""

_DAYS: Shape = {"bsonType": "int", "minimum": 0}
_RECKONED: Shape = {
    "$jsonSchema": {
        "properties": {
            "stage": _TEXT,
            "stage_due_at": _TIME,
            "late": _TRUTH,
            "reopened": _TRUTH,
            "acted_in": {"bsonType": "array", "items": _TEXT},
            "acted_on": _TEXT,
            "deadlines": _ENTRIES,
            "clock": {
                "bsonType": "object",
                "properties": {
                    "by": _TEXT,
                    "place": _TEXT_OR_NULL,
                    "due_at": _TIME_OR_NULL,
                    "left": {"bsonType": ["int", "null"]},
                },
            },
            "days": {
                "bsonType": "object",
                "properties": {"hand_over": _DAYS, "follow_up": _DAYS, "close": _DAYS},
            },
        }
    }
}
"""Not required either (deadlines.py)."""

# domain/indicators.py: cell_of. A complaint counts where it is, and nowhere else.
_CELL: Shape = {
    "$concat": [
        {"$ifNull": ["$province", ""]},
        "|",
        {"$ifNull": ["$district", ""]},
        "|",
        {"$substrBytes": ["$received_on", 0, 7]},
    ]
}

SHAPES: dict[str, Shape] = {
    "complaints": {
        "$and": [
            _typed(COMPLAINT_FIELDS),
            _WORDS,
            _SP4N_ID,
            _RECKONED,
            {"$expr": {"$eq": ["$cell", _CELL]}},
        ]
    },
    "runs": _typed({"_id": _TEXT, "channel": _TEXT, "connector": _TEXT}),
    "warnings": _typed(
        {"_id": _TEXT, "province": _PROVINCE, "district": _DISTRICT, "channel": _TEXT_OR_NULL}
    ),
    "warning_rules": _typed({"_id": _TEXT, "province": _PROVINCE, "district": _DISTRICT}),
    "dead_letters": _typed(
        {"_id": _TEXT, "channel": _TEXT, "connector": _TEXT, "state": _TEXT, "last_seen": _TIME}
    ),
    "readiness": _typed({"_id": _TEXT, "province": _PROVINCE, "district": _DISTRICT}),
    "letters": _typed({"_id": _TEXT, "province": _PROVINCE, "state": _TEXT}),
    "connectors": _typed({"_id": _TEXT, "channel": _TEXT}),
    "completeness": _typed({"_id": _TEXT, "channel": _TEXT}),
    "connector_versions": _typed({"_id": _TEXT, "channel": _TEXT, "connector": _TEXT}),
    "institutions": {"$jsonSchema": {"properties": {"province": _PROVINCE, "district": _DISTRICT}}},
    "audit": _typed({"_id": _TEXT, "at": _TIME, "province": _PROVINCE, "district": _DISTRICT}),
}
"""Collection → validator."""
