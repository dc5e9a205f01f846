"""A bounded set of threads for synchronous tools, kept off the event loop."""

import asyncio
import contextvars
import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class ToolThreads:
    """Runs functions on at most `size` threads; the others wait their turn.

    The threads are daemons: concurrent.futures joins its threads at exit, so there one tool that never returns would
    keep the process from ending.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._started = 0
        self._idle = threading.Semaphore(0)
        self._work: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    async def run(self, function: Callable[..., T], *args: Any) -> T:
        """What the function returns or raises, called on one of the threads in the caller's context.

        When cancelled, a function that waits is never called; one that runs goes on, and what it returns is dropped.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        context = contextvars.copy_context()

        def work() -> None:
            if not future.cancelled():
                _call(loop, future, lambda: context.run(function, *args))

        self._work.put(work)
        self._start_one_more()
        return await future

    def _start_one_more(self) -> None:
        if self._idle.acquire(blocking=False) or self._started == self._size:
            return
        self._started += 1
        threading.Thread(target=self._serve, name=f"tool-{self._started}", daemon=True).start()

    def _serve(self) -> None:
        while True:
            self._work.get()()
            self._idle.release()


def _call(loop: asyncio.AbstractEventLoop, future: "asyncio.Future[T]", function: Callable[[], T]) -> None:
    try:
        outcome, value = future.set_result, function()
    except BaseException as error:  # noqa: BLE001 - it is the caller's, on the loop's side
        _hand_over(loop, future, future.set_exception, error)
    else:
        _hand_over(loop, future, outcome, value)


def _hand_over(
    loop: asyncio.AbstractEventLoop, future: "asyncio.Future[T]", settle: Callable[[Any], None], value: Any
) -> None:
    def settle_if_awaited() -> None:
        if not future.done():
            settle(value)

    if not loop.is_closed():
        loop.call_soon_threadsafe(settle_if_awaited)
