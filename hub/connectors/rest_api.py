"""Kind `rest_api`: a JSON service with pages, bearer token or API key."""

from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from hub.connectors.base import Batch, Between, Connector, State
from hub.connectors.config import Resource
from hub.connectors.defaults import is_part
from hub.connectors.http.channel import HttpChannelConfig
from hub.connectors.http.client import ChannelClient
from hub.connectors.lists.counting import counted_by, totals_by_day
from hub.connectors.lists.endpoint import END, START, Endpoint, refuse_without_end
from hub.connectors.lists.incremental import Page, first_page, read_list
from hub.connectors.lists.listing import listed
from hub.connectors.lists.parts import RECORDS_AT_ONCE, Part, with_parts
from hub.connectors.vocabulary import suggest
from hub.domain.run import CountedBy


class RestResource(Resource):
    """A list of records behind an endpoint."""

    endpoint: Endpoint
    """Where the records are."""

    @model_validator(mode="after")
    def _of_its_own(self) -> Self:
        if asked := self.endpoint.of_records:
            raise ValueError(
                f"{min(asked)} makes it part of another list; a part has `name` and `endpoint` only"
            )
        return self


def _shape(resource: object) -> str:
    return "part" if isinstance(resource, Part) or is_part(resource) else "list"


class RestApiConfig(HttpChannelConfig):
    """A REST service. `allowed_hosts` defaults to the host of `client.base_url`."""

    type: Literal["rest_api"]
    """A service that answers with JSON."""
    resources: Annotated[
        list[
            Annotated[
                Annotated[RestResource, Tag("list")] | Annotated[Part, Tag("part")],
                Discriminator(_shape),
            ]
        ],
        Field(min_length=1),
    ]
    """Its lists of records, and lists of their parts."""

    @property
    def mapped(self) -> tuple[RestResource, ...]:
        """The lists whose records become complaints."""
        return tuple(each for each in self.resources if isinstance(each, RestResource))

    @model_validator(mode="after")
    def _parts_of_lists(self) -> Self:
        lists = [each.name for each in self.mapped]
        if not lists:
            raise ValueError("resources need one with `select`, whose records become complaints")
        parts = [each for each in self.resources if isinstance(each, Part)]
        for part in parts:
            if part.parent not in lists:
                told = suggest(part.parent, lists)
                raise ValueError(f"{part.name}: {{resources.{part.parent}…}} is no list; {told}")
        names = [*lists, *(part.name for part in parts)]
        if len({*names}) < len(names):
            raise ValueError(f"resources need names of their own, not {', '.join(names)}")
        return self

    def parts_of(self, resource: Resource) -> list[Part]:
        """What is asked for with each of its records."""
        return [
            each
            for each in self.resources
            if isinstance(each, Part) and each.parent == resource.name
        ]


class RestApiConnector(Connector[RestApiConfig]):
    """Reads a REST service page by page."""

    config_model = RestApiConfig

    async def check(self) -> str:
        """Reads the first page of each resource."""
        found = []
        async with self.config.connect(self.surroundings) as client:
            for resource in self.config.mapped:
                asking = partial(self._pages, client, resource)
                page = await first_page(resource.endpoint.incremental, asking)
                await with_parts(client, page.records[:1], self.config.parts_of(resource))
                found.append(f"{resource.name}: {len(page.records)} records on the first page")
        return "; ".join(found)

    async def read(
        self, checkpoint: Mapping[str, State], between: Between | None = None
    ) -> AsyncGenerator[Batch, None]:
        """Each page a batch, see read_list."""
        if between:
            known = {each.name: each.endpoint.placeholders for each in self.config.mapped}
            refuse_without_end(known, "params")
        async with self.config.connect(self.surroundings) as client:
            for resource in self.config.mapped:
                asking = partial(self._pages, client, resource)
                words, state = resource.endpoint.incremental, checkpoint.get(resource.name, {})
                async for batch in read_list(resource, words, asking, state, between):
                    async for whole in self._whole(client, resource, batch):
                        yield whole

    @property
    def counted_by(self) -> CountedBy:
        """See Connector."""
        return counted_by((each, each.endpoint.incremental) for each in self.config.mapped)

    async def counts(self, between: Between) -> Mapping[date, int]:
        """What answers say at `total_selector`."""
        known = {each.name: each.endpoint.placeholders for each in self.config.mapped}
        refuse_without_end(known, "params")
        found: Counter[date] = Counter()
        async with self.config.connect(self.surroundings) as client:
            for each in self.config.mapped:
                asking = partial(self._pages, client, each)
                found += await totals_by_day(each.name, asking, between, "state total_selector")
        return found

    async def _whole(
        self, client: ChannelClient, resource: RestResource, batch: Batch
    ) -> AsyncGenerator[Batch, None]:
        """The batch with the parts of its records, in smaller ones; the last has its state."""
        records, parts = batch.records, self.config.parts_of(resource)
        while parts and len(records) > RECORDS_AT_ONCE:
            some, records = records[:RECORDS_AT_ONCE], records[RECORDS_AT_ONCE:]
            yield replace(batch, records=await with_parts(client, some, parts), state=None)
        yield replace(batch, records=await with_parts(client, records, parts))

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
