"""Complaints that are the same report, found beside the syncs: whatever changes is looked at once,
by one hub at a time, and again where the hub died at it."""

from asyncio import gather
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta

import structlog
from anyio import to_thread

from hub.domain.case import LinkedBy, pair_of
from hub.domain.likeness import FIRST_COPIES, alike, later_copies
from hub.store.durable_feed import by_turns
from hub.store.likenesses import Likeness
from hub.store.links import Evidence, Pair
from hub.store.store import Store

LEASE = timedelta(seconds=15)
"""So long after a hub was last heard of another one goes on in its place."""
_BATCH, _AT_ONCE = 500, 8

_log = structlog.get_logger()


class Linker:
    """Links complaints of a store that are the same report, and takes such links back when their
    complaints say something else."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._likenesses = store.likenesses

    async def work(self) -> None:
        """Goes on until it is cancelled."""
        await by_turns(self._likenesses.feed, self._turn, LEASE, begins=True)

    async def _turn(self, holder: str) -> None:
        await self.catch_up()
        async with aclosing(self._likenesses.feed.follow(holder)) as stretches:
            async for stretch in stretches:
                if stretch.missed:
                    await self._likenesses.note_whole(whole=False)
                await self.look([each.change.id for each in stretch.happened])
                await self.catch_up()

    async def catch_up(self) -> None:
        """Looks at all complaints where some may have been missed: before the first turn, after
        the method has changed, and where MongoDB can't tell any more what happened."""
        if not await self._likenesses.are_whole():
            looked = await self.look_at_all()
            _log.info("duplicates.looked_at_all", complaints=looked)

    async def look_at_all(self, progress: Callable[[int], None] = lambda _: None) -> int:
        """Looks at every complaint; how many there were. `progress` is told how many so far."""
        looked, last = 0, ""
        # Before it looks: what changes from now on the feed tells.
        await self._likenesses.feed.begin()
        while ids := await self._likenesses.ids_after(last, _BATCH):
            await self.look(ids)
            looked, last = looked + len(ids), ids[-1]
            progress(looked)
        await self._likenesses.note_whole(whole=True)
        return looked

    async def look(self, ids: Sequence[str]) -> None:
        """Links these complaints with whatever is the same report. Those that say what they said
        the last time are left alone."""
        changed = await self._likenesses.changed(ids)
        if not changed:
            return
        changed = await self._ranked(changed)
        # All of them can be found before any is looked for; they count as looked at once what
        # follows is stored.
        await self._likenesses.put(changed)
        wanted = await self._wanted(changed)
        await self._store.links.settle([each.told.id for each in changed], wanted)
        await self._likenesses.settled(changed)

    async def _ranked(self, changed: Sequence[Likeness]) -> list[Likeness]:
        """The same, of which some are noted as later copies."""
        keys = {each.told.id: each.keys for each in changed}
        copied = await _found(changed, self._likenesses.copied)
        ids = {id_ for firsts in copied.values() for id_ in firsts}
        told = await self._likenesses.told(sorted(ids - keys.keys()))
        there = {id_: [told[o] for o in firsts if o in told] for id_, firsts in copied.items()}
        comers = [each.told for each in changed]
        later = await to_thread.run_sync(later_copies, comers, there, keys)
        of_id = await self._later_of_id(changed)
        return [
            replace(each, first=each.told.id not in later, first_of_id=each.told.id not in of_id)
            for each in changed
        ]

    async def _later_of_id(self, changed: Sequence[Likeness]) -> set[str]:
        """The ids of those whose foreign id others carry that no scope parts from them, as many as
        stand for all."""
        firsts: dict[tuple[str, str], set[str]] = {}
        later = set()
        for each in sorted(changed, key=lambda one: (one.told.received_at, one.told.id)):
            if each.sp4n_id is None:
                continue
            carried = each.sp4n_id, each.seen_with
            if carried not in firsts:
                firsts[carried] = await self._likenesses.first_of_id(each)
            if len(firsts[carried] - {each.told.id}) >= FIRST_COPIES:
                later.add(each.told.id)
            else:
                firsts[carried].add(each.told.id)
        return later

    async def _wanted(self, changed: Sequence[Likeness]) -> dict[Pair, Evidence]:
        wanted: dict[Pair, Evidence] = {}
        found = await _found(changed, self._likenesses.candidates)
        others = {id_ for candidates in found.values() for id_ in candidates}
        told = await self._likenesses.told(sorted(others))

        def judge() -> None:
            for each in changed:
                for id_ in found[each.told.id]:
                    if id_ in told and (score := alike(each.told, told[id_])) is not None:
                        pair = pair_of(each.told.id, id_)
                        wanted[pair] = Evidence(LinkedBy.SIMILARITY, round(score, 2))

        await to_thread.run_sync(judge)
        for one, others_of_id in (await _found(changed, self._likenesses.of_one_id)).items():
            for id_ in others_of_id:
                wanted[pair_of(one, id_)] = Evidence(LinkedBy.FOREIGN_ID)
        return wanted


async def _found(
    likenesses: Sequence[Likeness], find: Callable[[Likeness], Awaitable[list[str]]]
) -> dict[str, list[str]]:
    """What is found for each, some asked for at once."""
    found: dict[str, list[str]] = {}
    for start in range(0, len(likenesses), _AT_ONCE):
        some = likenesses[start : start + _AT_ONCE]
        ids = [each.told.id for each in some]
        found.update(zip(ids, await gather(*map(find, some)), strict=True))
    return found
