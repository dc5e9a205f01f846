"""Makes tools of MCP servers, over stdio and streamable HTTP, and calls them."""

from toolmesh_imports.mcp.mcp_tool import Hints, LeftOut, McpTool
from toolmesh_imports.mcp.options import McpLimits, McpOptions
from toolmesh_imports.mcp.peers import HttpPeer, McpPeer, StdioPeer
from toolmesh_imports.mcp.results import Link, McpResult, Media
from toolmesh_imports.mcp.secret_values import SecretHeader
from toolmesh_imports.mcp.server import McpServer
from toolmesh_imports.mcp.server_state import Progress, ServerState

__all__ = [
    "Hints",
    "HttpPeer",
    "LeftOut",
    "Link",
    "McpLimits",
    "McpOptions",
    "McpPeer",
    "McpResult",
    "McpServer",
    "McpTool",
    "Media",
    "Progress",
    "SecretHeader",
    "ServerState",
    "StdioPeer",
]
