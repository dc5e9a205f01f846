"""Serves the data tools."""

from toolmesh_tool_data.bootstrap import open_desk
from toolmesh_tool_data.settings import DataSettings
from toolmesh_tool_data.tools import TOOLS
from toolmesh_toolkit import run_tools

if __name__ == "__main__":
    run_tools("data", TOOLS, DataSettings, state=open_desk)
