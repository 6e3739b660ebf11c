"""What one request may be, looked at before it is validated, planned or executed.

Fragments are measured once each: a few that spread each other twice stand for millions of fields,
and whoever walks those has lost already.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

LARGEST_PAGE, USUAL_PAGE = 200, 20
MAX_TOKENS = 4_000
MAX_ERRORS = 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What a hub allows each request: values of its answer (see cost.py), seconds, and how many
    requests a second a client may make, to each of its processes; of what goes on, how many
    subscriptions a client may hold at each of them, and operations one connection.

    With `enforce_cost` off a costly request is answered and counted. Without `introspection`
    the schema is not told, in errors neither.
    """

    cost: int = 25_000
    enforce_cost: bool = True
    seconds: float = 8.0
    introspection: bool = True
    requests_per_second: int = 100
    subscriptions: int = 200
    operations: int = 50


DEFAULTS = Limits()


@dataclass(frozen=True, slots=True)
class Size:
    """How large an operation is, its fragments spread out.

    `repeats` are fields of a name that their selection has before: each is compared with each.
    """

    depth: int = 0
    fields: int = 0
    root_fields: int = 0
    aliases: int = 0
    directives: int = 0
    repeats: int = 0


MOST = Size(depth=18, fields=2_000, root_fields=30, aliases=300, directives=200, repeats=200)
"""GraphiQL's and the code generators' introspection is 15 deep."""


class LimitError(GraphQLError):
    """A request beyond a limit, which it names."""

    def __init__(self, limit: str, most: int, found: int) -> None:
        super().__init__(
            f"The request is too large. {limit}: {found:,}, of {most:,} at most.",
            extensions={"code": "LIMIT_EXCEEDED", "limit": limit, "most": most, "found": found},
        )


class TooManyError(GraphQLError):
    """One more subscription or operation than may go on at once; says what to do instead."""

    def __init__(self, limit: str, most: int, message: str) -> None:
        super().__init__(
            message,
            extensions={"code": "LIMIT_EXCEEDED", "limit": limit, "most": most, "found": most + 1},
        )


class TooSlowError(GraphQLError):
    """A query that was not answered within the time that it may take."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"The query was given up after {seconds:g} s. Ask for less at once: a shorter period, "
            "a smaller page, fewer root fields.",
            extensions={"code": "TIMEOUT"},
        )


def check_size(document: DocumentNode) -> None:
    """Raises LimitError for a document with an operation beyond a limit."""
    measure = _Measure(document)
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            size = measure.of(definition.selection_set)
            for limit in fields(Size):
                found, most = getattr(size, limit.name), getattr(MOST, limit.name)
                if found > most:
                    raise LimitError(limit.name.replace("_", " "), most, found)


class _Measure:
    """Sizes within one document."""

    def __init__(self, document: DocumentNode) -> None:
        self._fragments = fragments_of(document)
        self._known: dict[str, Size] = {}

    def of(self, selection_set: SelectionSetNode) -> Size:
        """The size of a selection."""
        parts = [*self._parts(selection_set)]
        keys = [
            (node.alias or node.name).value
            for node in selection_set.selections
            if isinstance(node, FieldNode)
        ]
        return Size(
            depth=max((part.depth for part in parts), default=0),
            fields=sum(part.fields for part in parts),
            root_fields=sum(part.root_fields for part in parts),
            aliases=sum(part.aliases for part in parts),
            directives=sum(part.directives for part in parts),
            repeats=len(keys) - len({*keys}) + sum(part.repeats for part in parts),
        )

    def _parts(self, selection_set: SelectionSetNode) -> Iterator[Size]:
        for node in selection_set.selections:
            yield Size(directives=len(node.directives or ()))
            if isinstance(node, FieldNode):
                below = self.of(node.selection_set) if node.selection_set else Size()
                yield Size(
                    depth=below.depth + 1,
                    fields=below.fields + 1,
                    root_fields=1,
                    aliases=below.aliases + bool(node.alias),
                    directives=below.directives,
                    repeats=below.repeats,
                )
            elif isinstance(node, InlineFragmentNode):
                yield self.of(node.selection_set)
            elif isinstance(node, FragmentSpreadNode):
                yield self._of_fragment(node.name.value)

    def _of_fragment(self, name: str) -> Size:
        if name not in self._known:
            self._known[name] = Size()  # a circle is for the validation to tell
            if fragment := self._fragments.get(name):
                self._known[name] = self.of(fragment.selection_set)
        return self._known[name]


def fragments_of(document: DocumentNode) -> Mapping[str, FragmentDefinitionNode]:
    """A document's fragments by name."""
    return {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
