from collections.abc import AsyncIterator

import pytest

from hub.connectors import http
from tests.ingest.channel import Channel, running_channel


@pytest.fixture
async def channel() -> AsyncIterator[Channel]:
    async with running_channel() as channel:
        yield channel


@pytest.fixture(autouse=True)
def _no_second_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "ATTEMPTS", 1)
