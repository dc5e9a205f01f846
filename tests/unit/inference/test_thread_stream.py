"""From a thread to the loop: in order, nothing lost, and word of a stop."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from toolmesh_inference.adapters.thread_stream import ThreadStream


async def test_all_items_arrive_in_order() -> None:
    stream: ThreadStream[int] = ThreadStream()

    def produce() -> None:
        for i in range(20_000):
            stream.put(i)
        stream.end()

    found: list[int] = []
    with ThreadPoolExecutor(1) as pool:
        work = pool.submit(produce)
        while batch := await stream.take():
            found += batch
        work.result()
    assert found == list(range(20_000))
    assert await stream.take() == []


async def test_the_producer_is_told_to_stop() -> None:
    stream: ThreadStream[int] = ThreadStream()
    assert await asyncio.to_thread(stream.put, 1) is False
    stream.stop()
    assert await asyncio.to_thread(stream.put, 2) is True
