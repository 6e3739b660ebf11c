"""Who may see what, and what a question means, said of one document at a time. It knows nothing of
the hub's filters, plans or shapes."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from math import asin, cos, dist, radians, sin
from operator import ge, gt, le, lt
from typing import Any

from hub.domain.remaining import remaining
from hub.domain.scope import Grant, Permission, Role, Scope
from hub.domain.working_days import Calendar

Document = dict[str, Any]

_TEXT = {"_id", "channel", "external_id", "number", "classification", "status", "status_source"}
_TEXT |= {"cell"}
_WORDS = ("title", "description", "address", "location", "words")
_TEXT_OR_NULL = {"category", "category_source", "programme", "institution", "title", "address"}
_TEXT_OR_NULL |= {"description"}
_TIME = {"received_at", "updated_at"}
_TIME_OR_NULL = {"handed_over_at", "followed_up_at", "closed_at", "due_at"}
_TRUTH = {"anonymous", "secret"}
_CODES = {"province": "[0-9][0-9]", "district": r"[0-9][0-9]\.[0-9][0-9]"}
_RANGES: dict[str, Callable[[Any, Any], bool]] = {"gt": gt, "gte": ge, "lt": lt, "lte": le}
_OPEN = {"received", "verified", "waiting_reporter", "in_progress"}
_FOLLOWED_UP = {"in_progress", "followed_up", "closed"}


def admissible(document: Document) -> bool:
    """Whether a document may lie among the complaints at all."""
    absent = object()

    def is_(name: str, *kinds: type) -> bool:
        return isinstance(document.get(name, absent), kinds)

    none = type(None)
    typed = (
        all(is_(name, str) for name in _TEXT | {"received_on"})
        and all(is_(name, str, none) for name in _TEXT_OR_NULL | _CODES.keys())
        and all(is_(name, datetime) for name in _TIME)
        and all(is_(name, datetime, none) for name in _TIME_OR_NULL)
        and all(is_(name, bool) for name in _TRUTH)
    )
    return (
        typed
        and isinstance(document.get("sp4n_id", ""), str)
        and _is_traced(document)
        and _is_found(document)
        and _is_reckoned(document)
        and _is_placed(document)
    )


def _is_traced(document: Document) -> bool:
    """Whether its steps, and where it came from, are such."""
    origin = document.get("provenance")
    texts = ("connector", "config_version", "run", "hash")
    return (
        _are_entries(document.get("timeline"))
        and isinstance(origin, dict)
        and all(isinstance(origin.get(name), str) for name in texts)
        and isinstance(origin.get("fetched_at"), datetime)
    )


def _are_entries(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)


def _is_reckoned(document: Document) -> bool:
    """Whether what follows from the rules on deadlines, which may be missing, is such."""
    kinds = {"stage": str, "stage_due_at": datetime, "late": bool, "reopened": bool, "days": dict}
    if not all(isinstance(document[name], kinds[name]) for name in kinds.keys() & document.keys()):
        return False
    if not _are_entries(document.get("deadlines", [])) or not _is_clock(document.get("clock", {})):
        return False
    counts = [n for name, n in document.get("days", {}).items() if name in _COUNTED]
    return all(type(n) is int and n >= 0 for n in counts)


def _is_clock(value: Any) -> bool:
    none = type(None)
    kinds: dict[str, Any] = {
        "by": str,
        "place": (str, none),
        "due_at": (datetime, none),
        "left": (int, none),
    }
    return isinstance(value, dict) and all(
        isinstance(value[name], kinds[name]) for name in kinds.keys() & value.keys()
    )


_COUNTED = {"hand_over", "follow_up", "close"}


def _is_found(document: Document) -> bool:
    """Whether words, which may be missing, and place, which may be null, are such."""
    words = document.get("words", [])
    if not (isinstance(words, list) and all(isinstance(word, str) for word in words)):
        return False
    match document.get("location", ...):
        case None:
            return True
        case {"type": "Point", "coordinates": [float() | int() as x, float() | int() as y], **more}:
            return -180 <= x <= 180 and -90 <= y <= 90 and not more
        case _:
            return False


def _is_placed(document: Document) -> bool:
    day = document["received_on"]
    if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", day):
        return False
    for name, pattern in _CODES.items():
        if document[name] is not None and not re.fullmatch(pattern, document[name]):
            return False
    where = [document["province"] or "", document["district"] or "", day[:7]]
    return bool(document["cell"] == "|".join(where))


def _reaches(grant: Grant, document: Document) -> bool:
    match grant.role:
        case Role.PROVINCE:
            return document["province"] in grant.regions
        case Role.DISTRICT:
            return document["district"] in grant.regions
        case Role.OPERATOR:
            return document["channel"] in grant.channels
        case _:
            return True


def _by(roles: set[Role], permission: Permission, viewer: Scope, document: Document) -> bool:
    return permission in viewer.permissions and any(
        grant.role in roles and _reaches(grant, document) for grant in viewer.grants
    )


_OFFICES = {Role.MINISTRY, Role.PROVINCE, Role.DISTRICT}


def visible(viewer: Scope, document: Document) -> bool:
    """Whether a viewer may read this complaint."""
    return _by(_OFFICES | {Role.OPERATOR}, Permission.COMPLAINTS_READ, viewer, document)


def visible_by_place(viewer: Scope, document: Document) -> bool:
    """Whether a viewer may read this complaint wherever it came from."""
    return _by(_OFFICES, Permission.COMPLAINTS_READ, viewer, document)


def countable(viewer: Scope, document: Document) -> bool:
    """Whether a viewer may count this complaint."""
    roles = _OFFICES | {Role.OPERATOR, Role.STATISTICS}
    return _by(roles, Permission.STATISTICS_READ, viewer, document)


def words_are_shown(viewer: Scope, document: Document) -> bool:
    """Whether a viewer may read the words of this complaint."""
    if not visible(viewer, document):
        return False
    offices = (
        _OFFICES if Permission.COMPLAINTS_PII in viewer.permissions else _OFFICES - {Role.MINISTRY}
    )
    return not document["secret"] or _by(offices, Permission.COMPLAINTS_READ, viewer, document)


def shown(viewer: Scope, document: Document) -> Document:
    """A complaint as a viewer sees it, who may see it at all."""
    if words_are_shown(viewer, document):
        return document
    return document | dict.fromkeys(_WORDS)


def cases(viewer: Scope, documents: list[Document], links: list[Document]) -> dict[str, set[str]]:
    """Each complaint that a viewer sees → all that are the same report, as far as they may read
    what both ends of a link say."""
    group = {d["_id"]: {d["_id"]} for d in documents if visible(viewer, d)}
    told = {d["_id"] for d in documents if words_are_shown(viewer, d)}
    for link in links:
        if link["undone"] is None and told.issuperset(link["members"]):
            one, other = link["members"]
            both = group[one] | group[other]
            group |= dict.fromkeys(both, both)
    return group


def in_ledger(viewer: Scope, channel: str, *, letters: bool = False) -> bool:
    """Whether a viewer may see the runs (or the dead letters) of a channel."""
    roles = {Role.MINISTRY, Role.OPERATOR} | (set() if letters else {Role.ADMIN})
    return _by(roles, Permission.CONNECTORS_READ, viewer, {"channel": channel})


def holds(filter_: dict[str, Any], document: Document) -> bool:
    """Whether a ComplaintFilter, as JSON, holds for a document."""
    for name, wanted in filter_.items():
        match name:
            case "and":
                held = all(holds(part, document) for part in wanted)
            case "or":
                held = any(holds(part, document) for part in wanted)
            case "not":
                held = not holds(wanted, document)
            case "search":
                held = _stems(wanted) <= {*(document.get("words") or ())}
            case "timeline" | "deadlines":
                held = any(_entry_holds(wanted, each) for each in document.get(name) or ())
            case "provenance":
                held = _entry_holds(wanted, document["provenance"])
            case "near" | "within":
                held = document["location"] is not None and _is_in(wanted, document["location"])
            case _:
                actual = _actual(name, document)
                held = all(_compares(actual, op, each) for op, each in wanted.items())
        if not held:
            return False
    return True


def _entry_holds(wanted: dict[str, Any], entry: Document) -> bool:
    """Whether all comparisons hold of one entry of a list."""
    for name, comparison in wanted.items():
        actual = _late(entry) if name == "late" else entry.get(_snake(name))
        if name in {"status", "stage"} and isinstance(actual, str):
            actual = actual.upper()
        if not all(_compares(actual, op, value) for op, value in comparison.items()):
            return False
    return True


def _late(deadline: Document) -> bool | None:
    at = datetime.now(UTC) if deadline.get("pending") else deadline.get("ended_at")
    due = deadline.get("due_at")
    return at > due if at and due else None


def _snake(name: str) -> str:
    return re.sub("[A-Z]", lambda m: f"_{m[0].lower()}", name)


_STEMS = {"kerusakan": "rusak", "jalanan": "jalan"}


def _stems(text: str) -> set[str]:
    return {_STEMS.get(word, word) for word in text.lower().split() if word != "yang"}


def _is_in(area: dict[str, float], point: Document) -> bool:
    longitude, latitude = map(float, point["coordinates"])
    if "west" in area:
        return (
            area["west"] <= longitude <= area["east"] and area["south"] <= latitude <= area["north"]
        )
    # By the chord through the earth.
    here, there = _vector(longitude, latitude), _vector(area["longitude"], area["latitude"])
    return 2 * asin(dist(here, there) / 2) * 6_378_100 <= area["metres"]


def _vector(longitude: float, latitude: float) -> tuple[float, float, float]:
    east, north = radians(longitude), radians(latitude)
    return cos(north) * cos(east), cos(north) * sin(east), sin(north)


def _actual(name: str, document: Document) -> Any:
    value: Any
    match name:
        case "overdue":
            return is_overdue(document)
        case "overdueEver":
            return document.get("late") is True or is_overdue(document)
        case "reopened":
            return document.get("reopened") is True
        case "sp4nId":
            value = document.get("sp4n_id")
        case "id":
            value = f"complaint:{document['_id']}"
        case "remainingWorkingDays":
            return _remaining(document)
        case "stage" | "stageDueAt":
            value = document.get("stage" if name == "stage" else "stage_due_at")
        case _:
            value = document[_snake(name)]
    return value.upper() if name in {"status", "classification", "stage"} and value else value


_CALENDAR = Calendar()


def _remaining(document: Document) -> int | None:
    """What its field tells, of what is open."""
    clock = document.get("clock", {})
    if document["status"] not in _OPEN or clock.get("due_at") is None:
        left: int | None = clock.get("left")
        return left if document["status"] in _OPEN else None
    return remaining(_CALENDAR.clock(clock["place"]), datetime.now(UTC), clock["due_at"])


def _compares(actual: Any, op: str, wanted: Any) -> bool:
    if op == "isNull":
        return (actual is None) is wanted
    if isinstance(wanted, str) and re.fullmatch(r"\d{4}-.*Z", wanted) and actual == "soon":
        return op == "ne"  # a text, and no time
    if isinstance(actual, datetime):
        wanted = [_moment(w) for w in wanted] if op == "in" else _moment(wanted)
    match op:
        case "eq":
            return bool(actual == wanted)
        case "ne":
            return bool(actual != wanted)
        case "in":
            return actual in wanted
        case _:
            return actual is not None and _RANGES[op](actual, wanted)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def is_overdue(document: Document) -> bool:
    """Past its deadline and not answered."""
    due = document["due_at"]
    return due is not None and due < datetime.now(UTC) and document["status"] in _OPEN


def ordered(documents: Iterable[Document], order_by: list[dict[str, str]]) -> list[Document]:
    """In the order that is asked for: unknown is lowest, ids settle ties."""
    found = sorted(documents, key=lambda d: d["_id"], reverse=order_by[0]["direction"] == "DESC")
    for step in reversed(order_by):
        name = step["field"].lower()
        found.sort(
            key=lambda d, n=name: (d.get(n) is not None, d[n].timestamp() if d.get(n) else 0),  # type: ignore[misc]
            reverse=step["direction"] == "DESC",
        )
    return found


def group(dimension: str, document: Document) -> str | None:
    """What a document is grouped under, as it is told."""
    day: str = document["received_on"]
    match dimension:
        case "DAY":
            return day
        case "MONTH":
            return day[:7]
        case "WEEK":
            return f"{date.fromisoformat(day):%G-W%V}"
        case "STATUS" | "CLASSIFICATION":
            return str(document[dimension.lower()]).upper()
        case _:
            value: str | None = document[dimension.lower()]
            return value


def figures(documents: list[Document]) -> tuple[int, int, int]:
    """(received, followed up, overdue)."""
    return (
        len(documents),
        sum(document["status"] in _FOLLOWED_UP for document in documents),
        sum(is_overdue(document) for document in documents),
    )


def knows_channel(viewer: Scope, channel: Document) -> bool:
    """Whether a viewer knows of a channel: theirs, or with a complaint where they may look."""
    for grant in viewer.grants:
        reading = {Permission.COMPLAINTS_READ, Permission.STATISTICS_READ}
        purposes: dict[Role, set[Permission]] = {
            Role.MINISTRY: reading | {Permission.CONNECTORS_READ},
            Role.OPERATOR: reading | {Permission.CONNECTORS_READ},
            Role.STATISTICS: {Permission.STATISTICS_READ},
            Role.ADMIN: {Permission.CONNECTORS_READ},
        }
        if purposes.get(grant.role, reading).isdisjoint(viewer.permissions):
            continue
        match grant.role:
            case Role.PROVINCE:
                known = not set(grant.regions).isdisjoint(channel["provinces"])
            case Role.DISTRICT:
                known = not set(grant.regions).isdisjoint(channel["districts"])
            case Role.OPERATOR:
                known = channel["_id"] in grant.channels
            case _:
                known = True
        if known:
            return True
    return False
