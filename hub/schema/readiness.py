"""What can be asked and changed of the readiness register."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import strawberry
from strawberry import UNSET
from strawberry.utils.str_converters import to_camel_case

from hub.domain.clock import utc_now
from hub.domain.plain_text import is_plain, stripped
from hub.domain.readiness import ReadinessError, ReadinessItem, ReadinessState
from hub.domain.region import Region, regions
from hub.domain.scope import Permission, Reach
from hub.schema.context import HubInfo
from hub.schema.errors import InputError
from hub.schema.source import output, resolved
from hub.schema.types.readiness import Government, Readiness, ReadinessEntry, ReadinessStatement
from hub.store.mongo import Document
from hub.store.readiness import (
    ChangedMeanwhileError,
    Entry,
    NoEntryError,
    TooMuchError,
)
from hub.store.readiness import Readiness as Register

_OF = {"region": "Code of a province (its own government) or a district.", "item": "Which item."}
_READ = {"version": "The version that you read: another one is not judged."}
_LONGEST_NOTE = 2_000
_ENTRIES = len(ReadinessItem)


def _governments(reach: Reach, within: str | None) -> list[Region]:
    """The local governments of a reach, or of a part of it, by their codes."""
    return [
        region
        for region in regions()
        if reach.covers(region.province, region.district, "")
        and within in (None, region.code, region.province)
    ]


def _size(arguments: Mapping[str, Any], counts: Reach) -> tuple[int, int]:
    """How many there can be: whoever sees them counts there too."""
    region = arguments.get("region")
    return len(_governments(counts, region if isinstance(region, str) else None)), _ENTRIES


@output
class ReadinessQuery:
    """What can be asked about readiness."""

    @resolved(
        list[Readiness],
        {"region": "Code of a province, with its districts, or of a district; all unless told."},
        size=_size,
    )
    async def readiness(self, info: HubInfo, region: str | None = UNSET) -> Any:
        """What the local governments of your scope have in place, those without an entry too."""
        info.context.need(Permission.STATISTICS_READ)
        reader = info.context.reader
        entries: defaultdict[str, list[Document]] = defaultdict(list)
        for entry in await reader.readiness.all(region or None):
            entries[entry.region].append(told(entry))
        order = [*ReadinessItem]
        governments: list[Government] = [
            (each, sorted(entries[each.code], key=lambda told: order.index(told["item"])))
            for each in _governments(reader.scope.readiness, region or None)
        ]
        return governments


@output
class ReadinessMutation:
    """What can be changed of readiness."""

    @resolved(ReadinessEntry, _OF | {"statement": "What there is."})
    async def enter_readiness(
        self, info: HubInfo, region: str, item: ReadinessItem, statement: ReadinessStatement
    ) -> Any:
        """Enters what your own local government has; it is to be confirmed, anew if it was before.
        Its attachments stay."""
        register = _register(info)
        stated = statement.stated
        now, place = utc_now(), regions().get(region)
        try:
            stated.check(item, place.day_of(now) if place else now.date())
        except ReadinessError as error:
            raise InputError(f"statement.{to_camel_case(error.argument)}", str(error)) from None
        with _refusals("region", "is no local government that you enter for"):
            return told(await register.enter(region, item, stated))

    @resolved(ReadinessEntry, _OF | _READ | {"note": "What you say to it."})
    async def confirm_readiness(
        self,
        info: HubInfo,
        region: str,
        item: ReadinessItem,
        version: int,
        note: str | None = UNSET,
    ) -> Any:
        """Confirms what was entered: the province does for its districts, the ministry for the
        provinces."""
        confirmed = ReadinessState.CONFIRMED
        return await _judged(info, region, item, version, confirmed, note or None)

    @resolved(ReadinessEntry, _OF | _READ | {"note": "What is missing."})
    async def return_readiness(
        self, info: HubInfo, region: str, item: ReadinessItem, version: int, note: str
    ) -> Any:
        """Returns what was entered, and says what is missing."""
        if not note.strip():
            raise InputError("note", "says what is missing")
        return await _judged(info, region, item, version, ReadinessState.RETURNED, note)

    @resolved(ReadinessEntry, {"id": "Of an attachment."})
    async def remove_attachment(self, info: HubInfo, id: strawberry.ID) -> Any:  # noqa: A002
        """Takes an attachment off an entry of your own local government; the entry's history keeps
        it."""
        with _refusals("id", "there is no attachment of this id that you may remove"):
            return told(await _register(info).detach(id))


async def _judged(
    info: HubInfo,
    region: str,
    item: ReadinessItem,
    version: int,
    state: ReadinessState,
    note: str | None,
) -> Document:
    register = _register(info)
    said = stripped(note)
    if said and len(said) > _LONGEST_NOTE:
        raise InputError("note", f"has more than {_LONGEST_NOTE:,} letters")
    if said and not is_plain(said, lines=True):
        raise InputError("note", "has signs that do not show")
    with _refusals("region", "has no such entry that you confirm or return"):
        return told(await register.judge(region, item, version, state, said))


def _register(info: HubInfo) -> Register:
    """The register, for who may change something in it. Raises GraphQLError."""
    info.context.need(Permission.STATISTICS_READ)
    info.context.need(Permission.READINESS_WRITE)
    info.context.count_change()
    return info.context.reader.readiness


def told(entry: Entry) -> Document:
    """An entry as its type reads it."""
    return entry.latest | {"history": entry.changes}


@contextmanager
def _refusals(argument: str, message: str) -> Iterator[None]:
    """Tells a client what the register refuses."""
    try:
        yield
    except NoEntryError:
        raise InputError(argument, message) from None
    except ChangedMeanwhileError:
        changed = "the entry has changed since you read it; read it again"
        raise InputError("version", changed) from None
    except TooMuchError as error:
        raise InputError(argument, str(error)) from None
