"""Cases: reports of several channels that are the same. What links two of them, and what follows
from all links. Pure."""

from collections.abc import Iterable
from enum import StrEnum


class LinkedBy(StrEnum):
    """Why two complaints count as the same report."""

    FOREIGN_ID = "foreign_id"
    SIMILARITY = "similarity"
    PERSON = "person"


def pair_of(one: str, other: str) -> tuple[str, str]:
    """Two ids as a link has them, in order."""
    return (one, other) if one < other else (other, one)


def joined(ids: Iterable[str], pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Each id → those of its case, itself among them, in order: the same list for all of them.
    Pairs name these ids alone."""
    case_of: dict[str, list[str]] = {id_: [id_] for id_ in ids}
    for one, other in pairs:
        into, gone = case_of[one], case_of[other]
        if into is gone:
            continue
        if len(into) < len(gone):
            into, gone = gone, into
        into += gone
        for id_ in gone:
            case_of[id_] = into
    for members in {id(each): each for each in case_of.values()}.values():
        members.sort()
    return case_of
