"""What a client asks and says of cases."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import strawberry
from strawberry import UNSET

from hub.domain.scope import Permission
from hub.schema.context import HubInfo
from hub.schema.errors import InputError
from hub.schema.filters import ComplaintFilter, condition_of
from hub.schema.source import output, resolved
from hub.schema.types.case import CaseCounts
from hub.schema.types.node import local_id
from hub.store.cases import CasesError, NoSuchComplaintError

FEWEST_LINKED, MOST_LINKED = 2, 20
_LONGEST_NOTE = 500
_NOTE = "Why, in 500 characters at most; whoever sees the case may read it."


@output
class CaseQuery:
    """What can be asked about cases."""

    @resolved(CaseCounts, {"filter": "Among which complaints; all unless told."}, weight=2_000)
    async def cases(
        self,
        info: HubInfo,
        filter: ComplaintFilter | None = UNSET,  # noqa: A002
    ) -> Any:
        """How many complaints of your scope fulfil a filter, and how many cases they are of: the
        `case` of each, counted once, whether or not all of it fulfils the filter."""
        info.context.need(Permission.COMPLAINTS_READ)
        try:
            return await info.context.reader.cases.count(condition_of(filter))
        except CasesError as error:
            raise InputError(error.argument, str(error)) from None


@output
class CaseMutation:
    """What can be said of cases."""

    @resolved(
        list[strawberry.ID], {"ids": "Of 2 to 20 complaints that you oversee.", "note": _NOTE}
    )
    async def link_complaints(self, info: HubInfo, ids: list[strawberry.ID], note: str) -> Any:
        """Makes complaints one case, whatever the hub finds; their ids. Needs oversight:write, for
        provinces and the ministry."""
        desk = info.context.oversight()
        own = [_own_id(each) for each in ids]
        if not FEWEST_LINKED <= len(set(own)) == len(own) <= MOST_LINKED:
            raise InputError("ids", f"name {FEWEST_LINKED} to {MOST_LINKED} different complaints")
        with _told("ids"):
            await desk.link(own, checked_note(note))
        return ids

    @resolved(strawberry.ID, {"id": "Of a complaint that you oversee.", "note": _NOTE})
    async def unlink_complaint(
        self,
        info: HubInfo,
        id: strawberry.ID,  # noqa: A002
        note: str,
    ) -> Any:
        """Takes a complaint out of its case, as far as you oversee it; its id. The hub does not
        link it to the same complaints again. Needs oversight:write, for provinces and the
        ministry."""
        with _told("id"):
            await info.context.oversight().part(_own_id(id), checked_note(note))
        return id


def _own_id(id_: str) -> str:
    return local_id(id_, "complaint") or ""


def checked_note(note: str) -> str:
    """A note as it may be kept. Raises InputError."""
    if not 0 < len(note) <= _LONGEST_NOTE:
        raise InputError("note", f"say why, in {_LONGEST_NOTE} characters at most")
    return note


@contextmanager
def _told(argument: str) -> Iterator[None]:
    """Tells a client what is not theirs, as what does not exist."""
    try:
        yield
    except NoSuchComplaintError:
        raise InputError(argument, "there is no such complaint for you to link") from None
