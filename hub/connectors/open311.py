"""Kind `open311`: a GeoReport v2 server, JSON or XML."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, Any, Literal

from defusedxml.ElementTree import ParseError, fromstring
from pydantic import AwareDatetime, Field

from hub.connectors.base import Batch, Between, ChannelError, Connector, Record, State, Undecodable
from hub.connectors.config import (
    ConnectorConfig,
    Path,
    Resource,
    Select,
    Slug,
    Text,
    Where,
)
from hub.connectors.decode import decode_json, refuse_crowd, xml_record
from hub.connectors.http import ChannelClient, Question
from hub.connectors.http_budget import ApiBudget
from hub.connectors.http_config import HttpClient, PageNumber
from hub.connectors.http_errors import ErrorHandler
from hub.connectors.incremental import windows
from hub.connectors.pages import pages
from hub.connectors.schedule import Duration
from hub.connectors.vocabulary import Vocabulary
from hub.domain.complaint import ComplaintStatus

MOST_ROWS = 1000
"""GeoReport v2 cuts an answer off after this many rows, and does not say so."""


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
    select: Open311Select = Open311Select()
    status_mapping: dict[str, ComplaintStatus] = {
        "open": ComplaintStatus.RECEIVED,
        "closed": ComplaintStatus.CLOSED,
    }


class Open311Config(ConnectorConfig):
    """A GeoReport v2 server. `allowed_hosts` defaults to the host of `client.base_url`."""

    type: Literal["open311"]
    """A GeoReport v2 server."""
    allowed_hosts: list[Text] = []
    """Hosts that may be called; that of base_url if left out."""
    client: HttpClient
    """How to reach the server."""
    error_handler: ErrorHandler = ErrorHandler()
    """How patient to be, and what an answer means."""
    api_budget: ApiBudget | None = None
    """How many requests the channel takes in how long."""
    jurisdiction_id: Text | None = None
    """Sent with each request."""
    resources: Annotated[list[Requests], Field(min_length=1)] = [Requests()]
    """Its lists of requests."""

    @property
    def mapped(self) -> tuple[Resource, ...]:
        """The lists of requests."""
        return tuple(self.resources)

    @property
    def open_to_operators(self) -> bool:
        """It reaches approved hosts alone."""
        return True


class Open311Connector(Connector[Open311Config]):
    """Reads a GeoReport v2 server window by window."""

    config_model = Open311Config

    async def check(self) -> str:
        """Asks for the list of services and the latest requests."""
        async with self._client() as client:
            resource = self.config.resources[0]
            services = await self._services(client, resource)
            params = self._params(resource)
            body = await client.get(f"requests.{resource.format}", params)
            found = _rows(resource.format, "request", body)
        return f"{len(services)} services, {len(found)} requests in the first answer"

    async def read(
        self, checkpoint: Mapping[str, State], between: Between | None = None
    ) -> AsyncGenerator[Batch, None]:
        """Each answer a batch; the checkpoint moves with each whole window, and not at all for a
        stretch of time."""
        async with self._client() as client:
            for resource in self.config.resources:
                services = await self._services(client, resource)
                state = checkpoint.get(resource.name, {})
                async for batch in self._read(client, resource, state, between):
                    # New records, since the pages as they came tell whether one comes again.
                    named = [_with_service(record, services) for record in batch.records]
                    yield replace(batch, records=named)

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
            async for rows in self._answers(client, resource, params):
                if len(rows) >= MOST_ROWS and not resource.paginator:
                    raise ChannelError(_CUT_OFF)
                yield Batch(resource.name, rows, None)
            return
        last = datetime.fromisoformat(state["until"]) if "until" in state else None
        begin = last - asking.lookback_window if last else asking.initial_value
        for start, end in windows(begin, datetime.now(UTC), asking.step):
            async for batch in self._window(client, resource, start, end):
                yield batch
            # What is asked for again does not take the checkpoint back.
            until = max(end, last) if last else end
            yield Batch(resource.name, [], {"until": until.astimezone(UTC).isoformat()})

    async def _window(
        self, client: ChannelClient, resource: Requests, start: datetime, end: datetime
    ) -> AsyncIterator[Batch]:
        """The requests of a window, in halves where the server cut the answer off."""
        params = {
            **self._params(resource),
            "start_date": _timestamp(start),
            "end_date": _timestamp(end),
        }
        async for rows in self._answers(client, resource, params):
            if len(rows) < MOST_ROWS or resource.paginator:
                yield Batch(resource.name, rows, None)
                continue
            middle = start + (end - start) / 2
            if end - start <= timedelta(seconds=1):
                raise ChannelError(_CUT_OFF)
            for half in ((start, middle), (middle, end)):
                async for batch in self._window(client, resource, *half):
                    yield batch

    async def _answers(
        self, client: ChannelClient, resource: Requests, params: dict[str, str]
    ) -> AsyncIterator[list[Any]]:
        decode = partial(_rows, resource.format, "request")
        path = f"requests.{resource.format}"
        async for rows in pages(
            client, Question(path, params), resource.paginator, decode, _listed
        ):
            yield rows

    async def _services(self, client: ChannelClient, resource: Requests) -> dict[str, str | None]:
        """Service code → name, for requests that carry the code alone."""
        body = await client.get(f"services.{resource.format}", self._params(resource))
        rows = _rows(resource.format, "service", body)
        return {str(row.get("service_code")): row.get("service_name") for row in rows}

    def _params(self, resource: Requests) -> dict[str, str]:
        own = self.config.jurisdiction_id
        return {**resource.params, **({"jurisdiction_id": own} if own else {})}

    def _client(self) -> ChannelClient:
        config = self.config
        return ChannelClient(
            config.client,
            config.allowed_hosts,
            self.surroundings,
            config.error_handler,
            config.api_budget,
        )


_CUT_OFF = (
    f"The answer holds {MOST_ROWS} rows, so the server cut it off and some would be lost. "
    "State `incremental` with a smaller `step`, or the server's `paginator`."
)


def _with_service(
    record: Record | Undecodable, services: Mapping[str, str | None]
) -> Record | Undecodable:
    """The record with the name of its service, where it has the code alone."""
    if isinstance(record, Undecodable) or record.get("service_name"):
        return record
    return {**record, "service_name": services.get(str(record.get("service_code")))}


def _listed(rows: object) -> list[object]:
    return list(rows) if isinstance(rows, list) else []


def _timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _rows(format_: str, element: str, body: bytes) -> list[Record]:
    """The rows of an answer. Raises ChannelError for one that is not whole."""
    return _xml_rows(body, element) if format_ == "xml" else _json_rows(body)


def _json_rows(body: bytes) -> list[Record]:
    """The rows of a JSON answer; FixMyStreet wraps the list in one key."""
    document = decode_json(body)
    if isinstance(document, dict) and len(document) == 1:
        document = next(iter(document.values()))
    if not isinstance(document, list) or not all(isinstance(row, dict) for row in document):
        raise ChannelError("The answer is no list of GeoReport v2 objects.")
    return document


def _xml_rows(body: bytes, element: str) -> list[Record]:
    """The rows of an XML answer."""
    refuse_crowd(body, b"<")
    try:
        root = fromstring(body, forbid_dtd=True)
    except ParseError as error:
        raise ChannelError(f"The answer is not whole XML: {error}") from None
    except ValueError as error:  # defusedxml's own refusals
        raise ChannelError(f"The answer holds XML that is refused: {error!r}") from None
    if any(row.tag != element for row in root):
        raise ChannelError(
            f"The answer is no list of GeoReport v2: <{root.tag}> holds other things."
        )
    return [xml_record(row) for row in root]
