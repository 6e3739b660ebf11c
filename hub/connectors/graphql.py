"""Kind `graphql`: a GraphQL service whose lists are Relay connections."""

from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from datetime import date, datetime
from functools import partial
from typing import Annotated, Any, Literal, Self

import graphql
from pydantic import Field, model_validator

from hub.connectors.base import Batch, Between, ChannelError, Connector, Record, State
from hub.connectors.config import Resource, Text, Where
from hub.connectors.decode import decode_json
from hub.connectors.http.channel import HttpChannelConfig
from hub.connectors.http.client import ChannelClient, Question
from hub.connectors.http.config import EndpointPath
from hub.connectors.http.errors import Action, IgnoredError, ResponseFilter
from hub.connectors.lists.counting import counted_by, totals_by_day
from hub.connectors.lists.endpoint import (
    END,
    START,
    JsonObject,
    fill,
    placeholders_of,
    refuse_without_end,
)
from hub.connectors.lists.incremental import Incremental, Page, first_page, read_list
from hub.connectors.mapping.paths import getter
from hub.connectors.vocabulary import Vocabulary, suggest
from hub.domain.run import CountedBy

MOST_TOKENS = 4000
_AFTER = "after"
_MOST_MESSAGES = 3
_MOST_LETTERS = 200
# Servers tell what is wrong with a query in the body of such an answer.
_WITH_ERRORS = ResponseFilter(http_codes=[400, 422], action=Action.SUCCESS)


class GraphqlEndpoint(Vocabulary):
    """What is asked, and where in the answer the records are."""

    path: EndpointPath = "graphql"
    """Relative to client.base_url."""
    query: Text
    """A document with one query, which takes the variable $after."""
    variables: JsonObject = {}
    """Values of its variables; {incremental.start_value} is the time to ask from."""
    connection: Where
    """Where in `data` the connection is: complaints."""
    incremental: Incremental | None = None
    """How to ask only for what is new."""

    @model_validator(mode="after")
    def _a_query_and_its_variables(self) -> Self:
        declared = _declared(self.query)
        if _AFTER not in declared:
            raise ValueError(f"query: takes no ${_AFTER}; only its first page could be read")
        for name in self.variables:
            if name not in declared or name == _AFTER:
                others = sorted(declared - {_AFTER})
                raise ValueError(f"variables.{name}: no such variable; {suggest(name, others)}")
        words = self.incremental
        if words and words.step and not {START, END} <= self.placeholders:
            raise ValueError(f"incremental.step needs {START} and {END} in the variables")
        if self.placeholders and not self.incremental:
            raise ValueError(f"variables: {min(self.placeholders)} needs `incremental`")
        return self

    @property
    def placeholders(self) -> set[str]:
        """Those that stand in the variables. Raises ValueError for one that does not exist."""
        return placeholders_of("variables", self.variables)

    def asked(self, start: datetime | None, end: datetime) -> dict[str, Any]:
        """The variables for a stretch of time."""
        values: dict[str, str] = {}
        if self.incremental and start:
            values = {START: self.incremental.write(start), END: self.incremental.write(end)}
        filled: dict[str, Any] = fill(self.variables, values)
        return filled


def _declared(query: str) -> set[str]:
    """Names of the variables. Raises ValueError for what is not one query."""
    try:
        document = graphql.parse(query, no_location=True, max_tokens=MOST_TOKENS)
    except graphql.GraphQLError as error:
        where = f"line {error.locations[0].line}: " if error.locations else ""
        raise ValueError(f"query: {where}{error.message}") from None
    operations = [
        each for each in document.definitions if isinstance(each, graphql.OperationDefinitionNode)
    ]
    if [each.operation for each in operations] != [graphql.OperationType.QUERY]:
        raise ValueError("query: has to be one query, and nothing that changes the channel")
    return {each.variable.name.value for each in operations[0].variable_definitions or ()}


class GraphqlResource(Resource):
    """A connection: a list that is read page by page."""

    endpoint: GraphqlEndpoint
    """What is asked."""


class GraphqlConfig(HttpChannelConfig):
    """A GraphQL service. `allowed_hosts` defaults to the host of `client.base_url`."""

    type: Literal["graphql"]
    """A GraphQL service."""
    resources: Annotated[list[GraphqlResource], Field(min_length=1)]
    """Its lists of records."""

    @property
    def mapped(self) -> tuple[Resource, ...]:
        """The resources of the service."""
        return tuple(self.resources)


