"""Objects of an S3 bucket, or of another store that speaks as S3 does."""

import hashlib
import hmac
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import quote, urlsplit
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import ParseError, fromstring

from hub.connectors.base import ChannelError, Surroundings
from hub.connectors.config import Text
from hub.connectors.files.buckets import MOST_LISTED, RemoteBucket, Stored, matching
from hub.connectors.http.config import Secret, WebAddress
from hub.connectors.http.files import HttpFiles
from hub.connectors.vocabulary import Vocabulary

_NOTHING = hashlib.sha256(b"").hexdigest()


class S3Credentials(Vocabulary):
    """Who the hub is at a store of objects, and where that is."""

    type: Literal["s3"]
    """S3, or what speaks as it does."""
    aws_access_key_id: Text
    """The key's id."""
    aws_secret_access_key: Secret
    """${secret.NAME} or ${env.NAME} of the key."""
    region_name: Text = "us-east-1"
    """The region of the bucket."""
    endpoint_url: WebAddress | None = None
    """The store's address; Amazon's of the region if left out."""

    @property
    def endpoint(self) -> str:
        """The store's address."""
        amazon = f"https://s3.{self.region_name}.amazonaws.com"
        return (self.endpoint_url or amazon).rstrip("/")


class Key(NamedTuple):
    """An access key, for a region."""

    id: str
    secret: str
    region: str


class S3Bucket(RemoteBucket):
    """The objects right below a prefix, told apart by their ETag."""

    def __init__(self, files: HttpFiles, endpoint: str, bucket: str, prefix: str, key: Key) -> None:
        self._files = files
        self._endpoint = endpoint
        self._bucket = bucket
        self._prefix = prefix.strip("/") + "/" if prefix.strip("/") else ""
        self._key = key

    async def files(self, glob: str) -> list[Stored]:
        """See Bucket."""
        where = f"s3://{self._bucket}/{self._prefix}"
        versions: dict[str, str] = {}
        async for name, version in self._listed():
            versions[name] = version
            if len(versions) > MOST_LISTED:
                raise ChannelError(f"{where} has more than {MOST_LISTED:,} objects.")
        return [Stored(name, versions[name]) for name in matching(versions, glob, where)]

    async def _listed(self) -> AsyncIterator[tuple[str, str]]:
        query = {"list-type": "2", "prefix": self._prefix, "delimiter": "/"}
        seen: set[str] = set()
        while True:
            page = await self._page(query)
            for each in page.iterfind("{*}Contents"):
                name = (each.findtext("{*}Key") or "").removeprefix(self._prefix)
                if name:
                    yield name, each.findtext("{*}ETag") or ""
            token = page.findtext("{*}NextContinuationToken")
            if not token:
                return
            if token in seen:
                raise ChannelError(f"{self._endpoint} names a page of its list twice.")
            seen.add(token)
            query["continuation-token"] = token

    async def _page(self, query: Mapping[str, str]) -> Element:
        url, headers = self._signed(f"/{self._bucket}", query)
        try:
            return fromstring(await self._files.get(url, headers), forbid_dtd=True)
        except (ParseError, ValueError) as error:
            raise ChannelError(f"{self._endpoint} answered no list of objects: {error}") from None

    async def _fetch(self, file: Stored, path: Path) -> None:
        url, headers = self._signed(f"/{self._bucket}/{self._prefix}{file.name}", {})
        await self._files.save(url, headers, file, path)

    def _signed(self, path: str, query: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        parts = urlsplit(self._endpoint)
        path = quote(parts.path + path, safe="/-_.~")
        text = canonical_query(query)
        url = f"{parts.scheme}://{parts.netloc}{path}" + (f"?{text}" if text else "")
        host = {"host": parts.netloc.lower()}
        return url, signed_headers("GET", path, text, host, self._key, datetime.now(UTC))


def canonical_query(query: Mapping[str, str]) -> str:
    """A query in the one form that is signed."""
    pairs = sorted((quote(k, safe="-_.~"), quote(v, safe="-_.~")) for k, v in query.items())
    return "&".join(f"{name}={value}" for name, value in pairs)


def signed_headers(
    method: str, path: str, query: str, headers: Mapping[str, str], key: Key, now: datetime
) -> dict[str, str]:
    """The headers with a signature (AWS Signature Version 4) of a question without a body; `path`
    and `query` are encoded as they are sent."""
    moment, day = f"{now:%Y%m%dT%H%M%SZ}", f"{now:%Y%m%d}"
    headers = {**headers, "x-amz-content-sha256": _NOTHING, "x-amz-date": moment}
    names = ";".join(sorted(headers))
    lines = [f"{name}:{headers[name]}" for name in sorted(headers)]
    question = "\n".join([method, path, query, *lines, "", names, _NOTHING])
    scope = f"{day}/{key.region}/s3/aws4_request"
    digest = hashlib.sha256(question.encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", moment, scope, digest])
    secret = f"AWS4{key.secret}".encode()
    for part in (day, key.region, "s3", "aws4_request"):
        secret = hmac.digest(secret, part.encode(), "sha256")
    signature = hmac.new(secret, text.encode(), "sha256").hexdigest()
    told = f"Credential={key.id}/{scope},SignedHeaders={names},Signature={signature}"
    return {**headers, "authorization": f"AWS4-HMAC-SHA256 {told}"}


def s3_key(credentials: S3Credentials, surroundings: Surroundings) -> Key:
    """The key. Raises ConfigError for a secret that is not there."""
    expand = surroundings.expand
    return Key(
        expand(credentials.aws_access_key_id, "credentials.aws_access_key_id"),
        expand(credentials.aws_secret_access_key, "credentials.aws_secret_access_key"),
        credentials.region_name,
    )
