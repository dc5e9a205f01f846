"""Stops a program by a signal when its time is over, so that its variables stay. The service kills what ignores it."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

AGAIN_S = 0.5
"""A program that swallows the first stop gets another one, until the service's patience is over."""


class TimeLimit(BaseException):
    """Time is over. Not an Exception, so that `except Exception` of a program lets it through."""


def _stop(number: int, frame: FrameType | None) -> None:
    raise TimeLimit


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raises TimeLimit in the block after so many seconds."""
    signal.signal(signal.SIGALRM, _stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
