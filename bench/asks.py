"""What is asked of every server: the same documents, and the same pages of a plain endpoint."""

from dataclasses import dataclass, field
from typing import Any

import orjson

_FOURTEEN = """id number externalId classification category categorySource status statusSource
 title description receivedAt updatedAt dueAt institution
 location { longitude latitude } timeline { at status statusSource }"""
_FIVE = "number category status title receivedAt"
_PAGE = """query Page($filter: ComplaintFilter, $first: Int, $after: String) {
 complaints(filter: $filter, first: $first, after: $after) {
  nodes { %s } pageInfo { %s } } }"""
_SINGLE = "query Single($id: ID!) { complaint(id: $id) { %s } }"
_INDICATORS = """query Figures($filter: ComplaintFilter, $groupBy: [Dimension!]!, $period: Period) {
 indicators(groupBy: $groupBy, filter: $filter, period: $period) {
  keys { key value } received followedUp overdue } }"""
_ROW = "keys { key value } received followedUp overdue"
_DASHBOARD = f"""query Dashboard($here: ComplaintFilter, $town: ComplaintFilter) {{
 latest: complaints(filter: $here, first: 20) {{ nodes {{ {_FIVE} }} }}
 town: complaints(filter: $town, first: 20) {{ nodes {{ {_FIVE} }} }}
 byStatus: indicators(groupBy: [STATUS], filter: $here) {{ {_ROW} }}
 byCategory: indicators(groupBy: [CATEGORY], filter: $here) {{ {_ROW} }}
 byDistrict: indicators(groupBy: [DISTRICT], filter: $here) {{ {_ROW} }}
 channels {{ name title }} }}"""

PROVINCE, TOWN = "73", "73.71"
CURSOR = "@CURSOR@"
"""Stands in a request where the load generator writes the cursor of the answer before."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One question: a document with variables, and the path where a plain endpoint answers it."""

    document: str
    variables: dict[str, Any] = field(default_factory=dict)
    path: str = ""
    viewer: str = "ministry"

    @property
    def body(self) -> bytes:
        """As GraphQL clients send it."""
        return orjson.dumps({"query": self.document, "variables": self.variables})


def _in(region: str, code: str) -> dict[str, Any]:
    return {region: {"eq": code}}


def page(first: int) -> Ask:
    """The latest complaints of a province, 14 fields of each, a location, a timeline."""
    return Ask(
        _PAGE % (_FOURTEEN, "hasNextPage"),
        {"filter": _in("province", PROVINCE), "first": first},
        f"/complaints?province={PROVINCE}&first={first}",
        "province_73",
    )


def five_fields(first: int) -> Ask:
    """The latest complaints of a province, 5 fields of each."""
    return Ask(
        _PAGE % (_FIVE, "hasNextPage"),
        {"filter": _in("province", PROVINCE), "first": first},
        f"/complaints?fields=five&province={PROVINCE}&first={first}",
        "province_73",
    )


def following(first: int) -> Ask:
    """A page of 5 fields of the nation after another, to be walked from the first."""
    return Ask(
        _PAGE % (_FIVE, "hasNextPage endCursor"),
        {"first": first, "after": CURSOR},
        f"/complaints?fields=five&first={first}&after={CURSOR}",
    )


def page_after(first: int, cursor: str | None) -> Ask:
    """A page of the nation at any depth."""
    return Ask(_PAGE % (_FIVE, "hasNextPage"), {"first": first, "after": cursor})


def single(id_: str) -> Ask:
    """One complaint by its id."""
    return Ask(_SINGLE % _FOURTEEN, {"id": id_}, f"/complaint?id={id_}", "province_73")


def indicators(*dimensions: str, province: bool = False) -> Ask:
    """Figures of the nation or of a province by some dimensions."""
    groups = ",".join(dimensions)
    return Ask(
        _INDICATORS,
        {"groupBy": list(dimensions)} | ({"filter": _in("province", PROVINCE)} if province else {}),
        f"/indicators?by={groups}" + (f"&province={PROVINCE}" if province else ""),
        "province_73" if province else "ministry",
    )


def indicators_since(month: int, *dimensions: str) -> Ask:
    """The same figures of the nation, asked in other words: since a month before the first."""
    period = {"from": f"2001-{month:02}-01"}
    return Ask(_INDICATORS, {"groupBy": list(dimensions), "period": period})


def dashboard() -> Ask:
    """Six root fields at once, as a province's first screen."""
    return Ask(
        _DASHBOARD,
        {"here": _in("province", PROVINCE), "town": _in("district", TOWN)},
        viewer="province_73",
    )
