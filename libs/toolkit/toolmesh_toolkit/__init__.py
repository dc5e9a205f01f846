"""Makes a ToolMesh tool of a typed Python function and serves it over gRPC."""

from toolmesh_core.errors import ToolError
from toolmesh_toolkit.artifact import Artifact
from toolmesh_toolkit.pieces import Progress, Result
from toolmesh_toolkit.process import ToolSettings, ToolsUnavailable, run_tools, tool_service
from toolmesh_toolkit.servicer import ToolServicer
from toolmesh_toolkit.tool_context import ToolContext
from toolmesh_toolkit.tool_function import ToolFunction, tool
from toolmesh_toolkit.tool_options import Example

__all__ = [
    "Artifact",
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
