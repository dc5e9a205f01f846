"""Several callers at once, callers that go, and a queue that is full."""

import asyncio
import time

import pytest

from toolmesh.inference.v1 import inference_service_pb2 as pb
from toolmesh_core.errors import ResourceExhausted

from .asking import LONG, request, served, write


async def test_four_streams_run_side_by_side(stub) -> None:
    calls = [stub.Generate(request(f"{LONG} Number {i}.", max_tokens=40), timeout=50) for i in range(4)]
    first = [await anext(call) for call in calls]
    assert all(response.text for response in first)
    ends = await asyncio.gather(*(_last_of(call) for call in calls))
    assert [end.usage.completion_tokens for end in ends] == [40] * 4


async def _last_of(call) -> pb.GenerateResponse:
    return [response async for response in call][-1]


async def test_a_full_queue_refuses_and_a_cancelled_caller_frees_its_slot() -> None:
    async with served(llm_parallel_requests=1, max_queued_requests=0) as stub:
        call = stub.Generate(request(LONG, max_tokens=0))
        assert (await anext(call)).text
        with pytest.raises(ResourceExhausted, match="try again later") as caught:
            await write(stub, request("hi", max_tokens=1))
        assert caught.value.reason == "QUEUE_FULL"
        call.cancel()
        assert (await _write_when_free(stub)).usage.completion_tokens == 1


async def _write_when_free(stub):
    until = time.monotonic() + 20
    while True:
        try:
            return await write(stub, request("hi", max_tokens=1))
        except ResourceExhausted:
            assert time.monotonic() < until, "the slot was never freed"


async def test_a_caller_that_goes_while_waiting_or_reading_leaves_nothing_behind() -> None:
    async with served(llm_parallel_requests=1) as stub:
        running = stub.Generate(request(LONG, max_tokens=0))
        assert (await anext(running)).text
        # Its prompt takes seconds to read; it is cancelled before its turn, and the one before in mid-text.
        waiting = stub.Generate(request("word " * 3000, max_tokens=1))
        await asyncio.wait([asyncio.ensure_future(anext(waiting))], timeout=0.2)
        waiting.cancel()
        running.cancel()
        assert (await write(stub, request("hi", max_tokens=1))).usage.completion_tokens == 1
