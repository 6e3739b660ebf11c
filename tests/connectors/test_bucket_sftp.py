"""Files of a real SFTP server."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from hub.connectors.base import ChannelError, Connector, Surroundings
from hub.connectors.files import buckets
from hub.connectors.files import sftp as bucket_sftp
from hub.connectors.load import load
from hub.connectors.vocabulary import ConfigError
from tests.connectors.channel import batches, ids

YAML = """\
version: "1"
name: kota-a-sftp
type: filesystem
bucket_url: sftp://HOST/out
credentials: {type: sftp, username: hub, password: "${env.PASSWORD}", host_key: "HOST_KEY"}
resources:
  - name: reports
    file_glob: "*.jsonl"
    decoder: {type: jsonl}
    select: {external_id: id, status: state, received_at: at}
"""
OWN_KEY = asyncssh.generate_private_key("ssh-ed25519")
SERVER_KEY = asyncssh.generate_private_key("ssh-ed25519")


class _Users(asyncssh.SSHServer):
    def begin_auth(self, _: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("hub", "s3cret")

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, _: str, key: asyncssh.SSHKey) -> bool:
        return key.public_data == OWN_KEY.public_data


class Server:
    """An SFTP server with one folder, `out`."""

    def __init__(self, root: Path, host: str) -> None:
        self.host = host
        self.folder = root / "out"
        self.folder.mkdir()
        self.around = Surroundings(
            root,
            {
                "PASSWORD": "s3cret",
                "KEY": OWN_KEY.export_private_key().decode(),
            },
            frozenset({host}),
        )

    def write(self, name: str, *numbers: int) -> None:
        lines = (f'{{"id": {n}}}\n' for n in numbers)
        (self.folder / name).write_text("".join(lines), encoding="utf-8")

    def connector(self, text: str = YAML, **around: Any) -> Connector[Any]:
        key = SERVER_KEY.export_public_key().decode().strip()
        text = text.replace("HOST_KEY", key).replace("HOST", self.host)
        return load(text, "sftp.yaml").connect(replace(self.around, **around))

    async def failure(self, text: str = YAML, **around: Any) -> str:
        with pytest.raises(ChannelError) as failed:
            await batches(self.connector(text, **around))
        assert "s3cret" not in str(failed.value)
        return str(failed.value)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    root = str(tmp_path).encode()
    listening = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=_Users,
        server_host_keys=[SERVER_KEY],
        sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=root),
    )
    async with listening:
        yield Server(tmp_path, f"127.0.0.1:{listening.get_port()}")


async def test_new_and_changed_files_alone_are_fetched(server: Server) -> None:
    server.write("b.jsonl", *range(10, 2000))
    server.write("a.jsonl", *range(10))
    server.write("c.txt", 1)
    (server.folder / "d.jsonl").mkdir()
    (server.folder / "e.jsonl").symlink_to("nowhere")
    (server.folder / "z.jsonl").symlink_to("c.txt")
    found = await batches(server.connector())
    assert ids(found) == [*(str(n) for n in range(2000)), "1"]
    state = {"reports": found[-1].state or {}}
    assert ids(await batches(server.connector(), state)) == []
    server.write("a.jsonl", 7)
    assert ids(await batches(server.connector(), state)) == ["7"]
    assert await server.connector().check() == "z.jsonl: readable, 1 rows looked at, and 2 more"


async def test_a_key_proves_who_the_hub_is_as_a_password_does(server: Server) -> None:
    server.write("a.jsonl", 1)
    by_key = YAML.replace('password: "${env.PASSWORD}"', 'private_key: "${env.KEY}"')
    assert ids(await batches(server.connector(by_key))) == ["1"]
    wrong = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    told = await server.failure(by_key, environment={"KEY": wrong})
    assert "takes neither the name nor what proves it" in told
    told = await server.failure(environment={"PASSWORD": "other"})
    assert "takes neither the name nor what proves it" in told
    told = await server.failure(by_key, environment={"KEY": "s3cret"})
    assert told.startswith("credentials.private_key is none: ")


async def test_a_server_with_another_key_is_not_told_who_the_hub_is(server: Server) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    told = await server.failure(YAML.replace("HOST_KEY", other))
    assert "shows another key than credentials.host_key" in told
    told = await server.failure(YAML.replace("HOST_KEY", "ssh-ed25519 AAAA"))
    assert told.startswith("credentials.host_key is no public key: ")


async def test_hosts_are_guarded(server: Server) -> None:
    name = server.host.partition(":")[0]
    assert "is a private address" in await server.failure(private_hosts=frozenset())
    assert "is not approved" in await server.failure(approved_hosts=frozenset({"a.example"}))
    elsewhere = YAML.replace("resources:", "allowed_hosts: [a.example]\nresources:")
    assert await server.failure(elsewhere) == f"{name} is not among allowed_hosts."


@pytest.mark.parametrize("size", [100, 5000])
async def test_a_file_that_is_too_large_or_too_slow_is_refused(
    server: Server, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    server.write("a.jsonl", *range(size))
    monkeypatch.setattr(buckets, "MOST_BYTES", 1024)
    assert "a.jsonl has more than" in await server.failure()
    monkeypatch.setattr(bucket_sftp, "ANSWER_SECONDS", 0)
    assert "TimeoutError" in await server.failure()


async def test_what_is_not_there_is_told(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await server.failure() == f"No file matches *.jsonl in sftp://{server.host}/out."
    told = await server.failure(YAML.replace("HOST/out", "HOST/in"))
    assert told == f"sftp://{server.host}/in: No such file or directory"
    told = await server.failure(YAML.replace('"*.jsonl"', '"../*.jsonl"'))
    assert "only files of the folder itself" in told
    monkeypatch.setattr(bucket_sftp, "MOST_LISTED", 1)
    for name in ("a", "b"):
        server.write(name, 1)
    assert "has more than 1 files" in await server.failure()


async def test_a_file_that_is_written_to_meanwhile_is_not_called_done(server: Server) -> None:
    server.write("a.jsonl", 1)
    async with server.connector()._bucket() as bucket:  # type: ignore[attr-defined]
        (listed,) = await bucket.files("*")
        server.write("a.jsonl", 1, 2)
        with pytest.raises(ChannelError, match=r"a\.jsonl was written to as it was read"):
            async with bucket.opened(listed):
                pass


async def test_names_that_lead_out_of_a_folder_match_nothing() -> None:
    names = ["a", "..", ".", "../b", "/c", "d/e"]
    assert buckets.matching(names, "*", "there") == ["a"]


async def test_a_server_that_is_not_there_is_told(server: Server) -> None:
    nowhere = server.host.replace(server.host.partition(":")[2], "1")
    around = {"private_hosts": frozenset({nowhere})}
    told = await server.failure(YAML.replace("HOST/", f"{nowhere}/"), **around)
    assert told.startswith(f"sftp://{nowhere}/out: ")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("password: ", "private_key: '${env.KEY}', password: "), "state either"),
        (('password: "${env.PASSWORD}", ', ""), "state either"),
        (("${env.PASSWORD}", "s3cret"), "write no secret here"),
        (("sftp://", "sftp://hub:s3cret@"), "write no name or password here"),
        (("HOST/", "${secret.HOST}/"), "errors tell the address"),
    ],
)
def test_secrets_and_what_proves_the_hub_are_checked(change: tuple[str, str], told: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(YAML.replace(*change), "sftp.yaml")
    assert told in str(refused.value)
    assert "s3cret" not in str(refused.value)


async def test_credentials_go_with_an_address_of_their_kind(tmp_path: Path) -> None:
    text = YAML.replace("sftp://HOST/out", "s3://bucket").replace("HOST_KEY", "k")
    with pytest.raises(ChannelError, match="does not fit the credentials"):
        await batches(load(text, "sftp.yaml").connect(Surroundings(tmp_path, {})))
