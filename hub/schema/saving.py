"""Whether an operation may be saved as a view."""

import re
from typing import Any

from graphql import GraphQLSchema, OperationType

from hub.domain.scope import Permission
from hub.schema.compiled.documents import Documents, Operation
from hub.schema.context import HubInfo
from hub.schema.errors import InputError
from hub.store.mongo import Document
from hub.store.views import MOST_OF_ONE, NameTakenError, TooManyViewsError, View

LONGEST_DOCUMENT = 16_384
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,62}")


async def save_view(info: HubInfo, name: str, document: str, variables: Any) -> Document:
    """Saves a view of the viewer's. Raises InputError for what can't be one."""
    info.context.need(Permission.STATISTICS_READ)
    if not _NAME.fullmatch(name):
        raise InputError("name", "takes 2 to 63 lower-case letters, digits and `-`")
    operation = _query(info._raw_info.schema, document)
    if not isinstance(variables, dict):
        raise InputError("variables", "must be an object of values by name")
    declared = {d.variable.name.value for d in operation.node.variable_definitions or ()}
    if unknown := sorted(variables.keys() - declared):
        valid = ", ".join(sorted(declared)) or "none"
        raise InputError("variables", f"{unknown[0]!r} is none of the operation's: {valid}")
    try:
        return await info.context.reader.views.save(View(name, document, variables))
    except NameTakenError:
        raise InputError("name", "is that of another client's view") from None
    except TooManyViewsError:
        raise InputError("name", f"you have {MOST_OF_ONE} views, the most that one may") from None


def _query(schema: GraphQLSchema, document: str) -> Operation:
    if len(document) > LONGEST_DOCUMENT:
        raise InputError("document", f"has more than {LONGEST_DOCUMENT:,} letters")
    found = Documents(schema).operation(document, None)
    if not isinstance(found, Operation):
        raise InputError("document", found[0].message)
    if found.node.operation is not OperationType.QUERY:
        raise InputError("document", "is no query; a view only reads")
    return found
