"""Runs work on texts beside the event loop where the text is long enough to hold it up."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
# Characters that are read in about two milliseconds.
INLINE_CHARS = 2000


async def offloaded(characters: int, work: Callable[[], T]) -> T:
    """The result of `work`, done in a thread where it is about more than INLINE_CHARS characters."""
    return work() if characters <= INLINE_CHARS else await asyncio.to_thread(work)
