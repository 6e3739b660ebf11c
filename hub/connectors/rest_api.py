"""Kind `rest_api`: a JSON service with pages, bearer token or API key."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from hub.connectors.base import Batch, Between, ChannelError, Connector, State
from hub.connectors.config import ConnectorConfig, Resource, Text
from hub.connectors.decode import decode_json
from hub.connectors.endpoint import END, START, Endpoint, Incremental, fill
from hub.connectors.http import ChannelClient, Question, Read
from hub.connectors.http_budget import ApiBudget
from hub.connectors.http_config import HttpClient
from hub.connectors.http_errors import ErrorHandler, PassingError
from hub.connectors.pages import pages
from hub.connectors.paths import getter, selector
from hub.connectors.predicate import Predicate

_EASTERNMOST = ZoneInfo("Asia/Jayapura")


class RestResource(Resource):
    """A list of records behind an endpoint."""

    endpoint: Endpoint
    """Where the records are."""


class RestApiConfig(ConnectorConfig):
    """A REST service. `allowed_hosts` defaults to the host of `client.base_url`."""

    type: Literal["rest_api"]
    """A service that answers with JSON."""
    allowed_hosts: list[Text] = []
    """Hosts that may be called; that of base_url if left out."""
    client: HttpClient
    """How to reach the service."""
    error_handler: ErrorHandler = ErrorHandler()
    """How patient to be, and what an answer means."""
    api_budget: ApiBudget | None = None
    """How many requests the channel takes in how long."""
    resources: Annotated[list[RestResource], Field(min_length=1)]
    """Its lists of records."""

    @property
    def mapped(self) -> tuple[Resource, ...]:
        """The resources of the service."""
        return tuple(self.resources)

    @property
    def open_to_operators(self) -> bool:
        """It reaches approved hosts alone."""
        return True


class RestApiConnector(Connector[RestApiConfig]):
    """Reads a REST service page by page."""

    config_model = RestApiConfig

    async def check(self) -> str:
        """Reads the first page of each resource."""
        found = []
        async with self._client() as client:
            for resource in self.config.resources:
                first = resource.endpoint.incremental
                start = first.initial_value if first else None
                now, total = datetime.now(UTC), _Total(resource)
                async for page in self._pages(client, resource, start, now, total):
                    found.append(f"{resource.name}: {len(page)} records on the first page")
                    break
        return "; ".join(found)

    async def read(
        self, checkpoint: Mapping[str, State], between: Between | None = None
    ) -> AsyncGenerator[Batch, None]:
        """Each page a batch. With `row_order: asc` the checkpoint moves with each, else only at
        the end, since newer ones may stand anywhere; never past the beginning of the run. For a
        stretch of time it stays."""
        if between:
            self._refuse_without_end()
        async with self._client() as client:
            for resource in self.config.resources:
                if between:
                    total = _Total(resource)
                    async for page in self._pages(
                        client, resource, between.start, between.end, total
                    ):
                        yield Batch(resource.name, page, None, total.declared)
                    continue
                async for batch in self._read(client, resource, checkpoint.get(resource.name, {})):
                    yield batch

    def _refuse_without_end(self) -> None:
        for resource in self.config.resources:
            if not {START, END} <= resource.endpoint.placeholders:
                raise ChannelError(
                    f"{resource.name} can't be asked for a stretch of time; state {START} and "
                    f"{END} in its params, if the service takes both."
                )

    async def _read(
        self, client: ChannelClient, resource: RestResource, state: State
    ) -> AsyncIterator[Batch]:
        incremental = resource.endpoint.incremental
        latest = Latest(incremental, resource, state.get("last_value"))
        start = incremental.start_value(state.get("last_value")) if incremental else None
        total = _Total(resource)
        async for page in self._pages(client, resource, start, datetime.now(UTC), total):
            latest.see(page)
            ordered = incremental is not None and incremental.row_order == "asc"
            yield Batch(resource.name, page, latest.state() if ordered else None, total.declared)
        if incremental:
            yield Batch(resource.name, [], latest.state())

    async def _pages(
        self,
        client: ChannelClient,
        resource: RestResource,
        start: datetime | None,
        end: datetime,
        total: "_Total",
    ) -> AsyncIterator[list[Any]]:
        endpoint = resource.endpoint
        values: dict[str, str] = {}
        if endpoint.incremental and start:
            write = endpoint.incremental.write
            values = {START: write(start), END: write(end)}
        question = Question(
            endpoint.path,
            fill(endpoint.params, values),
            endpoint.method,
            fill(endpoint.json_, values),
        )
        read, find = _reader(endpoint), _finder(endpoint, total)
        async for page in pages(client, question, endpoint.paginator, read, find):
            yield page

    def _client(self) -> ChannelClient:
        config = self.config
        return ChannelClient(
            config.client,
            config.allowed_hosts,
            self.surroundings,
            config.error_handler,
            config.api_budget,
        )


def _reader(endpoint: Endpoint) -> Read:
    """Makes a document of a body. One that `is_success` does not hold of is no page, and asked for
    again as after a status of 503."""
    if endpoint.is_success is None:
        return decode_json
    success = Predicate(endpoint.is_success)

    def read(body: bytes) -> object:
        document = decode_json(body)
        if not success.holds(document):
            raise PassingError(
                f"{endpoint.path}: the answer is no page, since is_success does not hold: "
                f"{success.told(document)}."
            )
        return document

    return read


def _finder(endpoint: Endpoint, total: "_Total") -> Callable[[object], list[object]]:
    """Finds the records of an answer, each an object. An answer that has no list where the records
    should be is none: an error that was sent with status 200 is not an empty page."""
    path = endpoint.data_selector
    lists, records = selector(path.removesuffix("[*]")), selector(path)

    def find(document: object) -> list[object]:
        total.see(document)
        found = records(document)
        whole = [isinstance(record, dict) for record in found]
        if path.endswith("[*]"):
            whole += [isinstance(each, list) for each in lists(document)] or [False]
        if not all(whole):
            raise ChannelError(f"{endpoint.path}: {path} does not select a list of objects.")
        return found

    return find


class _Total:
    """How many records the service says that there are, as its last answer has it."""

    def __init__(self, resource: RestResource) -> None:
        self._path = resource.endpoint.total_selector
        self._get = getter(self._path) if self._path else None
        self.declared: int | None = None

    def see(self, document: object) -> None:
        """Looks at an answer. Raises ChannelError where it says no number."""
        if self._get is None:
            return
        total = self._get(document)
        if not isinstance(total, int):
            raise ChannelError(f"total_selector: {self._path} is no number.")
        self.declared = total


class Latest:
    """The latest cursor value seen in a run."""

    def __init__(
        self, incremental: Incremental | None, resource: Resource, last_value: str | None
    ) -> None:
        self._get = getter(incremental.cursor_path) if incremental else None
        # The earliest moment that a time without a zone can mean: to ask again is safe.
        self._zone = resource.zone or _EASTERNMOST
        self._began = datetime.now(UTC)
        self._value = datetime.fromisoformat(last_value) if last_value else None

    def see(self, page: list[Any]) -> None:
        """Looks at the cursor values of a page; one that is no time moves nothing."""
        if self._get is None:
            return
        for record in page:
            try:
                value = datetime.fromisoformat(str(self._get(record)))
            except ValueError:
                continue
            if value.tzinfo is None:
                value = value.replace(tzinfo=self._zone)
            if self._value is None or value > self._value:
                self._value = value

    def state(self) -> State | None:
        """The checkpoint that this leads to, a time that has passed; None while nothing was seen.

        A record dated in the future must not hide those that come until then.
        """
        if self._value is None:
            return None
        return {"last_value": min(self._value, self._began).astimezone(UTC).isoformat()}
