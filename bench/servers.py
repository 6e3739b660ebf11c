"""Starting servers, each a process of its own on loopback, and asking them."""

import base64
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from bench.asks import Ask
from hub.serving import free_port

HERE = Path(__file__).parent
NODE = HERE / "peers" / "node"
_START_SECONDS = 30
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")

COMMANDS: dict[str, tuple[str, ...]] = {
    "hub": (sys.executable, "-m", "bench.peers.hub"),
    "hub, no token, no scope": (sys.executable, "-m", "bench.peers.hub", "--open"),
    "hub, 2 processes": (sys.executable, "-m", "bench.peers.hub", "--two"),
    "hub, Motor": (sys.executable, "-m", "bench.peers.hub", "--motor"),
    "hand-written": (sys.executable, "-m", "bench.peers.hand_written"),
    "Mercurius with jit": ("node", "mercurius.js"),
    "Yoga": ("node", "yoga.js"),
    "Apollo Server": ("node", "apollo.js"),
    "plain Strawberry": (sys.executable, "-m", "bench.peers.plain_strawberry"),
    "plain Strawberry, caches": (sys.executable, "-m", "bench.peers.plain_strawberry"),
}


@dataclass(slots=True)
class Server:
    """A server that runs, over one database."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    tokens: dict[str, str] = field(default_factory=dict)

    def request(self, ask: Ask) -> bytes:
        """The bytes of an HTTP request that asks this."""
        body, lines = ask.body, [f"Host: 127.0.0.1:{self.port}", "Accept: application/json"]
        if self.name == "hand-written":
            return "\r\n".join([f"GET {ask.path} HTTP/1.1", *lines, "", ""]).encode()
        path = "/" if self.name == "Apollo Server" else "/graphql"
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        if self.tokens:
            lines.append(f"Authorization: Bearer {self.tokens[ask.viewer]}")
        return "\r\n".join([f"POST {path} HTTP/1.1", *lines, "", ""]).encode() + body

    def data(self, ask: Ask) -> Any:
        """The data of an answer, times and whole numbers written alike. Raises for errors."""
        head, _, body = self.request(ask).partition(b"\r\n\r\n")
        method, path, _ = head.split(b"\r\n")[0].decode().split()
        lines = [line.split(": ", 1) for line in head.decode().split("\r\n")[1:]]
        headers = {name: value for name, value in lines if name != "Content-Length"}
        url = f"http://127.0.0.1:{self.port}{path}"
        asked = urllib.request.Request(url, body or None, headers, method=method)
        with urllib.request.urlopen(asked, timeout=120) as answer:
            found = json.loads(answer.read(), parse_int=float)
        if "errors" in found:
            raise RuntimeError(f"{self.name} answers {found['errors']}")
        return _alike(found["data"])


def _alike(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _alike(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_alike(each) for each in value]
    if isinstance(value, str) and _TIME.fullmatch(value):
        return datetime.fromisoformat(value)
    return value


@dataclass(slots=True)
class Fleet:
    """The servers of a run: started when first asked for, all ended with it."""

    uri_file: Path
    logs: Path
    _running: dict[tuple[str, str], Server] = field(default_factory=dict)

    def server(self, name: str, database: str) -> Server:
        """The server of this name over a database."""
        key = name, database
        if key not in self._running:
            self._running[key] = self._start(name, database)
        return self._running[key]

    def _start(self, name: str, database: str) -> Server:
        port = free_port(0)
        program, *given = COMMANDS[name]
        caches = ["--caches"] if name.endswith("caches") else []
        modules, options = given[:2], given[2:]
        if program == "node":
            modules, options = given, []
        command = [program, *modules, str(self.uri_file), database, str(port), *options, *caches]
        with (self.logs / f"{name.replace(' ', '-')}-{database}.log").open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=NODE if program == "node" else HERE.parent,
                env={**os.environ, "NODE_ENV": "production"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if name.startswith("hub") else log,
                stderr=log,
            )
        server = Server(name, port, process)
        try:
            wait_for(server.port, server.process, server.name)
            if name in {"hub", "hub, 2 processes", "hub, Motor"}:
                server.tokens = tokens_of(port, _clients(process))
        except BaseException:
            process.kill()
            raise
        return server

    def stop(self, name: str, database: str) -> None:
        """Ends a server that is not needed any more."""
        if server := self._running.pop((name, database), None):
            server.process.terminate()
            server.process.wait(20)

    def stop_all(self) -> None:
        """Ends them all."""
        for name, database in list(self._running):
            self.stop(name, database)


@contextmanager
def fleet(uri_file: Path, logs: Path) -> Iterator[Fleet]:
    """Servers for as long as the block runs."""
    logs.mkdir(parents=True, exist_ok=True)
    started = Fleet(uri_file, logs)
    try:
        yield started
    finally:
        started.stop_all()


def wait_for(port: int, process: subprocess.Popen[bytes], name: str) -> None:
    """Returns once somebody listens. Raises RuntimeError if the process ends before."""
    until = time.monotonic() + _START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{name} does not start; see bench/.data/logs") from None
            time.sleep(0.05)
        else:
            return


def _clients(process: subprocess.Popen[bytes]) -> dict[str, tuple[str, str]]:
    """The clients that a hub made, with their secrets."""
    if process.stdout is None:
        raise RuntimeError("no standard output")
    made: dict[str, tuple[str, str]] = orjson.loads(process.stdout.readline())
    return made


def tokens_of(port: int, clients: dict[str, tuple[str, str]]) -> dict[str, str]:
    """A token for each client, by the hub's own token endpoint."""
    tokens = {}
    for name, pair in clients.items():
        asked = urllib.request.Request(
            f"http://127.0.0.1:{port}/oauth/token", b"grant_type=client_credentials"
        )
        asked.add_header(
            "Authorization", f"Basic {base64.b64encode(':'.join(pair).encode()).decode()}"
        )
        with urllib.request.urlopen(asked, timeout=10) as answer:
            tokens[name] = json.loads(answer.read())["access_token"]
    return tokens
