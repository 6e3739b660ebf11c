"""A proposal from a sample is a file that maps it, once what it leaves open is filled in."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from hub.connectors.base import ChannelError
from hub.connectors.discover import propose
from hub.connectors.filesystem import FilesystemConfig
from hub.connectors.http.client import get_once
from hub.connectors.load import load
from hub.connectors.mapping.mapper import Mapper
from hub.connectors.rest_api import RestApiConfig
from hub.connectors.sample import Sample, sample_of
from hub.connectors.vocabulary import ConfigError
from tests.connectors.channel import Serve

EXPORT = (
    "\ufeffTracking ID,Tanggal Laporan Masuk,Waktu Laporan Masuk,Isi Laporan Awal,Status Laporan,"
    "Provinsi,Kota/Kabupaten\n"
    '101,3 Sep 2024,00:41:43,"lampu, padam\ndi jalan",Ditutup oleh Sistem,Sulawesi Selatan,Gowa\n'
    "102,13 Sep 2024,10:00:00,sampah,Menunggu Kelengkapan Informasi,Sulawesi Selatan,Gowa\n"
)
XML = """<service_requests>
<request><service_request_id>1</service_request_id><status>Open</status>
<requested_datetime>2012-05-22 23:57:23</requested_datetime><lat/></request>
<request><service_request_id>2</service_request_id><status>Closed</status>
<requested_datetime>2012-05-23 23:57:23</requested_datetime><lat/></request>
</service_requests>"""


def row(n: int, **stated: Any) -> dict[str, Any]:
    moment = f"2024-05-{1 + n:02}T10:00:00+08:00"
    return {"id": n, "state": "PROSES", "created_at": moment, "caller": {"phone": "0"}} | stated


def proposed(content: str | bytes, origin: str = "sample") -> tuple[Sample, str]:
    sample = sample_of(content if isinstance(content, bytes) else content.encode(), origin)
    return sample, propose(sample, "new-channel")


def open_keys(text: str) -> list[str]:
    with pytest.raises(ConfigError) as error:
        load(text, "new.yaml")
    return [each.key for each in error.value.problems]


def test_an_export_is_mapped_by_what_is_proposed_for_it() -> None:
    sample, text = proposed(EXPORT, "exports/laporan.csv")
    config = load(text, "new.yaml").config
    mapper = Mapper(config.mapped[0], config.channel)
    complaints = [mapper.map(record) for record in sample.records]
    assert [(each.external_id, each.status, each.district) for each in complaints] == [
        ("101", "closed", "73.06"),
        ("102", "waiting_reporter", "73.06"),
    ]
    assert complaints[0].received_at.isoformat() == "2024-09-02T16:41:43+00:00"
    assert 'datetime_format: "%d %b %Y %H:%M:%S"  # all 2, as' in text


@pytest.mark.parametrize("form", ["json", "xml"])
def test_a_geo_report_needs_the_address_alone(form: str) -> None:
    record = {"service_request_id": "1", "status": "open", "requested_datetime": "2024-05-01"}
    _, text = proposed(XML if form == "xml" else json.dumps([record]))
    assert open_keys(text) == ["client.base_url"]
    assert f"format: {form}" in text
    _, text = proposed(XML, f"https://311.example/v2/requests.{form}")
    assert load(text, "new.yaml").config.type == "open311"


async def test_a_service_is_asked_once_and_what_it_does_not_tell_is_left_open(serve: Serve) -> None:
    asked = []

    async def answer(request: Request) -> JSONResponse:
        asked.append(request.url.path)
        rows = [row(n, state="PROSES" if n % 2 else "X-7") for n in range(9)]
        return JSONResponse({"data": {"items": rows}, "errors": [], "meta": {"next": "abc"}})

    host = await serve(Starlette(routes=[Route("/v1/complaints", answer)]))
    url = f"http://{host}/v1/complaints?limit=9"
    sample, text = proposed(await get_once(url, frozenset({host}), 5, 1 << 20), url)
    assert asked == ["/v1/complaints"]
    assert open_keys(text) == [
        "resources.0.endpoint.paginator.cursor_param",
        "resources.0.status_mapping.X-7",
    ]
    filled = text.replace('"FILL_IN: the parameter that takes the cursor"', "after")
    filled = filled.replace('"FILL_IN: one of the hub\'s statuses"', "rejected")
    loaded = load(filled, "new.yaml").config
    mapper = Mapper(loaded.mapped[0], loaded.channel)
    statuses = {mapper.map(record).status.value for record in sample.records}
    assert statuses == {"in_progress", "rejected"}
    for line in ("path: complaints", "data_selector: $.data.items[*]", "cursor_path: meta.next"):
        assert line in text
    assert "params: {limit: 9}" in text


HERE = "https://api.sulsel.example/v1/complaints"


def answered(query: str = "", links: dict[str, str] | None = None, **beside: Any) -> str:
    """What is proposed for three records that a service answered with, and what stood beside."""
    rows = [row(n, updated_at=f"2024-06-{1 + n:02}T00:00:00+08:00") for n in range(3)]
    content = json.dumps({"data": rows, **beside}).encode()
    return propose(sample_of(content, f"{HERE}{query}", links), "sulsel")


def paginator(text: str) -> dict[str, Any]:
    config = load(text, "new.yaml").config
    assert isinstance(config, RestApiConfig)
    stated = config.mapped[0].endpoint.paginator
    assert stated
    return stated.model_dump(exclude_defaults=True)


@pytest.mark.parametrize(
    ("asked", "beside", "keys", "why"),
    [
        ("", {"next": f"{HERE}?c=7"}, {"type": "json_link"}, "next has the address of the next"),
        (
            "?page=1&limit=3",
            {"meta": {"last_page": 9}},
            {"type": "page_number", "total_path": "meta.last_page"},
            "the address has page=1, taken for the first",
        ),
        (
            "?offset=0&limit=3",
            {"total": 20},
            {"type": "offset", "limit": 3, "total_path": "total"},
            "the address has limit=3 and offset=0",
        ),
        ("", {"total": 3}, {"type": "single_page"}, "total is 3, and so many there are"),
    ],
)
def test_a_paginator_is_proposed_with_what_tells_of_it(
    asked: str, beside: dict[str, Any], keys: dict[str, Any], why: str
) -> None:
    text = answered(asked, **beside)
    assert paginator(text) == keys
    assert f"# {why}" in text


def test_a_key_that_breaks_a_line_adds_none_to_the_file() -> None:
    beside: dict[str, Any] = {"a\nname: other\n#": {"next": "7"}}
    text = answered(**beside)
    assert "\nname: other" not in text
    assert open_keys(text) == ["resources.0.endpoint.paginator.cursor_param"]


def test_a_next_page_in_the_header_is_seen_and_one_that_is_not_told_is_left_open() -> None:
    text = answered(links={"next": "/v1/complaints?page=2"})
    assert paginator(text) == {"type": "header_link"}
    assert open_keys(answered(total=900)) == ["resources.0.endpoint.paginator.type"]
    assert "total is 900, and there are 3" in answered(total=900)


def test_a_cursor_is_proposed_with_its_order_and_stated_where_the_address_shows_how() -> None:
    text = answered(total=3)
    assert "# updated_at is a time in 3 of 3 records, the oldest first" in text
    config = load(answered("?updated_since=2024-06-01T00:00:00Z", total=3), "new.yaml").config
    assert isinstance(config, RestApiConfig)
    endpoint = config.mapped[0].endpoint
    assert endpoint.params == {"updated_since": "{incremental.start_value}"}
    assert endpoint.incremental
    assert endpoint.incremental.model_dump(exclude_defaults=True) == {
        "cursor_path": "updated_at",
        "initial_value": datetime(2024, 6, 1, tzinfo=UTC),
        "row_order": "asc",
    }
    at = "resources.0.endpoint.incremental.initial_value"
    text = answered("?since=2024-06-01", total=3)
    assert open_keys(text) == [at]
    assert "datetime_format: %Y-%m-%d" in text.replace('"', "")


def test_zones_are_told() -> None:
    assert "# No `timezone`: times name theirs, +08:00 in 3 of 3 records." in answered(total=3)


def test_a_key_of_the_address_is_not_written_into_the_file() -> None:
    text = answered("?api_key=s3cret&limit=3", total=3)
    assert "s3cret" not in text
    assert "params: {limit: 3}" in text
    assert open_keys(text) == ["client.auth.api_key"]


@pytest.mark.parametrize("form", ["xlsx", "gz"])
def test_a_file_of_any_kind_that_is_read_can_be_a_sample(tmp_path: Path, form: str) -> None:
    if form == "xlsx":
        book = openpyxl.Workbook()
        sheet = book.create_sheet(index=0)
        sheet.append(["Nomor", "Status", "Tanggal"])
        for n in (1, 2):
            sheet.append([n, "Baru", datetime(2024, 5, n)])
        book.save(tmp_path / "a.xlsx")
        content = (tmp_path / "a.xlsx").read_bytes()
    else:
        content = gzip.compress(b"Nomor,Status,Tanggal\n1,Baru,2024-05-01\n2,Baru,2024-05-02\n")
    name = "a.xlsx" if form == "xlsx" else "a.csv.gz"
    _, text = proposed(content, f"https://files.example.go.id/keluar/{name}")
    config = load(text, "new.yaml").config
    assert isinstance(config, FilesystemConfig)
    assert config.bucket_url == "https://files.example.go.id/keluar"
    (resource,) = config.resources
    assert (resource.file_glob, resource.select.external_id) == (name, "Nomor")
    assert resource.decoder.type == ("xlsx" if form == "xlsx" else "csv")


def test_a_gzip_bomb_is_refused() -> None:
    with pytest.raises(ChannelError, match="inflates to more than 16 MiB"):
        proposed(gzip.compress(b" " * (17 << 20)), "a.json.gz")


def test_a_date_that_can_be_read_in_two_ways_is_left_open() -> None:
    _, text = proposed("id;tanggal;status\n1;03/04/2024;baru\n2;05/06/2024;selesai\n", "a.csv")
    assert open_keys(text) == ["resources.0.datetime_format"]
    assert "several fit: %d/%m/%Y, %m/%d/%Y" in text
    _, text = proposed("id;tanggal;status\n1;03/04/2024;baru\n2;25/06/2024;selesai\n", "a.csv")
    assert 'datetime_format: "%d/%m/%Y"' in text
    assert 'delimiter: ";"' in text


def test_an_id_that_comes_twice_is_none() -> None:
    _, text = proposed(json.dumps([row(1), row(1)]))
    assert "resources.0.select.external_id" in open_keys(text)


def test_words_of_a_record_are_not_repeated() -> None:
    _, text = proposed(json.dumps([row(1, title="rahasia sekali", description="0812")]))
    assert "rahasia" not in text
    assert "0812" not in text


@pytest.mark.parametrize("content", ["", "[]", "{}", "[1]", "<a", "<a/>", "{", '{"a": {"b": 1}}'])
def test_what_holds_no_records_is_refused(content: str) -> None:
    with pytest.raises(ChannelError):
        proposed(content)


def test_json_lines_are_a_file_of_a_record_each() -> None:
    sample = sample_of(b'{"id": 1, "a": {"b": 2}}\n\n{"id": 2}\n', "exports/a.jsonl")
    assert (sample.form, sample.records) == ("jsonl", [{"id": 1, "a": {"b": 2}}, {"id": 2}])
    assert "decoder: {type: jsonl}" in propose(sample, "kota-a")


def test_a_broken_line_is_told() -> None:
    with pytest.raises(ChannelError, match="not whole JSON"):
        sample_of(b'{"id": 1}\n{"id": 2', "a.jsonl")
