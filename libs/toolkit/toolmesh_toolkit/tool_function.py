"""The @tool decorator: a typed function becomes a tool and stays callable as it was."""

import functools
import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Generic, ParamSpec, TypeVar, overload

from pydantic import ValidationError

from toolmesh.tool.v1 import tool_pb2
from toolmesh_toolkit.docstring import split_docstring
from toolmesh_toolkit.result_type import is_generator
from toolmesh_toolkit.signature import Signature, read_signature
from toolmesh_toolkit.tool_options import Example, ToolOptions

P = ParamSpec("P")
R = TypeVar("R")


class ToolFunction(Generic[P, R]):
    """A function with all that the platform must know of it as a tool.

    Attributes:
        definition: the tool as the contract has it.
        examples: those examples that come with arguments.
        timeout_s: the longest one call may take; None means the process's default.
    """

    def __init__(
        self, function: Callable[P, R], definition: tool_pb2.Tool, signature: Signature, examples: Sequence[Example]
    ) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.definition = definition
        self.signature = signature
        self.examples = tuple(examples)
        self.timeout_s = definition.timeout.ToTimedelta().total_seconds() if definition.HasField("timeout") else None

    @property
    def name(self) -> str:
        """The tool's name."""
        return self.definition.name

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Calls the function as if it were not a tool."""
        return self.function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<tool {self.name}>"


@overload
def tool(function: Callable[P, R], /) -> ToolFunction[P, R]: ...


@overload
def tool(
    *,
    name: str | None = None,
    idempotent: bool = False,
    read_only: bool = False,
    needs_approval: bool = False,
    timeout: timedelta | None = None,
    tags: Sequence[str] = (),
    examples: Sequence[str | Example] = (),
    version: str = "",
    cost: float = 0.0,
) -> Callable[[Callable[P, R]], ToolFunction[P, R]]: ...


def tool(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Makes a tool of a function; its name, types, defaults and docstring say what the LLM sees.

    Args:
        name: the tool's name; the function's by default.
        idempotent: twice with the same arguments does no more than once, so a call may be retried.
        read_only: it changes nothing outside itself.
        needs_approval: a person must approve each call.
        timeout: the longest one call may take.
        tags: words to group and filter by.
        examples: requests in plain language; an Example's arguments are checked now.
        version: the version its owner gives it.
        cost: the most that one call costs, in US dollars; a tool with a cost spends, which a policy must allow.

    Raises:
        TypeError, ValueError: the function cannot be a tool as it is; the message says what to mend.
    """
    if function is not None:
        return _make_tool(function)
    return lambda decorated: _make_tool(decorated, **options)


def _make_tool(function: Callable[..., Any], **said: Any) -> ToolFunction[..., Any]:
    if not inspect.isfunction(function):
        raise TypeError(f"@tool makes a tool of a function, not of {function!r}; put it right above a plain `def`")
    options = ToolOptions(**{**said, "name": said.get("name") or function.__name__})
    description, descriptions = split_docstring(function.__doc__)
    if not description:
        raise TypeError(
            f"tool {options.name!r} has no docstring; say what it does and when to use it in the first lines of "
            f"{function.__name__}()"
        )
    signature = read_signature(function, options.name, descriptions)
    examples = [item for item in options.examples if isinstance(item, Example)]
    for item in examples:
        _check_example(options.name, signature, item)
    return ToolFunction(function, _definition(function, options, description, signature), signature, examples)


def _definition(
    function: Callable[..., Any], options: ToolOptions, description: str, signature: Signature
) -> tool_pb2.Tool:
    definition = tool_pb2.Tool(
        name=options.name,
        description=description,
        arguments_schema_json=_compact(signature.arguments_schema),
        output_schema_json="" if signature.result_schema is None else _compact(signature.result_schema),
        idempotent=options.idempotent,
        read_only=options.read_only,
        needs_approval=options.needs_approval,
        tags=options.tags,
        version=options.version,
        result_only=not is_generator(function),
        examples=[item.request if isinstance(item, Example) else item for item in options.examples],
        cost_usd=options.cost,
    )
    if options.timeout is not None:
        definition.timeout.FromTimedelta(options.timeout)
    return definition


def _check_example(name: str, signature: Signature, example: Example) -> None:
    try:
        signature.arguments.validate_json(json.dumps(dict(example.arguments)))
    except ValidationError as error:
        raise ValueError(f"tool {name!r}: example {example.request!r} has bad arguments: {error}") from error


def _compact(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema, separators=(",", ":"), ensure_ascii=False)
