"""The machine, and the versions of what ran on it."""

import json
import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from bench.servers import NODE

_PYTHON = ("strawberry-graphql", "graphql-core", "starlette", "uvicorn", "uvloop", "httptools",
           "pymongo", "orjson")  # fmt: skip


def machine() -> dict[str, str]:
    """Processor, cores, memory, system."""
    processor = platform.processor() or "unknown"
    memory = "unknown"
    for line in _lines("/proc/cpuinfo"):
        if line.startswith("model name"):
            processor = line.partition(":")[2].strip()
    for line in _lines("/proc/meminfo"):
        if line.startswith("MemTotal"):
            memory = f"{int(line.split()[1]) / 1024**2:.0f} GB"
    return {
        "processor": processor,
        "cores": str(os.cpu_count()),
        "memory": memory,
        "system": f"{platform.system()} {platform.release()}",
    }


def _lines(path: str) -> list[str]:
    file = Path(path)
    return file.read_text().splitlines() if file.exists() else []


def versions(uri: str) -> dict[str, str]:
    """Of the languages, the database, the packages of Python and of npm."""
    with MongoClient[dict[str, Any]](uri) as client:
        found = {"Python": platform.python_version(), "MongoDB": client.server_info()["version"]}
    found |= {name: version(name) for name in _PYTHON}
    if (NODE / "node_modules").is_dir():
        told = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
        found["Node"] = told.stdout.strip().removeprefix("v")
        found |= json.loads((NODE / "package.json").read_text())["dependencies"]
    return found
