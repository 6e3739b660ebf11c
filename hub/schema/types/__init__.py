"""The types that queries answer with."""

# Before any of them, so that each enumeration is known by its name in GraphQL.
from hub.schema import enums as enums
