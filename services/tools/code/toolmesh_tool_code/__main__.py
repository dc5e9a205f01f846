"""Serves the code interpreter."""

from toolmesh_tool_code.bootstrap import open_desk
from toolmesh_tool_code.settings import CodeSettings
from toolmesh_tool_code.tools import TOOLS
from toolmesh_toolkit import run_tools

if __name__ == "__main__":
    run_tools("code", TOOLS, CodeSettings, state=open_desk)
