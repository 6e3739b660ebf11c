"""How types and fields are declared: a docstring is the description that clients read, and a
field that is read from a document says where in it."""

from collections.abc import Callable
from inspect import getdoc
from typing import Any, TypeVar

import strawberry

T = TypeVar("T")


def _description(documented: object) -> str:
    return " ".join((getdoc(documented) or "").split())


def output(cls: type[T]) -> type[T]:
    """Makes a class a GraphQL type."""
    return strawberry.type(cls, description=_description(cls))


def resolved(graphql_type: Any) -> Callable[[Callable[..., Any]], Any]:
    """Makes a method a field of this type. What it returns need not be of the type's class: it is
    what the type's own fields are read from."""

    def decorate(method: Callable[..., Any]) -> Any:
        return strawberry.field(method, graphql_type=graphql_type, description=_description(method))

    return decorate


def stored(path: str, description: str, read: Callable[[Any], Any] | None = None) -> Any:
    """The value at a dotted path of the stored document, through `read` unless it is None."""
    names = path.split(".")

    def resolver(root: strawberry.Parent[Any]) -> Any:
        value: Any = root
        for name in names:
            value = value[name]
        return read(value) if read and value is not None else value

    return strawberry.field(resolver=resolver, description=description)


def derived(read: Callable[[Any], Any], description: str) -> Any:
    """A value that follows from the whole of what the type is read from."""

    def resolver(root: strawberry.Parent[Any]) -> Any:
        return read(root)

    return strawberry.field(resolver=resolver, description=description)
