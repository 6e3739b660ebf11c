"""A hostile channel that has an operator's own records."""

import csv
import io
import json
from typing import Any

import pytest

from hub.connectors.load import load
from hub.connectors.sample import Sample, sample_of
from hub.grade.channel import Fault
from hub.grade.grade import Graded, grade
from hub.grade.records import CannotGradeError
from hub.store.store import Store
from tests.connectors.test_load import OPEN311

REST = """
version: "1"
name: sulsel
type: rest_api
client: {base_url: https://api.sulsel.example/v1/}
resources:
  - name: complaints
    endpoint:
      path: complaints
      params: {since: "{incremental.start_value}"}
      data_selector: $.data.items[*]
      is_success: $.ok == true
      paginator: {type: cursor, cursor_path: data.next, cursor_param: after}
      incremental:
        cursor_path: changed
        initial_value: "2020-01-01T00:00:00Z"
        lookback_window: PT10M
        row_order: asc
    select: {external_id: id, status: status, received_at: created, updated_at: changed}
    status_mapping: {BARU: received, SELESAI: closed}
    timezone: Asia/Makassar
"""
BARE = REST.replace("      is_success: $.ok == true\n", "")


def record(number: int) -> dict[str, Any]:
    day, minute = 1 + number // 60, number % 60
    return {
        "id": number,
        "status": "SELESAI" if number % 3 else "BARU",
        "created": f"2025-03-{day:02}T08:{minute:02}:00+08:00",
        "changed": f"2025-03-{day:02}T09:{minute:02}:00+08:00",
        "note": {"by": "petugas"},
    }


RECORDS = [record(number) for number in range(120)]


def answer(records: list[dict[str, Any]]) -> Sample:
    whole = {"ok": True, "data": {"items": records, "next": "x9"}}
    return sample_of(json.dumps(whole).encode(), "answers.json")


async def graded(store: Store, text: str, sample: Sample) -> Graded:
    found = await grade(load(text, "c.yaml"), store, sample)
    assert found.complaints + found.dead_letters + sum(t.lost for t in found.troubles) == (
        found.source
    )
    return found


async def test_records_of_a_real_answer_arrive_through_every_fault(store: Store) -> None:
    found = await graded(store, REST, answer(RECORDS))
    assert (found.grade, found.source, found.troubles) == ("A", 120, [])
    assert {*found.met} == {*Fault}
    assert found.untold == []


async def test_what_the_yaml_can_not_read_is_told_with_the_reason(store: Store) -> None:
    odd = [{**each, "status": "DITOLAK"} if each["id"] < 7 else each for each in RECORDS]
    found = await graded(store, REST, answer([*odd, {**record(0), "id": None}]))
    assert [(r.field, r.count, r.example) for r in found.refused] == [
        ("status", 7, "DITOLAK"),
        ("external_id", 1, None),
    ]
    assert found.grade == "A"


async def test_no_record_that_can_be_read_is_an_f(store: Store) -> None:
    odd = [{**each, "status": "DITOLAK"} for each in RECORDS[:40]]
    found = await graded(store, REST, answer(odd))
    assert found.grade == "F"
    assert any("no record of the file can be read" in line for line in found.untold)


async def test_what_a_missing_lookback_loses_of_them_is_told(store: Store) -> None:
    text = REST.replace("        lookback_window: PT10M\n", "")
    found = await graded(store, text, answer(RECORDS))
    assert {each.trap: (each.lost, each.outdated) for each in found.troubles} == {
        "arrived late": (20, 0),
        "edited behind the cursor": (0, 20),
    }
    assert found.grade == "F"


async def test_records_before_the_initial_value_are_told(store: Store) -> None:
    text = REST.replace("2020-01-01", "2025-03-02")
    found = await graded(store, text, answer(RECORDS))
    assert (found.grade, found.source) == ("A", 60)
    assert found.untold[0].startswith("60 records are older than incremental.initial_value")


def lines(records: list[dict[str, Any]]) -> bytes:
    return "\n".join(map(json.dumps, records)).encode()


