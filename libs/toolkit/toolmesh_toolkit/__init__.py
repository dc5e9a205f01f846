"""Makes a ToolMesh tool of a typed Python function and serves it over gRPC."""

from toolmesh_core.errors import ToolError
from toolmesh_toolkit.pieces import Progress, Result
from toolmesh_toolkit.process import ToolSettings, ToolsUnavailable, run_tools, tool_service
from toolmesh_toolkit.servicer import ToolServicer
from toolmesh_toolkit.tool_context import ToolContext
from toolmesh_toolkit.tool_function import Example, ToolFunction, tool

__all__ = [
    "Example",
    "Progress",
    "Result",
    "ToolContext",
    "ToolError",
    "ToolFunction",
    "ToolServicer",
    "ToolSettings",
    "ToolsUnavailable",
    "run_tools",
    "tool",
    "tool_service",
]
