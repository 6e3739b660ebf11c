"""`bucket_url` and `credentials` of a connector's YAML → the bucket that they name."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, Field

from hub.connectors.base import ChannelError, Surroundings
from hub.connectors.config import Text
from hub.connectors.files.buckets import Bucket, Folder
from hub.connectors.files.s3 import S3Bucket, S3Credentials, s3_key
from hub.connectors.files.sftp_credentials import SftpCredentials
from hub.connectors.files.web import HttpBucket, HttpCredentials, http_headers
from hub.connectors.http.config import ApiKeyAuth, BearerAuth, HttpBasicAuth
from hub.connectors.http.files import HttpFiles
from hub.connectors.vocabulary import secrets_in


def _without_secrets(url: str) -> str:
    if secrets_in(url):
        raise ValueError("takes no secret: errors tell the address; state it as `credentials`")
    if "@" in urlsplit(url).netloc:
        raise ValueError("write no name or password here; state them as `credentials`")
    return url


BucketUrl = Annotated[Text, AfterValidator(_without_secrets)]
Credentials = Annotated[
    SftpCredentials | S3Credentials | HttpCredentials, Field(discriminator="type")
]


def is_elsewhere(bucket_url: str) -> bool:
    """Whether an address is not that of a folder of this machine."""
    return urlsplit(bucket_url).scheme in {"sftp", "s3", "http", "https"}


@asynccontextmanager
async def opened_bucket(
    bucket_url: str,
    credentials: Credentials | None,
    allowed_hosts: list[str],
    surroundings: Surroundings,
) -> AsyncIterator[Bucket]:
    """The bucket, connected while the block runs. Raises ChannelError and ConfigError."""
    url = surroundings.expand(bucket_url, "bucket_url")
    parts = urlsplit(url)
    path = unquote(parts.path)
    match parts.scheme, credentials:
        case (("" | "file"), None):
            yield Folder(surroundings.folder / path)
        case "sftp", SftpCredentials():
            try:  # of the extra `sftp`; others need not wait for it
                from hub.connectors.files.sftp import sftp_bucket
            except ModuleNotFoundError:
                told = "sftp:// needs the extra `sftp`: pip install 'complaint-hub[sftp]'."
                raise ChannelError(told) from None
            async with sftp_bucket(parts, credentials, allowed_hosts, surroundings) as bucket:
                yield bucket
        case "s3", S3Credentials():
            endpoint = surroundings.expand(credentials.endpoint, "credentials.endpoint_url")
            key = s3_key(credentials, surroundings)
            async with HttpFiles(_host(endpoint), allowed_hosts, surroundings) as files:
                yield S3Bucket(files, endpoint, parts.netloc, path, key)
        case (("http" | "https"), (BearerAuth() | HttpBasicAuth() | ApiKeyAuth() | None)):
            headers = http_headers(credentials, surroundings)
            async with HttpFiles(_host(url), allowed_hosts, surroundings) as files:
                yield HttpBucket(files, url, headers)
        case scheme, _:
            raise ChannelError(
                f"bucket_url: {scheme or 'file'}:// does not fit the credentials. There are "
                "folders without any, sftp:// with type sftp, s3:// with type s3, and https:// "
                "with http_basic, bearer, api_key or none."
            )


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
