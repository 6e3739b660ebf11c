"""Objects of an S3 bucket: signatures as Amazon's own examples have them, lists and files."""

import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.connectors.base import ChannelError, Surroundings
from hub.connectors.files.s3 import Key, canonical_query, signed_headers
from hub.connectors.load import load
from hub.connectors.vocabulary import ConfigError
from tests.connectors.channel import Serve, batches, ids

YAML = """\
version: "1"
name: kota-a-s3
type: filesystem
bucket_url: s3://laporan/keluar/2024
credentials:
  type: s3
  aws_access_key_id: hub
  aws_secret_access_key: ${env.KEY}
  endpoint_url: http://HOST
resources:
  - name: reports
    file_glob: "*.jsonl"
    decoder: {type: jsonl}
    select: {external_id: id, status: state, received_at: at}
"""
# Of Amazon's documentation, "Signature Calculations for the Authorization Header".
EXAMPLE = Key("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1")
MOMENT = datetime(2013, 5, 24, tzinfo=UTC)
HOST = {"host": "examplebucket.s3.amazonaws.com"}


@pytest.mark.parametrize(
    ("path", "query", "headers", "signature"),
    [
        (
            "/test.txt",
            {},
            {"range": "bytes=0-9"},
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            "/",
            {"lifecycle": ""},
            {},
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
        (
            "/",
            {"max-keys": "2", "prefix": "J"},
            {},
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
)
def test_signatures_are_those_of_amazons_examples(
    path: str, query: dict[str, str], headers: dict[str, str], signature: str
) -> None:
    made = signed_headers("GET", path, canonical_query(query), HOST | headers, EXAMPLE, MOMENT)
    assert made["authorization"].endswith(f"Signature={signature}")


class Store:
    """A store with one bucket; gives two objects a page, and takes no signature but the right."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.fetched: list[str] = []
        self.fault: Response | None = None
        self.app = Starlette(
            routes=[Route("/laporan", self.list), Route("/laporan/{key:path}", self.get)]
        )

    def write(self, name: str, *numbers: int) -> None:
        lines = (b'{"id": %d}\n' % n for n in numbers)
        self.objects[f"keluar/2024/{name}"] = b"".join(lines)

    def refuses(self, request: Request) -> Response | None:
        told = request.headers["authorization"]
        moment = datetime.strptime(request.headers["x-amz-date"], "%Y%m%dT%H%M%SZ")
        now = moment.replace(tzinfo=UTC)
        path = request.scope["raw_path"].decode()
        query = request.scope["query_string"].decode()
        host = {"host": request.headers["host"]}
        key = Key("hub", "s3cret", "us-east-1")
        right = signed_headers("GET", path, query, host, key, now)["authorization"]
        fresh = abs(datetime.now(UTC) - now) < timedelta(minutes=15)
        return None if told == right and fresh else Response(status_code=403)

    async def list(self, request: Request) -> Response:
        if refused := self.refuses(request) or self.fault:
            return refused
        prefix = request.query_params["prefix"]
        assert request.query_params["delimiter"] == "/"
        names = sorted(k for k in self.objects if k.startswith(prefix))
        names = [name for name in names if "/" not in name.removeprefix(prefix)]
        start = int(request.query_params.get("continuation-token", "0/=").partition("/")[0])
        rows = "".join(
            f"<Contents><Key>{escape(name)}</Key><ETag>{escape(self.etag(name))}</ETag></Contents>"
            for name in names[start : start + 2]
        )
        more = f"<NextContinuationToken>{start + 2}/=</NextContinuationToken>"
        rows += more if names[start + 2 :] else ""
        xmlns = "http://s3.amazonaws.com/doc/2006-03-01/"
        return Response(f'<ListBucketResult xmlns="{xmlns}">{rows}</ListBucketResult>')

    def etag(self, name: str) -> str:
        return f'"{hashlib.sha256(self.objects[name]).hexdigest()[:32]}"'

    async def get(self, request: Request) -> Response:
        if refused := self.refuses(request):
            return refused
        name = request.path_params["key"]
        self.fetched.append(name.rpartition("/")[2])
        return Response(self.objects[name], headers={"etag": self.etag(name)})


@pytest.fixture
async def around(serve: Serve, store_of_objects: Store) -> AsyncIterator[Surroundings]:
    host = await serve(store_of_objects.app)
    yield Surroundings(Path(), {"KEY": "s3cret"}, frozenset({host}))


@pytest.fixture
def store_of_objects() -> Store:
    return Store()


def reading(around: Surroundings, text: str = YAML) -> Any:
    (host,) = around.private_hosts or {"127.0.0.1:9"}
    return load(text.replace("HOST", host), "s3.yaml").connect(around)


async def failure(around: Surroundings, text: str = YAML) -> str:
    with pytest.raises(ChannelError) as failed:
        await batches(reading(around, text))
    assert "s3cret" not in str(failed.value)
    return str(failed.value)


async def test_new_and_changed_objects_alone_are_fetched(
    around: Surroundings, store_of_objects: Store
) -> None:
    store = store_of_objects
    store.write("b & c+é ü.jsonl", 2)
    store.write("a.jsonl", 1)
    store.write("d~(1).jsonl", 3, 4)
    store.write("x.csv", 5)
    store.write("deeper/e.jsonl", 6)
    found = await batches(reading(around))
    assert ids(found) == ["1", "2", "3", "4"]
    state = {"reports": found[-1].state or {}}
    assert ids(await batches(reading(around), state)) == []
    store.write("a.jsonl", 7)
    assert ids(await batches(reading(around), state)) == ["7"]
    assert store.fetched == ["a.jsonl", "b & c+é ü.jsonl", "d~(1).jsonl", "a.jsonl"]


async def test_what_is_refused_or_not_there_is_told(
    around: Surroundings, store_of_objects: Store
) -> None:
    assert await failure(around) == "No file matches *.jsonl in s3://laporan/keluar/2024/."
    wrong = Surroundings(Path(), {"KEY": "other"}, around.private_hosts)
    assert "/laporan answered 403. It does not let the hub in" in await failure(wrong)
    for body in (b"<a", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', b""):
        store_of_objects.fault = Response(body)
        assert "answered no list of objects" in await failure(around)
    store_of_objects.fault = Response(b"<a>" * 800_000)
    assert "answered more than 2,048 KiB" in await failure(around)
    page = b"<a><NextContinuationToken>x</NextContinuationToken></a>"
    store_of_objects.fault = Response(page)
    assert "names a page of its list twice" in await failure(around)


async def test_hosts_are_guarded(around: Surroundings) -> None:
    public = Surroundings(Path(), {"KEY": "s3cret"})
    assert "is a private address" in await failure(public)
    elsewhere = YAML.replace("resources:", "allowed_hosts: [a.example]\nresources:")
    assert "127.0.0.1 is not among allowed_hosts" in await failure(around, elsewhere)
    approved = Surroundings(
        Path(), {"KEY": "s3cret"}, around.private_hosts, approved_hosts=frozenset()
    )
    assert "is not approved" in await failure(approved)


def test_the_key_is_not_written_into_the_file() -> None:
    with pytest.raises(ConfigError, match=r"aws_secret_access_key: write no secret here"):
        load(YAML.replace("${env.KEY}", "s3cret"), "s3.yaml")
