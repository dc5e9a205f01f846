"""The tools of this service."""

from typing import Any

from toolmesh_tool_web.api.page_tools import http_get
from toolmesh_toolkit import ToolFunction

TOOLS: list[ToolFunction[..., Any]] = [http_get]
