"""Questions that are asked on behalf of a viewer, for what is kept of the answer."""

from typing import TYPE_CHECKING, Any

from hub.domain.scope import Scope
from hub.oversight.letters.desk import AskError
from hub.store.scope_monitor import viewing

if TYPE_CHECKING:
    from hub.schema.answering import Answering


async def data_within(
    answering: "Answering", scope: Scope, document: str, variables: dict[str, Any]
) -> dict[str, Any]:
    """The data of a document within a scope, whoever the request is of. Raises AskError."""
    with viewing(scope):
        answer = await answering.within(scope, document, variables, None)
    for error in answer.body.get("errors", ()):
        raise AskError(error["message"], error["extensions"]["code"])
    data: dict[str, Any] = answer.body["data"]
    return data
