"""Valid operations drawn from the schema itself: every field, argument, alias and fragment."""

from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    parse,
    validate,
)
from hypothesis import assume
from hypothesis import strategies as st

DEEPEST = 6
_TIMES = ["2020-07-01T03:00:00Z", "2020-07-05T00:00:00+08:00", "2020-07-09T00:00:00", "soon"]
_TEXTS = ["73", "73.71", "74", "99", "lapor", "COVID19", "roads", "complaints:read", ""]


@dataclass
class Drawn:
    """An operation as it is written: its text, and the values of its variables."""

    text: str = ""
    variables: dict[str, Any] = field(default_factory=dict)


class _Writer:
    """Writes one operation."""

    def __init__(self, schema: GraphQLSchema, draw: st.DrawFn, ids: list[str]) -> None:
        self.schema = schema
        self.draw = draw
        self.ids = ids
        self.fragments: list[str] = []
        self.declared: list[str] = []
        self.variables: dict[str, Any] = {}
        self.aliases = 0

    def one_of(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def chance(self, of: int) -> bool:
        return bool(self.draw(st.integers(1, of)) == 1)

    def operation(self) -> Drawn:
        assert self.schema.query_type
        body = self.selection(self.schema.query_type, 0, most=4)
        head = f"query ({', '.join(self.declared)}) " if self.declared else ""
        return Drawn("\n".join([head + body, *self.fragments]), self.variables)

    def selection(
        self,
        kind: GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType,
        depth: int,
        most: int = 5,
    ) -> str:
        if isinstance(kind, GraphQLUnionType):
            parts = [f"... on {of.name} {self.selection(of, depth + 1, 3)}" for of in kind.types]
            return f"{{ __typename {' '.join(parts)} }}"
        names = [
            name
            for name, f in kind.fields.items()
            if depth < DEEPEST or is_leaf_type(get_named_type(f.type))
        ]
        chosen = self.draw(st.lists(st.sampled_from(names), min_size=1, max_size=most))
        parts = [self.field(name, kind.fields[name], depth) for name in chosen]
        if self.chance(6):
            parts.append(self.alias("__typename"))
        if isinstance(kind, GraphQLInterfaceType) and self.chance(2):
            other = self.draw(st.sampled_from(self.schema.get_possible_types(kind)))
            parts.append(f"... on {other.name} {self.selection(other, depth + 1, 3)}")
        written = self.draw(st.permutations(parts))
        return "{ " + " ".join(self.wrapped(part, kind.name) for part in written) + " }"

    def wrapped(self, part: str, kind: str) -> str:
        how = self.draw(st.integers(0, 9))
        if how == 0:
            return f"... on {kind} {{ {part} }}"
        if how == 1:
            return f"... {self.directive()} {{ {part} }}"
        if how == 2:
            name = f"F{len(self.fragments)}"
            self.fragments.append(f"fragment {name} on {kind} {{ {part} }}")
            return f"...{name} {self.directive() if self.chance(2) else ''}"
        return part

    def directive(self) -> str:
        name = self.one_of("skip", "include")
        value = self.draw(st.booleans())
        if self.chance(2):
            return f"@{name}(if: {str(value).lower()})"
        return f"@{name}(if: ${self.variable('Boolean!', value)})"

    def variable(self, kind: str, value: Any) -> str:
        name = f"v{len(self.declared)}"
        self.declared.append(f"${name}: {kind}")
        self.variables[name] = value
        return name

    def alias(self, name: str) -> str:
        self.aliases += 1
        return f"a{self.aliases}: {name}"

    def field(self, name: str, definition: GraphQLField, depth: int) -> str:
        arguments = []
        for argument, of in definition.args.items():
            required = isinstance(of.type, GraphQLNonNull) and "defaultValue" not in repr(of)
            if argument in {"id", "action"} or required or self.chance(2):
                arguments.append(f"{argument}: {self.argument(argument, of.type)}")
        head = self.alias(name) if definition.args or self.chance(5) else name
        if arguments:
            head += f"({', '.join(arguments)})"
        if self.chance(8):
            head += f" {self.directive()}"
        below = get_named_type(definition.type)
        if isinstance(below, GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType):
            head += f" {self.selection(below, depth + 1)}"
        return head

    def argument(self, name: str, kind: GraphQLInputType) -> str:
        value = self.value(name, kind, 0)
        if self.chance(3):
            return f"${self.variable(str(kind), value)}"
        return self.literal(value, kind)

    def value(self, name: str, kind: GraphQLInputType, depth: int) -> Any:
        """A value of the type as JSON; mostly one that makes sense."""
        if isinstance(kind, GraphQLNonNull):
            return self.value(name, kind.of_type, depth)
        if not isinstance(kind, GraphQLInputObjectType) and depth and self.chance(25):
            return None
        if isinstance(kind, GraphQLList):
            size = self.draw(st.integers(0, 2))
            items = [self.value(name, kind.of_type, depth + 1) for _ in range(size)]
            return [item for item in items if item is not None]
        if isinstance(kind, GraphQLEnumType):
            return self.draw(st.sampled_from(list(kind.values)))
        if isinstance(kind, GraphQLInputObjectType):
            names = [
                n
                for n, f in kind.fields.items()
                if isinstance(f.type, GraphQLNonNull)
                or (depth < 3 and self.chance(max(2, len(kind.fields) // 2)))
            ]
            return {n: self.value(n, kind.fields[n].type, depth + 1) for n in names}
        return self.scalar(kind.name)

    def scalar(self, kind: str) -> Any:  # noqa: PLR0911 - one for each
        match kind:
            case "ID":
                return self.one_of(*self.ids)
            case "_Any":
                name = self.one_of("Complaint", "Region", "Channel", "Complaint", "Run")
                return {"__typename": name, "id": self.one_of(*self.ids)}
            case "Int" | "Float":
                return self.one_of(0, 1, 3, 7, 201, -1)
            case "Boolean":
                return self.draw(st.booleans())
            case "DateTime":
                return self.one_of(*_TIMES)
            case "Date":
                return self.one_of("2020-07-01", "2020-07-05", "2020-06-30")
            case _:
                return self.one_of(*_TEXTS)

    def literal(self, value: Any, kind: GraphQLInputType) -> str:
        if isinstance(kind, GraphQLNonNull):
            return self.literal(value, kind.of_type)
        if value is None:
            return "null"
        if isinstance(kind, GraphQLList):
            return f"[{', '.join(self.literal(item, kind.of_type) for item in value)}]"
        if isinstance(value, dict):
            of = kind.fields if isinstance(kind, GraphQLInputObjectType) else {}
            entries = (
                f"{k}: {self.literal(v, of[k].type if of else GraphQLString)}"
                for k, v in value.items()
            )
            return f"{{{', '.join(entries)}}}"
        if isinstance(value, bool):
            return str(value).lower()
        return (
            str(value)
            if isinstance(kind, GraphQLEnumType) or isinstance(value, int)
            else f'"{value}"'
        )


@st.composite
def operations(draw: st.DrawFn, schema: GraphQLSchema, ids: list[str]) -> Drawn:
    """Any valid operation on a schema; `ids` are what arguments of type ID may be."""
    drawn = _Writer(schema, draw, ids).operation()
    assume(not validate(schema, parse(drawn.text)))
    return drawn


@st.composite
def inputs(draw: st.DrawFn, schema: GraphQLSchema, name: str) -> Any:
    """A value of an input type as JSON."""
    kind: Any = schema.type_map[name]
    return _Writer(schema, draw, ["complaint:1"]).value(name, kind, 0)
