"""A proposal from a sample is a file that maps it, once what it leaves open is filled in."""

import json
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from hub.connectors.base import ChannelError
from hub.connectors.discover import propose
from hub.connectors.http.client import get_once
from hub.connectors.load import load
from hub.connectors.mapping.mapper import Mapper
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
    assert '"limit": "9"' in text


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
