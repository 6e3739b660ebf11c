"""Writes hub/domain/regions.csv from the registry package idn-area-data (data: ODbL, see NOTICE).

    python scripts/make_regions.py BPS_CODES.csv

BPS_CODES.csv has the columns kode and kode_bps_lama, as in the ministry's own list; a region that
is not in it gets no BPS code. Needs npm.
"""

import csv
import subprocess
import sys
import tempfile
from pathlib import Path

PACKAGE = "idn-area-data@4.0.1"
TARGET = Path(__file__).parent.parent / "hub" / "domain" / "regions.csv"
WITA = {"51", "52", "53", "63", "64", "65", "71", "72", "73", "74", "75", "76"}
WIT = {"81", "82", "91", "92", "93", "94", "95", "96"}


def time_zone(code: str) -> str:
    """The zone of a province or district (Keppres 41/1987, as extended to later provinces)."""
    province = code[:2]
    if province in WITA:
        return "Asia/Makassar"
    return "Asia/Jayapura" if province in WIT else "Asia/Jakarta"


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file by header; a byte order mark is dropped."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def main() -> None:
    """Fetches the package with npm and writes the table, ordered by code."""
    bps = {row["kode"]: row["kode_bps_lama"] for row in rows(Path(sys.argv[1]))}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True)
        archive = next(Path(folder).glob("*.tgz"))
        subprocess.run(["tar", "xzf", archive.name], cwd=folder, check=True)
        data = Path(folder) / "package" / "data"
        regions = rows(data / "provinces.csv") + rows(data / "regencies.csv")
    with TARGET.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["code", "name", "bps_code", "time_zone"])
        for region in sorted(regions, key=lambda row: row["code"]):
            code = region["code"]
            table.writerow([code, region["name"].strip(), bps.get(code, ""), time_zone(code)])


if __name__ == "__main__":
    main()
