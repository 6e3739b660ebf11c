"""Kind `singer`: any Singer tap that an administrator put on the list."""

import os
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self

import orjson
from anyio import to_thread
from pydantic import AfterValidator, Field, model_validator

from hub.connectors.base import Batch, Between, ChannelError, Connector, State, Surroundings
from hub.connectors.config import ConnectorConfig, Resource, Slug, Text
from hub.connectors.files.private_folder import private_folder
from hub.connectors.lists.endpoint import JsonObject
from hub.connectors.taps.messages import Batches, selected
from hub.connectors.taps.process import RunningTap, running_tap
from hub.connectors.vocabulary import has_reference, suggest

MAX_CATALOG_BYTES = 16 * 1024 * 1024
_NAMES_A_SECRET = re.compile(r".*(password|passwd|secret|token|(api|private)_?key)", re.I)
_REFERENCE = re.compile(r"(\$\{[^}]*\})")


def _no_secret(config: dict[str, Any]) -> dict[str, Any]:
    for path, text in _texts(config, ()):
        if _NAMES_A_SECRET.fullmatch(path[-1]) and not has_reference(text):
            name = ".".join(path)
            raise ValueError(
                f"write no secret here; name a variable that holds {name}, ${{env.NAME}}, or a "
                "stored secret, ${secret.NAME}"
            )
    return config


