from collections.abc import AsyncIterator, Iterator

import pytest
import stamina

from tests.ingest.channel import Channel, running_channel


@pytest.fixture
async def channel() -> AsyncIterator[Channel]:
    async with running_channel() as channel:
        yield channel


@pytest.fixture(autouse=True)
def no_second_try() -> Iterator[None]:
    with stamina.set_testing(True, attempts=1):
        yield
