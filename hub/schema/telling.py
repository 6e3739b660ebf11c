"""Complaints as they are told to webhooks: by the words of the API, with its masks."""

from typing import Any

from hub.deliveries.teller import NotToldError, OutdatedFilterError
from hub.domain.question import Condition
from hub.domain.scope import Permission, Scope
from hub.schema.answering import Answering
from hub.schema.compiled.documents import Documents, Operation
from hub.schema.errors import InputError
from hub.schema.filters import condition_of
from hub.schema.schema import core_schema
from hub.schema.types.node import global_id

COMPLAINT = """
query Told($id: ID!) {
  complaint(id: $id) {
    id number externalId channel { id name title } classification category categorySource
    programme status statusSource title description receivedAt updatedAt handedOverAt followedUpAt
    closedAt dueAt overdue province { code name } district { code name } address
    location { longitude latitude } institution anonymous secret
    timeline { at status statusSource }
  }
}"""
"""What is told of a complaint: all but its reporter, and how it came here."""

WARNING = """
query Told($id: ID!) {
  warning(id: $id) {
    id rule name kind region { code name } channel days received followedUp state raisedAt
  }
}"""
"""What is told of a warning."""

_WATCHED = "subscription ($filter: ComplaintFilter) { complaintChanged(filter: $filter) { id } }"


class ApiTeller:
    """Tells complaints as `complaint` answers, and understands filters as `complaintChanged`."""

    def __init__(self, answering: Answering) -> None:
        self._answering = answering
        self._documents = Documents(core_schema)

    def condition(self, filter_: dict[str, Any]) -> Condition:
        """What a stored filter states. Raises OutdatedFilterError."""
        operation = self._documents.operation(_WATCHED, None)
        if not isinstance(operation, Operation):
            raise OutdatedFilterError("there is no complaintChanged")
        planned = operation.ask(core_schema, {"filter": filter_})
        if planned is None:
            raise OutdatedFilterError("it is no ComplaintFilter")
        try:
            return condition_of(planned[1][0]["filter"])
        except InputError as error:
            raise OutdatedFilterError(error.message) from None

    def name(self, complaint: str) -> str:
        """The id by which clients know a complaint."""
        return global_id("complaint", complaint)

    async def complaint(self, scope: Scope, complaint: str) -> dict[str, Any] | None:
        """A complaint as it is now; None outside the scope. Raises NotToldError."""
        return await self._read(scope, COMPLAINT, "complaint", self.name(complaint))

    async def warning(self, scope: Scope, warning: str) -> dict[str, Any] | None:
        """A warning as it is now; None outside the scope. Raises NotToldError."""
        return await self._read(scope, WARNING, "warning", warning)

    async def _read(
        self, scope: Scope, document: str, field: str, id_: str
    ) -> dict[str, Any] | None:
        if Permission.COMPLAINTS_READ not in scope.permissions:
            return None
        answer = (await self._answering.within(scope, document, {"id": id_}, None)).body
        if "errors" in answer:
            raise NotToldError(answer["errors"][0]["message"])
        found: dict[str, Any] | None = answer["data"][field]
        return found
