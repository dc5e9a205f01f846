"""Serves one import."""

from toolmesh_core.service import run_service
from toolmesh_tool_imports.bootstrap import bootstrap
from toolmesh_tool_imports.settings import ImportsSettings

if __name__ == "__main__":
    run_service("tool_imports", ImportsSettings, bootstrap)
