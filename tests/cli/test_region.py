"""`hub region geometry` refuses a file before it opens the store."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli import app
from tests.connectors.test_geometry import geojson, square


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "No such file"),
        (b"not json", "is no GeoJSON FeatureCollection"),
        (geojson(square("73.71", 0, 0)), "has no property 'code'; name the one with the code by"),
    ],
)
def test_what_can_not_be_used_is_told(tmp_path: Path, content: bytes | None, told: str) -> None:
    file = tmp_path / "outlines.geojson"
    if content is not None:
        file.write_bytes(content)
    result = CliRunner().invoke(app, ["region", "geometry", str(file), "--code-property", "code"])
    assert result.exit_code == 2
    assert told in result.stderr
