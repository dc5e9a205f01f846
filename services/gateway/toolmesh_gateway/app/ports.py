"""What the use cases need from outside."""

from collections.abc import AsyncIterator, Awaitable
from typing import Any, Protocol


class SteadyClock(Protocol):
    """Time that only goes forward."""

    def monotonic(self) -> float:
        """Seconds from some moment."""
        ...


class Stream(Protocol):
    """The responses of a streaming RPC."""

    def __aiter__(self) -> AsyncIterator[Any]:
        """One response after the other."""
        ...

    def cancel(self) -> None:
        """Ends the call; the neighbour is told."""
        ...


class SingleCall(Protocol):
    """An RPC with one response."""

    def __call__(self, request: Any, *, timeout: float | None = None) -> Awaitable[Any]:
        """Calls it; `timeout` in seconds. Raises ToolMeshError."""
        ...


class StreamCall(Protocol):
    """An RPC with many responses."""

    def __call__(self, request: Any, *, timeout: float | None = None) -> Stream:
        """Calls it; `timeout` in seconds, math.inf for none. Iterating raises ToolMeshError."""
        ...


class Upstream(Protocol):
    """The neighbours' RPCs by full name, "package.Service/Method"."""

    def single(self, rpc: str) -> SingleCall:
        """An RPC with one response."""
        ...

    def stream(self, rpc: str) -> StreamCall:
        """An RPC with many responses."""
        ...

    def upload(self, rpc: str) -> SingleCall:
        """An RPC with many requests, given as an async iterator, and one response."""
        ...
