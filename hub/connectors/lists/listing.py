"""One list of a JSON service: what is asked, and which records an answer holds."""

from collections.abc import AsyncGenerator, Callable, Mapping
from itertools import islice

from hub.connectors.base import ChannelError
from hub.connectors.decode import decode_json
from hub.connectors.http.client import ChannelClient, Read
from hub.connectors.http.errors import PassingError
from hub.connectors.lists.endpoint import Endpoint
from hub.connectors.lists.incremental import Page
from hub.connectors.lists.more import lists
from hub.connectors.lists.pages import pages
from hub.connectors.lists.predicate import Predicate
from hub.connectors.mapping.paths import getter, selector

_MOST_TOLD = 3


async def listed(
    client: ChannelClient, endpoint: Endpoint, values: Mapping[str, str]
) -> AsyncGenerator[Page, None]:
    """The pages of an endpoint, whose placeholders have these values. Raises ChannelError."""
    total = _Total(endpoint.total_selector)
    read, find = _reader(endpoint, total), _finder(endpoint)
    async for records in pages(client, endpoint.asked(values), endpoint.paginator, read, find):
        yield Page(records, total.declared)


def _reader(endpoint: Endpoint, total: "_Total") -> Read:
    """Makes a document of a body. One that `is_success` does not hold of is no page, and asked for
    again as after a status of 503."""
    success = Predicate(endpoint.is_success) if endpoint.is_success else None

    def read(body: bytes) -> object:
        document = decode_json(body)
        if success and not success.holds(document):
            raise PassingError(
                f"{endpoint.path}: the answer is no page, since is_success does not hold: "
                f"{success.told(document)}."
            )
        total.see(document)
        return document

    return read


def _finder(endpoint: Endpoint) -> Callable[[object], list[object]]:
    """Finds the records of an answer, each an object. An answer that has no list where the records
    should be is none: an error that was sent with status 200 is not an empty page."""
    path = endpoint.data_selector
    whole_list, records = selector(path.removesuffix("[*]")), selector(path)

    def find(document: object) -> list[object]:
        found = records(document)
        whole = [isinstance(record, dict) for record in found]
        if path.endswith("[*]"):
            whole += [isinstance(each, list) for each in whole_list(document)] or [False]
        if not all(whole):
            others = [f"{where}[*]" for where, _ in islice(lists(document), _MOST_TOLD)]
            told = f" The answer has them at {', '.join(others)}." if others else ""
            raise ChannelError(f"{endpoint.path}: {path} does not select a list of objects.{told}")
        return found

    return find


class _Total:
    """How many records the service says that there are, as its last answer has it."""

    def __init__(self, path: str | None) -> None:
        self._path = path
        self._get = getter(path) if path else None
        self.declared: int | None = None

    def see(self, document: object) -> None:
        """Looks at an answer. Raises ChannelError where it says no number."""
        if self._get is None:
            return
        total = self._get(document)
        if not isinstance(total, int):
            raise ChannelError(f"total_selector: {self._path} is no number.")
        self.declared = total
