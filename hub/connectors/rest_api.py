"""Kind `rest_api`: a JSON service with pages, bearer token or API key."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from hub.connectors.base import Batch, Between, ChannelError, Connector, State
from hub.connectors.config import ConnectorConfig, Resource, Text
from hub.connectors.decode import decode_json
from hub.connectors.endpoint import END, START, Endpoint, fill
from hub.connectors.http import ChannelClient, Question, Read
from hub.connectors.http_budget import ApiBudget
from hub.connectors.http_config import HttpClient
from hub.connectors.http_errors import ErrorHandler, PassingError
from hub.connectors.incremental import Reading, windows
from hub.connectors.pages import pages
from hub.connectors.paths import getter, selector
from hub.connectors.predicate import Predicate


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


class RestApiConnector(Connector[RestApiConfig]):
    """Reads a REST service page by page."""

    config_model = RestApiConfig

    async def check(self) -> str:
        """Reads the first page of each resource."""
        found = []
        async with self._client() as client:
            for resource in self.config.resources:
                words, start, end = resource.endpoint.incremental, None, datetime.now(UTC)
                if words:
                    start, end = Reading(resource.name, words, resource.zone, {}).windows[0]
                async with aclosing(
                    self._pages(client, resource, start, end, _Total(resource))
                ) as first:
                    async for page in first:
                        found.append(f"{resource.name}: {len(page)} records on the first page")
                        break
        return "; ".join(found)

    async def read(
        self, checkpoint: Mapping[str, State], between: Between | None = None
    ) -> AsyncGenerator[Batch, None]:
        """Each page a batch. With `row_order: asc` the checkpoint moves with each, else only after
        each stretch of time, since newer ones may stand anywhere; never past the beginning of the
        run. Where a stretch of time is asked for it stays."""
        if between:
            self._refuse_without_end()
        async with self._client() as client:
            for resource in self.config.resources:
                state = checkpoint.get(resource.name, {})
                found = (
                    self._between(client, resource, between)
                    if between
                    else self._read(client, resource, state)
                )
                async for batch in found:
                    yield batch

    def _refuse_without_end(self) -> None:
        for resource in self.config.resources:
            if not {START, END} <= resource.endpoint.placeholders:
                raise ChannelError(
                    f"{resource.name} can't be asked for a stretch of time; state {START} and "
                    f"{END} in its params, if the service takes both."
                )

    async def _between(
        self, client: ChannelClient, resource: RestResource, between: Between
    ) -> AsyncGenerator[Batch, None]:
        incremental, total = resource.endpoint.incremental, _Total(resource)
        step = incremental.step if incremental else None
        for start, end in windows(between.start, between.end, step):
            async for page in self._pages(client, resource, start, end, total):
                yield Batch(resource.name, page, None, total.declared)

    async def _read(
        self, client: ChannelClient, resource: RestResource, state: State
    ) -> AsyncGenerator[Batch, None]:
        incremental, total = resource.endpoint.incremental, _Total(resource)
        if incremental is None:
            async for page in self._pages(client, resource, None, datetime.now(UTC), total):
                yield Batch(resource.name, page, None, total.declared)
            return
        reading = Reading(resource.name, incremental, resource.zone, state)
        for start, end in reading.windows:
            if start != reading.start:
                reading.passed(start)
                yield Batch(resource.name, [], reading.state(start))
            async with aclosing(self._pages(client, resource, start, end, total)) as found:
                async for page in found:
                    taken = reading.take(page)
                    ordered = incremental.row_order == "asc"
                    declared = total.less(reading.dropped)
                    yield Batch(
                        resource.name, taken, reading.state(end) if ordered else None, declared
                    )
                    if reading.ended:
                        break
        yield Batch(resource.name, [], reading.state(end))

    async def _pages(
        self,
        client: ChannelClient,
        resource: RestResource,
        start: datetime | None,
        end: datetime,
        total: "_Total",
    ) -> AsyncGenerator[list[Any], None]:
        endpoint = resource.endpoint
        total.ask()
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
    """How many records the service says that there are, as its last answer to each question has
    it."""

    def __init__(self, resource: RestResource) -> None:
        self._path = resource.endpoint.total_selector
        self._get = getter(self._path) if self._path else None
        self._before = 0
        self.declared: int | None = None

    def ask(self) -> None:
        """What comes next answers another question."""
        self._before = self.declared or 0

    def less(self, dropped: int) -> int | None:
        """How many of them are to be handed over, where some are dropped."""
        return None if self.declared is None else self.declared - dropped

    def see(self, document: object) -> None:
        """Looks at an answer. Raises ChannelError where it says no number."""
        if self._get is None:
            return
        total = self._get(document)
        if not isinstance(total, int):
            raise ChannelError(f"total_selector: {self._path} is no number.")
        self.declared = self._before + total
