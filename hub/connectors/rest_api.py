"""Kind `rest_api`: a JSON service with pages, bearer token or API key."""

from collections.abc import AsyncGenerator, Mapping
from datetime import datetime
from functools import partial
from typing import Annotated, Literal

from pydantic import Field

from hub.connectors.base import Batch, Between, ChannelError, Connector, State
from hub.connectors.config import ConnectorConfig, Resource, Text
from hub.connectors.endpoint import END, START, Endpoint
from hub.connectors.http import ChannelClient
from hub.connectors.http_budget import ApiBudget
from hub.connectors.http_config import HttpClient
from hub.connectors.http_errors import ErrorHandler
from hub.connectors.incremental import Page, first_page, read_list
from hub.connectors.listing import listed


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
                asking = partial(self._pages, client, resource)
                page = await first_page(resource.endpoint.incremental, asking)
                found.append(f"{resource.name}: {len(page.records)} records on the first page")
        return "; ".join(found)

    async def read(
        self, checkpoint: Mapping[str, State], between: Between | None = None
    ) -> AsyncGenerator[Batch, None]:
        """Each page a batch, see read_list."""
        if between:
            self._refuse_without_end()
        async with self._client() as client:
            for resource in self.config.resources:
                asking = partial(self._pages, client, resource)
                words, state = resource.endpoint.incremental, checkpoint.get(resource.name, {})
                async for batch in read_list(resource, words, asking, state, between):
                    yield batch

    def _refuse_without_end(self) -> None:
        for resource in self.config.resources:
            if not {START, END} <= resource.endpoint.placeholders:
                raise ChannelError(
                    f"{resource.name} can't be asked for a stretch of time; state {START} and "
                    f"{END} in its params, if the service takes both."
                )

    async def _pages(
        self,
        client: ChannelClient,
        resource: RestResource,
        start: datetime | None,
        end: datetime,
    ) -> AsyncGenerator[Page, None]:
        words = resource.endpoint.incremental
        values = {START: words.write(start), END: words.write(end)} if words and start else {}
        async for page in listed(client, resource.endpoint, values):
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
