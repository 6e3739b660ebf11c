"""Compiled and plain execution give the same JSON, key for key, errors included."""

import os
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import orjson
import pytest
from graphql import ExecutionResult
from hypothesis import HealthCheck, given, settings

from hub.domain.institutions import Institution
from hub.domain.run import Ledger, Rejection, RunState
from hub.domain.scope import Scope
from hub.schema.answering import Answering
from hub.schema.compiled.execution import Executor
from hub.schema.context import Context
from hub.schema.limits import DEFAULTS
from hub.schema.schema import core_schema
from hub.store.dead_letters import Refused
from hub.store.store import Store
from tests.made import complaint, provenance, received, scopes
from tests.schema.operations import Drawn, operations

CASES = int(os.environ.get("EQUIVALENCE_CASES", "500"))
ONE = complaint(channel="lapor", external_id="known", title="Jalan rusak", secret=True)
IDS = [f"complaint:{ONE.id}", "complaint:none", "region:73.71", "channel:lapor", "nonsense"]


def told(result: ExecutionResult) -> Any:
    """An answer as its reader gets it; errors in no order, as several may be met at once."""
    errors = [error.formatted for error in result.errors or ()]
    answer = {"data": result.data, "errors": sorted(errors, key=repr)}
    text = orjson.dumps(answer, option=orjson.OPT_NAIVE_UTC)
    return orjson.loads(text), [*(result.data or ())]


@pytest.fixture
async def filled(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store with a bit of everything, where it is always the same moment."""
    moment = datetime.now(UTC)
    for clock in ("complaints.utc_now", "activity.utc_now", "rankings.utc_now"):
        monkeypatch.setattr(f"hub.store.{clock}", lambda: moment)
    random = Random(7)
    made = [
        complaint(
            channel=random.choice(["lapor", "sulsel"]),
            external_id=str(n),
            province=(place := random.choice([("73", "73.71"), ("74", None), (None, None)]))[0],
            district=place[1],
            title=random.choice([None, "Sampah", "Jalan rusak"]),
            category=random.choice([None, "roads"]),
            programme=random.choice([None, "COVID19"]),
            secret=random.random() < 0.3,
            institution=random.choice([None, "Dinas PU"]),
        )
        for n in range(30)
    ]
    await store.writer.write(received(ONE, *made), provenance())
    await store.institutions.replace([Institution("Dinas PU", "73"), Institution("DPU", "74")])
    for channel in ("lapor", "sulsel"):
        await store.channels.add(channel, channel.upper())
        await store.channels.saw(channel, ["73", "74"], ["73.71"])
        run = await store.runs.start(channel, channel, "v1")
        unmapped = [{"field": "category", "value": "Lainnya", "count": 2}]
        await store.runs.finish(run, RunState.SUCCEEDED, Ledger(read=1, inserted=1), unmapped)
        rejection = Rejection("status", "entahlah", "unknown status", "9")
        await store.dead_letters.put(channel, [Refused(rejection, b"{}")], provenance())
    return store


PATIENT = replace(DEFAULTS, seconds=600)
compiled = Executor(core_schema, PATIENT)
plain = Executor(core_schema, PATIENT, compile_plans=False)


@given(drawn=operations(core_schema, IDS), viewer=scopes())
@settings(
    max_examples=CASES,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
    ],
)
async def test_compiled_and_plain_execution_answer_alike(
    filled: Store, drawn: Drawn, viewer: Scope
) -> None:
    async def answer(executor: Executor, variables: dict[str, Any]) -> Any:
        context = Context(Answering(filled).desks(viewer))
        return told(await executor.execute(drawn.text, variables, None, context))

    # The second time with other words, as whoever turns a page asks: arguments are remembered.
    for variables in (drawn.variables, otherwise(drawn.variables)):
        assert await answer(compiled, variables) == await answer(plain, variables)


def otherwise(variables: dict[str, Any]) -> dict[str, Any]:
    """The same variables with other strings, one of them left out."""
    strings = [name for name, value in variables.items() if isinstance(value, str)]
    changed = {name: IDS[n % len(IDS)] for n, name in enumerate(strings[1:])}
    return {n: v for n, v in variables.items() if n not in strings[:1]} | changed