def _texts(value: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    match value:
        case str():
            yield path, value
        case dict():
            for key, each in value.items():
                yield from _texts(each, (*path, str(key)))
        case list():
            for each in value:
                yield from _texts(each, path)


class Stream(Resource):
    """A stream of the tap."""

    stream: Text | None = None
    """The tap's name of it; the resource's if left out."""
    metadata: JsonObject = {}
    """Put into the catalog for this stream: {replication-method: INCREMENTAL}."""

    @property
    def source(self) -> str:
        """The tap's name of the stream."""
        return self.stream or self.name


class SingerConfig(ConnectorConfig):
    """A Singer tap."""

    type: Literal["singer"]
    """A Singer tap."""
    tap: Slug
    """Its name on the administrator's list, HUB_SINGER_TAPS."""
    config: Annotated[JsonObject, AfterValidator(_no_secret)] = {}
    """What the tap gets as its --config."""
    catalog: Literal["catalog", "properties", "none"] = "catalog"
    """How it is told which streams to read: --catalog, --properties of older taps, or not."""
    resources: Annotated[list[Stream], Field(min_length=1)]
    """The streams to read; others are left out."""

    @property
    def mapped(self) -> tuple[Resource, ...]:
        """The streams."""
        return tuple(self.resources)

    @model_validator(mode="after")
    def _streams_once(self) -> Self:
        names = [resource.source for resource in self.resources]
        if len(set(names)) < len(names):
            raise ValueError(f"resources need streams of their own, not {', '.join(names)}")
        if self.catalog == "none" and any(resource.metadata for resource in self.resources):
            raise ValueError("metadata stands in a catalog, and this tap gets none")
        return self


class _Prepared(NamedTuple):
    """A tap's folder with its config, and what it is started with."""

    folder: Path
    arguments: list[str]
    secrets: set[str]


class SingerConnector(Connector[SingerConfig]):
    """Runs a tap, and moves the checkpoint with its STATE messages only."""

    config_model = SingerConfig

    def __init__(self, config: SingerConfig, surroundings: Surroundings) -> None:
        super().__init__(config, surroundings)
        self._streams = {resource.source: resource.name for resource in config.resources}

    async def check(self) -> str:
        """Asks the tap for its streams or, where it gets no catalog, for its first message."""
        async with self._prepared() as prepared:
            if self.config.catalog == "none":
                async with self._running(prepared) as tap, aclosing(tap.lines()) as lines:
                    async for _ in lines:
                        return f"{self.config.tap}: runs"
                    await tap.ended()
                return f"{self.config.tap}: runs, and has nothing to say"
            await self._choose(prepared)
        return f"{self.config.tap}: has {', '.join(self._streams)}"

    async def read(
        self, checkpoint: Mapping[str, State], between: Between | None = None
    ) -> AsyncGenerator[Batch, None]:
        """Records in batches. The tap's state covers all its streams, and is kept under the first
        resource once all records before it are stored."""
        if between:
            raise ChannelError("A Singer tap can't be asked for a stretch of time.")
        keeper = self.config.resources[0].name
        state = checkpoint.get(keeper, {}).get("state")
        async with self._prepared() as prepared:
            if self.config.catalog != "none":
                await self._choose(prepared)
            if state is not None:
                path = await _write(prepared.folder / "state.json", state.encode())
                prepared.arguments.extend(["--state", path])
            batches = Batches(self._streams, keeper)
            async with self._running(prepared) as tap, aclosing(tap.lines()) as lines:
                failure = None
                try:
                    async for line in lines:
                        batches.take(line)
                        if batches.full:
                            for batch in batches.flush():
                                yield batch
                except ChannelError as error:
                    failure = error
                for batch in batches.flush():
                    yield batch
                if failure:
                    raise failure
                await tap.ended()
            batches.check_streams()

    @asynccontextmanager
    async def _prepared(self) -> AsyncIterator[_Prepared]:
        secrets: set[str] = set()
        config = self._expanded(self.config.config, "config", secrets)
        async with private_folder() as folder:
            path = await _write(folder / "config.json", orjson.dumps(config))
            yield _Prepared(folder, ["--config", path], secrets)

    def _expanded(self, value: Any, key: str, secrets: set[str]) -> Any:
        """A value of the config with its references replaced; notes what they stood for."""
        match value:
            case str():
                parts = _REFERENCE.split(value)
                parts[1::2] = [self.surroundings.expand(each, key) for each in parts[1::2]]
                secrets.update(parts[1::2])
                return "".join(parts)
            case dict():
                return {k: self._expanded(v, f"{key}.{k}", secrets) for k, v in value.items()}
            case list():
                return [self._expanded(each, key, secrets) for each in value]
        return value

    @asynccontextmanager
    async def _running(self, prepared: _Prepared, *more: str) -> AsyncIterator[RunningTap]:
        name, taps = self.config.tap, self.surroundings.taps
        if name not in taps:
            listed = suggest(name, list(taps)) if taps else "it is empty"
            raise ChannelError(f"The tap {name} is not on the list HUB_SINGER_TAPS; {listed}.")
        arguments = [*prepared.arguments, *more]
        async with running_tap(
            name, taps[name], arguments, prepared.folder, prepared.secrets
        ) as tap:
            yield tap

    async def _choose(self, prepared: _Prepared) -> None:
        """Asks the tap for its catalog and selects the streams of the resources in it."""
        found = bytearray()
        async with (
            self._running(prepared, "--discover") as tap,
            aclosing(tap.lines(MAX_CATALOG_BYTES)) as lines,
        ):
            async for line in lines:
                found += line + b"\n"
                if len(found) > MAX_CATALOG_BYTES:
                    raise ChannelError(
                        f"The catalog of the tap {self.config.tap} has more than "
                        f"{MAX_CATALOG_BYTES >> 20} MiB."
                    )
            await tap.ended()
        metadata = {resource.source: resource.metadata for resource in self.config.resources}
        catalog = selected(bytes(found), metadata, self.config.tap)
        path = await _write(prepared.folder / "catalog.json", catalog)
        prepared.arguments.extend([f"--{self.config.catalog}", path])


async def _write(path: Path, content: bytes) -> str:
    """A new file that only this user can read."""
    opened = partial(os.open, mode=0o600)

    def write() -> None:
        with open(path, "xb", opener=opened) as file:
            file.write(content)

    await to_thread.run_sync(write)
    return str(path)
