"""What a reader asks and changes of their exports."""

from typing import Any

import strawberry
from graphql import get_variable_values
from strawberry import UNSET
from strawberry.scalars import JSON

from hub.schema.compiled.documents import Documents, Operation
from hub.schema.context import HubInfo
from hub.schema.errors import InputError, RefusedError
from hub.schema.source import output, resolved
from hub.schema.types.export import Export
from hub.schema.views.table import NoTableError
from hub.schema.views.walking import Walk
from hub.store.exports import ExportFormat, TooManyExportsError, Wanted

_ID = {"id": "Of an export of yours."}


@output
class ExportQuery:
    """What can be asked about exports."""

    @resolved(list[Export], size=20)
    async def exports(self, info: HubInfo) -> Any:
        """Your exports of the last 24 hours, the latest first."""
        return await info.context.reader.exports.all()

    @resolved(Export | None, _ID)
    async def export(self, info: HubInfo, id: strawberry.ID) -> Any:  # noqa: A002
        """An export of yours; null once it is removed."""
        return await info.context.reader.exports.get(id)


@output
class ExportMutation:
    """What can be changed of exports."""

    @resolved(
        Export,
        {
            "view": "Name of a saved view with one root field.",
            "variables": "Values by name; the view's own where you state none.",
            "format": "What the file is to be.",
        },
    )
    async def start_export(
        self,
        info: HubInfo,
        view: str,
        variables: JSON | None = UNSET,
        format: ExportFormat = ExportFormat.CSV,  # noqa: A002
    ) -> Any:
        """Has all rows of a saved view written into a file in the background, whatever `first`
        says: a million at most, within your scope as it is then. Two at once, 20 a day."""
        found = await info.context.reader.views.get(view)
        if found is None:
            raise InputError("view", "there is no view of this name")
        await info.context.admit(found.document)
        stated = found.variables | _stated(variables)
        _check(info, found.document, stated)
        try:
            wanted = Wanted(view, found.document, stated, format)
            return await info.context.reader.exports.start(wanted)
        except TooManyExportsError as error:
            raise RefusedError(str(error), "BAD_USER_INPUT") from None

    @resolved(bool, _ID)
    async def cancel_export(self, info: HubInfo, id: strawberry.ID) -> Any:  # noqa: A002
        """Ends an export of yours that is under way; whether there was one."""
        return await info.context.reader.exports.cancel(id)


def _stated(variables: Any) -> dict[str, Any]:
    if not isinstance(variables, dict):
        if variables:
            raise InputError("variables", "must be an object of values by name")
        return {}
    return variables


def _check(info: HubInfo, document: str, variables: dict[str, Any]) -> None:
    """Raises InputError for what can't be exported, now rather than in the background."""
    schema = info._raw_info.schema
    operation = Documents(schema).operation(document, None)
    if not isinstance(operation, Operation):
        told = "no longer fits the schema, which has changed; save it anew"
        raise InputError("view", told)
    definitions = operation.node.variable_definitions or ()
    valid = sorted(each.variable.name.value for each in definitions)
    if unknown := sorted(variables.keys() - set(valid)):
        told = f"{unknown[0]!r} is none of the view's: {', '.join(valid) or 'none'}"
        raise InputError("variables", told)
    values = get_variable_values(schema, definitions, variables)
    if isinstance(values, list):
        raise InputError("variables", values[0].message)
    try:
        Walk.of(schema, operation, variables)
    except NoTableError as error:
        raise InputError("view", str(error)) from None
