"""Running `hub …` as a user does: a process of its own, with an environment of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Hub:
    """The command line over one data directory."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def start(self, *arguments: str) -> "Iterator[subprocess.Popen[str]]":
        """Starts a command; what still runs at the end of the block is killed."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("HUB_")}
        own = {"HUB_DATA_DIR": str(self.folder / "data"), "COLUMNS": "200"}
        with subprocess.Popen(
            [sys.executable, "-m", "hub", *arguments],
            cwd=self.folder,
            env=inherited | own | self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.kill()

    def __call__(self, *arguments: str, stdin: str = "") -> tuple[int, str, str]:
        """Runs a command to its end: (exit code, standard output, standard error)."""
        with self.start(*arguments) as process:
            out, err = process.communicate(stdin, timeout=120)
        return process.returncode, out, err
