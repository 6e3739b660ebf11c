"""What a GeoReport v2 server answers, in its dialects."""

from typing import Any

import orjson
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.connectors.base import Batch, ChannelError, Connector
from tests.connectors.channel import Serve, batches, connector

YAML = """\
version: "1"
name: kota-a-open311
type: open311
client: {base_url: "http://HOST/georeport/v2"AUTH}
"""
XML = YAML + "resources: [{format: xml}]\n"
KEY = ', auth: {type: api_key, name: api_key, api_key: "${env.KEY}", location: query}'
SERVICES = [
    {"service_code": "006", "service_name": "Trotoar rusak"},
    {"service_code": 21, "service_name": "Sampah"},
]
REQUESTS: list[dict[str, Any]] = [
    {"service_request_id": "1", "service_code": "006", "status": "open", "lat": None},
    {"service_request_id": "2", "service_code": "21", "service_name": None},
    {"service_request_id": "3", "service_code": "021"},
    {"service_request_id": "4", "service_code": "006", "service_name": "Trotoar"},
    {"service_request_id": "5"},
]
SERVICES_XML = """<?xml version="1.0"?><services>
  <service><service_code>006</service_code><service_name>Trotoar rusak</service_name></service>
</services>"""
REQUESTS_XML = """<?xml version="1.0" encoding="utf-8"?>
<service_requests xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <request>
    <service_request_id>1129806</service_request_id><status>Open</status><status_notes/>
    <service_code>006</service_code><description>Lubang &amp; air
di jalan</description><updated_datetime xsi:nil="true"/><agency_responsible></agency_responsible>
    <lat>0.0</lat><long>  119.4 </long>
  </request>
  <request><service_request_id>2</service_request_id></request>
</service_requests>"""
BOMB = """<!DOCTYPE bomb [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<service_requests><request><description>&b;</description></request></service_requests>"""
EXTERNAL = """<!DOCTYPE r [<!ENTITY file SYSTEM "file:///etc/passwd">]>
<service_requests><request><description>&file;</description></request></service_requests>"""


class City:
    """A GeoReport v2 server that answers with these two documents."""

    def __init__(self, requests: Any, services: Any = SERVICES) -> None:
        self.answers = {"requests": requests, "services": services}
        self.queries: dict[str, dict[str, str]] = {}
        self.app = Starlette(routes=[Route("/georeport/v2/{name}.{format}", self.respond)])

    async def respond(self, request: Request) -> Response:
        name = request.path_params["name"]
        self.queries[name] = dict(request.query_params)
        answer = self.answers[name]
        return Response(answer) if isinstance(answer, str | bytes) else JSONResponse(answer)


def channel(host: str, text: str = YAML, auth: str = "") -> Connector[Any]:
    return connector(text.replace("AUTH", auth), host, environment={"KEY": "s3cret"})


def records(found: list[Batch]) -> list[Any]:
    return [record for batch in found for record in batch.records]


async def failure(serve: Serve, city: City, text: str = YAML) -> str:
    host = await serve(city.app)
    with pytest.raises(ChannelError) as failed:
        await batches(channel(host, text))
    return str(failed.value)


@pytest.mark.parametrize("wrapped", [False, True])
async def test_requests_are_read_and_named_by_the_list_of_services(
    serve: Serve, wrapped: bool
) -> None:
    city = City({"service_requests": REQUESTS} if wrapped else REQUESTS)
    found = records(await batches(channel(await serve(city.app))))
    assert [each["service_request_id"] for each in found] == ["1", "2", "3", "4", "5"]
    assert [each["service_name"] for each in found] == [
        "Trotoar rusak",
        "Sampah",
        None,  # 021 is not 21
        "Trotoar",
        None,
    ]


async def test_xml_is_read_with_none_for_what_is_nil_or_empty(serve: Serve) -> None:
    city = City(REQUESTS_XML, SERVICES_XML)
    found = records(await batches(channel(await serve(city.app), XML)))
    assert found == [
        {
            "service_request_id": "1129806",
            "status": "Open",
            "status_notes": None,
            "service_code": "006",
            "service_name": "Trotoar rusak",
            "description": "Lubang & air\ndi jalan",
            "updated_datetime": None,
            "agency_responsible": None,
            "lat": "0.0",
            "long": "119.4",
        },
        {"service_request_id": "2", "service_name": None},
    ]


async def test_jurisdiction_key_and_parameters_are_sent(serve: Serve) -> None:
    city = City(REQUESTS)
    text = YAML + 'jurisdiction_id: kota-a.example\nresources: [{params: {extensions: "true"}}]\n'
    await batches(channel(await serve(city.app), text, KEY))
    expected = {"jurisdiction_id": "kota-a.example", "api_key": "s3cret", "extensions": "true"}
    assert city.queries == {"services": expected, "requests": expected}


@pytest.mark.parametrize("document", [BOMB, EXTERNAL, "<!DOCTYPE r><service_requests/>"])
async def test_xml_with_a_document_type_is_refused(serve: Serve, document: str) -> None:
    assert "XML that is refused" in await failure(serve, City(document, SERVICES_XML), XML)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (REQUESTS_XML[:-30], "is not whole XML"),
        ("", "is not whole XML"),
        ('[{"service_request_id": "1"}]', "is not whole XML"),
        ("<errors><error><code>400</code></error></errors>", "<errors> holds other things"),
        ("<html><body>Maintenance</body></html>", "<html> holds other things"),
        ("<service_requests><request/><error/></service_requests>", "holds other things"),
    ],
)
async def test_an_answer_that_is_no_whole_xml_list_is_an_error(
    serve: Serve, document: str, told: str
) -> None:
    assert told in await failure(serve, City(document, SERVICES_XML), XML)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (orjson.dumps(REQUESTS)[:-2], "is not whole JSON"),
        ("", "is not whole JSON"),
        ("<service_requests/>", "is not whole JSON"),
        ({"error": "maintenance"}, "is no list of GeoReport v2 objects"),
        ({"requests": [], "next": None}, "is no list of GeoReport v2 objects"),
        (["1", "2"], "is no list of GeoReport v2 objects"),
        ("null", "is no list of GeoReport v2 objects"),
    ],
)
async def test_an_answer_that_is_no_whole_json_list_is_an_error(
    serve: Serve, document: Any, told: str
) -> None:
    assert told in await failure(serve, City(document))


async def test_services_that_can_not_be_read_fail_the_run(serve: Serve) -> None:
    assert "is not whole JSON" in await failure(serve, City(REQUESTS, "<html>"))


@pytest.mark.parametrize(("rows", "fails"), [(999, False), (1000, True), (1001, True)])
async def test_without_windows_an_answer_that_was_cut_off_fails_the_run(
    serve: Serve, rows: int, fails: bool
) -> None:
    city = City([{"service_request_id": str(number)} for number in range(rows)])
    if fails:
        assert "the server cut it off and some would be lost" in await failure(serve, city)
    else:
        assert len(records(await batches(channel(await serve(city.app))))) == rows


async def test_a_check_counts_services_and_requests(serve: Serve) -> None:
    host = await serve(City(REQUESTS).app)
    assert await channel(host).check() == "2 services, 5 requests in the first answer"
