"""`hub connector diff` and `rederive`, as an operator types them."""

import json
from pathlib import Path

from tests.cli.conftest import Run
from tests.cli.test_commands import YAML, write_export, write_yaml


def test_a_changed_file_is_compared_registered_and_applied(run: Run, tmp_path: Path) -> None:
    write_export(tmp_path, 150)
    named = YAML.replace("name: ekspor", "name: ekspor-lama")
    text = named.replace("bucket_url: exports", f"bucket_url: {tmp_path / 'exports'}")
    assert run("connector", "register", str(write_yaml(tmp_path, text))).exit_code == 0
    assert run("sync", "ekspor-lama").exit_code == 0

    mended = str(write_yaml(tmp_path, text.replace("title: Judul", "title: Tanggal")))
    told = run("connector", "diff", mended)
    assert told.exit_code == 0, told.stderr
    # Rows of "Kota Antah" are dead letters by either.
    assert "148 complaints" in told.stdout
    assert "28 Jul 2020" in told.stdout
    assert "0 of 2 dead letters would be stored" in told.stdout
    assert json.loads(run("connector", "diff", "ekspor-lama", "--json").stdout)["changed"] == 0

    assert run("connector", "register", mended).exit_code == 0
    done = json.loads(run("connector", "rederive", "ekspor-lama", "--json").stdout)
    assert (done["updated"], done["dead_lettered"], done["without_raw"]) == (148, 2, 0)
    assert run("connector", "rederive", "nobody").exit_code == 2
