"""The writer, a process of its own: changes at their pace, by the hub's own writer. Prints when it
began each batch, in the seconds of `time.monotonic`, which are every process's."""

import asyncio
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import orjson
import uvloop

from bench.data import KEY
from bench.live.watchers import BATCH, PER_SECOND, batches
from hub.domain.complaint import Provenance
from hub.store.documents import Received
from hub.store.mongo import Driver, StoreError, connect
from hub.store.store import Store
from hub.store.vault import Vault

_AGAIN_SECONDS = 0.2


async def _write(uri: str, count: int) -> list[float]:
    began = []
    async with connect(uri, Driver.PYMONGO) as database:
        writer = Store(database, Vault(KEY)).writer
        provenance = Provenance("bench", "v1", "run-1", datetime.now(UTC))
        first = time.monotonic()
        for number, batch in enumerate(batches(count)):
            due = first + number * BATCH / PER_SECOND
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            began.append(time.monotonic())
            received = [Received(after, b"{}") for _, after in batch]
            while True:
                try:
                    await writer.write(received, provenance)
                except StoreError:  # as a run that is repeated: what is stored stays as it is
                    await asyncio.sleep(_AGAIN_SECONDS)
                else:
                    break
    return began


if __name__ == "__main__":
    moments = uvloop.run(_write(Path(sys.argv[1]).read_text(), int(sys.argv[2])))
    print(orjson.dumps(moments).decode(), flush=True)
