"""A filter that is kept for later reads as the filter that it was."""

from typing import Any

from hypothesis import HealthCheck, given, reject, settings

from hub.schema.compiled.documents import Documents
from hub.schema.errors import InputError
from hub.schema.filters import condition_of, stated
from hub.schema.schema import core_schema
from hub.store.predicates import NotWatchableError, predicate
from tests.schema.operations import inputs

DOCUMENT = "query ($filter: ComplaintFilter) { complaints(filter: $filter) { nodes { id } } }"

OPERATION: Any = Documents(core_schema).operation(DOCUMENT, None)


def read(filter_: Any) -> Any:
    """The filter as a resolver gets it; None where it is left out."""
    planned = OPERATION.ask(core_schema, {"filter": filter_})
    return planned and planned[1][0]["filter"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.filter_too_much])
@given(inputs(core_schema, "ComplaintFilter"))
def test_what_is_stated_reads_as_the_same_filter(filter_: Any) -> None:
    first = read(filter_)
    try:
        condition = condition_of(first)
        predicate(condition)
    except (InputError, NotWatchableError):
        reject()  # no webhook is registered with it
    again = read(stated(first))
    assert again == first
    assert condition_of(again) == condition
