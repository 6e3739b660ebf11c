"""Kind `open311`: a GeoReport v2 server, JSON or XML."""

from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from hub.connectors.base import Batch, Between, ChannelError, Connector, Record, State
from hub.connectors.config import (
    Path,
    Resource,
    Select,
    Slug,
    Text,
    Where,
)
from hub.connectors.http.channel import HttpChannelConfig
from hub.connectors.http.client import ChannelClient
from hub.connectors.http.config import PageNumber
from hub.connectors.lists.incremental import windows
from hub.connectors.lists.open311_rows import rows_of, with_service
from hub.connectors.lists.open311_windows import CUT_OFF, MOST_ROWS, Listing, answers, within
from hub.connectors.lists.recheck import ById, Recheck, asked_again
from hub.connectors.mapping.paths import text_reader
from hub.connectors.schedule import Duration
from hub.connectors.vocabulary import Vocabulary, suggest
from hub.domain.complaint import ComplaintStatus


class Open311Select(Select):
    """The names of GeoReport v2, so that a YAML file states only where a server differs."""

    external_id: Where = "service_request_id"
    category: Where | None = "service_name"
    status: Where = "status"
    description: Where | None = "description"
    received_at: Path = "requested_datetime"
    updated_at: Path | None = "updated_datetime"
    due_at: Path | None = "expected_datetime"
    address: Where | None = "address"
    longitude: Where | None = "long"
    latitude: Where | None = "lat"
    institution: Where | None = "agency_responsible"


_STEP = timedelta(days=30)


class Windows(Vocabulary):
    """Asking for one stretch of time after another. GeoReport v2 allows 90 days at most."""

    initial_value: AwareDatetime
    """From when to ask at the first run."""
    step: Annotated[Duration, Field(gt=timedelta(0), le=timedelta(days=90))] = _STEP
    """The stretch of time of one question, at most P90D."""
    lookback_window: Duration = timedelta(days=2)
    """How far before the checkpoint to ask again."""


class Updates(ById):
    """Asking which requests were updated, as FixMyStreet's servers tell, and for those by id."""

    path: Text = "servicerequestupdates"
    """Where the updates are, without `.json` or `.xml`."""


class Requests(Resource):
    """The service requests of a server."""

    name: Slug = "requests"
    format: Literal["json", "xml"] = "json"
    """Asks for requests.json or requests.xml."""
    params: dict[str, str] = {}
    """More query parameters."""
    paginator: PageNumber | None = None
    """The standard has no pages; some servers do."""
    incremental: Windows | None = None
    """Asking for one stretch of time after another."""
    recheck: Recheck | None = None
    """Asking again for open complaints, by id."""
    updates: Updates | None = None
    """Asking again for what was updated, by id."""
    select: Open311Select = Open311Select()
    status_mapping: dict[str, ComplaintStatus] = {
        "open": ComplaintStatus.RECEIVED,
        "closed": ComplaintStatus.CLOSED,
    }

    @model_validator(mode="after")
    def _rechecked(self) -> Self:
        for key in ("recheck", "updates"):
            if getattr(self, key) and self.incremental is None:
                raise ValueError(f"{key}: without `incremental` all requests are read at each run")
        if self.recheck is None:
            return self
        known = {label.casefold(): label for label in self.status_mapping}
        for label in self.recheck.where.labels:
            if label not in known:
                told = suggest(label, list(known.values()))
                raise ValueError(
                    f"recheck.where.status: {label!r} is not in status_mapping; {told}"
                )
        return self

    @property
    def open_statuses(self) -> set[ComplaintStatus]:
        """The statuses of complaints that are asked for again."""
        open_ = self.recheck.where.labels if self.recheck else []
        mapping = self.status_mapping.items()
        return {status for label, status in mapping if label.casefold() in open_}


class Open311Config(HttpChannelConfig):
    """A GeoReport v2 server. `allowed_hosts` defaults to the host of `client.base_url`."""

    type: Literal["open311"]
    """A GeoReport v2 server."""
    jurisdiction_id: Text | None = None
    """Sent with each request."""
    resources: Annotated[list[Requests], Field(min_length=1)] = [Requests()]
    """Its lists of requests."""

    @property
    def mapped(self) -> tuple[Resource, ...]:
        """The lists of requests."""
        return tuple(self.resources)