def table(records: list[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    columns = ["id", "status", "created", "changed"]
    writer = csv.DictWriter(text, columns, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue().encode()


@pytest.mark.parametrize("written", [lines, table])
async def test_records_without_an_envelope_get_that_of_the_yaml(store: Store, written: Any) -> None:
    without_zone = [{**each, "created": each["created"][:-6]} for each in RECORDS[:48]]
    found = await graded(store, BARE, sample_of(written(without_zone), "answers"))
    assert (found.grade, found.source, found.troubles) == ("A", 48, [])
    (told,) = (line for line in found.untold if "zone" in line)
    assert told.startswith("48 times of receipt name no zone. They are read as Asia/Makassar")


async def test_records_of_a_georeport_answer(store: Store) -> None:
    rows = "".join(
        f"<request><service_request_id>r{n}</service_request_id><status>open</status>"
        f"<requested_datetime>2026-06-{1 + n % 28:02}T01:00:00Z</requested_datetime></request>"
        for n in range(60)
    )
    text = (
        OPEN311
        + "resources:\n"
        + '  - incremental: {initial_value: "2026-05-01T00:00:00Z", lookback_window: P2D}\n'
    )
    sample = sample_of(f"<service_requests>{rows}</service_requests>".encode(), "a.xml")
    found = await graded(store, text, sample)
    assert (found.grade, found.source) == ("B", 60)
    assert [each.trap for each in found.troubles] == ["edited long after receipt"]


async def test_an_answer_in_which_the_yaml_finds_nothing_says_where_its_records_are(
    store: Store,
) -> None:
    sample = sample_of(json.dumps({"result": RECORDS}).encode(), "answers.json")
    with pytest.raises(CannotGradeError, match=r"data\.items\[\*\] .* list of 120 at \$\.result"):
        await grade(load(BARE, "c.yaml"), store, sample)


async def test_what_can_not_be_written_into_records_is_not_tried(store: Store) -> None:
    text = BARE.replace("status: status", "status: $.status")
    found = await graded(store, text, sample_of(lines(RECORDS[:40]), "answers.jsonl"))
    assert found.grade == "A"
    assert any("Edits and late records were not tried: $.status" in line for line in found.untold)


@pytest.mark.parametrize(
    "words",
    [
        "paginator: {type: offset, limit: 3, total_path: data.total}",
        "paginator: {type: page_number, total_path: data.pages}",
        "paginator: {type: header_link}",
        "paginator: {type: json_link, next_url_path: data.next}",
        "paginator: {type: cursor, cursor_path: data.next, cursor_body_path: page.after}\n"
        '      method: POST\n      json: {page: {size: 7}, since: ["{incremental.start_value}"]}',
    ],
)
async def test_each_way_of_paging_brings_all(store: Store, words: str) -> None:
    cursor = "paginator: {type: cursor, cursor_path: data.next, cursor_param: after}"
    text = REST.replace(cursor, words)
    if "POST" in words:
        text = text.replace('      params: {since: "{incremental.start_value}"}\n', "")
    found = await graded(store, text, answer(RECORDS[:48]))
    assert (found.grade, found.source, found.troubles) == ("A", 48, [])
    assert {*found.met} == {*Fault}


GRAPHQL = """
version: "1"
name: hub-b
type: graphql
client:
  base_url: https://b.example/
  auth:
    type: oauth2_client_credentials
    access_token_url: https://login.b.example/token
    client_id: a
    client_secret: ${env.SECRET}
resources:
  - name: complaints
    endpoint:
      query: "query($after: String, $since: String) { complaints(after: $after, since: $since) { nodes { id } pageInfo { hasNextPage endCursor } } }"
      variables: {since: "{incremental.start_value}"}
      connection: complaints
      incremental:
        cursor_path: changed
        initial_value: "2020-01-01T00:00:00Z"
        lookback_window: PT10M
    select: {external_id: id, status: status, received_at: created, updated_at: changed}
    status_mapping: {BARU: received, SELESAI: closed}
    timezone: Asia/Makassar
"""  # noqa: E501 - a query on one line


async def test_a_graphql_service_that_wants_a_token_of_its_own(store: Store) -> None:
    """Both are imitated: nothing is asked of login.b.example."""
    found = await graded(store, GRAPHQL, sample_of(lines(RECORDS[:48]), "answers.jsonl"))
    assert (found.grade, found.source, found.troubles) == ("A", 48, [])
