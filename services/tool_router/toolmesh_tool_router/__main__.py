"""Starts the tool router: python -m toolmesh_tool_router."""

from toolmesh_core.service import run_service
from toolmesh_tool_router.bootstrap import bootstrap
from toolmesh_tool_router.settings import ToolRouterSettings

if __name__ == "__main__":
    run_service("tool_router", ToolRouterSettings, bootstrap)
