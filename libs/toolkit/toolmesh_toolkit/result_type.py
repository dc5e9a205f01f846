"""The type of a tool's result, from what its function says that it returns or yields."""

import inspect
import types
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Generator, Iterable, Iterator
from typing import Any, Union, get_args, get_origin

from toolmesh_toolkit.pieces import Progress, Result

_STREAMS = (AsyncGenerator, AsyncIterable, AsyncIterator, Generator, Iterable, Iterator)


def is_generator(function: Callable[..., Any]) -> bool:
    """Whether the function yields, so that it may send progress and partial output."""
    return inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function)


def result_type(function: Callable[..., Any], name: str, returns: Any) -> Any:
    """The type of the result: of a generator what it returns, or what the Result that it yields last holds.

    Args:
        name: the tool's.
        returns: the annotation of what the function returns; Any where there is none.

    Raises:
        TypeError: a generator is declared to yield what cannot be sent.
    """
    if not is_generator(function) or get_origin(returns) not in _STREAMS:
        return returns
    parts = get_args(returns)
    yielded = _alternatives(parts[0])
    _check_yielded(name, yielded)
    if get_origin(returns) is Generator and len(parts) > 2 and parts[2] not in (None, types.NoneType):
        return parts[2]
    held = [get_args(part)[0] for part in yielded if get_origin(part) is Result]
    if held:
        return held[0]
    if get_origin(returns) is Generator and len(parts) > 2:
        return types.NoneType
    return Any


def _alternatives(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)


def _check_yielded(name: str, yielded: tuple[Any, ...]) -> None:
    for part in yielded:
        if part not in (Any, str, Progress, Result) and get_origin(part) is not Result:
            shown = part.__name__ if isinstance(part, type) else part
            raise TypeError(
                f"tool {name!r} yields {shown}; yield Progress(fraction, message), text as partial output, "
                "or Result(value) as the last"
            )
