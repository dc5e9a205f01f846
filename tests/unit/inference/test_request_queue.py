"""So many at work, so many waiting, the rest refused."""

import asyncio

import pytest

from toolmesh_core.errors import ResourceExhausted
from toolmesh_inference.app.request_queue import RequestQueue


class Worker:
    """Takes a place and holds it until told."""

    def __init__(self, queue: RequestQueue) -> None:
        self.done = asyncio.Event()
        self.inside = False
        self.task = asyncio.create_task(self._work(queue))

    async def _work(self, queue: RequestQueue) -> None:
        async with queue.place():
            self.inside = True
            await self.done.wait()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_the_queue_is_bounded_and_in_order() -> None:
    depths: list[int] = []
    queue = RequestQueue("toy", 1, 1, depths.append)
    first, second = Worker(queue), Worker(queue)
    await settle()
    assert (first.inside, second.inside, depths[-1]) == (True, False, 1)
    with pytest.raises(ResourceExhausted) as caught:
        async with queue.place():
            raise AssertionError("must not be let in")
    assert caught.value.retry_after_s
    first.done.set()
    await settle()
    assert second.inside
    assert depths[-1] == 0
    second.done.set()
    await asyncio.gather(first.task, second.task)


async def test_one_that_stops_waiting_leaves_its_place_in_the_queue() -> None:
    queue = RequestQueue("toy", 1, 1, lambda _: None)
    first, second = Worker(queue), Worker(queue)
    await settle()
    second.task.cancel()
    await settle()
    third = Worker(queue)
    first.done.set()
    await settle()
    assert third.inside
    third.done.set()
    await asyncio.gather(first.task, third.task)
