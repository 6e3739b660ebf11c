"""Work in the background rests."""

from types import SimpleNamespace

import pytest

from hub.store import resting


@pytest.mark.parametrize(("rest", "slept"), [(0.0, 0.0), (5.0, 10.0)])
async def test_it_rests_for_so_many_times_as_long_as_it_works(
    monkeypatch: pytest.MonkeyPatch, rest: float, slept: float
) -> None:
    moments, rests = iter([100.0, 102.0]), []

    async def sleep(seconds: float) -> None:
        rests.append(seconds)

    monkeypatch.setattr(resting, "time", SimpleNamespace(monotonic=lambda: next(moments)))
    monkeypatch.setattr(resting, "asyncio", SimpleNamespace(sleep=sleep))
    async with resting.rested(rest):
        assert rests == []
    assert rests == [slept]
