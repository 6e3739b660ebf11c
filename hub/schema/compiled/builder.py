"""Writes a Python function that makes the JSON value of a selection from what it is read from.

Every function either returns exactly what the specification asks for or raises: a null where none
may be, an unknown value or a missing key is left to the plain executor, which tells it properly.
"""

from asyncio import gather
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import Enum
from itertools import count
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    SelectionSetNode,
)
from strawberry.types.field import StrawberryField

from hub.schema.compiled.selection import NotCompilableError, Selections
from hub.schema.source import Source, is_constant, source_of

_STRAWBERRY = "strawberry-definition"
# Scalars whose Python value is written as JSON as it is; orjson writes times as ISO 8601.
_AS_THEY_ARE = {"String", "ID", "Boolean", "Int", "DateTime", "Date"}


class NullError(Exception):
    """A null where the schema allows none."""


async def together(awaitables: Iterable[Awaitable[Any]]) -> list[Any]:
    """All at once, in their order. When one fails the others are waited for and not cancelled: what
    the driver is cancelled at costs it a connection."""
    answers = await gather(*awaitables, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return answers


class Built:
    """What a builder wrote: the function of the whole, what it needs, and what it joins."""

    def __init__(self) -> None:
        self.needs: frozenset[str] = frozenset()
        self.joins: list[Callable[[Any], Any]] = []
        self.build: Callable[[Any, tuple[Any, ...]], Any]
        self.is_async = False


class Builder:
    """Writes the function of one root field: statements with loops, since a call for each object
    of a page costs as much as half of its fields."""

    def __init__(self, selections: Selections) -> None:
        self._selections = selections
        self._functions: list[str] = []
        self._lines: list[str] = []
        self._indent = "    "
        self._globals: dict[str, Any] = {
            "NullError": NullError,
            "Memo": _Memo,
            "Together": together,
        }
        self._built = Built()
        self._numbers = count()
        self._in_document = True
        self._awaits = False

    def root(self, kind: GraphQLOutputType, selection_sets: list[SelectionSetNode]) -> Built:
        """The function of a value of this type that is not null. Raises NotCompilableError."""
        made = self._present("v", kind, selection_sets)
        self._built.is_async = self._awaits
        head = "async def build(v, x):" if self._awaits else "def build(v, x):"
        source = "\n".join([*self._functions, head, *self._lines, f"    return {made}"])
        # The limit of depth keeps it within Python's own for loops in one another.
        exec(compile(source, "<compiled query>", "exec"), self._globals)  # noqa: S102 - our own text
        self._built.build = self._globals["build"]
        return self._built

    def _constant(self, value: Any) -> str:
        name = f"g{len(self._globals)}"
        self._globals[name] = value
        return name

    def _line(self, statement: str) -> None:
        self._lines.append(self._indent + statement)

    @contextmanager
    def _indented(self) -> Iterator[None]:
        """What is written in this block stands below the line before it."""
        outside, self._indent = self._indent, self._indent + "    "
        yield
        self._indent = outside

    def _assigned(self, expression: str) -> str:
        """The name of a variable that has the value of an expression."""
        if expression.isidentifier():
            return expression
        name = f"a{next(self._numbers)}"
        self._line(f"{name} = {expression}")
        return name

    def _value(
        self, expression: str, kind: GraphQLOutputType, below: list[SelectionSetNode]
    ) -> str:
        """An expression for a value. Where the type allows no null, null makes it raise."""
        if isinstance(kind, GraphQLNonNull):
            if isinstance(kind.of_type, GraphQLObjectType | GraphQLScalarType):
                expression = self._assigned(expression)
                self._line(f"if {expression} is None: raise NullError")
            return self._present(expression, kind.of_type, below)  # lists and names raise anyway
        if isinstance(kind, GraphQLScalarType) and kind.name in _AS_THEY_ARE:
            return expression
        expression = self._assigned(expression)
        name = f"a{next(self._numbers)}"
        self._line(f"{name} = None")
        self._line(f"if {expression} is not None:")
        with self._indented():
            self._line(f"{name} = {self._present(expression, kind, below)}")
        return name

    def _present(
        self, expression: str, kind: GraphQLOutputType, below: list[SelectionSetNode]
    ) -> str:
        """An expression for a value that is not null."""
        if isinstance(kind, GraphQLList):
            return self._list(expression, kind, below)
        if isinstance(kind, GraphQLObjectType):
            if is_constant(kind.extensions[_STRAWBERRY].origin):
                made = self._memo(lambda: self._object("v", kind, below))
                return f"{made}[{expression}]"
            return self._object(self._assigned(expression), kind, below)
        if isinstance(kind, GraphQLEnumType):
            return f"{self._constant(_names(kind))}[{expression}]"
        if isinstance(kind, GraphQLScalarType) and kind.name in _AS_THEY_ARE:
            return expression
        if isinstance(kind, GraphQLScalarType) and kind.name == "Float":
            return f"float({expression})"
        raise NotCompilableError(f"type {kind}")

    def _list(self, expression: str, kind: GraphQLList[Any], below: list[SelectionSetNode]) -> str:
        """The name of a list of the values that are made of each."""
        number = next(self._numbers)
        made, item = f"l{number}", f"i{number}"
        outside, self._lines = self._lines, []
        awaited, self._awaits = self._awaits, False
        with self._indented():
            value = self._value(item, kind.of_type, below)
        body, self._lines = self._lines, outside
        if self._awaits:
            # All at once, so that what each asks for can be fetched together.
            self._line(f"async def o{number}({item}):")
            self._lines += [*body, f"{self._indent}    return {value}"]
            self._line(f"{made} = await Together(map(o{number}, {expression}))")
            return made
        self._awaits = awaited
        self._line(f"{made} = []")
        self._line(f"for {item} in {expression}:")
        self._lines += [*body, f"{self._indent}    {made}.append({value})"]
        return made

    def _object(
        self, parent: str, kind: GraphQLObjectType, selection_sets: list[SelectionSetNode]
    ) -> str:
        """An expression for an object that is read from a variable."""
        entries: list[str] = []
        for key, nodes in self._selections.fields(kind, selection_sets).items():
            name = nodes[0].name.value
            if name == "__typename":
                entries.append(f"{key!r}: {kind.name!r}")
                continue
            if name.startswith("__") or nodes[0].arguments:
                raise NotCompilableError(f"{kind.name}.{name}")
            field = kind.fields[name]
            source = self._source(field.extensions.get(_STRAWBERRY), f"{kind.name}.{name}")
            below = [node.selection_set for node in nodes if node.selection_set]
            entries.append(f"{key!r}: {self._field(parent, source, field.type, below)}")
        return f"{{{', '.join(entries)}}}"

    def _source(self, field: Any, name: str) -> Source:
        source = source_of(field) if isinstance(field, StrawberryField) else None
        if source is None:
            raise NotCompilableError(name)
        return source

    def _field(
        self, parent: str, source: Source, kind: GraphQLOutputType, below: list[SelectionSetNode]
    ) -> str:
        """An expression for a field of the parent, noting what it needs of the document.

        What stands below a stored field is fetched with it, or comes from elsewhere.
        """
        if not self._in_document:
            return self._of_source(parent, source, kind, below)
        self._built.needs |= {*source.needs}
        self._in_document = not source.needs
        try:
            return self._of_source(parent, source, kind, below)
        finally:
            self._in_document = True

    def _of_source(
        self, parent: str, source: Source, kind: GraphQLOutputType, below: list[SelectionSetNode]
    ) -> str:
        """An expression for a field's value."""
        at_path = parent + "".join(f"[{name!r}]" for name in source.path)
        if source.constant:
            return f"{self._memo(lambda: self._read('v', source, kind, below))}[{at_path}]"
        return self._read(at_path, source, kind, below)

    def _read(
        self, found: str, source: Source, kind: GraphQLOutputType, below: list[SelectionSetNode]
    ) -> str:
        """An expression for what a source makes of what was found at its path."""
        given = found
        if source.join:
            self._built.joins.append(source.join)
            given += f", x[{len(self._built.joins) - 1}]"
        if source.awaited:
            self._awaits = True
            return self._value(f"await {self._constant(source.read)}({given})", kind, below)
        if source.join:
            return self._value(f"{self._constant(source.read)}({given})", kind, below)
        if source.attribute:
            return self._value(f"{found}.{source.attribute}", kind, below)
        # The names of an enumeration are found by the stored value too.
        if source.read is None or (
            isinstance(source.read, type) and issubclass(source.read, Enum) and source.path
        ):
            return self._value(found, kind, below)
        read = self._constant(source.read)
        if not source.path:
            return self._value(f"{read}({found})", kind, below)
        found = self._assigned(found)
        return self._value(f"(None if {found} is None else {read}({found}))", kind, below)

    def _memo(self, write: Callable[[], str]) -> str:
        """The name of a table that fills itself: what is written for a value `v` is made once for
        each plan. Nothing is joined in it."""
        outside = self._lines, self._indent, self._awaits
        self._lines, self._indent, self._awaits = [], "    ", False
        made = write()
        if self._awaits:
            raise NotCompilableError("something to wait for in what is made once")
        number = len(self._functions)
        lines = [f"def m{number}(v, x):", *self._lines, f"    return {made}"]
        self._functions.append("\n".join([*lines, f"memo{number} = Memo(m{number})"]))
        self._lines, self._indent, self._awaits = outside
        return f"memo{number}"


def _names(kind: GraphQLEnumType) -> dict[Any, str]:
    """Stored value (and member, which is equal to it) → name."""
    members = {name: value.value for name, value in kind.values.items()}
    return {getattr(member, "value", member): name for name, member in members.items()}


class _Memo(dict[Any, Any]):
    """Value → what is made of it."""

    def __init__(self, make: Callable[[Any, tuple[()]], Any]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: Any) -> Any:
        made = self[key] = self._make(key, ())
        return made
