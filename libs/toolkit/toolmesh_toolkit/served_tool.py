"""What the servicer needs of a tool, whatever it is made of, and a function under @tool as one."""

from collections.abc import AsyncIterator
from typing import Any, Protocol

from pydantic import ValidationError

from toolmesh.tool.v1 import tool_pb2
from toolmesh_toolkit.argument_errors import invalid_arguments
from toolmesh_toolkit.invocation import Piece, runner_of
from toolmesh_toolkit.output import output_json
from toolmesh_toolkit.tool_context import ToolContext
from toolmesh_toolkit.tool_function import ToolFunction
from toolmesh_toolkit.tool_threads import ToolThreads


class ServedTool(Protocol):
    """A tool that can be served."""

    @property
    def definition(self) -> tool_pb2.Tool:
        """The tool as the contract has it."""
        ...

    @property
    def timeout_s(self) -> float | None:
        """The limit it declares; None takes the servicer's."""
        ...

    def start(self, arguments_json: str, context: ToolContext[Any], threads: ToolThreads) -> AsyncIterator[Piece]:
        """One call: any number of pieces and one Result, until the context's deadline.

        Raises:
            InvalidInput: the arguments are wrong. DeadlineExceeded: time is up. ToolError: the tool's own no.
        """
        ...

    def output_json(self, value: Any) -> str:
        """The value of its Result as JSON text."""
        ...


class FunctionTool:
    """A function under @tool, served."""

    def __init__(self, tool: ToolFunction[..., Any]) -> None:
        self.definition = tool.definition
        self.timeout_s = tool.timeout_s
        self._tool = tool
        self._run = runner_of(tool.name, tool.function)

    def start(self, arguments_json: str, context: ToolContext[Any], threads: ToolThreads) -> AsyncIterator[Piece]:
        """Calls the function with its checked arguments."""
        kwargs = self._arguments(arguments_json)
        if self._tool.signature.context_parameter:
            kwargs[self._tool.signature.context_parameter] = context
        return self._run(kwargs, threads, context.deadline)

    def output_json(self, value: Any) -> str:
        """By the type that the function declares; ToolError (BAD_OUTPUT) where the value does not fit it."""
        return output_json(self._tool.name, self._tool.signature, value)

    def _arguments(self, arguments_json: str) -> dict[str, Any]:
        signature = self._tool.signature
        try:
            return dict(signature.arguments.validate_json(arguments_json or "{}").__dict__)
        except ValidationError as error:
            raise invalid_arguments(self._tool.name, error, signature.arguments_schema["properties"]) from error
