"""Small taps that behave in one way or another, and what is read of them."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from hub.connectors.base import ChannelError, Connector, State, Surroundings, Undecodable
from hub.connectors.load import load
from tests.connectors.channel import batches

YAML = """\
version: "1"
name: kota-d-tap
type: singer
tap: mine
config: {token: "${env.TOKEN}", page: 3, pace: "3", deep: {list: [a, "x ${env.TOKEN} y"]}}
catalog: none
resources:
  - name: reports
    select: {external_id: id, status: state, received_at: at}
  - name: replies
    stream: answers
    select: {external_id: id, status: state, received_at: at}
"""
HEAD = "import json, os, signal, subprocess, sys, time\n"
SAY = HEAD + "def say(**m): print(json.dumps(m), flush=True)\n"

Made = Callable[[str], Path]


BAD = (
    'say(type="SCHEMA", stream="answers"); say(type="RECORD", stream="reports", record={"id": 1})\n'
)


def tap_maker(tmp_path: Path) -> Made:
    """Makes a tap of a piece of Python."""

    def make(body: str) -> Path:
        path = tmp_path / "tap"
        path.write_text(f"#!{sys.executable}\n{SAY}{body}\n", encoding="utf-8")
        path.chmod(0o700)
        return path

    return make


def of(program: Path, text: str = YAML, **environment: str) -> Connector[Any]:
    around = Surroundings(Path(), {"TOKEN": "s3cr/t", **environment}, taps={"mine": program})
    return load(text, "tap.yaml").connect(around)


async def failure(connector: Connector[Any], checkpoint: Mapping[str, State] | None = None) -> str:
    with pytest.raises(ChannelError) as failed:
        await batches(connector, checkpoint)
    return str(failed.value)


def told(found: Any) -> list[str]:
    return [r.reason for batch in found for r in batch.records if isinstance(r, Undecodable)]
