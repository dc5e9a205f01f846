"""Starts the tool host: `python -m toolmesh_tool_host`."""

from toolmesh_core.service import run_service
from toolmesh_tool_host.bootstrap import bootstrap
from toolmesh_tool_host.settings import ToolHostSettings

if __name__ == "__main__":
    run_service("tool_host", ToolHostSettings, bootstrap)
