"""Conditions as a viewer sees complaints: what is hidden from them is unknown to their filters."""

from hub.domain.question import EVERYTHING, All, AnyOf, Compare, Condition, Field, Not, Op
from hub.domain.scope import Reach, Scope

WORDS = frozenset({Field.TITLE, Field.DESCRIPTION, Field.ADDRESS, Field.LOCATION, Field.WORDS})
"""Fields that only some viewers see of a secret complaint."""

_PUBLIC = Compare(Field.SECRET, Op.EQ, False)
_SECRET = Compare(Field.SECRET, Op.EQ, True)
_EITHER = Compare(Field.SECRET, Op.IN, (False, True))


def as_seen(condition: Condition, scope: Scope) -> Condition:
    """The same condition, of a complaint as the viewer is shown it.

    Each comparison of words says which complaints it looks at: so the index that answers it is
    read at no secret complaint whose words are hidden, and its time tells nothing of them.
    """
    match condition:
        case Compare(field) if field in WORDS:
            return _of_words(condition, scope)
        case Compare():
            return condition
        case Not(part):
            return Not(as_seen(part, scope))
        case All(parts):
            return All(tuple(as_seen(part, scope) for part in parts))
        case AnyOf(parts):
            return AnyOf(tuple(as_seen(part, scope) for part in parts))


def _of_words(compare: Compare, scope: Scope) -> Condition:
    if scope.secret_words == scope.rows:
        return All((_EITHER, compare))
    reach = scope.secret_words
    shown = EVERYTHING if reach.nation else named_by(reach)
    parts: list[Condition] = [All((_PUBLIC, compare))]
    if reach:
        parts.append(All((_SECRET, shown, compare)))
    if _holds_of_unknown(compare):
        parts.append(All((_SECRET, Not(shown))))
    return AnyOf(tuple(parts))


def _holds_of_unknown(compare: Compare) -> bool:
    return compare.op is Op.NE or (compare.op is Op.IS_NULL and compare.value is True)


def named_by(reach: Reach) -> AnyOf:
    """Complaints of the places and channels that a reach names."""
    owned = [(field, tuple(sorted(values))) for field, values in owned_by(reach) if values]
    return AnyOf(tuple(Compare(field, Op.IN, values) for field, values in owned))


def owned_by(reach: Reach) -> tuple[tuple[Field, frozenset[str]], ...]:
    """What a reach names of each field."""
    return (
        (Field.PROVINCE, reach.provinces),
        (Field.DISTRICT, reach.districts),
        (Field.CHANNEL, reach.channels),
    )
