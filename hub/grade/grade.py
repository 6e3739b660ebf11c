"""Runs a connector against a hostile channel and says what was lost."""

import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from hub.connectors.base import Surroundings
from hub.connectors.load import Loaded
from hub.connectors.open311 import Open311Config, Requests
from hub.connectors.rest_api import RestApiConfig, RestResource
from hub.domain.question import All
from hub.domain.reading import Reading
from hub.domain.run import DeadLetterState
from hub.domain.scope import Grant, Permission, Role, Scope
from hub.grade.channel import HostileChannel
from hub.grade.records import CannotGradeError, Maker, Row
from hub.ingest.run import sync
from hub.serving import free_port, listening
from hub.store.paging import PageRequest
from hub.store.store import Store

MOST_RUNS = 12
"""So many runs a connector gets to become green; the faults pass."""

_EVERYTHING = Scope("grade", (Grant(Role.MINISTRY),), frozenset(Permission))
_ALLOWED = {"A": 0.0, "C": 0.001, "D": 0.01, "E": 0.05}
_MENDS = {
    "edited behind the cursor": "a longer incremental.lookback_window",
    "arrived late": "a longer incremental.lookback_window",
    "edited long after receipt": "recheck, or a longer incremental.lookback_window; the protocol "
    "can't be asked for what changed",
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """Records that did not arrive as they are: how many, of which sort, and what would mend it."""

    trap: str
    lost: int
    outdated: int
    mend: str


@dataclass(frozen=True, slots=True)
class Graded:
    """The grade and the figures behind it. `source` are records that the channel ever had, by id;
    those without an id each count."""

    grade: str
    source: int
    complaints: int
    dead_letters: int
    runs: list[str]
    troubles: list[Trouble]


async def grade(loaded: Loaded, store: Store, records: int) -> Graded:
    """Grades the first resource of a connector, in an empty store.

    A: nothing is lost or out of date. B: nothing is lost. C, D, E: at most 0.1, 1 and 5 % are
    lost. F: more, or no run becomes green. Raises CannotGradeError.
    """
    config = loaded.config
    if not isinstance(config, RestApiConfig | Open311Config):
        raise CannotGradeError(f"A channel of kind {config.type} can't be imitated.")
    resource = config.resources[0] if isinstance(config, Open311Config) else config.mapped[0]
    channel, port = HostileChannel(resource), free_port(0)
    path = "/" if "${" in config.client.base_url else urlsplit(config.client.base_url).path or "/"
    client = config.client.model_copy(update={"base_url": f"http://127.0.0.1:{port}{path}"})
    changes = {"client": client, "allowed_hosts": [], "resources": [resource]}
    ours = replace(loaded, config=config.model_copy(update=changes))
    names = re.findall(r"\$\{env\.(\w+)\}", loaded.text)
    secrets = dict.fromkeys(loaded.secrets, "graded")
    around = Surroundings(
        Path(), dict.fromkeys(names, "graded"), frozenset({f"127.0.0.1:{port}"}), secrets
    )
    source = _Source(resource, records)
    runs: list[str] = []
    async with listening(channel, "127.0.0.1", port):
        for change in (source.begin, source.move_on):
            change()
            channel.rows = source.rows
            for _ in range(MOST_RUNS):
                finished = await sync(ours, store, around)
                runs.append(finished.error or finished.state.value)
                if finished.green:
                    break
    return await _judge(store, source, runs, green=finished.green)


class _Source:
    """What the channel has, and how it changes between two runs."""

    def __init__(self, resource: RestResource | Requests, records: int) -> None:
        rest = isinstance(resource, RestResource)
        incremental = resource.endpoint.incremental if rest else resource.incremental  # type: ignore[union-attr]
        cursor = resource.endpoint.incremental if rest else None  # type: ignore[union-attr]
        self._maker = Maker(resource, cursor.cursor_path if cursor else None)
        self._count = records
        self._by_receipt = not rest
        lookback = incremental.lookback_window if incremental else timedelta(0)
        # Channels are late by a minute also where the YAML does not reckon with it.
        self._late = max(lookback / 2, timedelta(minutes=1))
        self._latest = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
        self.rows: list[Row] = []
        self.gone: list[Row] = []

    def begin(self) -> None:
        """Records of 60 days; seven in a row share a time, some come twice, some can't be read."""
        step = timedelta(days=60) / self._count
        make, statuses = self._maker, self._maker.statuses
        for number in range(self._count):
            moment = self._latest - step * ((self._count - 1 - number) // 7 * 7)
            moment = moment.replace(microsecond=0)
            status = statuses[number % len(statuses)]
            self.rows.append(make.row(number, status, moment, moment, "one of several at a time"))
        for row in self.rows[50:500:50]:
            make.without_id(row)
        for row in self.rows[75:500:50]:
            make.with_broken_date(row)
        self.rows += self.rows[101:121]

    def move_on(self) -> None:
        """Some records change, some arrive late, some get another id."""
        make, statuses, before = self._maker, self._maker.statuses, self._latest - self._late
        now = datetime.now(UTC).replace(microsecond=0)
        for number in range(600, self._count - 600, 40):
            old = self.rows[number]
            behind = number % 80 == 0
            trap = "edited behind the cursor" if behind else "edited"
            status = next((each for each in statuses if each != old.status), old.status)
            changed = before if behind else now
            if self._by_receipt:
                recent = old.received >= self._latest - self._late
                trap = "edited" if recent else "edited long after receipt"
            self.rows[number] = make.row(number, status, old.received, changed, trap)
        for number in range(self._count, self._count + 20):
            self.rows.append(make.row(number, statuses[0], before, before, "arrived late"))
        for number in range(530, 540):
            self.gone.append(self.rows[number])
            again = make.row(self._count + number, statuses[0], self._latest, now, "got another id")
            self.rows[number] = again


async def _judge(store: Store, source: _Source, runs: list[str], *, green: bool) -> Graded:
    reader = store.reader(_EVERYTHING)
    stored: dict[str, str | None] = {}
    page = await reader.complaints.page(All(), PageRequest(2_000_000), Reading())
    for each in page.documents:
        stored[each["external_id"]] = each["status_source"]
    letters = await reader.dead_letters.page(None, DeadLetterState.OPEN, PageRequest(2_000_000))
    refused = {each["external_id"] for each in letters.documents}
    nameless = sum(each["external_id"] is None for each in letters.documents)
    present = {row.id: row for row in [*source.gone, *source.rows] if row.id}
    lost = Counter(
        row.trap for id_, row in present.items() if id_ not in stored and id_ not in refused
    )
    old = Counter(
        row.trap
        for id_, row in present.items()
        if id_ in stored and stored[id_] != row.status and row not in source.gone
    )
    without_id = sum(row.id is None for row in source.rows)
    lost["no id"] = max(without_id - nameless, 0)
    total = len(present) + without_id
    share = lost.total() / total
    letter = next((each for each, most in _ALLOWED.items() if share <= most), "F")
    if not green:
        letter = "F"
    elif letter == "A" and old:
        letter = "B"
    troubles = [
        Trouble(trap, lost[trap], old[trap], _MENDS.get(trap, "no key; tell the hub's makers"))
        for trap in sorted({*+lost, *+old})
    ]
    return Graded(letter, total, len(stored), len(letters.documents), runs, troubles)
