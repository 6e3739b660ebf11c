"""Viewers, questions, and documents as no hub would write them, each made from a number."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from bson import Binary, Decimal128, Int64, MaxKey, ObjectId, Regex

from hub.domain.complaint import Classification, ComplaintStatus
from hub.domain.deadline_rules import DeadlineStage
from hub.domain.scope import Grant, Permission, Role, Scope
from tests.made import GRANTS, MOMENT, PLACES

Document = dict[str, Any]
Filter = dict[str, Any]

CHANNELS = ["lapor", "sulsel", "makassar", "lapor\u200b", "ｌａｐｏｒ", "lapor.x", "$lapor", ""]
_MISSING = object()
_ODD: list[Any] = [
    _MISSING,
    None,
    73,
    73.0,
    float("nan"),
    Int64(73),
    Decimal128("73"),
    True,
    MOMENT,
    b"73",
    Binary(b"73", 128),
    ObjectId(b"0" * 12),
    Regex("^73"),
    MaxKey(),
    [],
    ["73"],
    ["73", "74"],
    ["73.71"],
    ["lapor", "sulsel"],
    [["73"]],
    {"$in": ["73"]},
    {"$ne": None},
    {"": "73"},
    {"0": "73"},
    "",
    "73",
    "73.71",
    "７３",
    "٧٣",
    "73\u200b",
    "73\x00",
    "73\n",
    " 73",
    "73|",
    "74||2020-07",
    "lapor",
    "lapor\u200b",
    "$province",
    "2020-07-01\n",
    "x" * 20_000,
    ["sampah", 7],
    {"type": "Point", "coordinates": [119.41, 95]},
    {"type": "Point", "coordinates": [119.41, -5.14, 3]},
    {"type": "Point", "coordinates": ["119.41", -5.14]},
    {"type": "LineString", "coordinates": [[119, -5], [120, -5]]},
]
_EXTRA: list[Document] = [
    {"province.0": "73"},
    {"$province": "73"},
    {"": "73"},
    {"Province": "73", "scope": {"nation": True}},
    {"provenance": {"province": "73", "fetched_at": "soon"}},
    {"location": {"type": "Point", "coordinates": [float("nan"), "north"]}},
    {"timeline": [{"at": "soon", "status": "isi of a step"}, {}]},
    {"timeline": [{"at": MOMENT, "status": "received"}, 7]},
]
_PLACE = ["province", "district", "channel"]
_ADDRESSES = ["Jalan Masjid Raya 44", "Jalan Pelabuhan 92"]
_STEMS = ["sampah", "rusak", "jalan"]
_POINTS = [[119.41, -5.14], [119.52, -5.06], [122.51, -3.97]]
_WORDS = {"title", "description", "address", "location"}


def documents(random: Random, most: int) -> list[Document]:
    """Complaints, about half of them hostile. Each tells in `kata(id)` whose words it holds, and
    in `isi(id)` whose other content."""
    return [_document(random, f"c{n}") for n in range(random.randint(10, most))]


def _reckoned(random: Random, later: list[datetime | None], due_at: datetime | None) -> Document:
    """What follows from the rules on deadlines; all of it may be missing."""
    deadline = {
        "stage": random.choice(list(DeadlineStage)).value,
        "rule": random.choice([None, "verify"]),
        "due_at": random.choice(later),
        "ended_at": random.choice(later),
        "pending": random.random() < 0.5,
    }
    fields: Document = {
        "stage": deadline["stage"],
        "stage_due_at": MOMENT,
        "late": random.random() < 0.5,
        "reopened": random.random() < 0.5,
        "days": {"close": random.randrange(90)},
        "deadlines": [deadline],
        "clock": {
            "by": "v",
            "place": random.choice([None, "73", "73.71"]),
            "due_at": due_at,
            "left": None if due_at else random.choice([None, 0, 7]),
        },
    }
    return {name: value for name, value in fields.items() if random.random() < 0.7}


def _document(random: Random, id_: str) -> Document:
    province, district = random.choice([*PLACES, (None, None)])
    received_at = MOMENT + timedelta(days=random.randrange(90), hours=random.randrange(3))
    later = [None, received_at + timedelta(days=2), MOMENT, MOMENT + timedelta(days=36_500)]
    due_at = random.choice(later)
    document: Document = {
        "_id": id_,
        "channel": random.choice(CHANNELS if random.random() < 0.4 else CHANNELS[:3]),
        "external_id": f"e{random.randrange(5)}",
        "number": f"n{random.randrange(5)}",
        "classification": random.choice(list(Classification)).value,
        "category": random.choice([None, "roads", "waste", "roads.x"]),
        "category_source": f"isi({id_})",
        "programme": random.choice([None, "COVID19"]),
        "status": random.choice(list(ComplaintStatus)).value,
        "status_source": random.choice([f"isi({id_})", "open"]),
        "title": random.choice([None, f"kata({id_})"]),
        "description": f"kata({id_})",
        "received_at": received_at,
        "received_on": f"{received_at:%Y-%m-%d}",
        "updated_at": random.choice([received_at, MOMENT]),
        "handed_over_at": random.choice(later),
        "followed_up_at": random.choice(later),
        "closed_at": random.choice(later),
        "due_at": due_at,
        **_reckoned(random, later, due_at),
        "province": province,
        "district": district,
        "address": random.choice([f"kata({id_})", None, *_ADDRESSES]),
        "words": random.sample(_STEMS, random.randint(0, 2)),
        "location": random.choice([None, *({"type": "Point", "coordinates": p} for p in _POINTS)]),
        "institution": random.choice([None, f"isi({id_})", "Dinas"]),
        "anonymous": random.random() < 0.5,
        "secret": random.random() < 0.5,
        "reporter": None,
        "timeline": [{"at": received_at, "status": "received", "status_source": f"isi({id_})"}],
        "provenance": {
            "connector": "c",
            "config_version": "v",
            "run": "r",
            "fetched_at": received_at,
            "hash": f"isi({id_})",
        },
        "raw": b"isi",
    }
    if random.random() < 0.5:
        document["sp4n_id"] = f"isi({id_})"
    changed = set()
    if random.random() < 0.5:
        for _ in range(random.randint(1, 2)):
            # What nobody sealed is opened for no one: tests/store/test_vault.py.
            others = sorted(document.keys() - {"reporter"})
            named = random.choice(_PLACE if random.random() < 0.4 else others)
            changed.add(named)
            mark = f"kata({id_})" if named in _WORDS else f"isi({id_})"
            content = [mark, {"x": mark}, [mark]]
            document[named] = random.choice(random.choice([_ODD, content]))
    if random.random() < 0.2:
        document |= random.choice(_EXTRA)
    if "cell" not in changed and random.random() < 0.9:
        document["cell"] = _cell(document)
    else:
        document["cell"] = random.choice(_ODD)
    return {name: value for name, value in document.items() if value is not _MISSING}


def links(random: Random, complaints: list[Document]) -> list[Document]:
    """Links between some of these, each with the places of both, as the hub keeps them."""
    made = {}
    for _ in range(len(complaints)):
        ends = random.sample(complaints, 2)
        members = sorted(end["_id"] for end in ends)
        places = {f"{name}s": [end[name] for end in ends if end[name]] for name in _PLACE}
        undone = {"by": "someone"} if random.random() < 0.2 else None
        link = {"_id": ":".join(members), "members": members, **places, "undone": undone}
        made[link["_id"]] = link | {"how": "similarity", "score": 0.9, "by": None, "at": MOMENT}
    return [*made.values()]


def _cell(document: Document) -> Any:
    province, district, day = (document[n] for n in ("province", "district", "received_on"))
    parts = [province or "", district or "", day[:7] if isinstance(day, str) else day]
    return "|".join(parts) if all(isinstance(part, str) for part in parts) else "||"


def viewer(random: Random) -> Scope:
    """Any viewer: some grants, and permissions that are mostly there."""
    grants = [*GRANTS, *(Grant(Role.OPERATOR, channels=(c,)) for c in CHANNELS if c)]
    chosen = random.sample(grants, random.choice([0, 1, 1, 1, 2, 3]))
    missing = random.sample(list(Permission), random.choice([0, 0, 0, 1, 2]))
    return Scope("someone", tuple(chosen), frozenset(Permission) - set(missing))


_TEXTS = [*CHANNELS, "n1", "n2", "e1", "roads", "roads.x", "COVID19", "Dinas", "isi(c1)", "７３"]
_TEXTS += ["open", "kata(c1)", *_ADDRESSES]
_TIMES = [f"2020-0{month}-01T03:00:00Z" for month in (7, 8, 9)]
_REGIONS = {"province": ["73", "74", "76"], "district": ["73.71", "73.06", "74.71"]}
TEXT_FIELDS = [
    "number",
    "externalId",
    "sp4nId",
    "channel",
    "category",
    "categorySource",
    "programme",
    "statusSource",
    "title",
    "description",
    "address",
    "institution",
]
TIME_FIELDS = [
    "receivedAt",
    "updatedAt",
    "handedOverAt",
    "followedUpAt",
    "closedAt",
    "dueAt",
    "stageDueAt",
]
TRUTH_FIELDS = ["overdue", "overdueEver", "reopened", "anonymous", "secret"]
ENUM_FIELDS: dict[str, list[str]] = {
    "status": [status.name for status in ComplaintStatus],
    "classification": [kind.name for kind in Classification],
    "stage": [stage.name for stage in DeadlineStage],
}
_BOX = {"west": 119, "south": -6, "east": 119.5, "north": -5}
WORD_FIELDS: dict[str, list[Any]] = {
    "search": ["sampah", "kerusakan", "Jalanan yang RUSAK", "kata"],
    "near": [{"longitude": 119.45, "latitude": -5.1, "metres": m} for m in (9_000, 900_000)],
    "within": [_BOX, {**_BOX, "east": 123, "north": -3}],
}
_STEP: dict[str, list[Any]] = {
    "at": _TIMES,
    "status": ENUM_FIELDS["status"],
    "statusSource": ["isi(c1)", "$status"],
}
_DEADLINE: dict[str, list[Any]] = {
    "stage": ENUM_FIELDS["stage"],
    "dueAt": _TIMES,
    "endedAt": _TIMES,
    "pending": [True, False],
    "late": [True, False],
    "rule": ["verify", "$rule"],
}
_PROVENANCE: dict[str, list[Any]] = {
    "connector": ["c", "x"],
    "configVersion": ["v"],
    "run": ["r", "x"],
    "fetchedAt": _TIMES,
    "hash": ["isi(c1)", "isi(c2)"],
}
NESTED_FIELDS = {"timeline": _STEP, "deadlines": _DEADLINE, "provenance": _PROVENANCE}
FILTER_FIELDS = {
    *("and", "or", "not", "id", "location", "remainingWorkingDays"),
    *NESTED_FIELDS,
    *(*TEXT_FIELDS, *TIME_FIELDS, *TRUTH_FIELDS, *ENUM_FIELDS, *_REGIONS, *WORD_FIELDS),
}
"""Every field of ComplaintFilter; a test holds it to be so."""


def filter_of(random: Random, depth: int = 0) -> Filter:
    """A ComplaintFilter, as JSON."""
    kind = random.random()
    if depth < 3 and kind < 0.15:
        return {"not": filter_of(random, depth + 1)}
    if depth < 3 and kind < 0.4:
        parts = [filter_of(random, depth + 1) for _ in range(random.choice([0, 1, 2, 2]))]
        return {random.choice(["and", "or"]): parts}
    if kind < 0.45:
        return {}
    some = random.sample(sorted(FILTER_FIELDS - {"and", "or", "not"}), random.choice([1, 1, 2]))
    return {name: _comparison(random, name) for name in some}


def _comparison(random: Random, name: str) -> Any:
    if name in WORD_FIELDS:
        return random.choice(WORD_FIELDS[name])
    if name in NESTED_FIELDS:
        some = random.sample(sorted(NESTED_FIELDS[name]), random.choice([1, 1, 2]))
        return {each: _of_entry(random, each, NESTED_FIELDS[name][each]) for each in some}
    if name in TRUTH_FIELDS:
        return {random.choice(["eq", "ne"]): random.random() < 0.5}
    if name == "location":
        return {"isNull": random.random() < 0.5}
    if name == "remainingWorkingDays":
        return _compared(random, [-1_600, -1, 0, 7, 20_000], ["eq", "ne", "isNull", *_RANGES])
    values = ENUM_FIELDS.get(name) or _REGIONS.get(name)
    ops = ["eq", "ne", "in", "isNull"]
    if name == "id":
        values, ops = [f"complaint:c{n}" for n in range(6)], ["eq", "ne", "in"]
    if values is None:
        values = _TIMES if name in TIME_FIELDS else _TEXTS
        ops += _RANGES
    return _compared(random, values, ops)


_RANGES = ["gt", "gte", "lt", "lte"]


def _of_entry(random: Random, name: str, values: list[Any]) -> Any:
    """A comparison inside a field of several."""
    ops = ["eq", "ne"]
    if name != "pending":
        ops += ["in", "isNull"]
    if name not in {"pending", "late", "stage", "status"}:
        ops += _RANGES
    return _compared(random, values, ops)


def _compared(random: Random, values: list[Any], ops: list[str]) -> Any:
    op = random.choice(ops)
    if op == "isNull":
        return {op: random.random() < 0.5}
    if op == "in":
        return {op: random.sample(values, random.randint(0, min(2, len(values))))}
    return {op: random.choice(values)}


ORDER_FIELDS = {"RECEIVED_AT", "UPDATED_AT", "DUE_AT", "STAGE_DUE_AT"}


def order_of(random: Random) -> list[dict[str, str]]:
    """An order of one or two fields."""
    fields = random.sample(sorted(ORDER_FIELDS), random.randint(1, 2))
    return [{"field": f, "direction": random.choice(["ASC", "DESC"])} for f in fields]


def ledger(random: Random, n: int) -> Document:
    """What a run, a connector and a dead letter have in common, of a channel that may be odd."""
    channel = random.choice(CHANNELS if random.random() < 0.7 else _ODD[1:])
    return {"_id": f"r{n}", "channel": channel, "connector": f"r{n}", "state": "open"}


def counts_of(ledger: Document) -> Document:
    """The completeness of the connector that a ledger is of, which tells its number."""
    name = ledger["_id"]
    day = {"day": "2026-01-01", "source": int(name[1:]), "stored": 0, "missing": 0}
    return {"_id": name, "channel": ledger["channel"], "at": MOMENT, "days": [day]}


def text_of(ledger: Document) -> Document:
    """A text of the connector that a ledger is of."""
    name = ledger["_id"]
    return {
        "_id": f"{name} v1",
        "connector": name,
        "channel": ledger["channel"],
        "config_version": name,
        "config": f"isi({name})",
        "by": "someone",
        "at": MOMENT,
    }


def channel(random: Random, name: str) -> Document:
    """A channel, and places that its complaints are in."""
    provinces = random.sample(["73", "74", "76", "７３"], random.randint(0, 2))
    districts = random.sample(["73.71", "73.06", "74.71", "73"], random.randint(0, 2))
    return {
        "_id": name,
        "title": f"Kanal {name}",
        "last_synced_at": None,
        "provinces": provinces,
        "districts": districts,
    }
