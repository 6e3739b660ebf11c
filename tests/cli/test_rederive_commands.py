"""`hub connector diff` and `rederive`, as an operator types them."""

import base64
import json
from pathlib import Path

from hub.connectors.base import Surroundings
from hub.ingest.folder import load_file, register
from hub.ingest.run import sync
from hub.store.mongo import Database, Driver
from hub.store.store import open_store
from tests.cli.commands import Hub
from tests.cli.test_commands import YAML, write_export, write_yaml


async def test_a_changed_file_is_compared_and_applied(
    tmp_path: Path, mongodb_uri: str, shared_database: Database
) -> None:
    key = base64.b64encode(b"k" * 32).decode()
    hub = Hub(tmp_path, {"HUB_MONGODB_URI": mongodb_uri, "HUB_ENCRYPTION_KEY": key})
    write_export(tmp_path, 150)
    first = load_file(write_yaml(tmp_path))
    mended = write_yaml(tmp_path, YAML.replace("title: Judul", "title: Tanggal"))
    stored = shared_database.client["hub"]["complaints"]
    try:
        async with open_store(
            uri=mongodb_uri, data_dir=tmp_path, encryption_key=key, driver=Driver.PYMONGO
        ) as store:
            await register(first, tmp_path, store.connectors)
            assert (await sync(first, store, Surroundings(tmp_path, {}))).green
            code, out, err = hub("connector", "diff", str(mended))
            assert code == 0, err
            # Rows of "Kota Antah" are dead letters by either.
            assert "148 complaints" in out
            assert "0 of 2 dead letters would be stored" in out
            assert "28 Jul 2020" in out
            assert "1 Jul 2020" not in await stored.distinct("title")
            await register(load_file(mended), tmp_path, store.connectors)
        code, out, err = hub("connector", "rederive", "ekspor", "--json")
        assert code == 0, err
        told = json.loads(out)
        assert (told["updated"], told["dead_lettered"], told["without_raw"]) == (148, 2, 0)
        assert "1 Jul 2020" in await stored.distinct("title")
    finally:
        await shared_database.client.drop_database("hub")
