"""Those who watch, a process of its own. It says when all subscriptions are live, takes what comes
until it is told when everything was written, and then tells how that compares with what each should
have heard."""

import asyncio
import sys
import time
from array import array
from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson
import uvloop

from bench.live.watchers import BATCH, FILTERS, FIRST, Watcher, batches, watchers
from bench.live.wire import ByEvents, BySocket, Taker
from hub.domain.complaint import Complaint

_AT_ONCE = 25
_LIVE_SECONDS, _QUIET_SECONDS = 60.0, 10.0

Event = tuple[str, str]
"""(kind, complaint)"""


async def _connected(
    port: int, tokens: dict[str, str], mine: list[Watcher]
) -> list[tuple[Watcher, Taker]]:
    loop = asyncio.get_running_loop()
    turn = asyncio.Semaphore(_AT_ONCE)

    async def connect(watcher: Watcher) -> tuple[Watcher, Taker]:
        kind, condition = ByEvents if watcher.sse else BySocket, FILTERS[watcher.filter][0]
        async with turn:
            _, taker = await loop.create_connection(
                lambda: kind(port, tokens[watcher.client], condition), "127.0.0.1", port
            )
            await asyncio.wait_for(taker.live, _LIVE_SECONDS)
        return watcher, taker

    return await asyncio.gather(*map(connect, mine))


def _last(taking: list[tuple[Watcher, Taker]]) -> float:
    """When anything came last."""
    return max((taker.taken[-1][0] for _, taker in taking if taker.taken), default=0.0)


async def _line() -> Any:
    return orjson.loads(await asyncio.to_thread(sys.stdin.buffer.readline))


async def main() -> None:
    """Listens as the first line says, and compares as the second."""
    job = await _line()
    all_of_them = watchers(job["count"])
    mine = all_of_them[job["part"] :: job["parts"]]
    taking = await _connected(job["port"], job["tokens"], mine)
    print("live", flush=True)
    began: list[float] = await _line()
    # What is late is not lost.
    while _last(taking) > time.monotonic() - _QUIET_SECONDS:  # noqa: ASYNC110 - nothing tells
        await asyncio.sleep(1)
    print(orjson.dumps(Comparison(began).of(taking)).decode(), flush=True)


class Comparison:
    """What was heard against what an oracle says: each change in its batch's turn, once."""

    def __init__(self, began: list[float]) -> None:
        self._began = began
        self._changes = list(batches(len(began)))
        self._versions: dict[tuple[str, int], Complaint] = {
            (after.id, number * BATCH + n): after
            for number, batch in enumerate(self._changes)
            for n, (_, after) in enumerate(batch)
        }
        self._delays = array("d")
        self._found: Counter[str] = Counter()

    def of(self, taking: list[tuple[Watcher, Taker]]) -> dict[str, Any]:
        """The whole of it."""
        due: dict[tuple[Any, int], list[list[Event]]] = {}
        for watcher, taker in taking:
            alike = watcher.grant, watcher.filter
            if alike not in due:
                due[alike] = [[*_told(watcher, batch)] for batch in self._changes]
            self._compare(watcher, due[alike], taker.taken)
        return {**self._found, "delays": self._delays.tolist()}

    def _compare(
        self, watcher: Watcher, due: list[list[Event]], taken: list[tuple[float, bytes]]
    ) -> None:
        heard = [(at, self._event(watcher, part)) for at, part in taken]
        self._found["due"] += sum(map(len, due))
        self._found["heard"] += len(heard)
        at, in_order = 0, True
        for number, events in enumerate(due):
            turn = heard[at : at + len(events)]
            if sorted(event for _, event in turn) != sorted(events):
                in_order = False
                break
            at += len(events)
            self._delays.extend(when - self._began[number] for when, _ in turn)
        if not in_order or at != len(heard):
            wanted = Counter(event for events in due for event in events)
            got = Counter(event for _, event in heard)
            more = got - wanted
            self._found["lost"] += (wanted - got).total()
            self._found["doubled"] += sum(n for event, n in more.items() if event in wanted)
            self._found["stray"] += sum(n for event, n in more.items() if event not in wanted)
            self._found["out of order"] += wanted == got

    def _event(self, watcher: Watcher, part: bytes) -> Event:
        """What a message tells. Content that this watcher may not see counts as stray."""
        try:
            told = orjson.loads(part)
            told = told.get("payload", told)["data"]["complaintChanged"]
        except (ValueError, KeyError, TypeError):
            return "other", part[:200].decode(errors="replace")
        event = told["kind"], told["id"].removeprefix("complaint:")
        if (complaint := told["complaint"]) and not self._is_theirs(watcher, event[1], complaint):
            self._found["stray"] += 1
        return event

    def _is_theirs(self, watcher: Watcher, id_: str, told: dict[str, Any]) -> bool:
        """Whether the content is that of a version within the scope, as it was written."""
        number = (_moment(told["updatedAt"]) - FIRST).total_seconds()
        version = self._versions.get((id_, int(number)))
        return (
            version is not None
            and Watcher("", watcher.grant, 0, False).hears(version)
            and told["district"]["code"] == version.district
            and told["title"] == version.title
        )


def _told(watcher: Watcher, batch: list[tuple[Complaint | None, Complaint]]) -> Iterator[Event]:
    """What a watcher should be told of a batch."""
    for before, after in batch:
        had, has = watcher.hears(before), watcher.hears(after)
        if has:
            yield ("UPDATED" if had else "CREATED"), after.id
        elif had:
            yield "GONE", after.id


def _moment(text: str) -> Any:
    return FIRST.fromisoformat(text)


if __name__ == "__main__":
    uvloop.run(main())
