"""A Singer tap as a child process: its output line by line, its log told without secrets, and an
end with all its children, however the run ends."""

import asyncio
import os
import re
import signal
import subprocess
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import anyio
from anyio.abc import ByteReceiveStream, Process

from hub.connectors.base import ChannelError

SILENCE_SECONDS = 600
ENDING_SECONDS = 30.0
MAX_LINE_BYTES = 1024 * 1024
LONGEST_LINE_BYTES = 64 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024
_LOG_BYTES = 16 * 1024
_LOG_LINES = 3
_LOG_LETTERS = 300
# The hub's own environment holds its key and the address of its database.
_HANDED_ON = re.compile(
    r"PATH|TZ|LANG|LC_.*|SSL_CERT_.*|REQUESTS_CA_BUNDLE|(https?|no)_proxy", re.I
)


class RunningTap:
    """A tap that runs."""

    def __init__(self, name: str, process: Process, secrets: Collection[str]) -> None:
        self._name = name
        self._process = process
        self._secrets = {form for s in secrets if s for form in (s, quote(s, safe=""))}
        self._log = bytearray()
        self._logged = 0
        self._logging = asyncio.create_task(self._keep_log())

    async def lines(self, most: int = MAX_LINE_BYTES) -> AsyncGenerator[bytes, None]:
        """Its output by lines without their ends. Of one longer than `most` come so many bytes and
        one more.

        Raises ChannelError for silence, and for a line that has no end.
        """
        line, length = bytearray(), 0
        while chunk := await self._chunk():
            *ended, rest = chunk.split(b"\n")
            for part in ended:
                line += part[: most + 1 - len(line)]
                yield bytes(line)
                line, length = bytearray(), 0
            line += rest[: most + 1 - len(line)]
            length += len(rest)
            if length > LONGEST_LINE_BYTES:
                much = LONGEST_LINE_BYTES >> 20
                raise ChannelError(f"The tap {self._name} wrote {much} MiB without a line's end.")
        if line:
            yield bytes(line)

    async def _chunk(self) -> bytes:
        for second in range(SILENCE_SECONDS):
            with anyio.move_on_after(1):
                return await _received(self._process.stdout)
            if self._process.returncode is not None:
                self._kill()  # what it left behind keeps its output open
                if second >= ENDING_SECONDS:
                    return b""  # and has a group of its own
        raise ChannelError(f"The tap {self._name} said nothing for {SILENCE_SECONDS} s.")

    async def ended(self) -> None:
        """Waits for its end. Raises ChannelError, with the end of its log, unless it went well."""
        with anyio.move_on_after(ENDING_SECONDS):
            await self._process.wait()
        code = self._process.returncode
        if code == 0:
            return
        await asyncio.wait({self._logging}, timeout=1)
        if code is None:
            how = f"did not end within {ENDING_SECONDS:.0f} s of its last line"
        else:
            how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        raise ChannelError(f"The tap {self._name} {how}: {self._told()}")

    async def _keep_log(self) -> None:
        while chunk := await _received(self._process.stderr):
            self._logged += len(chunk)
            self._log += chunk
            del self._log[:-_LOG_BYTES]

    def _told(self) -> str:
        text = self._log.decode(errors="replace")
        if self._logged > len(self._log):
            # The first line may begin in the middle of a secret, which would not be known.
            text = text.partition("\n")[2]
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return " / ".join(line[-_LOG_LETTERS:] for line in lines[-_LOG_LINES:]) or "(no log)"

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    async def end(self) -> None:
        """Ends it and its children at once."""
        self._kill()
        with anyio.CancelScope(shield=True):
            with anyio.move_on_after(1):
                await self._process.wait()
            self._logging.cancel()
            await asyncio.gather(self._logging, return_exceptions=True)
            await self._process.aclose()


@asynccontextmanager
async def running_tap(
    name: str, program: Path, arguments: Sequence[str], folder: Path, secrets: Collection[str]
) -> AsyncIterator[RunningTap]:
    """A tap, started in a folder and a process group of its own. Raises ChannelError."""
    environment = {k: v for k, v in os.environ.items() if _HANDED_ON.fullmatch(k)}
    try:
        process = await anyio.open_process(
            [str(program), *arguments],
            stdin=subprocess.DEVNULL,
            cwd=folder,
            env={**environment, "HOME": str(folder), "TMPDIR": str(folder)},
            start_new_session=True,
        )
    except OSError as error:
        raise ChannelError(f"The tap {name} can't be started: {error.strerror}.") from None
    tap = RunningTap(name, process, secrets)
    try:
        yield tap
    finally:
        await tap.end()


async def _received(stream: ByteReceiveStream | None) -> bytes:
    """The next bytes, none at the end."""
    try:
        return await stream.receive(_CHUNK_BYTES) if stream else b""
    except anyio.EndOfStream:
        return b""
