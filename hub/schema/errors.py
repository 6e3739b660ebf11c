"""Errors that a client is meant to read, each with a code in `extensions`."""

from graphql import GraphQLError

from hub.connectors.vocabulary import ConfigError
from hub.domain.scope import Permission


class InputError(GraphQLError):
    """An argument that can't be meant so; the message names it and says what is valid."""

    def __init__(self, argument: str, message: str) -> None:
        super().__init__(
            f"{argument}: {message}", extensions={"code": "BAD_USER_INPUT", "argument": argument}
        )


class ConfigurationError(GraphQLError):
    """A connector's YAML that can't be used, with every problem in it."""

    def __init__(self, error: ConfigError) -> None:
        problems = [{"line": p.line, "key": p.key, "message": p.message} for p in error.problems]
        super().__init__(
            str(error),
            extensions={"code": "BAD_USER_INPUT", "argument": "yaml", "problems": problems},
        )


class RefusedError(GraphQLError):
    """What the roles of the viewer are not for, or a channel did not give."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message, extensions={"code": code})


class MissingPermissionError(GraphQLError):
    """The token lacks the OAuth scope that a field asks for."""

    def __init__(self, permission: Permission) -> None:
        super().__init__(
            f"This needs the OAuth scope {permission}.",
            extensions={"code": "INSUFFICIENT_SCOPE", "scope": permission.value},
        )
