"""What attempts to learn of another province ask, and how they are refused."""

from typing import Any

from hub.domain.scope import Permission
from tests.security.conftest import HIDDEN, World

ROWS = """query ($filter: ComplaintFilter) {
  complaints(filter: $filter) { totalCount nodes { number institution } } }"""
ROW = "query ($id: ID!) { complaint(id: $id) { id number } node(id: $id) { __typename id } }"
NODE = "query ($id: ID!) { node(id: $id) { __typename id } }"
ENTITIES = """query ($of: [_Any!]!) {
  _entities(representations: $of) { __typename ... on Node { id } } }"""
ROW_AND_ENTITY = """query ($id: ID!, $of: [_Any!]!) {
  complaint(id: $id) { number } node(id: $id) { id }
  _entities(representations: $of) { ... on Complaint { number } } }"""
ROLE_DEFAULTS = [Permission.COMPLAINTS_READ, Permission.AUDIT_READ]
GROUPS = """query ($by: [Dimension!]!, $filter: ComplaintFilter) {
  indicators(groupBy: $by, filter: $filter) { keys { value } received } }"""


async def refused(world: World, query: str, **variables: Any) -> str:
    """The code of the error, which tells nothing of the other province."""
    answer = await world.hub.post(world.token, query, **variables)
    assert not any(word in answer.text for word in HIDDEN), answer.text
    body = answer.json()
    assert not body.get("data"), body
    return str(body["errors"][0]["extensions"]["code"])
