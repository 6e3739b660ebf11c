"""How types and fields are declared: a docstring is the description that clients read, and each
field states its source once, for both ways of answering (see compiled/)."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from inspect import getdoc
from types import MappingProxyType
from typing import Any, TypeVar, dataclass_transform

import strawberry
from strawberry.types.field import StrawberryField

from hub.domain.scope import Reach
from hub.schema.context import HubInfo

T = TypeVar("T")
METADATA = "source"
Sized = Callable[[Mapping[str, Any], Reach], tuple[int, int]]
"""How many entries a list can have, and how many the lists in each, told from its arguments as they
were sent and from what the viewer may count."""
Weighed = Callable[[Mapping[str, Any]], int]
"""What to find the values of a field costs, told from its arguments as they were sent."""
SIZE, WEIGHT = "size", "weight"
"""What the cost of an operation goes by, beside the sizes of its pages (cost.py)."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the value of a field comes from, given what its type is read from (the parent).

    `path` leads to it inside the parent, or `attribute` names it; `read` makes the value of what
    stands there. `needs` are the stored fields that have to be read for it. With `constant`, equal
    things at the path always make equal values. `join` gets, once for each request, what `read` is
    then given beside it. With `awaited`, `read` returns an awaitable.
    """

    path: tuple[str, ...] = ()
    read: Callable[..., Any] | None = None
    needs: tuple[str, ...] = ()
    constant: bool = False
    join: Callable[[Any], Awaitable[Any]] | None = None
    awaited: bool = False
    attribute: str | None = None

    def at_path(self, parent: Any) -> Any:
        """What stands at the path; None where the document is older than the field."""
        for name in self.path:
            parent = parent.get(name)
        return parent


def source_of(field: StrawberryField) -> Source | None:
    """The source that a field was declared with; None for one with a resolver of its own."""
    found: Source | None = field.metadata.get(METADATA)
    return found


def _description(documented: object) -> str:
    return " ".join((getdoc(documented) or "").split())


def output(cls: type[T]) -> type[T]:
    """Makes a class a GraphQL type."""
    return strawberry.type(cls, description=_description(cls))


@dataclass_transform()
def input_object(cls: type[T]) -> type[T]:
    """Makes a class a GraphQL input."""
    return strawberry.input(cls, description=_description(cls))


def entity(cls: type[T]) -> type[T]:
    """Makes a class a GraphQL type that other graphs can refer to by its id (federation.py)."""
    return strawberry.federation.type(cls, keys=["id"], description=_description(cls))


_CONSTANT = "__equal_parents_make_equal_objects__"


def constant(cls: type[T]) -> type[T]:
    """Says of a type that what it is read from can be hashed, and that equal ones make equal
    objects, so that each is made once for each plan."""
    setattr(cls, _CONSTANT, True)
    return cls


def is_constant(cls: type) -> bool:
    """Whether a type was declared so."""
    return hasattr(cls, _CONSTANT)


def resolved(
    graphql_type: Any,
    arguments: Mapping[str, str] = MappingProxyType({}),
    *,
    name: str | None = None,
    size: int | Sized | None = None,
    weight: int | Weighed = 0,
) -> Callable[[Callable[..., Any]], Any]:
    """Makes a method a field of this type. What it returns need not be of the type's class: it is
    what the type's own fields are read from.

    `arguments` are the descriptions of its parameters. `size` is how many entries a list may well
    have, `weight` what to find them costs beside them, in values of an answer.
    """

    def decorate(method: Callable[..., Any]) -> Any:
        costs: dict[object, Any] = {WEIGHT: weight, **({} if size is None else {SIZE: size})}
        field: Any = strawberry.field(
            method,
            name=name,
            graphql_type=graphql_type,
            description=_description(method),
            metadata=costs,
        )
        return _with_described(field, arguments)

    return decorate


def subscribed(
    graphql_type: Any,
    arguments: Mapping[str, str],
    *,
    size: int | Sized | None = None,
    weight: int = 0,
) -> Callable[[Callable[..., Any]], Any]:
    """Makes a method a subscription. Once awaited it watches, and gives what is told from then on:
    each is what the type's fields are read from. The others as for `resolved`."""

    def decorate(method: Callable[..., Any]) -> Any:
        costs = {WEIGHT: weight, **({} if size is None else {SIZE: size})}
        field: Any = strawberry.field(
            method,
            graphql_type=graphql_type,
            description=_description(method),
            metadata=costs,
            is_subscription=True,
        )
        return _with_described(field, arguments)

    return decorate


def _with_described(field: Any, arguments: Mapping[str, str]) -> Any:
    for argument in field.arguments:
        argument.description = arguments.get(argument.python_name)
    return field


def _field(source: Source, resolver: Callable[..., Any], description: str) -> Any:
    return strawberry.field(resolver=resolver, description=description, metadata={METADATA: source})


def stored(
    path: str,
    description: str,
    read: Callable[[Any], Any] | None = None,
    *,
    constant: bool = False,
) -> Any:
    """The value at a dotted path of the stored document, through `read` unless it is None."""
    source = Source(tuple(path.split(".")), read, needs=(path,), constant=constant)

    def resolver(root: strawberry.Parent[Any]) -> Any:
        value = source.at_path(root)
        return read(value) if read and value is not None else value

    return _field(source, resolver, description)


def derived(read: Callable[[Any], Any], description: str, needs: tuple[str, ...] = ()) -> Any:
    """A value that follows from the parent as a whole, or from the stored fields that it needs."""

    def resolver(root: strawberry.Parent[Any]) -> Any:
        return read(root)

    return _field(Source(read=read, needs=needs), resolver, description)


def attribute(
    name: str, description: str, needs: tuple[str, ...] = (), *, size: int | None = None
) -> Any:
    """An attribute of the parent, which follows from the stored fields that it needs; `size` as for
    `resolved`."""

    def resolver(root: strawberry.Parent[Any]) -> Any:
        return getattr(root, name)

    costs = {} if size is None else {SIZE: size}
    metadata = {METADATA: Source(attribute=name, needs=needs), **costs}
    return strawberry.field(resolver=resolver, description=description, metadata=metadata)


def joined(
    join: Callable[[Any], Awaitable[Any]],
    path: str,
    read: Callable[[Any, Any], Any],
    description: str,
    *,
    awaited: bool = False,
) -> Any:
    """The value at a path, looked up in what `join(context)` gives, once for each request; where
    `read` has to be waited for, it is asked for all of a list at once."""
    source = Source((path,), read, needs=(path,), join=join, awaited=awaited)

    async def resolver(root: strawberry.Parent[Any], info: HubInfo) -> Any:
        value = read(source.at_path(root), await join(info.context))
        return await value if awaited else value

    return _field(source, resolver, description)


def awaited(read: Callable[[Any], Awaitable[Any]], description: str, *, weight: int = 0) -> Any:
    """A value that has to be waited for; `weight` as for `resolved`."""

    async def resolver(root: strawberry.Parent[Any]) -> Any:
        return await read(root)

    costs = {METADATA: Source(read=read, awaited=True), WEIGHT: weight}
    return strawberry.field(resolver=resolver, description=description, metadata=costs)
