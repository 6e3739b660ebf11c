"""Writes a Python function that makes the JSON value of a selection from what it is read from.

Every function either returns exactly what the specification asks for or raises: a null where none
may be, an unknown value or a missing key is left to the plain executor, which tells it properly.
"""

from asyncio import gather
from collections.abc import Awaitable, Callable, Iterable
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


class Built:
    """What a builder wrote: the function of the whole, what it needs, and what it joins."""

    def __init__(self) -> None:
        self.needs: frozenset[str] = frozenset()
        self.joins: list[Callable[[Any], Any]] = []
        self.build: Callable[[Any, tuple[Any, ...]], Any]
        self.is_async = False


class Builder:
    """Writes the functions of one root field."""

    def __init__(self, selections: Selections) -> None:
        self._selections = selections
        self._lines: list[str] = []
        self._globals: dict[str, Any] = {
            "NullError": NullError,
            "Memo": _Memo,
            "Together": _together,
        }
        self._built = Built()
        self._numbers = count()
        self._in_document = True

    def root(self, kind: GraphQLOutputType, selection_sets: list[SelectionSetNode]) -> Built:
        """The function of a value of this type that is not null. Raises NotCompilableError."""
        body, is_async = self._present("v", kind, selection_sets)
        head = "async def build(v, x):" if is_async else "def build(v, x):"
        source = "\n".join([*self._lines, head, f"    return {body}"])
        exec(compile(source, "<compiled query>", "exec"), self._globals)  # noqa: S102 - our own text
        self._built.build = self._globals["build"]
        self._built.is_async = is_async
        return self._built

    def _constant(self, value: Any) -> str:
        name = f"g{len(self._globals)}"
        self._globals[name] = value
        return name

    def _value(
        self, expression: str, kind: GraphQLOutputType, below: list[SelectionSetNode]
    ) -> tuple[str, bool]:
        """(An expression for a value, whether it awaits). Where the type allows no null, null
        makes it raise."""
        if isinstance(kind, GraphQLNonNull):
            present, is_async = self._present(expression, kind.of_type, below)
            if present == expression:
                return f"{self._constant(_not_null)}({expression})", is_async
            return present, is_async  # lists, objects, names and numbers raise by themselves
        temporary = f"t{next(self._numbers)}"
        present, is_async = self._present(temporary, kind, below)
        if present == temporary:
            return expression, is_async
        return f"(None if ({temporary} := {expression}) is None else {present})", is_async

    def _present(
        self, expression: str, kind: GraphQLOutputType, below: list[SelectionSetNode]
    ) -> tuple[str, bool]:
        """An expression for a value that is not null."""
        if isinstance(kind, GraphQLList):
            return self._list(expression, kind, below)
        if isinstance(kind, GraphQLObjectType):
            function, is_async = self._object(kind, below)
            if is_constant(kind.extensions[_STRAWBERRY].origin):
                return f"{self._memo(function)}[{expression}]", False
            return f"{'await ' if is_async else ''}{function}({expression}, x)", is_async
        if isinstance(kind, GraphQLEnumType):
            return f"{self._constant(_names(kind))}[{expression}]", False
        if isinstance(kind, GraphQLScalarType) and kind.name in _AS_THEY_ARE:
            return expression, False
        if isinstance(kind, GraphQLScalarType) and kind.name == "Float":
            return f"float({expression})", False
        raise NotCompilableError(f"type {kind}")

    def _list(
        self, expression: str, kind: GraphQLList[Any], below: list[SelectionSetNode]
    ) -> tuple[str, bool]:
        item = f"i{next(self._numbers)}"
        inner, is_async = self._value(item, kind.of_type, below)
        if not is_async:
            return f"[{inner} for {item} in {expression}]", False
        # All at once, so that what each asks for can be fetched together.
        one = f"f{len(self._lines)}"
        self._lines.append(f"async def {one}({item}, x):\n    return {inner}")
        return f"(await Together({one}(v, x) for v in {expression}))", True

    def _object(
        self, kind: GraphQLObjectType, selection_sets: list[SelectionSetNode]
    ) -> tuple[str, bool]:
        """The name of a function of (parent, joined), and whether it is to be awaited."""
        entries: list[str] = []
        required: list[str] = []
        assigned: list[str] = []
        is_async = False
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
            of = field.type
            if isinstance(of, GraphQLNonNull) and isinstance(of.of_type, GraphQLScalarType):
                # The usual case, checked for all such fields of an object at once.
                expression, awaits = self._field(source, of.of_type, below)
                variable = f"a{len(entries)}"
                assigned.append(f"    {variable} = {expression}")
                required.append(variable)
                expression = variable
            else:
                expression, awaits = self._field(source, of, below)
            is_async |= awaits
            entries.append(f"{key!r}: {expression}")
        function = f"f{len(self._lines)}"
        lines = [f"{'async ' if is_async else ''}def {function}(d, x):"]
        lines += ["    if d is None:", "        raise NullError", *assigned]
        if required:
            lines.append(f"    if {' or '.join(f'{name} is None' for name in required)}:")
            lines.append("        raise NullError")
        lines.append(f"    return {{{', '.join(entries)}}}")
        self._lines.append("\n".join(lines))
        return function, is_async

    def _source(self, field: Any, name: str) -> Source:
        source = source_of(field) if isinstance(field, StrawberryField) else None
        if source is None:
            raise NotCompilableError(name)
        return source

    def _field(
        self, source: Source, kind: GraphQLOutputType, below: list[SelectionSetNode]
    ) -> tuple[str, bool]:
        """An expression of the parent `d` for a field, noting what it needs of the document.

        What stands below a stored field is fetched with it, or comes from elsewhere.
        """
        if not self._in_document:
            return self._of_source(source, kind, below)
        self._built.needs |= {*source.needs}
        self._in_document = not source.needs
        try:
            return self._of_source(source, kind, below)
        finally:
            self._in_document = True

    def _of_source(  # noqa: PLR0911 - one for each kind of source
        self, source: Source, kind: GraphQLOutputType, below: list[SelectionSetNode]
    ) -> tuple[str, bool]:
        """An expression of the parent `d` for a field's value."""
        at_path = "d" + "".join(f"[{name!r}]" for name in source.path)
        if source.join:
            self._built.joins.append(source.join)
            joined = f"x[{len(self._built.joins) - 1}]"
            read = f"{self._constant(source.read)}({at_path}, {joined})"
            if source.awaited:
                return self._value(f"(await {read})", kind, below)[0], True
            return self._value(read, kind, below)
        if source.awaited:
            return self._value(f"(await {self._constant(source.read)}(d))", kind, below)[0], True
        if source.attribute:
            return self._value(f"d.{source.attribute}", kind, below)
        if source.read is None:
            return self._value(at_path, kind, below)
        if not source.path:
            return self._value(f"{self._constant(source.read)}(d)", kind, below)
        if isinstance(source.read, type) and issubclass(source.read, Enum):
            return self._value(at_path, kind, below)  # names are found by the stored value too
        if source.constant:
            return self._memoised(source, kind, at_path, below)
        read = f"{self._constant(source.read)}({at_path})"
        unless_null = f"(None if {at_path} is None else {read})"
        return self._value(unless_null, kind, below)

    def _memoised(
        self, source: Source, kind: GraphQLOutputType, at_path: str, below: list[SelectionSetNode]
    ) -> tuple[str, bool]:
        """The value from a table that fills itself: each is made once for each plan."""
        value, is_async = self._value("r", kind, below)
        if is_async:
            raise NotCompilableError("something to wait for in a constant")
        maker = f"m{len(self._lines)}"
        read = self._constant(source.read)
        made = f"    r = None if v is None else {read}(v)"
        self._lines.append(f"def {maker}(v, x):\n{made}\n    return {value}")
        return f"{self._memo(maker)}[{at_path}]", False

    def _memo(self, maker: str) -> str:
        """The name of a table of what a function makes, where nothing is joined."""
        table = f"memo{len(self._lines)}"
        self._lines.append(f"{table} = Memo({maker})")
        return table


async def _together(awaitables: Iterable[Awaitable[Any]]) -> list[Any]:
    """All at once, in their order. When one fails the others are waited for (execution.py)."""
    answers = await gather(*awaitables, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return answers


def _not_null(value: Any) -> Any:
    if value is None:
        raise NullError
    return value


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
