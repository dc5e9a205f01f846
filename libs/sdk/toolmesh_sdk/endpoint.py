"""One description of each call serves both clients: a blocking one and an awaitable one.

An endpoint is a function that returns a Request. As an attribute of a resource it becomes a method with the same
parameters, which sends the request through that resource's transport.
"""

import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Generic, ParamSpec, TypeVar, overload

from toolmesh_sdk.async_transport import AsyncTransport
from toolmesh_sdk.records.record import Page
from toolmesh_sdk.request import Request
from toolmesh_sdk.sync_transport import SyncTransport

P = ParamSpec("P")
T = TypeVar("T")


class SyncResource:
    """A group of calls that block."""

    def __init__(self, transport: SyncTransport) -> None:
        self._transport = transport


class AsyncResource:
    """A group of calls to await."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport


class Endpoint(Generic[P, T]):
    """A call: returns its answer, or an awaitable of it on an AsyncResource."""

    def __init__(self, describe: Callable[P, Request[T]]) -> None:
        self._describe = describe

    @overload
    def __get__(self, resource: None, kind: type) -> "Endpoint[P, T]": ...
    @overload
    def __get__(self, resource: SyncResource, kind: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, resource: AsyncResource, kind: type) -> Callable[P, Awaitable[T]]: ...
    def __get__(self, resource: SyncResource | AsyncResource | None, kind: type) -> Any:
        if resource is None:
            return self
        send: Callable[[Request[T]], Any] = resource._transport.send
        return _with_docs_of(self._describe, lambda *args, **named: send(self._describe(*args, **named)))


class EachItem(Generic[P, T]):
    """A list as an iterator over the items of all its pages."""

    def __init__(self, describe: Callable[P, Request[Page[T]]]) -> None:
        self._describe = describe

    @overload
    def __get__(self, resource: None, kind: type) -> "EachItem[P, T]": ...
    @overload
    def __get__(self, resource: SyncResource, kind: type) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, resource: AsyncResource, kind: type) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(self, resource: SyncResource | AsyncResource | None, kind: type) -> Any:
        if resource is None:
            return self
        each: Callable[[Request[Page[T]]], Any] = resource._transport.each
        return _with_docs_of(self._describe, lambda *args, **named: each(self._describe(*args, **named)))


def _with_docs_of(describe: Callable[..., Any], function: Callable[..., Any]) -> Callable[..., Any]:
    # The name and parameters of the description, without its return type, which is the transport's matter.
    return functools.wraps(describe, assigned=("__name__", "__qualname__", "__doc__"))(function)
