"""Asks a running demo whatever its schema allows and some that it does not, as each of its clients,
and looks whether every answer is one that docs/api.md tells of.

    .venv/bin/python -m tests.fuzz [--seconds 300] [--seed N]

schemathesis makes the operations. Half the time the cost of a request is limited, half it is not.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import orjson
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig

from hub.serving import free_port
from tests.fuzz.answers import ROOT, Asker, Figures, strings
from tests.fuzz.values import SUBMITTED, Values, as_variables, custom_scalars

FAILED = re.compile(r"Traceback|graphql\.failed|unscoped_read|\[error|\[critical|Exception")
READS = ["complaints:read", "complaints:pii", "statistics:read", "connectors:read", "audit:read"]
MORE = {
    "auditor": ["--role", "ministry", *(word for name in READS for word in ("--scope", name))],
    "registrar": [
        *("--role", "operator", "--region", "73"),
        *("--channel", "fuzzed", "--channel", "makassar-open311"),
    ],
}
"""Clients that the demo does not have: who may read reporters and register connectors."""
CHANGING = ["auditor", "province_73", "registrar", "registrar", "admin"]
"""Who is asked for when something is to be changed: those who may change something."""
FIRST = {
    "admin": [
        'mutation { approveHost(host: "console.example", webhooks: true) { host } }',
        'mutation { approveHost(host: "console.example") { host } }',
    ],
    "registrar": [f"mutation {{ registerConnector(yaml: {json.dumps(SUBMITTED)}) {{ name }} }}"],
    "ministry": [
        'mutation { saveView(name: "roads", document: "{ complaints { nodes { number } } }")'
        " { name } }",
    ],
}
"""What others build on."""
AT_ONCE = 25
"""Examples of a field, before it is the next one's turn."""


def fuzz(url: str, asker: Asker, until: float, random: Random) -> None:
    """Asks for each field of Query and Mutation in turns, until the time is over."""
    headers = {"Authorization": f"Bearer {asker.tokens['ministry']}"}
    sources = [
        schemathesis.graphql.from_url(
            f"{url}/graphql",
            config=SchemathesisConfig.from_dict({"generation": {"graphql-allow-null": nulls}}),
            headers=headers,
        )
        for nulls in (True, False)
    ]
    values = Values(random)
    for who, documents in FIRST.items():
        for document in documents:
            if not asker.ask(who, "first", {"query": document}, "application/json"):
                sys.exit(f"What others build on was refused: {document}")
    fields = [(type_, name) for type_ in sources[0] for name in sources[0][type_]]
    modes = [(0, GenerationMode.NEGATIVE), (0, GenerationMode.POSITIVE)]
    modes += [(1, GenerationMode.POSITIVE)] * 2
    while True:
        random.shuffle(fields)
        for type_, name in fields:
            strategies = [sources[n][type_][name].as_strategy(mode) for n, mode in modes]

            @seed(random.getrandbits(64))
            @settings(
                max_examples=AT_ONCE,
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(st.one_of(strategies))
            def ask(case: schemathesis.Case[Any]) -> None:
                if time.monotonic() > until:
                    return
                document = values.put_into(name, str(case.body))  # noqa: B023
                asked: dict[str, Any] = {"query": document}
                if random.random() < 0.5:
                    asked = as_variables(document, sources[0].client_schema)
                changes = type_ == "Mutation" and random.random() < 0.8  # noqa: B023
                who = random.choice(CHANGING if changes else [*asker.tokens])
                accept = random.choice(["application/json", "application/graphql-response+json"])
                for key, value in strings("", asker.ask(who, f"{type_}.{name}", asked, accept)):  # noqa: B023
                    values.saw(name, key, value)  # noqa: B023

            ask()
            if time.monotonic() > until:
                return


@contextmanager
def demo(folder: Path, cost_mode: str) -> Iterator[dict[str, Any]]:
    """A demo of its own, for as long as the block runs: its address and clients, as its file has
    them, and some more. It logs into `log`."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HUB_")} | {
        "HUB_DATA_DIR": str(folder),
        "HUB_PORT": str(free_port(0)),
        "HUB_CONNECTORS_DIR": str(ROOT / "connectors_config"),
        "HUB_QUERY_RATE": "100000",
        "HUB_QUERY_COST_MODE": cost_mode,
        "HUB_SCOPE_MONITOR": "refuse",
        "HUB_TOKEN_SECONDS": "3600",
    }
    log = folder / "log"
    with log.open("w") as file:
        command = [sys.executable, "-m", "hub", "demo"]
        process = subprocess.Popen(command, env=environment, stdout=file, stderr=file)
    try:
        while "ready:" not in log.read_text():
            if process.poll() is not None:
                sys.exit(f"The demo ended: {log.read_text()}")
            time.sleep(0.2)
        told = orjson.loads((folder / "demo.json").read_bytes())
        for name, may in MORE.items():
            command = [sys.executable, "-m", "hub", "client", "create", name, *may]
            made = subprocess.run(command, env=environment, check=True, capture_output=True)
            told["clients"][name] = orjson.loads(made.stdout)
        yield told
    finally:
        process.terminate()
        process.wait(30)


def logged(log: str) -> list[str]:
    """Lines of the hub's log about failures."""
    return [line for line in log.splitlines() if FAILED.search(line)]


def main() -> None:
    """Exits with 1 where something was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10**9)
    asked = parser.parse_args()
    figures, random = Figures(), Random(asked.seed)
    custom_scalars()
    for cost_mode in ("enforce", "measure"):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            with demo(folder, cost_mode) as told:
                asker = Asker(told["url"], told["clients"], figures)
                fuzz(told["url"], asker, time.monotonic() + asked.seconds / 2, random)
            if failures := logged((folder / "log").read_text()):
                figures.found(f"the log: {len(failures)} failures, of which the first", failures[0])
    print(f"seed {asked.seed}: {figures.operations.total():,} operations")
    for label, count in sorted(figures.operations.items()):
        print(f"  {label}: {count:,}, {figures.answered[label]:,} of them with data and no error")
    print(f"statuses: {dict(figures.statuses)}\ncodes: {dict(figures.codes.most_common())}")
    for what, where in figures.findings.items():
        print(f"\nFOUND {what}\n{where}")
    sys.exit(bool(figures.findings))


if __name__ == "__main__":
    main()
