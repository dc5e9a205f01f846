"""Runs the tool operator."""

from toolmesh_core.service import run_service
from toolmesh_tool_operator.bootstrap import bootstrap
from toolmesh_tool_operator.settings import ToolOperatorSettings

if __name__ == "__main__":
    run_service("tool_operator", ToolOperatorSettings, bootstrap)
