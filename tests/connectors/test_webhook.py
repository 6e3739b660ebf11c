"""Kind `webhook`: its words, and what is told to who would run it."""

import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from hub.connectors.base import Batch, ChannelError, Surroundings
from hub.connectors.load import load
from hub.connectors.vocabulary import ConfigError
from hub.connectors.webhook import BATCH_RECORDS, Delivery, WebhookConnector
from tests.ingest.pusher import OTHER, SECRET, YAML

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TOLERANCE = timedelta(minutes=5)


def connector(text: str = YAML, secret: str | None = SECRET) -> WebhookConnector:
    around = Surroundings(Path(), {"PUSHED_SECRET": secret} if secret else {})
    made = load(text, "webhook.yaml").connect(around)
    assert isinstance(made, WebhookConnector)
    return made


@pytest.mark.parametrize(
    ("given_", "instead", "told"),
    [
        ("${env.PUSHED_SECRET}", "whsec_abc", "write no secret here"),
        ("secret:", "tolerance: PT2H\nsecret:", "less than or equal to"),
        ("secret:", "schedule: {interval: PT1H}\nsecret:", "leave `schedule` out"),
        ("${env.PUSHED_SECRET}", '["${env.A}", "${env.B}", "${env.C}"]', "at most 2"),
        ("select:", "data_selector: '$['\n    select:", "no JSONPath"),
        ("secret: ${env.PUSHED_SECRET}", "", "secret"),
    ],
)
def test_what_is_wrong_in_the_file_is_told(given_: str, instead: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        load(YAML.replace(given_, instead), "webhook.yaml")


@pytest.mark.parametrize("secret", ["", "whsec_", "hunter2", "whsec_c2hvcnQ=", "ä" * 40, None])
async def test_a_secret_that_is_none_is_told_by_its_name_only(secret: str | None) -> None:
    with pytest.raises(ConfigError) as error:
        await connector(secret=secret).check()
    assert "PUSHED_SECRET" in str(error.value)
    assert not secret or secret == "whsec_" or secret not in str(error.value)


async def test_check_says_where_to_push_to_and_there_is_nothing_to_read() -> None:
    assert "/webhooks/makassar" in await connector().check()
    with pytest.raises(ChannelError, match="/webhooks/makassar"):
        await anext(connector().read({}))


@given(
    id_=st.text(st.characters(codec="ascii", exclude_characters=" ,"), min_size=1, max_size=40),
    body=st.binary(max_size=200),
    late=st.integers(-400, 400),
    old=st.booleans(),
    changed=st.sampled_from(["", "id", "timestamp", "body", "signatures"]),
)
def test_only_what_was_signed_in_time_is_taken(
    id_: str, body: bytes, late: int, old: bool, changed: str
) -> None:
    """The signatures are the library's own."""
    keys, sent = [Webhook(SECRET), Webhook(OTHER)], NOW - timedelta(seconds=late)
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = body.decode("latin-1")
        changed = changed or "body"
    signature = keys[old].sign(id_, sent, text)
    headers = {
        "webhook-id": id_ + "x" * (changed == "id"),
        "webhook-timestamp": str(int(sent.timestamp()) + (changed == "timestamp")),
        "webhook-signature": signature[: -1 if changed == "signatures" else None],
    }
    delivery = Delivery.of(headers, "webhook", body + b" " * (changed == "body"))
    taken = delivery.signed_by(keys, TOLERANCE, NOW)
    assert taken == (not changed and abs(late) <= TOLERANCE.total_seconds())
    assert not delivery.signed_by([Webhook(secrets.token_bytes(32))], TOLERANCE, NOW)
    assert not delivery.signed_by([], TOLERANCE, NOW)


def read(text: str, body: bytes) -> list[tuple[str, int]]:
    def size(batch: Batch) -> tuple[str, int]:
        return batch.resource, len(batch.records)

    return [size(batch) for batch in connector(text).batches(body)]


def test_records_stand_where_each_resource_says() -> None:
    second = YAML[YAML.index("  - name:") :].replace("complaints", "answers")
    both = YAML.replace("    select:", "    data_selector: $.new[*]\n    select:") + second.replace(
        "    select:", "    data_selector: $.answer\n    select:"
    )
    assert read(both, b'{"new": [{}, {}], "answer": {}}') == [("complaints", 2), ("answers", 1)]
    assert read(both, b'{"new": []}') == []
    assert read(both, b'{"other": 1}') == [("complaints", 1)]
    assert read(both, b'{"new": [' + b",".join([b"{}"] * 120) + b"]}") == [
        ("complaints", n) for n in (BATCH_RECORDS, BATCH_RECORDS, 20)
    ]
