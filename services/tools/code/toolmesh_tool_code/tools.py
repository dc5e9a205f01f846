"""The tools of this service."""

from typing import Any

from toolmesh_tool_code.api.code_tools import reset_python_session, run_python
from toolmesh_toolkit import ToolFunction

TOOLS: list[ToolFunction[..., Any]] = [run_python, reset_python_session]
