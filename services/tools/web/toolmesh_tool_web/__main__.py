"""Serves the web tools."""

from toolmesh_tool_web.bootstrap import open_desk
from toolmesh_tool_web.settings import WebSettings
from toolmesh_tool_web.tools import TOOLS
from toolmesh_toolkit import run_tools

if __name__ == "__main__":
    run_tools("web", TOOLS, WebSettings, state=open_desk)