class GraphqlConnector(Connector[GraphqlConfig]):
    """Reads the connections of a GraphQL service page by page."""

    config_model = GraphqlConfig

    async def check(self) -> str:
        """Reads the first page of each resource."""
        found = []
        async with self._client() as client:
            for resource in self.config.resources:
                asking = partial(_pages, client, resource.endpoint)
                page = await first_page(resource.endpoint.incremental, asking)
                total = "" if page.total is None else f" of {page.total}"
                found.append(
                    f"{resource.name}: {len(page.records)}{total} records on the first page"
                )
        return "; ".join(found)

    async def read(
        self, checkpoint: Mapping[str, State], between: Between | None = None
    ) -> AsyncGenerator[Batch, None]:
        """Each page a batch, see read_list."""
        if between:
            known = {each.name: each.endpoint.placeholders for each in self.config.resources}
            refuse_without_end(known, "variables")
        async with self._client() as client:
            for resource in self.config.resources:
                asking = partial(_pages, client, resource.endpoint)
                words, state = resource.endpoint.incremental, checkpoint.get(resource.name, {})
                async for batch in read_list(resource, words, asking, state, between):
                    yield batch

    @property
    def counted_by(self) -> CountedBy:
        """See Connector."""
        return counted_by((each, each.endpoint.incremental) for each in self.config.resources)

    async def counts(self, between: Between) -> Mapping[date, int]:
        """What answers say as `totalCount`."""
        known = {each.name: each.endpoint.placeholders for each in self.config.resources}
        refuse_without_end(known, "variables")
        found: Counter[date] = Counter()
        async with self._client() as client:
            for each in self.config.resources:
                asking = partial(_pages, client, each.endpoint)
                found += await totals_by_day(each.name, asking, between, "ask for totalCount")
        return found

    def _client(self) -> ChannelClient:
        config = self.config
        filters = [*config.error_handler.response_filters, _WITH_ERRORS]
        handler = config.error_handler.model_copy(update={"response_filters": filters})
        return config.connect(self.surroundings, handler)


async def _pages(
    client: ChannelClient, endpoint: GraphqlEndpoint, start: datetime | None, end: datetime
) -> AsyncGenerator[Page, None]:
    """Raises ChannelError for an answer that is no page, and for a cursor that comes again."""
    variables = endpoint.asked(start, end)
    seen: set[str] = set()
    while True:
        body = {"query": endpoint.query, "variables": variables}
        try:
            answer = await client.ask(Question(endpoint.path, {}, "POST", body), decode_json)
        except IgnoredError:
            return
        page, after = _page(answer.document, endpoint)
        yield page
        if after is None:
            return
        if after in seen:
            raise ChannelError(
                f"{endpoint.connection} names the cursor {after!r} twice; it would not end."
            )
        seen.add(after)
        variables[_AFTER] = after


def _page(answer: object, endpoint: GraphqlEndpoint) -> tuple[Page, str | None]:
    """A page, and the cursor of the next. Data beside errors is no page: some records may be left
    out of it."""
    if not isinstance(answer, dict) or not ("data" in answer or "errors" in answer):
        raise ChannelError(f"{endpoint.path} answered with no GraphQL result.")
    if errors := answer.get("errors"):
        raise ChannelError(f"{endpoint.path} answered with errors: {_told(errors)}")
    connection = getter(endpoint.connection)(answer["data"])
    if not isinstance(connection, dict):
        raise ChannelError(f"connection: there is none at {endpoint.connection} in the answer.")
    total = connection.get("totalCount")
    records = _records(connection, endpoint.connection)
    page = Page(records, total if isinstance(total, int) else None)
    return page, _after(connection.get("pageInfo"), endpoint.connection)


def _records(connection: Record, name: str) -> list[Record]:
    nodes, edges = connection.get("nodes"), connection.get("edges")
    if not isinstance(nodes, list) and isinstance(edges, list):
        nodes = [edge.get("node") if isinstance(edge, dict) else None for edge in edges]
    if not isinstance(nodes, list) or not all(isinstance(node, dict) for node in nodes):
        raise ChannelError(f"{name} has no list of objects; ask for its nodes {{ … }}.")
    return nodes


def _after(info: object, name: str) -> str | None:
    """The cursor of the next page, None where there is none."""
    more = info.get("hasNextPage") if isinstance(info, dict) else None
    if more is False:
        return None
    cursor = info.get("endCursor") if isinstance(info, dict) else None
    if more is not True or not isinstance(cursor, str):
        raise ChannelError(
            f"{name} does not say whether there are more; "
            "ask for its pageInfo { hasNextPage endCursor }."
        )
    return cursor


def _told(errors: object) -> str:
    """The first messages of a service, each cut to a line."""
    listed = errors if isinstance(errors, list) else [errors]
    messages = [
        str(each.get("message")) if isinstance(each, dict) else "(no message)" for each in listed
    ]
    told = [" ".join(message.split())[:_MOST_LETTERS] for message in messages[:_MOST_MESSAGES]]
    more = len(messages) - len(told)
    return "; ".join(told) + (f"; and {more} more" if more else "")
