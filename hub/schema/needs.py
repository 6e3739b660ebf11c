"""Which stored fields a selection reads, where a resolver is called by the plain executor."""

from collections.abc import Iterable, Iterator
from typing import Any

from strawberry.types.nodes import SelectedField, Selection

from hub.schema.context import HubInfo
from hub.schema.source import source_of
from hub.schema.types.complaint import Complaint

_DECIDES_KIND = frozenset({"external_id"})
"""What tells a complaint from other nodes (types/node.py)."""


def needs_of_complaint(info: HubInfo) -> frozenset[str]:
    """The stored fields of a complaint that what stands below a field of an abstract type reads:
    others are not fetched, so that nobody is said to have been shown a reporter who was not."""
    declared: Any = Complaint
    fields = {field.python_name: field for field in declared.__strawberry_definition__.fields}
    converted = info.schema.config.name_converter.from_field
    needs = {converted(field): source_of(field) for field in fields.values()}
    below = (selection for field in info.selected_fields for selection in field.selections)
    sources = (needs.get(name) for name in _names(below))
    return _DECIDES_KIND.union(*(source.needs for source in sources if source))


def _names(selections: Iterable[Selection]) -> Iterator[str]:
    """The fields that are asked for, whatever types they are asked of."""
    for selection in selections:
        directives = selection.directives
        if directives.get("skip", {}).get("if", False):
            continue
        if not directives.get("include", {}).get("if", True):
            continue
        if isinstance(selection, SelectedField):
            yield selection.name
        else:
            yield from _names(selection.selections)
