"""Making clients and users, and rotating keys, beside a hub that serves."""

import json
import re
import shlex
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pyotp
import pytest
from joserfc.jwk import ECKey, KeySet

from hub.serving import free_port
from tests.cli.commands import Hub

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub that serves; its mongod is the commands'."""
    folder = tmp_path_factory.mktemp("auth")
    (folder / "connectors_config").mkdir()
    hub = Hub(folder, {"HUB_PORT": str(free_port(0))})
    jwks = KeySet([ECKey.generate_key("P-256")]).as_dict(private=False)
    (folder / "jwks.json").write_text(json.dumps(jwks))
    with hub.start("serve") as server:
        assert server.stderr
        while "Serving" not in server.stderr.readline():
            assert server.poll() is None
        yield hub
        server.terminate()  # in order: killed, it would leave its mongod behind
        server.communicate(timeout=60)


def made(hub: Hub, *command: str, stdin: str = "") -> dict[str, Any]:
    code, out, err = hub(*command, stdin=stdin)
    assert code == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


def test_the_commands_of_the_documentation_work(hub: Hub) -> None:
    text = (DOCS / "auth.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.M | re.S)
    commands = [line for block in blocks for line in block.splitlines() if line.startswith("hub ")]
    assert len(commands) == 7
    for command in commands:
        code, _, err = hub(*shlex.split(command)[1:], stdin="kata sandi yang panjang\n")
        assert code == 0, (command, err)


def test_only_clients_that_keep_a_secret_get_one(hub: Hub) -> None:
    redirect = ("--redirect-uri", "https://konsol.example/kembali")
    secret, none = {"client_id", "client_secret"}, {"client_id"}
    ministry = ("--role", "ministry")
    kinds: list[tuple[tuple[str, ...], set[str]]] = [
        (ministry, secret),
        (redirect, secret),
        ((*redirect, "--public"), none),
        (("--public", "--grant-type", "device_code"), none),
        ((*ministry, "--jwks", "jwks.json"), none),
    ]
    for options, keys in kinds:
        assert made(hub, "client", "create", "x", *options).keys() == keys
    wrong: list[tuple[tuple[str, ...], str]] = [
        ((), "needs a role"),
        (("--region", "73"), "need a role"),
        (("--public", *ministry, "--grant-type", "client_credentials"), "public client can't"),
        (("--redirect-uri", "http://konsol.example/"), "must be https"),
        ((*ministry, "--jwks", "missing.json"), "missing.json"),
        (("--grant-type", "password"), "device_code"),
    ]
    for options, told in wrong:
        code, out, err = hub("client", "create", "x", *options)
        assert (code, out) == (2, "")
        assert told in err


def test_users_are_made_with_a_password_that_is_shown_or_read(hub: Hub) -> None:
    role = ("--role", "district", "--region", "73.71")
    shown = made(hub, "user", "create", "ani", *role, "--totp")
    assert shown.keys() == {"id", "name", "password", "totp"}
    totp = pyotp.parse_uri(shown["totp"])
    assert (totp.name, totp.issuer) == ("ani", "Complaint Hub")
    read = made(
        hub, "user", "create", "joko", *role, "--password-stdin", stdin="sandi yang sangat panjang"
    )
    assert read.keys() == {"id", "name"}
    for command, told in (
        (("create", "ani", *role), "of this name already"),
        (("create", "tono", *role, "--password-stdin"), "12 to 1024"),
        (("create", "tono", *role, "--scope", "clients:write"), "can't have"),
        (("create", "tono", "--role", "district", "--region", "99.99"), "no region"),
        (("totp", "tono"), "no user of this name"),
        (("remove", "tono"), "no user of this name"),
    ):
        code, out, err = hub("user", *command, stdin="pendek")
        assert (code, out) == (2, "")
        assert told in err
    assert hub("user", "remove", "joko")[0] == 0
    code, out, _ = hub("user", "totp", "ani")
    assert code == 0
    assert pyotp.parse_uri(out.strip()).secret != totp.secret


def test_a_running_hub_takes_a_new_key_up_by_itself(hub: Hub) -> None:
    url = f"http://127.0.0.1:{hub.environment['HUB_PORT']}/.well-known/jwks.json"

    def published() -> int:
        return len(httpx2.get(url, timeout=30).json()["keys"])

    before = published()
    assert hub("keys", "rotate")[0] == 0
    deadline = time.monotonic() + 10
    while published() == before:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert published() == before + 1
