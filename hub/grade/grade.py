"""Runs a connector against a hostile channel and says what was lost."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from hub.connectors.base import Surroundings
from hub.connectors.graphql import GraphqlConfig
from hub.connectors.http.config import HttpClient, OAuth2ClientCredentials
from hub.connectors.http.errors import Constant, ErrorHandler, WaitTimeFromHeader
from hub.connectors.load import Loaded
from hub.connectors.open311 import Open311Config
from hub.connectors.rest_api import RestApiConfig
from hub.connectors.sample import Sample
from hub.grade.channel import FAULTS, PAGE_ROWS, TOKEN_PATH, HostileChannel
from hub.grade.judge import Found, Refusal, Trouble, judged
from hub.grade.recorded import Recorded
from hub.grade.records import CannotGradeError
from hub.grade.shapes import shape_of
from hub.grade.source import Generated, Source
from hub.grade.wire import serving
from hub.ingest.run import Finished, sync
from hub.store.store import Store

MOST_RUNS = 12
"""So many runs a connector gets to become green; the faults pass."""
_PAGES = 12
"""So many pages a short file is parted into, so that it meets every fault."""
_WAIT_SECONDS = 0.05

_Config = RestApiConfig | Open311Config | GraphqlConfig


@dataclass(frozen=True, slots=True)
class Graded:
    """The grade and the figures behind it. `source` are records that the channel ever had, by id;
    those without an id each count. `met` are faults, each with how often; `untold` says what this
    does not show."""

    grade: str
    source: int
    complaints: int
    dead_letters: int
    runs: list[str]
    troubles: list[Trouble]
    refused: list[Refusal]
    met: dict[str, int]
    untold: list[str]


async def grade(loaded: Loaded, store: Store, records: int | Sample) -> Graded:
    """Grades the first resource of a connector, in an empty store, with so many records that are
    made for it or with those of a sample.

    A: nothing is lost or not as the channel has it. B: nothing is lost. C, D, E: at most 0.1, 1
    and 5 % are lost. F: more, or no run becomes green, or no record can be read. Raises
    CannotGradeError.
    """
    config = loaded.config
    if not isinstance(config, RestApiConfig | Open311Config | GraphqlConfig):
        raise CannotGradeError(f"A channel of kind {config.type} can't be imitated.")
    resource = config.mapped[0] if isinstance(config, RestApiConfig) else config.resources[0]
    source: Source
    if isinstance(records, Sample):
        source, document = Recorded(resource, records), records.document
        page_rows = max(1, min(PAGE_ROWS, len(records.records) // _PAGES))
    else:
        source, document, page_rows = Generated(resource, records), None, PAGE_ROWS
    channel = HostileChannel(shape_of(resource, source.maker.zone, document), page_rows)
    runs: list[Finished] = []
    async with serving(channel.answer) as port:
        theirs, around = _beside(config, loaded, port)
        ours = replace(loaded, config=theirs.model_copy(update={"resources": [resource]}))
        for change in (source.begin, source.move_on):
            change()
            channel.rows = source.rows
            for _ in range(MOST_RUNS):
                runs.append(await sync(ours, store, around))
                if runs[-1].green:
                    break
    found = await judged(store, source, green=runs[-1].green)
    return _graded(found, source, channel, runs)


def _graded(found: Found, source: Source, channel: HostileChannel, runs: list[Finished]) -> Graded:
    unmet = [fault for fault in FAULTS.values() if fault not in channel.met]
    untold = [*source.untold]
    if unmet:
        told = "; ".join(sorted({*unmet}))
        untold.append(f"Too few answers were asked for to meet these faults: {told}.")
    if not runs[-1].green:
        untold.append(f"No run of {MOST_RUNS} became green, the last for: {runs[-1].error}")
    return Graded(
        grade=found.grade,
        source=found.source,
        complaints=found.complaints,
        dead_letters=found.dead_letters,
        runs=[each.error or each.state.value for each in runs],
        troubles=found.troubles,
        refused=found.refused,
        met={fault.value: count for fault, count in channel.met.items()},
        untold=untold,
    )


def _beside(config: _Config, loaded: Loaded, port: int) -> tuple[_Config, Surroundings]:
    """The connector as it asks the channel at this port and nobody else, with no secret of its own
    and without long waits."""
    changes = {
        "client": _client(config.client, f"http://127.0.0.1:{port}"),
        "allowed_hosts": [],
        "error_handler": _hasty(config.error_handler),
        "api_budget": None,
    }
    names = re.findall(r"\$\{env\.(\w+)\}", loaded.text)
    env, secrets = dict.fromkeys(names, "graded"), dict.fromkeys(loaded.secrets, "graded")
    around = Surroundings(Path(), env, frozenset({f"127.0.0.1:{port}"}), secrets)
    return config.model_copy(update=changes), around


def _client(client: HttpClient, here: str) -> HttpClient:
    path = "/" if "${" in client.base_url else urlsplit(client.base_url).path or "/"
    auth = client.auth
    if isinstance(auth, OAuth2ClientCredentials):
        auth = auth.model_copy(update={"access_token_url": f"{here}{TOKEN_PATH}"})
    return client.model_copy(update={"base_url": f"{here}{path}", "auth": auth})


def _hasty(handler: ErrorHandler) -> ErrorHandler:
    wait = Constant(type="constant", backoff_time_in_seconds=_WAIT_SECONDS)
    named = [each for each in handler.backoff_strategies if isinstance(each, WaitTimeFromHeader)]
    return handler.model_copy(update={"backoff_strategies": [*named, wait]})