class Open311Connector(Connector[Open311Config]):
    """Reads a GeoReport v2 server window by window."""

    config_model = Open311Config

    async def check(self) -> str:
        """Asks for the list of services and the latest requests."""
        async with self.config.connect(self.surroundings) as client:
            resource = self.config.resources[0]
            services = await self._services(client, resource)
            params = self._params(resource)
            body = await client.get(f"requests.{resource.format}", params)
            found = rows_of(resource.format, "request", body)
        return f"{len(services)} services, {len(found)} requests in the first answer"

    async def read(
        self, checkpoint: Mapping[str, State], between: Between | None = None
    ) -> AsyncGenerator[Batch, None]:
        """Each answer a batch; the checkpoint moves with each whole window, and not at all for a
        stretch of time."""
        async with self.config.connect(self.surroundings) as client:
            for resource in self.config.resources:
                services = await self._services(client, resource)
                state = checkpoint.get(resource.name, {})
                async for batch in self._read(client, resource, state, between):
                    # New records, since the pages as they came tell whether one comes again.
                    named = [with_service(record, services) for record in batch.records]
                    yield replace(batch, records=named)

    async def counts(self, between: Between) -> Mapping[date, int]:
        """Asks for the requests of each day and counts their ids: the standard has no figures."""
        found: Counter[date] = Counter()
        async with self.config.connect(self.surroundings) as client:
            for resource in self.config.resources:
                id_of = text_reader([resource.select.external_id])
                for day in between.days:
                    ids: set[str | None] = set()
                    last = day.end - timedelta(seconds=1)  # a server may count the end in
                    async for batch in self._window(client, resource, day.start, last):
                        ids |= {id_of(record) for record in batch.records}
                    found[day.start.date()] += len(ids - {None})
        return found

    async def _read(
        self, client: ChannelClient, resource: Requests, state: State, between: Between | None
    ) -> AsyncIterator[Batch]:
        params = self._params(resource)
        asking = resource.incremental
        if between:
            step = asking.step if asking else _STEP
            for start, end in windows(between.start, between.end, step):
                async for batch in self._window(client, resource, start, end):
                    yield batch
            return
        if asking is None:
            async for rows in answers(client, _requests(resource), params):
                if len(rows) >= MOST_ROWS and not resource.paginator:
                    raise ChannelError(CUT_OFF)
                yield Batch(resource.name, rows, None)
            return
        now = datetime.now(UTC)
        last = datetime.fromisoformat(state["until"]) if "until" in state else None
        begin = last - asking.lookback_window if last else asking.initial_value
        for start, end in windows(begin, now, asking.step):
            async for batch in self._window(client, resource, start, end):
                yield batch
            # At the first run all has just been read as it is now.
            if resource.updates and last:
                async for batch in self._updated(client, resource, resource.updates, start, end):
                    yield batch
            # What is asked for again does not take the checkpoint back.
            until = max(end, last) if last else end
            state = {**state, "until": until.astimezone(UTC).isoformat()}
            yield Batch(resource.name, [], state)
        recheck, stored = resource.recheck, self.surroundings.stored
        if recheck and stored and recheck.due(state.get("rechecked_at"), now):
            open_ = stored(resource.name, resource.open_statuses, begin)
            async for batch in self._recheck(client, resource, recheck, open_):
                yield batch
            yield Batch(resource.name, [], {**state, "rechecked_at": now.isoformat()})

    async def _recheck(
        self,
        client: ChannelClient,
        resource: Requests,
        by: ById,
        pages_of_ids: AsyncIterator[list[str]],
    ) -> AsyncIterator[Batch]:
        """The requests of these ids, as they are now."""

        async def ask(ids: Sequence[str]) -> list[Record]:
            params = {**self._params(resource), by.ids_param: ",".join(ids)}
            told = answers(client, _requests(resource), params)
            return [row async for rows in told for row in rows]

        id_of = text_reader([resource.select.external_id])
        async for page in pages_of_ids:
            for number in range(0, len(page), by.batch_size):
                ids = page[number : number + by.batch_size]
                async for records, gone in asked_again(ids, ask, id_of):
                    yield Batch(resource.name, [*records], None, gone=gone)

    async def _updated(
        self,
        client: ChannelClient,
        resource: Requests,
        updates: Updates,
        start: datetime,
        end: datetime,
    ) -> AsyncIterator[Batch]:
        """The requests that were updated within a window, as they are now."""

        async def ids() -> AsyncIterator[list[str]]:
            listing = Listing(updates.path, resource.format, "request_update")
            params = self._params(resource)
            async for rows in within(client, listing, params, start, end):
                yield [*dict.fromkeys(_request_of(update) for update in rows)]

        async for batch in self._recheck(client, resource, updates, ids()):
            yield batch

    async def _window(
        self, client: ChannelClient, resource: Requests, start: datetime, end: datetime
    ) -> AsyncIterator[Batch]:
        """The requests of a window."""
        params = self._params(resource)
        async for rows in within(client, _requests(resource), params, start, end):
            yield Batch(resource.name, rows, None)

    async def _services(self, client: ChannelClient, resource: Requests) -> dict[str, str | None]:
        """Service code → name, for requests that carry the code alone."""
        body = await client.get(f"services.{resource.format}", self._params(resource))
        rows = rows_of(resource.format, "service", body)
        return {str(row.get("service_code")): row.get("service_name") for row in rows}

    def _params(self, resource: Requests) -> dict[str, str]:
        own = self.config.jurisdiction_id
        return {**resource.params, **({"jurisdiction_id": own} if own else {})}


def _requests(resource: Requests) -> Listing:
    return Listing("requests", resource.format, "request", resource.paginator)


def _request_of(update: Mapping[str, Any]) -> str:
    """The id of the request that was updated. Raises ChannelError."""
    found = update.get("service_request_id")
    if not isinstance(found, str | int) or found == "":
        raise ChannelError("updates: the answer holds an update without a service_request_id.")
    return str(found)
