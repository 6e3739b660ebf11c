"""Answers leave at once, also on a connection that is kept."""

import time

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.serving import free_port, listening


async def test_an_answer_does_not_wait_for_the_clients_acknowledgement() -> None:
    async def answer(_: Request) -> Response:
        return JSONResponse({})

    port = free_port(0)
    seconds = []
    async with (
        listening(Starlette(routes=[Route("/", answer)]), "127.0.0.1", port),
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client,
    ):
        for _ in range(20):
            began = time.perf_counter()
            assert (await client.get("/")).status_code == 200
            seconds.append(time.perf_counter() - began)
    # A delayed acknowledgement takes 40 ms, each time.
    assert min(seconds[1:]) < 0.03
