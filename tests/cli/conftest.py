"""Commands in this process, over the mongod of the tests."""

from collections.abc import Callable

import pytest
import structlog
from pymongo import MongoClient
from typer.testing import CliRunner, Result

from hub.cli import app, running
from hub.store.mongo import DATABASE_NAME, Document

Run = Callable[..., Result]


@pytest.fixture
def run(anyio_backend: str, mongodb_uri: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `hub …` to its end, over a database that is empty."""
    with MongoClient[Document](mongodb_uri) as client:
        for collection in client[DATABASE_NAME].list_collections():
            client[DATABASE_NAME][collection["name"]].delete_many({})
    monkeypatch.setenv("HUB_MONGODB_URI", mongodb_uri)
    monkeypatch.setenv("HUB_ENCRYPTION_KEY", "a2" * 21 + "a=")
    monkeypatch.setattr(running.out, "width", 200)  # it read the terminal's when it was made

    def run(*arguments: str, stdin: str = "") -> Result:
        try:
            return CliRunner().invoke(app, arguments, input=stdin)
        finally:
            structlog.reset_defaults()  # it writes to what the runner has closed

    return run
