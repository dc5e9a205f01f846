"""Tools that are served, as the rules of calls see them."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from toolmesh.tool.v1 import tool_pb2, tool_service_pb2
from toolmesh_core.errors import ToolMeshError
from toolmesh_toolkit.contract.rule import Tools
from toolmesh_toolkit.tool_function import ToolFunction
from toolmesh_toolkit.tool_options import Example

_DEFAULT_LIMIT_S = 30.0
# What the call itself may take besides the tool.
_MARGIN_S = 2.0
Tool = ToolFunction[..., Any]
Event = tool_service_pb2.InvokeToolResponse


@dataclass(frozen=True, slots=True)
class ExampleRun:
    """What came of calling a tool with one of its examples.

    Attributes:
        events: as they came.
        took_s: seconds to the last of them.
        error: what the service answered instead of a result.
    """

    tool: Tool
    example: Example
    events: tuple[Event, ...]
    took_s: float
    error: ToolMeshError | None = None

    @property
    def result(self) -> tool_pb2.ToolResult | None:
        """Its result; None where the last event is another one."""
        last = self.events[-1] if self.events else None
        return last.result if last is not None and last.WhichOneof("event") == "result" else None


@dataclass
class ServedTools:
    """A running tool service.

    Attributes:
        tools: what its source has.
        address: where it listens.
        stub: of toolmesh.tool.v1.ToolService there.
        stop: asks it to drain and gives its exit code; None where it is no process of ours.
        may_write: call also tools that are not read_only, since all that they can change is scratch.
    """

    tools: Tools
    address: str
    stub: Any
    stop: Callable[[], Awaitable[int]] | None = None
    may_write: bool = False
    _runs: list[ExampleRun] = field(default_factory=list)

    def callable_tools(self) -> list[Tool]:
        """The tools with examples that may be called for a test: it spends nothing, and changes nothing that stays."""
        harmless = [tool for tool in self.tools if self.may_write or tool.definition.read_only]
        return [tool for tool in harmless if tool.examples and not tool.definition.cost_usd]

    async def call(self, name: str, arguments: Any, timeout_s: float = _DEFAULT_LIMIT_S) -> tuple[Event, ...]:
        """All events of one call.

        Args:
            arguments: JSON text, or what becomes it.

        Raises:
            ToolMeshError: the service refused, or time was up.
        """
        text = arguments if isinstance(arguments, str) else json.dumps(arguments)
        context = tool_pb2.CallContext(user="ada", session="session_1", run="run_1", tool_call_id="call_1")
        request = tool_service_pb2.InvokeToolRequest(tool=name, arguments_json=text, context=context)
        return tuple([event async for event in self.stub.InvokeTool(request, timeout=timeout_s)])

    async def call_example(self, tool: Tool, example: Example) -> ExampleRun:
        """One call with an example, within the tool's own limit."""
        began = time.monotonic()
        try:
            events = await self.call(tool.name, dict(example.arguments), limit_s(tool) + _MARGIN_S)
        except ToolMeshError as error:
            return ExampleRun(tool, example, (), time.monotonic() - began, error)
        return ExampleRun(tool, example, events, time.monotonic() - began)

    async def example_runs(self) -> list[ExampleRun]:
        """Each example of each callable tool, called once, however many rules look at it."""
        if not self._runs:
            for tool in self.callable_tools():
                self._runs += [await self.call_example(tool, example) for example in tool.examples]
        return self._runs

    async def at_once(self, tool: Tool, times: int) -> list[ExampleRun]:
        """The tool's first example, several times at once."""
        return await asyncio.gather(*(self.call_example(tool, tool.examples[0]) for _ in range(times)))


def limit_s(tool: Tool) -> float:
    """The longest that one call may take, in seconds."""
    return tool.timeout_s or _DEFAULT_LIMIT_S
